"""One request and its answer over one connection; every failure in our own words, never in those of the other side."""

import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPException

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.response import BaseHTTPResponse

from app.core.errors import DomainError, FieldError, Invalid
from app.gateways.http.sockets import Meter
from app.gateways.http.values import Failed, Late, Request, Streamed, Target

PIECE = 64 * 1024
MAX_HEAD = 64 * 1024
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_OURS = ("host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect", "te", "upgrade")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile("[\t\x20-\x7e\xa0-\xff]*")
_ENCODINGS = ("", "identity", "gzip", "x-gzip", "deflate")


class Exchange:
    """A request that was sent; the head of its answer is there, the body waits to be read."""

    def __init__(self, connection: socket.socket, target: Target, request: Request, meter: Meter) -> None:
        self._target, self._request, self._meter = target, request, meter
        self._connection = HTTPConnection(target.host, target.port, timeout=request.timeout)
        self._connection.auto_open = 0  # never another connection than the one that was checked
        self._connection.sock = self._socket = connection
        with in_our_words(target.host):
            self._response = self._sent(_headers(request, target))
        self.status = self._response.status
        self.headers = {name.lower(): value for name, value in self._response.headers.items()}
        self.headers.pop("set-cookie", None)

    def close(self) -> None:
        """End the connection."""
        self._response.close()
        self._end()

    def streamed(self) -> Streamed:
        """The answer for the caller; raises Failed when it is of another kind than asked for."""
        self._check_head()
        return Streamed(self.status, self.headers, self._chunks(), self._target.url)

    def _sent(self, headers: Mapping[str, str]) -> BaseHTTPResponse:
        self._meter.allowance = MAX_HEAD
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before it read everything
                self._connection.request(
                    self._request.method, self._target.path, self._request.body, headers,
                    preload_content=False, decode_content=True,
                )  # fmt: skip
            response = self._connection.getresponse()
        except BaseException:
            self._end()
            raise
        # twice the body: framing may cost something, but not whatever the other side likes
        self._meter.allowance += 2 * self._request.max_bytes
        return response

    def _end(self) -> None:
        """Close the connection itself: half-made answers keep their reader, and with it the connection, open."""
        self._connection.close()
        descriptor = self._socket.detach()
        if descriptor != -1:
            socket.close(descriptor)

    def _check_head(self) -> None:
        if self.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
            raise Failed(self._target.host, "protocol", "sent a body in an encoding that was not asked for.")
        accepted = self._request.accept_types
        if accepted is not None and 200 <= self.status < 300 and not _fits(self.headers, accepted):
            raise Failed(self._target.host, "media type", f"sent another media type than {', '.join(accepted)}.")

    def _chunks(self) -> Iterator[bytes]:
        left = self._request.max_bytes
        while True:
            self._meter.left()  # decoding takes time too
            with in_our_words(self._target.host):
                piece = self._response.read(min(PIECE, left + 1))
            if not piece:
                return
            left -= len(piece)
            if left < 0:
                raise Failed(self._target.host, "too large", f"sent more than {self._request.max_bytes} bytes.")
            yield piece


def check(request: Request) -> None:
    """Raise Invalid for a method that is not sent, and for headers that would break the request or stand against ours."""
    if request.method not in METHODS:
        detail = f"must be one of {', '.join(METHODS)}"
        raise Invalid(f"The method {detail}.", errors=[FieldError("/method", detail)])
    for name, value in request.headers.items():
        bad = not _NAME.fullmatch(name) or not _VALUE.fullmatch(value)
        if bad or name.lower() in _OURS or name.lower().startswith("proxy-"):
            raise Invalid(
                "A header of a request to another server cannot be sent.",
                errors=[FieldError("/headers", "leave out control characters and headers of the connection itself")],
            )


def _headers(request: Request, target: Target) -> dict[str, str]:
    given = {name.title(): value for name, value in request.headers.items()}
    accept = {"Accept": ", ".join(request.accept_types)} if request.accept_types else {}
    ours = {"Host": target.authority, "Connection": "close", "Accept-Encoding": "gzip, deflate"}
    return {"User-Agent": "quaymaster", "Accept": "*/*", **given, **accept, **ours}


@contextmanager
def in_our_words(host: str) -> Iterator[None]:
    """Turn what went wrong on a connection to the host into Failed or Late."""
    try:
        yield
    except DomainError:
        raise
    except (TimeoutError, urllib3.exceptions.TimeoutError) as error:
        raise Late(host) from error
    except ssl.SSLCertVerificationError as error:
        detail = f"has a certificate that is not trusted ({error.verify_message}). Is it signed by a private CA?"
        raise Failed(host, "tls", detail) from error
    except (ssl.SSLError, urllib3.exceptions.SSLError) as error:
        raise Failed(host, "tls", "does not speak TLS as it should.") from error
    except ConnectionRefusedError as error:
        raise Failed(host, "connection", "cannot be reached.") from error
    except (HTTPException, urllib3.exceptions.HTTPError, ValueError) as error:
        raise Failed(host, "protocol", "broke off, or does not speak HTTP as it should.") from error
    except OSError as error:
        raise Failed(host, "connection", "cannot be reached.") from error


def _fits(headers: Mapping[str, str], accepted: Sequence[str]) -> bool:
    found = headers.get("content-type", "").split(";")[0].strip().lower()
    return found in accepted or f"{found.split('/')[0]}/*" in accepted
