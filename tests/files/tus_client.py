"""The headers of tus, for tests that speak the protocol by hand."""

import base64
import hashlib
from typing import Any

from flask.testing import FlaskClient

from app.files.tus import BODY_TYPE, VERSION


def metadata(**given: str) -> str:
    """Upload-Metadata."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in given.items())


def checksum(data: bytes, algorithm: str = "sha256") -> dict[str, str]:
    """Upload-Checksum."""
    digest = hashlib.new(algorithm, data).digest()
    return {"Upload-Checksum": f"{algorithm} {base64.b64encode(digest).decode()}"}


class Tus:
    """A client of one user."""

    def __init__(self, client: FlaskClient, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = {"Tus-Resumable": VERSION, **headers}

    def create(self, length: int, data: bytes | None = None, **more: str) -> Any:
        headers = {**self.headers, "Upload-Length": str(length), **more}
        if data is not None:
            headers["Content-Type"] = BODY_TYPE
        return self.client.post("/api/uploads", headers=headers, data=data)

    def begin(self, length: int, **given: str) -> str:
        """The path of a new upload."""
        answer = self.create(length, **({"Upload-Metadata": metadata(**given)} if given else {}))
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def append(self, path: str, offset: int, data: bytes, **more: str) -> Any:
        headers = {**self.headers, "Content-Type": BODY_TYPE, "Upload-Offset": str(offset), **more}
        return self.client.patch(path, headers=headers, data=data)

    def offset(self, path: str) -> int:
        answer = self.client.head(path, headers=self.headers)
        assert answer.status_code == 200
        return int(answer.headers["Upload-Offset"])

    def show(self, path: str) -> dict[str, Any]:
        answer = self.client.get(path, headers={"Authorization": self.headers["Authorization"]})
        assert answer.status_code == 200, answer.text
        return answer.json

    def end(self, path: str) -> Any:
        return self.client.delete(path, headers=self.headers)
