"""Fixtures of the tests of the SPARQL store."""

from collections.abc import Iterator

import pytest

from app.gateways import triple_store
from tests.gateways.triple_store.samples import Canary


@pytest.fixture
def store() -> Iterator[triple_store.KeeperStore]:
    """An empty in-memory store in a process of its own, which the gateway uses."""
    triple_store.configure("child://")
    yield triple_store.current()
    triple_store.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    watching = Canary()
    yield watching
    watching.close()
