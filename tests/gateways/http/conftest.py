"""A world of made-up names and routes around the guard, with a canary on loopback."""

from collections.abc import Callable, Iterator

import pytest

from app.gateways import http
from tests.gateways.http.servers import Server, World

Configure = Callable[..., None]


@pytest.fixture
def world() -> Iterator[World]:
    """Nothing is listed in OUTBOUND_ALLOW."""
    made = World(Server())
    http.configure((), resolver=made.resolve, connector=made.connect)
    yield made
    made.close()
    http.configure(())


@pytest.fixture
def allow(world: World) -> Callable[..., None]:
    """List entries in OUTBOUND_ALLOW."""
    return lambda *entries: http.configure(entries, resolver=world.resolve, connector=world.connect)
