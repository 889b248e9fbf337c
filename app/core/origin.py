"""Who may reach an embedded service: this machine under its loopback names, and no page of another site.

An embedded service trusts its machine. A browser on that machine shows pages of strangers, which must not be able to send
it requests, neither under a name of theirs that resolves to 127.0.0.1 nor across origins.
"""

from urllib.parse import urlsplit

from flask import current_app, request

from app.core.config import LOOPBACK
from app.core.errors import Forbidden

SAFE = ("GET", "HEAD", "OPTIONS")


def check() -> None:
    """Raise Forbidden for what an embedded service must not answer."""
    if not current_app.config["EMBEDDED"]:
        return
    if _host(request.host) not in LOOPBACK:
        raise Forbidden("This service answers only to 127.0.0.1 and localhost. To publish it, run it behind a proxy.")
    if request.method not in SAFE:
        _check_page()


def _check_page() -> None:
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise Forbidden("A page of another origin may not change anything here.")
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        raise Forbidden("A page of another site may not change anything here.")


def _host(netloc: str) -> str | None:
    try:
        return urlsplit(f"//{netloc}").hostname
    except ValueError:
        return None
