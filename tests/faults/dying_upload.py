"""Store a file as a request does, and die on the way: DATABASE_URL OBJECT_STORE_URL POINT SIZE.

POINT is a percentage of the bytes, `written` (all bytes, not finished), `stored` (in the store, not in the database) or
`adopting` (inside the transaction). Ends by SIGKILL, so that nothing here can tidy up.
"""

import os
import signal
import sys

from app.core.db import database, transaction
from app.entities import service as entities
from app.files import service as files
from app.gateways import object_store
from app.messaging import service as messaging
from app.users import service as users
from app.users.callers import Caller

PIECE = 256 * 1024


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(database_url: str, store: str, point: str, size: int) -> None:
    database.configure(database_url)
    object_store.configure(store)
    entities.configure("http://127.0.0.1:5000")
    entities.register_kind("ml_model", "/api/ml_models/{id}")
    messaging.configure("here")
    files.configure(store="here", quota=0, nobodys_quota=0, max_bytes=2**40, upload_seconds=3600)
    who = users.create_user(
        email=f"{os.getpid()}@example.org", password="a password of a test", first_name="S", last_name="U", role="r"
    )
    owner = Caller(
        users.seq_of(who["user_id"]), who["user_id"], "-", "S", "U", False, frozenset({"read", "write"}), "-"
    )
    if point == "stored":
        files.adopt = lambda *_given: die()  # type: ignore[assignment]
    send(owner, int(size * int(point) / 100) if point.isdigit() else None, point, size)


def send(owner: Caller, last: int | None, point: str, size: int) -> None:
    with files.begin(owner, file_name="a.bin", media_type="a/b") as sink:
        for start in range(0, size, PIECE):
            if last is not None and start >= last:
                die()
            sink.write(os.urandom(min(PIECE, size - start)))
        if point == "written":
            die()
        file = sink.finish()
    with transaction():
        files.adopt(file, entities.create("ml_model", owner, "a thing").seq, owner)
        if point == "adopting":
            die()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
