"""The door to the SPARQL store. One URL picks it:

- `child://`: an in-memory Oxigraph in a process of ours, one for each process that asks; it starts empty.
- `http://HOST/DATASET` or `https://...`: a SPARQL 1.1 server that is ours alone. It is asked at `URL/query` and changed at
  `URL/update`, as Apache Jena Fuseki names them. Its default graph stays empty; `urn:quaymaster:state` keeps our books.

Whoever keeps the store in step asks `mark`, and calls `replace` with what changed since (all there is when it is None).
Queries are read by `form_of` first: SERVICE, FROM and updates are refused whatever they look like. A query ends after 5 s;
its answer has at most 10,000 rows and 1,000,000 bytes, or it is an error, never cut.
"""

import atexit
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from app.core.errors import Unavailable
from app.gateways.triple_store.formats import check_format, formats_of
from app.gateways.triple_store.guard import form_of
from app.gateways.triple_store.keeper import KeeperStore
from app.gateways.triple_store.server import ServerStore
from app.gateways.triple_store.values import NotLoaded, Part, QueryRefused, QueryTooCostly

__all__ = [
    "KeeperStore", "NotLoaded", "Part", "QueryRefused", "QueryTooCostly", "check", "close", "configure", "current", "forget",
    "form_of", "formats_of", "mark", "query", "replace",
]  # fmt: skip


class _Store(Protocol):
    def mark(self) -> str | None: ...
    def replace(self, parts: Iterable[Part], before: str | None, after: str) -> bool: ...
    def forget(self) -> None: ...
    def query(self, text: str, graphs: Sequence[str], media_type: str) -> bytes: ...
    def check(self) -> None: ...
    def close(self) -> None: ...


_state: dict[str, _Store | None] = {"store": None}


def configure(url: str) -> None:
    """Use the store at `url`, and none when it is empty; ends the process of the one before. Opens nothing yet."""
    if url and url != "child://" and not url.startswith(("http://", "https://")):
        raise ValueError(f"TRIPLE_STORE_URL must be child:// or the http(s) address of a dataset, not {url!r}")
    close()
    if url:
        _state["store"] = KeeperStore() if url == "child://" else ServerStore(url)


def close() -> None:
    """End what belongs to this process."""
    store, _state["store"] = _state["store"], None
    if store is not None:
        store.close()


atexit.register(close)


def current() -> Any:
    """The store in use; raises Unavailable when there is none."""
    store = _state["store"]
    if store is None:
        raise Unavailable("No SPARQL store is configured: set TRIPLE_STORE_URL.")
    return store


def mark() -> str | None:
    """How far the store is; None when it is empty or being filled: load everything."""
    return current().mark()


def replace(parts: Iterable[Part], *, before: str | None, after: str) -> bool:
    """Let each part replace what its key had, all or nothing.

    True when the mark was `before` and is `after` now; False when another got there first, and nothing changed (with None:
    another may still be filling it; ask `mark` again a little later). `before=None` empties the store first. Raises
    ValueError when a part is no N-Triples or has blank nodes.
    """
    return current().replace(parts, before, after)


def forget() -> None:
    """Empty the store, so that its mark is None: for marks that mean nothing any more, as after a restored backup."""
    current().forget()


def query(text: str, graphs: Sequence[str], media_type: str) -> bytes:
    """The answer to a query over the union of these graphs, which are also its only named ones.

    `media_type` is one of `formats_of(form_of(text))`. Raises QueryRefused (400) for what is no query we answer,
    QueryTooCostly (422) when it runs into a limit, NotAcceptable, NotLoaded while the mark is None, Unavailable.
    """
    check_format(form_of(text), media_type)
    return current().query(text, graphs, media_type)


def check() -> None:
    """Raise when the store cannot be asked, for the readiness of the service."""
    current().check()
