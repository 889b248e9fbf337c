"""OBJECT_STORE_URL, and the keys of objects."""

from collections.abc import Iterator

import pytest

from app.gateways import object_store as store
from app.gateways.object_store import keys
from app.gateways.object_store.settings import FolderSettings, S3Settings, parse


@pytest.fixture(autouse=True)
def _none_stays() -> Iterator[None]:
    yield
    store.configure("")


def test_a_folder_is_read() -> None:
    assert parse("file:///srv/my%20files/?make=1", 1) == FolderSettings("/srv/my files", True)
    assert parse("file:///srv/x", 1) == FolderSettings("/srv/x", False)


def test_a_bucket_is_read() -> None:
    url = "s3://files/some/where/?endpoint=http://127.0.0.1:8333/&region=eu&public_endpoint=https://files.example.org&make=1"
    found = parse(url, 7)
    assert found == S3Settings(
        "files", "some/where/", "http://127.0.0.1:8333", "https://files.example.org", "eu", True, 7
    )
    assert parse("s3://files", 7) == S3Settings("files", "", None, None, None, False, 7)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://files", "must be file:"),
        ("files", "must be file:"),
        ("file://host/srv", "file:///ABSOLUTE/FOLDER"),
        ("file:///", "file:///ABSOLUTE/FOLDER"),
        ("file:///srv?endpoint=x", "not known: endpoint"),
        ("s3://", "must name a bucket"),
        ("s3://key:secret@files", "AWS_ACCESS_KEY_ID"),
        ("s3://files?secret=x", "not known: secret"),
        ("s3://files?endpoint=127.0.0.1:8333", "endpoint must be"),
        ("s3://files?endpoint=http://a:b@host", "without a login"),
        ("s3://files?public_endpoint=ftp://host", "public_endpoint must be"),
    ],
)
def test_a_wrong_url_is_refused_with_what_is_wrong(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        store.configure(url)
    assert "secret@" not in str(refused.value)


def test_keys_are_told_from_other_text() -> None:
    assert all(keys.is_key(key) for key in ("a", "objects/ab/cdef", "0", "a.b-c_d/e", "x" * 200))
    assert not any(
        keys.is_key(key) for key in ("", ".a", "-a", "a..b", "a/..", "a/./b", "a//b", "a/", "x" * 201, "a,b")
    )
    for prefix in ("", "a/", "objects/a"):
        assert keys.check_prefix(prefix) == prefix
    store.configure("file:///nowhere")
    for prefix in ("/", "../", "a/../", "A"):
        with pytest.raises(ValueError, match="no beginning of a key"):
            store.listing(prefix)


def test_wrong_numbers_are_mistakes_of_the_caller() -> None:
    for number in (0, -1, store.MAX_PARTS + 1):
        with pytest.raises(ValueError, match="number from 1"):
            store.put_part("one", "id", number, b"")
    with pytest.raises(ValueError, match="at least one"):
        store.finish_parts("one", "id", [])
    for start, length in ((-1, None), (0, -1)):
        with pytest.raises(ValueError, match="below zero"):
            store.read("one", start, length)
