"""The tus protocol by hand: what each request answers."""

import base64
import hashlib

import pytest
import time_machine
from werkzeug.http import parse_date

from app.core.clock import utcnow
from app.core.errors import Conflict, NotFound
from app.files import service as files
from app.files.tus import EXTENSIONS
from tests.files.conftest import Service
from tests.files.tus_client import Tus, checksum, metadata

TEN = b"0123456789"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_options_says_what_is_spoken_to_everybody(service: Service) -> None:
    service.engine.set(max_bytes=1234)
    for path in ("/api/uploads", f"/api/uploads/{'0' * 64}"):
        answer = service.client.options(path)
        assert answer.status_code == 204
        assert answer.headers["Tus-Resumable"] == answer.headers["Tus-Version"] == "1.0.0"
        assert answer.headers["Tus-Extension"] == EXTENSIONS
        assert answer.headers["Tus-Max-Size"] == "1234"
        assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256,md5"


def test_an_upload_in_two_requests_is_verified_by_the_worker(either_service: Service) -> None:
    tus = either_service.tus
    path = tus.begin(10, filename="Spektren ü.h5", filetype="application/x-hdf5")
    answer = tus.append(path, 0, TEN[:4])
    assert (answer.status_code, answer.headers["Upload-Offset"], answer.data) == (204, "4", b"")
    assert tus.offset(path) == 4
    assert tus.show(path)["state"] == "receiving"
    assert tus.append(path, 4, TEN[4:]).headers["Upload-Offset"] == "10"
    shown = tus.show(path)
    assert (shown["state"], shown["sha256"], shown["offset"]) == ("verifying", None, 10)
    assert either_service.verify() == 1
    shown = tus.show(path)
    assert (shown["state"], shown["sha256"], shown["md5"]) == ("ready", sha256(TEN), hashlib.md5(TEN).hexdigest())
    assert (shown["file_name"], shown["media_type"]) == ("Spektren ü.h5", "application/x-hdf5")
    assert either_service.content(path) == TEN


def test_an_upload_in_one_request_is_ready_at_once(either_service: Service) -> None:
    tus = either_service.tus
    path = tus.begin(10)
    assert tus.append(path, 0, TEN).status_code == 204
    assert (tus.show(path)["state"], tus.show(path)["sha256"]) == ("ready", sha256(TEN))
    assert either_service.verify() == 0
    assert either_service.content(path) == TEN


def test_the_bytes_may_come_with_the_creation(service: Service) -> None:
    answer = service.tus.create(10, TEN, **checksum(TEN, "sha1"))
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "10")
    assert answer.json["state"] == "ready"
    part = service.tus.create(10, TEN[:3])
    assert (part.status_code, part.headers["Upload-Offset"]) == (201, "3")
    wrong = service.tus.create(10, TEN, **checksum(b"other"))
    assert wrong.status_code == 460
    listed = service.client.get("/api/uploads", headers=service.tus.headers).json["data"]
    assert [upload["offset"] for upload in listed] == [3, 10], "what failed leaves nothing"


def test_an_empty_file_is_ready_at_its_creation(service: Service) -> None:
    path = service.tus.begin(0)
    assert service.tus.show(path)["sha256"] == sha256(b"")
    assert service.content(path) == b""


def test_head_says_how_far_it_is_and_is_never_stored(service: Service) -> None:
    given = metadata(filename="a.txt", note="")
    made = service.tus.create(10, **{"Upload-Metadata": given})
    asked = service.client.head(made.headers["Location"], headers=service.tus.headers)
    for answer in (made, asked):
        assert answer.headers["Upload-Offset"] == "0"
        assert answer.headers["Upload-Length"] == "10"
        assert answer.headers["Upload-Metadata"] == given
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Tus-Resumable"] == "1.0.0"
        expires = parse_date(answer.headers["Upload-Expires"])
        assert expires is not None and 3500 < (expires - utcnow()).total_seconds() < 3700
    assert not asked.data


def test_bytes_for_another_offset_are_refused(service: Service) -> None:
    path = service.tus.begin(10)
    service.tus.append(path, 0, TEN[:4])
    for offset in (0, 3, 5, 10, 11):
        answer = service.tus.append(path, offset, b"x")
        assert answer.status_code == 409
        assert "continues at 4" in answer.json["detail"]
    assert service.tus.offset(path) == 4


def test_nothing_is_added_to_an_upload_that_has_all_its_bytes(service: Service) -> None:
    path = service.tus.begin(10)
    service.tus.append(path, 0, TEN)
    assert service.tus.append(path, 10, b"").status_code == 409
    assert service.tus.append(path, 10, b"x").status_code == 409


