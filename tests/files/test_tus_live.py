"""Uploads to a running service: broken connections, and a client that others wrote."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Live
from tests.files.live import Sender, send_slowly

MIB = 1024 * 1024


def test_an_upload_goes_on_after_the_connection_broke(start_service: Callable[..., Live]) -> None:
    sender = Sender(start_service().url).sign_up()
    data = os.urandom(20 * MIB)
    path = sender.begin(len(data))
    for sent in (3 * MIB + 7, 12 * MIB):
        at = sender.offset(path)
        connection = sender.open(path, at, len(data) - at)
        send_slowly(connection, data[at:sent])
        connection.close()
        until = time.monotonic() + 20
        while sender.offset(path) < sent and time.monotonic() < until:
            time.sleep(0.05)
        assert sender.offset(path) == sent, "all that arrived is kept"
    sender.resume(path, data)
    sender.ready(path, data)


def test_a_client_of_others_uploads_and_resumes(start_service: Callable[..., Live], tmp_path: Path) -> None:
    client_module = pytest.importorskip("tusclient.client", reason="tuspy is not installed")
    sender = Sender(start_service().url).sign_up()
    data = os.urandom(19 * MIB + 3)
    file = tmp_path / "spectra.h5"
    file.write_bytes(data)
    client = client_module.TusClient(f"{sender.url}/api/uploads", headers=sender.headers)
    given = {"filename": "spectra.h5", "filetype": "application/x-hdf5"}
    with file.open("rb") as opened:
        first = client.uploader(file_stream=opened, chunk_size=5 * MIB, metadata=given, upload_checksum=True)
        first.upload(stop_at=10 * MIB)
    with file.open("rb") as opened:
        second = client.uploader(file_stream=opened, chunk_size=6 * MIB, url=first.url)
        assert second.get_offset() == 10 * MIB
        second.upload()
    sender.ready(first.url.removeprefix(sender.url), data)
