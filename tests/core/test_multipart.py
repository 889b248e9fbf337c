"""Forms with a file, read from the stream of a request."""

import io
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.core.errors import DomainError
from app.core.multipart import PIECE, Form, read_form

CRLF = b"\r\n"


class Kept:
    def __init__(self) -> None:
        self.data = bytearray()
        self.aborted = False

    def write(self, data: bytes) -> None:
        self.data += data

    def abort(self) -> None:
        self.aborted = True


def part(head: str, data: bytes, kind: str = "") -> bytes:
    more = f"\r\nContent-Type: {kind}" if kind else ""
    return b"--B\r\n" + f"Content-Disposition: form-data; {head}{more}\r\n\r\n".encode() + data + CRLF


FILE = 'name="asset"; filename="a b \\"q\\" ü.bin"'


def read(body: bytes, content_type: str = "multipart/form-data; boundary=B", **given: Any) -> tuple[Form, list[Kept]]:
    made: list[Kept] = []

    def receive(found: Any, fields: dict[str, str]) -> Kept:
        made.append(Kept())
        made[-1].part, made[-1].before = found, dict(fields)  # type: ignore[attr-defined]
        return made[-1]

    app = Flask("app")
    with app.test_request_context(
        "/", method="POST", input_stream=io.BytesIO(body), content_type=content_type, content_length=len(body)
    ):
        try:
            return read_form("asset", receive, **given), made
        except DomainError:
            assert all(kept.aborted for kept in made)
            raise


@pytest.mark.parametrize("file_first", [True, False])
def test_fields_may_stand_before_or_after_the_file(file_first: bool) -> None:
    data = secrets.token_bytes(3 * PIECE + 17)
    parts = [part(FILE, data, "image/png"), part('name="asset_metadata"', '{"ü": 1}'.encode())]
    form, made = read(b"".join(parts if file_first else parts[::-1]) + b"--B--\r\n")
    assert form.fields == {"asset_metadata": '{"ü": 1}'}
    assert bytes(form.file.data) == data
    assert (form.file.part.name, form.file.part.media_type) == ('a b "q" ü.bin', "image/png")
    assert made[0].before == ({} if file_first else form.fields)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "data", [b"", b"\r\n", b"\r" * 70_000, b"\n" * 70_000, b"--", b"\r\n--", b"\r\n--C--\r\n" * 9000, b"x" * PIECE]
)
def test_every_byte_of_a_file_arrives(data: bytes) -> None:
    form, _ = read(part(FILE, data) + b"--B--\r\n")
    assert bytes(form.file.data) == data


def test_all_bytes_of_the_body_are_observed() -> None:
    body = b"preamble\r\n" + part(FILE, b"abc") + b"--B--\r\nepilogue"
    seen = bytearray()
    read(body, observe=seen.extend)
    assert bytes(seen) == body


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (part('name="other"; filename="x"', b"") + b"--B--", 400, "other: is a file that is not expected"),
        (part(FILE, b"1") + part(FILE, b"2") + b"--B--", 400, "there twice"),
        (part('name="asset"; filename=""', b"") + b"--B--", 400, "No selected file"),
        (part('name="asset"', b"text") + b"--B--", 400, "No file part"),
        (part('name="m"', b"1") + part('name="m"', b"2") + b"--B--", 400, "stands twice"),
        (part('name="m"', b"\xff\xfe") + b"--B--", 400, "not UTF-8"),
        (part("x=y", b"1") + b"--B--", 400, "without a name"),
        (part('name="m"', b"x" * (1024 * 1024 + 1)) + b"--B--", 413, "more than 1048576 bytes"),
        (part(FILE, b"abc")[:-2], 400, "breaks off"),
        (part(FILE, b"abc") + b"--B", 400, "breaks off"),
        (b"", 400, "breaks off"),
        (b"no form at all", 400, "breaks off"),
        (b"--B\r\nX: " + b"x" * 3_000_000, 400, "too long"),
        (b"x" * 3_000_000, 400, "too long"),
        (part(FILE, b"abc") + b"--B--\r\n" + b"x" * 6_000_000, 400, "more follows"),
    ],
)
def test_a_wrong_form_is_refused_and_its_file_forgotten(body: bytes, status: int, words: str) -> None:
    with pytest.raises(DomainError, match=words) as caught:
        read(body)
    assert caught.value.status == status


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=B"]
)
def test_what_is_no_form_is_a_415(kind: str) -> None:
    with pytest.raises(DomainError, match="must be multipart/form-data") as caught:
        read(part(FILE, b"abc") + b"--B--", kind)
    assert caught.value.status == 415


def test_too_many_parts_are_refused() -> None:
    body = b"".join(part(f'name="f{number}"', b"") for number in range(60)) + b"--B--"
    with pytest.raises(DomainError, match="more than 50 parts") as caught:
        read(body)
    assert caught.value.status == 413


def test_a_receiver_that_fails_is_told_to_forget() -> None:
    class Full(Kept):
        def write(self, data: bytes) -> None:
            raise OSError("full")

    full = Full()
    make: Callable[..., Kept] = lambda *_: full  # noqa: E731
    app = Flask("app")
    body = part(FILE, b"abc") + b"--B--"
    kind = "multipart/form-data; boundary=B"
    with (
        app.test_request_context("/", method="POST", data=body, content_type=kind),
        pytest.raises(OSError, match="full"),
    ):
        read_form("asset", make)
    assert full.aborted
