"""Servers on loopback that answer by a script, certificates for them, and a world whose names and routes are made up."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Script = Callable[[socket.socket], None]
PUBLIC = "93.184.215.14"
PUBLIC_V6 = "2606:2800:21f:cb07::14"


def answer(status: str, body: bytes = b"", *headers: str) -> Script:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
    return lambda connection: connection.sendall(head.encode("latin-1") + b"\r\n\r\n" + body)


HIT = answer("200 OK", b"hit")


class Server:
    """Listens on loopback, counts who comes, keeps what was asked, and treats each connection by the script."""

    def __init__(self, script: Script = HIT, context: ssl.SSLContext | None = None) -> None:
        self.script, self.context, self.hits = script, context, 0
        self.requests: list[bytes] = []
        self.names: list[str | None] = []
        if context is not None:
            context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.over = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.hits += 1
            threading.Thread(target=self._treat, args=(connection,), daemon=True).start()

    def _treat(self, connection: socket.socket) -> None:
        try:
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection:
                self.requests.append(_read_request(connection))
                self.script(connection)
                # wait for the other side to end it: closing with something unread would reset what was sent
                connection.settimeout(5)
                connection.recv(1)
        except OSError:
            connection.close()

    def close(self) -> None:
        self.over.set()
        self.listener.close()


def _read_request(connection: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got and not got.startswith(b"\x16"):  # a TLS handshake has no end of a head
        piece = connection.recv(65536)
        if not piece:
            return got
        got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


class World:
    """Stands in for names and routes: nothing is really looked up, and every connection ends on loopback.

    `names` says what a name resolves to, one list per look-up (the last one stays). A dialled address that no server was
    put at leads to the canary, so that a hole in the guard is a hit and not a packet.
    """

    def __init__(self, canary: Server) -> None:
        self.canary = canary
        self.names: dict[str, list[Sequence[str]]] = {}
        self.looked_up: list[str] = []
        self.dialled: list[tuple[str, int]] = []
        self.at: dict[tuple[str, int], Server | None] = {}
        self.servers: list[Server] = []

    def resolve(self, host: str, port: int) -> Sequence[str]:
        self.looked_up.append(host)
        answers = self.names.get(host)
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        self.dialled.append((address, port))
        server = self.at.get((address, port), self.canary)
        if server is None:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", server.port), seconds)

    def put(self, name: str, server: Server, address: str = PUBLIC, port: int = 443) -> Server:
        """A server that is found by this name, at this address and port."""
        self.names[name] = [[address]]
        self.at[address, port] = server
        self.servers.append(server)
        return server

    def close(self) -> None:
        for server in [self.canary, *self.servers]:
            server.close()


class Authority:
    """A private CA that lives in one folder."""

    def __init__(self, folder: Path, name: str = "CA of a test") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._builder(self._name, self._key, datetime.timedelta(days=1)).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        usage = {
            name: name == "key_cert_sign"
            for name in (
                "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
            )
        }  # fmt: skip
        made = made.add_extension(x509.KeyUsage(**usage), critical=True)
        self.file = folder / f"{abs(hash(name))}-ca.pem"
        self._ski = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        self.file.write_bytes(_pem(made.add_extension(self._ski, critical=False).sign(self._key, hashes.SHA256())))

    def context(self, *names: str, valid: datetime.timedelta = datetime.timedelta(hours=1)) -> ssl.SSLContext:
        """TLS of a server with a certificate for these names and addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a server")])
        made = self._builder(subject, key, valid).add_extension(
            x509.SubjectAlternativeName([_general(name) for name in names]), critical=False
        )
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._ski), critical=False
        )
        file = self._folder / f"{key.private_numbers().private_value:x}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(private + _pem(made.sign(self._key, hashes.SHA256())))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, valid: datetime.timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=2))
            .not_valid_after(now + valid)
        )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
