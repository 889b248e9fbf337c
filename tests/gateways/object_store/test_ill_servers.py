"""S3 servers that are slow, broken or gone: our own errors, in time, and no short object passed off as whole."""

import hashlib
import logging
import os
import socket
import subprocess
import sys
import time

import pytest

from app.core.errors import Conflict, NotFound, TooLarge, Unavailable
from app.gateways import object_store as store
from tests.gateways.object_store.conftest import Scripted, cut, error, hang, say

MODIFIED = "Wed, 25 Nov 2026 10:00:00 GMT"


def test_readiness_does_not_wait_for_a_server_that_hangs(scripted: Scripted) -> None:
    scripted.answers = [hang]
    started = time.monotonic()
    with pytest.raises(Unavailable, match="does not answer in time") as refused:
        store.check()
    assert time.monotonic() - started < 6
    assert int(refused.value.headers["Retry-After"]) > 0


def test_a_server_that_is_gone_is_told_in_time(scripted: Scripted) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    store.configure(f"s3://bucket?endpoint=http://127.0.0.1:{port}")
    started = time.monotonic()
    with pytest.raises(Unavailable, match=r"OBJECT_STORE_URL.*cannot be reached"):
        store.put("one", b"x", "text/plain")
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("ill", [error(503, "SlowDown"), error(500, "InternalError"), cut])
def test_a_call_is_tried_three_times_and_then_refused(scripted: Scripted, ill: object) -> None:
    scripted.answers = [ill]
    with pytest.raises(Unavailable, match="OBJECT_STORE_URL"):
        store.put("one", b"x", "text/plain")
    assert scripted.asked == ["PUT /bucket/one"] * 3


def test_a_passing_illness_is_not_noticed(scripted: Scripted) -> None:
    scripted.answers = [error(503, "SlowDown"), cut, say(200, ETag='"x"')]
    store.put("one", b"x", "text/plain")
    assert len(scripted.asked) == 3


@pytest.mark.parametrize("length", [None, 3_000_000])
def test_a_body_that_breaks_off_is_no_object(scripted: Scripted, length: int | None) -> None:
    scripted.answers = [say(206 if length else 200, b"x" * 1_500_000, length=3_000_000)]
    pieces, read = store.read("one", 0, length), b""
    with pytest.raises(Unavailable):
        for piece in pieces:
            read += piece
    assert len(read) < 3_000_000
    assert list(pieces) == []


@pytest.mark.parametrize(
    "odd", [say(200, b"<html>hello</html>"), say(200, b"not xml"), say(400, b"<html>"), say(301), say(403, b"no")]
)
def test_an_answer_that_is_not_of_s3_is_refused(scripted: Scripted, odd: object) -> None:
    scripted.answers = [odd]
    with pytest.raises(Unavailable, match="object store"):
        store.start_parts("one", "text/plain")


def test_refusals_have_their_own_names(scripted: Scripted) -> None:
    wanted = {
        "NoSuchKey": (404, NotFound),
        "NoSuchBucket": (404, Unavailable),
        "EntityTooLarge": (400, TooLarge),
        "InvalidPart": (400, Conflict),
        "EntityTooSmall": (400, Conflict),
        "AccessDenied": (403, Unavailable),
        "RequestTimeTooSkewed": (403, Unavailable),
    }
    for code, (status, kind) in wanted.items():
        scripted.answers = [error(status, code)]
        with pytest.raises(kind):
            store.read("one")


def test_a_write_that_races_another_is_tried_again(scripted: Scripted) -> None:
    race = error(409, "ConditionalRequestConflict")
    scripted.answers = [race, race, say(200, ETag='"x"')]
    assert store.put_if_absent("one", b"x", "text/plain")
    scripted.answers = [race, error(412, "PreconditionFailed")]
    assert not store.put_if_absent("one", b"x", "text/plain")
    scripted.answers = [race]
    with pytest.raises(Unavailable):
        store.put_if_absent("one", b"x", "text/plain")


