"""What several tests of this room need."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def no_connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever tries to reach anything is written down, refused, and fails the test."""
    made: list[Any] = []

    def refuse(*arguments: Any, **_more: Any) -> Any:
        made.append(arguments)
        raise OSError("no connections here")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    yield
    assert made == []
