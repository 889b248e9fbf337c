"""What a data set may carry: JSON of any form, given back as it came, on both databases."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import SignUp


@pytest.mark.parametrize(
    "value", [68791, 1.5, 1.0, 2**63, -1, True, False, None, "", "12", "null", [], {}, [1, {"a": None}]]
)
def test_source_schema_and_profile_may_be_any_json(either_client: FlaskClient, sign_up: SignUp, value: Any) -> None:
    user = sign_up(either_client)
    given = {"name": "d", "source": value, "schema": value, "profile": value}
    made = either_client.post("/api/ml_datasets", json=given, headers=user.headers)
    assert made.status_code == 201
    read = either_client.get(made.headers["Location"], headers=user.headers).json
    for name in ("source", "schema", "profile"):
        assert (read[name], type(read[name])) == (value, type(value))
    (listed,) = either_client.get("/api/ml_datasets", headers=user.headers).json["data"]
    assert listed == read
