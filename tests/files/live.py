"""A running service as seen from a socket: uploads that are sent slowly, broken off, and resumed."""

import hashlib
import socket
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from app.files.tus import BODY_TYPE, VERSION
from tests.conftest import PASSWORD

PIECE = 256 * 1024


@dataclass
class Sender:
    """One user of a running service."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)

    def sign_up(self, email: str = "a@example.org") -> "Sender":
        person = {"email": email, "password": PASSWORD, "first_name": "S", "last_name": "U", "role": "r"}
        made = requests.post(f"{self.url}/api/users/register", json=person, timeout=30)
        assert made.status_code == 201, made.text
        answer = requests.post(f"{self.url}/api/users/get-auth-token", auth=(email, PASSWORD), timeout=30)
        self.headers = {"Authorization": f"Bearer {answer.json()['token']}", "Tus-Resumable": VERSION}
        return self

    def begin(self, length: int) -> str:
        """The path of a new upload."""
        headers = {**self.headers, "Upload-Length": str(length)}
        answer = requests.post(f"{self.url}/api/uploads", headers=headers, timeout=30)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def offset(self, path: str) -> int:
        answer = requests.head(self.url + path, headers=self.headers, timeout=30)
        assert answer.status_code == 200
        return int(answer.headers["Upload-Offset"])

    def open(self, path: str, offset: int, length: int) -> socket.socket:
        """The connection of a PATCH whose body is yet to be sent."""
        place = urlsplit(self.url)
        connection = socket.create_connection((place.hostname or "", place.port or 0), 30)
        lines = [f"PATCH {path} HTTP/1.1", f"Host: {place.netloc}", f"Content-Type: {BODY_TYPE}"]
        lines += [f"Upload-Offset: {offset}", f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return connection

    def resume(self, path: str, data: bytes, seconds: float = 40) -> None:
        """Send what is missing, waiting for a request that seems to be alive still, as every client of tus does."""
        until = time.monotonic() + seconds
        while True:
            at = self.offset(path)
            headers = {**self.headers, "Content-Type": BODY_TYPE, "Upload-Offset": str(at)}
            answer = requests.patch(self.url + path, data=data[at:], headers=headers, timeout=120)
            if answer.status_code == 204:
                assert answer.headers["Upload-Offset"] == str(len(data))
                return
            assert answer.status_code in (409, 423), answer.text
            assert time.monotonic() < until, answer.text
            time.sleep(0.5)

    def ready(self, path: str, data: bytes, seconds: float = 60) -> None:
        """Wait until the upload is ready, and see that it is the data."""
        until = time.monotonic() + seconds
        shown = {"state": ""}
        while shown["state"] != "ready":
            assert time.monotonic() < until, shown
            shown = requests.get(self.url + path, headers=self.headers, timeout=30).json()
            assert shown["state"] in ("verifying", "ready"), shown
            time.sleep(0.1)
        assert shown["sha256"] == hashlib.sha256(data).hexdigest()


def send_slowly(connection: socket.socket, data: bytes, pause: float = 0.002) -> None:
    """The data in pieces; an error when the other side is gone."""
    for start in range(0, len(data), PIECE):
        connection.sendall(data[start : start + PIECE])
        time.sleep(pause)
