"""Upload an asset by a form, and die between the store and the database: DATABASE_URL OBJECT_STORE_URL POINT SIZE.

POINT is `stored` (the object is whole, no row says so) or `adopting` (inside the transaction that makes the asset).
"""

import json
import os
import signal
import sys
from typing import Any

from app.assets_db.service import storing
from app.factory import create_app
from app.files import service as files
from app.gateways import object_store
from tests.assets_db.conftest import FORM, METADATA, form
from tests.conftest import make_config


def die(*_given: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(database_url: str, store: str, point: str, size: int) -> None:
    client = create_app(make_config(database_url, OBJECT_STORE_URL=store, ANONYMOUS_ASSETS="write")).test_client()
    object_store.make_bucket()
    if point == "stored":
        storing._insert = die  # type: ignore[assignment]
    else:
        adopt = files.adopt
        files.adopt = lambda *given: (adopt(*given), die())  # type: ignore[assignment,func-returns-value]
    name = {**METADATA, "asset_name": str(os.getpid())}
    answer = client.post("/upload_asset", data=form(os.urandom(size), json.dumps(name)), content_type=FORM)
    sys.exit(f"it lives: {answer.status_code} {answer.text}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
