"""Making descriptions: what goes wrong with one thing stays with it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from flask import Flask

from app.semantics import describing
from app.semantics.describing import Describer
from app.semantics.graph import Described, describe_model
from tests.conftest import SignUp
from tests.semantics.test_descriptions import make, read
from tests.semantics.test_questions import TITLES, values


def test_what_cannot_be_described_keeps_nobody_from_asking(
    make_app: Callable[..., Flask], sqlite_url: str, sign_up: SignUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_app(sqlite_url).test_client()
    user = sign_up(client)
    bad, good = make(client, user, name="bad"), make(client, user, name="good")

    def describe(facts: Mapping[str, Any], base: str) -> Described:
        if facts["name"] == "bad":
            raise ValueError("no description of this can be made")
        return describe_model(facts, base)

    kept = describing._describers["ml_model"]
    monkeypatch.setitem(describing._describers, "ml_model", Describer(kept.facts, describe))
    assert values(client, user, TITLES) == ["good"]
    assert '"good"' in read(client, user, good)
    # nor does it when it is the only one that changed
    client.patch(f"/api/ml_models/{bad}", json={"description": "changed"}, headers=user.headers)
    assert values(client, user, TITLES) == ["good"]
    assert client.get("/api/semantics/search", headers=user.headers).status_code == 200
    # whoever asks for it itself is told
    assert client.get(f"/api/semantics/{bad}", headers=user.headers).status_code == 500