def joined(*parts: bytes) -> tuple[list[tuple[int, str]], str]:
    digests = [hashlib.md5(part).digest() for part in parts]
    etags = [(number, f'"{digest.hex()}"') for number, digest in enumerate(digests, 1)]
    return etags, f'"{hashlib.md5(b"".join(digests)).hexdigest()}-{len(parts)}"'


def test_an_upload_whose_last_answer_was_lost_is_finished(scripted: Scripted) -> None:
    parts, etag = joined(b"one", b"two")
    head = say(200, ETag=etag, Last_Modified=MODIFIED)
    scripted.answers = [cut, error(404, "NoSuchUpload"), head]
    store.finish_parts("one", "id", parts)
    assert [asked.split(" ")[0] for asked in scripted.asked] == ["POST", "POST", "HEAD"]


def test_an_upload_that_is_gone_is_not_taken_for_finished(scripted: Scripted) -> None:
    parts, _ = joined(b"one", b"two")
    _, other = joined(b"one", b"three")
    scripted.answers = [error(404, "NoSuchUpload"), say(200, ETag=other, Last_Modified=MODIFIED)]
    with pytest.raises(NotFound):
        store.finish_parts("one", "id", parts)
    scripted.answers = [error(404, "NoSuchUpload"), say(404), say(200, b"<ListBucketResult/>")]
    with pytest.raises(NotFound):
        store.finish_parts("one", "id", [(1, "odd-etag")])


def test_a_writer_tells_of_an_ill_server_and_aborts_quietly(scripted: Scripted) -> None:
    begun = say(200, b"<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>")
    scripted.answers = [begun, error(403, "AccessDenied")]
    writer = store.begin("one", "text/plain")
    with pytest.raises(Unavailable):
        for _ in range(5):
            writer.write(bytes(8 * 1024 * 1024))
    with pytest.raises(Unavailable):
        writer.finish()
    writer.abort()  # refused by the server too
    assert any(asked.startswith("DELETE /bucket/one?uploadId=id") for asked in scripted.asked)
    assert not any("POST /bucket/one?uploadId" in asked for asked in scripted.asked)


def test_a_process_that_was_forked_has_its_own_connections(scripted: Scripted) -> None:
    scripted.answers = [say(200, ETag='"x"', Last_Modified=MODIFIED)]
    for _ in range(2):
        store.stat("one")
    assert len(set(scripted.ports)) == 1  # kept alive
    child = os.fork()
    if child == 0:
        try:
            store.stat("one")
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    store.stat("one")
    assert scripted.ports[0] == scripted.ports[1] == scripted.ports[3] != scripted.ports[2]


def test_a_connection_is_used_again_after_reading(scripted: Scripted) -> None:
    scripted.answers = [say(200, b"x" * 3_000_000)]
    for _ in range(3):
        assert sum(len(piece) for piece in store.read("one")) == 3_000_000
    assert len(set(scripted.ports)) == 1
    pieces = store.read("one")
    next(pieces)
    pieces.close()
    list(store.read("one"))
    assert len(set(scripted.ports)) == 2  # what is not read to its end is not used again


def test_no_key_is_ever_logged(scripted: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        scripted.answers = [say(200, ETag='"x"')]
        store.put("one", b"x", "text/plain")
        store.presigned("one", seconds=60, file_name="a", media_type="text/plain")
        scripted.answers = [error(403, "SignatureDoesNotMatch")]
        with pytest.raises(Unavailable):
            store.put("one", b"x", "text/plain")
    for secret in ("the-key-of-the-test", "the-secret-of-the-test", "AWS4-HMAC", "Signature="):
        assert secret not in caplog.text


def test_proxies_of_the_environment_are_not_for_a_store_with_an_address(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    store.configure(scripted.url)
    scripted.answers = [say(200, ETag='"x"')]
    store.put("one", b"x", "text/plain")


def test_the_client_is_imported_only_for_a_bucket() -> None:
    code = (
        "import sys; from app.gateways import object_store as s; s.configure('file:///tmp');"
        "assert not {'boto3', 'botocore'} & set(sys.modules); s.configure('s3://b'); assert 'botocore' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