def test_more_bytes_than_announced_are_refused_and_not_kept(service: Service) -> None:
    path = service.tus.begin(10)
    answer = service.tus.append(path, 0, TEN + b"x")
    assert answer.status_code == 413
    assert "10 of Upload-Length" in answer.json["detail"]
    assert service.tus.offset(path) == 0
    assert service.tus.append(path, 0, TEN).status_code == 204


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
def test_bytes_that_do_not_have_their_checksum_are_not_kept(service: Service, algorithm: str) -> None:
    path = service.tus.begin(10)
    assert service.tus.append(path, 0, TEN[:4], **checksum(TEN[:4], algorithm)).status_code == 204
    answer = service.tus.append(path, 4, TEN[4:], **checksum(TEN, algorithm))
    assert (answer.status_code, answer.json["title"]) == (460, "Checksum Mismatch")
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert service.tus.offset(path) == 4
    assert service.tus.append(path, 4, TEN[4:], **checksum(TEN[4:], algorithm)).status_code == 204
    service.verify()
    assert service.content(path) == TEN


@pytest.mark.parametrize("given", ["", "crc32 AAAA", "sha256", "sha256 !!", "sha256 AAAA", "SHA1 AAAA"])
def test_a_checksum_that_cannot_be_read_is_400(service: Service, given: str) -> None:
    path = service.tus.begin(10)
    answer = service.tus.append(path, 0, TEN, **{"Upload-Checksum": given})
    assert answer.status_code == 400
    assert "Upload-Checksum" in answer.json["detail"]
    assert service.tus.offset(path) == 0


@pytest.mark.parametrize(
    "given",
    [
        "filename",
        "filename !!",
        "a YQ==,a YQ==",
        "filename YQ==,,",
        f"filename {base64.b64encode(bytes([255])).decode()}",
        f"filename {base64.b64encode(b'a' + bytes([0])).decode()}",
        "x" * 9000,
        "sha256 YWI=",
        f"note {base64.b64encode(b'x').decode()}é",
    ],
)
def test_metadata_that_cannot_be_read_or_kept_is_refused(service: Service, given: str) -> None:
    answer = service.tus.create(10, **{"Upload-Metadata": given})
    if given == "filename":  # a key without a value is one by the protocol
        assert answer.json["file_name"] == "upload"
        return
    assert answer.status_code in (400, 422)
    assert service.engine.count() == 0


@pytest.mark.parametrize("length", ["", "-1", "1.5", "x", "1" * 19, "٣"])
def test_a_length_that_is_none_is_400(service: Service, length: str) -> None:
    headers = {**service.tus.headers, "Upload-Length": length}
    assert service.client.post("/api/uploads", headers=headers).status_code == 400


def test_what_is_not_supported_is_refused_by_name(service: Service) -> None:
    assert service.client.post("/api/uploads", headers=service.tus.headers).status_code == 400
    for name in ("Upload-Defer-Length", "Upload-Concat"):
        answer = service.tus.create(10, **{name: "1"})
        assert answer.status_code == 400
        assert name in answer.json["detail"]
    assert service.engine.count() == 0


def test_another_media_type_is_415(service: Service) -> None:
    path = service.tus.begin(10)
    assert service.tus.append(path, 0, TEN, **{"Content-Type": "text/plain"}).status_code == 415
    headers = {**service.tus.headers, "Upload-Length": "10", "Content-Type": "text/plain"}
    assert service.client.post("/api/uploads", headers=headers, data=TEN).status_code == 415
    assert service.tus.offset(path) == 0


@pytest.mark.parametrize("version", ["0.2.2", "", "1.0.1"])
def test_another_version_of_the_protocol_is_412(service: Service, version: str) -> None:
    path = service.tus.begin(10)
    other = Tus(service.client, {**service.tus.headers, "Tus-Resumable": version})
    answers = [other.create(10), other.append(path, 0, TEN), other.end(path)]
    answers.append(service.client.head(path, headers=other.headers))
    for answer in answers:
        assert answer.status_code == 412
        assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
    assert service.tus.offset(path) == 0
    assert service.client.get(path, headers=other.headers).status_code == 200, "GET is not of the protocol"


def test_a_file_that_cannot_fit_is_413_before_its_first_byte(service: Service) -> None:
    service.engine.set(max_bytes=9)
    assert service.tus.create(10).status_code == 413
    service.engine.set(quota=9)
    answer = service.tus.create(10)
    assert answer.status_code == 413
    assert "quota" in answer.json["detail"]
    assert service.engine.count() == 0


def test_an_upload_that_is_ended_is_gone_with_its_bytes(service_on_each_store: Service) -> None:
    service = service_on_each_store
    path = service.tus.begin(20 * 2**20)
    service.tus.append(path, 0, b"x" * (9 * 2**20))
    assert len(service.engine.keys()) == 1, "a tail"
    assert service.tus.end(path).status_code == 204
    again = service.client.head(path, headers=service.tus.headers)
    for answer in (service.tus.end(path), service.tus.append(path, 0, TEN), again):
        assert answer.status_code == 404
        assert answer.headers["Tus-Resumable"] == "1.0.0"
    service.verify()
    assert service.engine.keys() == []
    assert service.engine.count() == 0
    assert files.gc(untouched_seconds=0).pending == ()


