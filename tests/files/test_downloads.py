"""Files on their way out, over HTTP's rules."""

import hashlib
import os
from urllib.request import urlopen

import pytest
from flask import Flask

from app.core.errors import NotFound, RangeNotSatisfiable
from app.core.streams import download
from app.files import service as files
from app.gateways import object_store
from tests.files.conftest import Engine

MIB = 1024 * 1024


def test_a_range_of_a_file_is_served_with_its_validators_and_digest(engine_on_each_store: Engine) -> None:
    data = os.urandom(3 * MIB + 5)
    file, _ = engine_on_each_store.kept(data, file_name="Messung ü.h5")
    with Flask("t").test_request_context(headers={"Range": "bytes=1048570-1048590"}):
        answer = download(files.source(file.seq))
        assert answer.status_code == 206
        assert b"".join(answer.response) == data[1048570:1048591]
    with Flask("t").test_request_context(headers={"Range": "bytes=-7"}):
        assert b"".join(download(files.source(file.seq)).response) == data[-7:]
    with Flask("t").test_request_context():
        answer = download(files.source(file.seq))
        assert answer.headers["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"'
        assert answer.headers["Content-Length"] == str(len(data))
        assert answer.headers["Content-Type"] == "application/x-test"
        assert "Messung%20%C3%BC.h5" in answer.headers["Content-Disposition"]
        assert [len(piece) for piece in answer.response] == [MIB, MIB, MIB, 5]
    with Flask("t").test_request_context(headers={"Range": f"bytes={len(data)}-"}), pytest.raises(RangeNotSatisfiable):
        download(files.source(file.seq))


def test_a_file_that_the_store_lost_is_not_found_before_the_answer_begins(engine_on_each_store: Engine) -> None:
    file, _ = engine_on_each_store.kept(b"x")
    object_store.delete(file.key)
    source = files.source(file.seq)
    with pytest.raises(NotFound, match=r"a\.bin is gone.*quay verify"):
        source.open(0, None)


def test_what_is_not_adopted_cannot_be_downloaded(engine: Engine) -> None:
    file = engine.send(b"x")
    for act in (files.source, files.object_of, files.presigned):
        with pytest.raises(NotFound):
            act(file.seq)


def test_a_presigned_address_gives_the_file_under_its_name_from_s3_only(
    engine_on_each_store: Engine, object_store_url: str
) -> None:
    file, _ = engine_on_each_store.kept(b"0123456789", file_name="b.txt", media_type="text/plain")
    url = files.presigned(file.seq, 60)
    assert (url is None) == (object_store_url.startswith("file:"))
    if url is None:
        return
    with urlopen(url, timeout=10) as answer:
        assert answer.read() == b"0123456789"
        assert 'filename="b.txt"' in answer.headers["Content-Disposition"]
        assert answer.headers["Content-Type"] == "text/plain"
