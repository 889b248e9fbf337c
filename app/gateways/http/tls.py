"""TLS, always verified: by the public authorities and those of the system, or by one private CA."""

import os
import ssl
from functools import lru_cache
from socket import socket

import certifi

from app.core.errors import Unavailable
from app.gateways.http.sockets import Meter, Secure


def secure(connection: socket, host: str, ca_file: str | None, meter: Meter) -> socket:
    """TLS over the connection, for the name of the host; raises ssl.SSLError, TimeoutError."""
    try:
        connection.settimeout(meter.left())  # holds for the whole handshake
        secured = _context(*_authorities(ca_file)).wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise
    assert isinstance(secured, Secure)
    secured.meter = meter
    return secured


def _authorities(ca_file: str | None) -> tuple[str | None, int]:
    if ca_file is None:
        return None, 0
    try:
        return ca_file, os.stat(ca_file).st_mtime_ns
    except OSError as error:
        raise _no_authorities(ca_file) from error


@lru_cache(maxsize=64)
def _context(ca_file: str | None, _changed: int) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies chain and name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.sslsocket_class = Secure
    try:
        context.load_verify_locations(ca_file or certifi.where())
    except (OSError, ssl.SSLError) as error:
        raise _no_authorities(ca_file) from error
    if ca_file is None:
        context.load_default_certs()  # with those that the operator gave to the system
    return context


def _no_authorities(ca_file: str | None) -> Unavailable:
    return Unavailable(f"The CA file {ca_file} cannot be read: it must be a PEM file of certificates.")
