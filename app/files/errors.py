"""Errors that only uploads in several requests have: statuses of the tus protocol and of WebDAV."""

from app.core.errors import DomainError


class Locked(DomainError):
    """Another request appends to the upload right now."""

    status = 423


class ChecksumMismatch(DomainError):
    """The bytes that arrived are not those that were sent; nothing of them was kept."""

    status = 460
