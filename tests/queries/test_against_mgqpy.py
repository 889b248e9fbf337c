"""Our matcher beside mgqpy, another implementation, whose tests ran against MongoDB 7."""

import json

import pytest
from mgqpy import Query

from app.queries.filters import parse
from app.queries.matcher import matches
from tests.conftest import HEAVY
from tests.queries.random_filters import Maker

PAIRS = 50_000 if HEAVY else 3_000
SEEDS = range(5)
# where the two differ, and the case or the line of the MongoDB manual that says who is right: none is known
EXPLAINED: dict[tuple[str, str], str] = {}


@pytest.mark.parametrize("seed", SEEDS)
def test_random_filters_find_what_mgqpy_finds(seed: int) -> None:
    maker = Maker(seed)
    found = 0
    for _ in range(PAIRS // len(SEEDS)):
        filter, document = maker.pair()
        ours, theirs = matches(parse(filter), document), Query(filter).test(document)
        text = (json.dumps(filter), json.dumps(document))
        assert ours == theirs or text in EXPLAINED, (ours, *text)
        found += ours
    assert found > PAIRS // len(SEEDS) // 20  # the pairs do meet