def test_a_stranger_gets_what_is_given_for_nothing(service: Service) -> None:
    path = service.tus.begin(10)
    blank = f"/api/uploads/{'0' * 64}"
    for act in (
        lambda path: service.stranger.append(path, 0, TEN),
        lambda path: service.stranger.end(path),
        lambda path: service.client.get(path, headers=service.stranger.headers),
        lambda path: service.client.patch(path, headers={"Authorization": service.stranger.headers["Authorization"]}),
    ):
        theirs, nothing = act(path), act(blank)
        assert theirs.status_code == nothing.status_code == 404
        same = theirs.json["detail"].replace(path[13:], "X"), nothing.json["detail"].replace(blank[13:], "X")
        assert same[0] == same[1]
    assert service.client.get("/api/uploads", headers=service.stranger.headers).json["data"] == []
    assert service.client.get(path).status_code == 401
    assert service.client.get(path).headers["Tus-Resumable"] == "1.0.0"
    with pytest.raises(NotFound):
        files.claim_upload(service.engine.owner.__class__(**{**vars(service.engine.owner), "seq": 10**6}), path[13:])


def test_an_upload_expires_and_is_swept_and_every_request_renews_it(either_service: Service) -> None:
    service = either_service
    service.engine.set(upload_seconds=600)
    path, other = service.tus.begin(10), service.tus.begin(10)
    with time_machine.travel(utcnow().timestamp() + 500, tick=True):
        assert service.tus.append(path, 0, TEN[:4]).status_code == 204
        assert files.sweep(untouched_seconds=0) == files.Swept(0, 0), "uploads live longer than sinks"
    with time_machine.travel(utcnow().timestamp() + 700, tick=True):
        assert service.tus.append(other, 0, TEN).status_code == 404
        assert files.sweep(dry_run=True) == files.Swept(1, 1)
        assert files.sweep() == files.Swept(1, 1)
        assert service.tus.append(path, 4, TEN[4:]).status_code == 204
        service.verify()
        assert service.content(path) == TEN


def test_uploads_are_listed_newest_first_page_by_page(service: Service) -> None:
    paths = [service.tus.begin(10) for _ in range(3)]
    page = service.client.get("/api/uploads?limit=2", headers=service.tus.headers)
    assert [upload["upload_id"] for upload in page.json["data"]] == [path[13:] for path in paths[:0:-1]]
    last = service.client.get(page.headers["Link"].split(">")[0][1:], headers=service.tus.headers)
    assert [upload["upload_id"] for upload in last.json["data"]] == [paths[0][13:]]


def test_a_declared_hash_is_compared(service: Service) -> None:
    right, wrong = (service.tus.begin(10, sha256=sha256(data)) for data in (TEN, b"other"))
    late = service.tus.begin(10, sha256=sha256(b"other").upper())
    for path in (right, wrong):
        service.tus.append(path, 0, TEN)
    service.tus.append(late, 0, TEN[:5])
    service.tus.append(late, 5, TEN[5:])
    service.verify()
    assert service.tus.show(right)["state"] == "ready"
    for path in (wrong, late):
        shown = service.tus.show(path)
        assert shown["state"] == "failed"
        assert sha256(TEN) in shown["reason"] and sha256(b"other") in shown["reason"]
        with pytest.raises(Conflict, match="failed"):
            files.claim_upload(service.engine.owner, path[13:])


def test_an_upload_is_used_when_it_is_ready_and_once(service: Service) -> None:
    path = service.tus.begin(10)
    with pytest.raises(Conflict, match="0 of 10 bytes are here: send the rest") as caught:
        files.claim_upload(service.engine.owner, path[13:])
    assert caught.value.headers["Retry-After"] == "30"
    service.tus.append(path, 0, TEN[:5])
    service.tus.append(path, 5, TEN[5:])
    with pytest.raises(Conflict, match="verifying") as caught:
        files.claim_upload(service.engine.owner, path[13:])
    assert caught.value.headers["Retry-After"] == "5"
    service.verify()
    file = files.claim_upload(service.engine.owner, path[13:])
    assert (file.size, file.sha256) == (10, sha256(TEN))
    service.engine.adopt(file)
    assert service.client.get(path, headers=service.tus.headers).status_code == 404
    with pytest.raises(NotFound):
        files.claim_upload(service.engine.owner, path[13:])
    usage = service.client.get("/api/files/usage", headers=service.tus.headers)
    assert usage.json == {"bytes": 10, "quota": None, "left": None}
