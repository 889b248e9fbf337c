"""The requests of the registry as the second text prints them, placeholders replaced; its one broken body is repaired."""

import uuid

from flask.testing import FlaskClient

from tests.assets_registry.conftest import Put

CREATE = """{
    "asset_registry_name": "ResNet Models registry",
    "asset_registry_metadata": {
        "framework": "PyTorch",
        "version": "1.0",
        "author": "OpenAI",
        "license": "Apache-2.0"
    },
    "asset_registry_tags": ["image-classification", "deep-learning", "pytorch"],
    "asset_registry_public_url": "https://example.com/models/resnet-models-registry"
}"""
UPDATE_AS_PRINTED = """{
    "asset_registry_metadata": {
        "framework": "TensorFlow" models,
        "version": "2.0"
    },
    "asset_registry_tags": ["neural-network", "tensorflow"]
}"""
QUERY = """{
    "$and": [
        { "asset_registry_tags": { "$in": ["deep-learning"] } },
        { "asset_registry_metadata.framework": "PyTorch" }
    ]
}"""
JSON = {"Content-Type": "application/json"}
FIELDS = [
    *("asset_registry_id", "asset_registry_name", "asset_registry_metadata", "asset_registry_tags"),
    "asset_registry_public_url",
]


def test_every_request_of_the_text_works_as_printed(either_client: FlaskClient, put: Put) -> None:
    client = either_client
    put("example.com")  # at port 80, while the text says https: nobody is there
    made = client.post("/asset_registry", data=CREATE, headers=JSON)
    assert made.status_code == 201, made.text
    registry_id = made.json["data"]["asset_registry_id"]
    assert uuid.UUID(registry_id).version == 4
    assert made.json["data"]["message"] == "Asset registry created"
    assert made.json["data"]["id"] == registry_id
    assert made.headers["Location"] == f"/asset_registry/{registry_id}"
    path = f"/asset_registry/{registry_id}"

    read = client.get(path, headers=JSON)
    assert (read.status_code, read.json["success"]) == (200, True)
    assert list(read.json["data"]) == FIELDS
    assert list(read.json["data"]["asset_registry_metadata"]) == ["framework", "version", "author", "license"]

    found = client.post("/asset_registries", data=QUERY, headers=JSON)
    assert (found.status_code, found.json) == (200, {"success": True, "data": [read.json["data"]]})

    broken = client.put(path, data=UPDATE_AS_PRINTED, headers=JSON)
    assert (broken.status_code, broken.json["success"]) == (400, False)
    assert client.get(path).json == read.json
    repaired = UPDATE_AS_PRINTED.replace('"TensorFlow" models', '"TensorFlow models"')
    updated = client.put(path, data=repaired, headers=JSON)
    done = {"success": True, "data": {"message": "Asset registry updated"}}
    assert (updated.status_code, updated.json) == (200, done)
    after = client.get(path).json["data"]
    assert after["asset_registry_metadata"] == {"framework": "TensorFlow models", "version": "2.0"}
    assert after["asset_registry_tags"] == ["neural-network", "tensorflow"]
    assert client.post("/asset_registries", data=QUERY, headers=JSON).json["data"] == []

    health = client.get(f"/check_health/{registry_id}", headers=JSON)
    assert (health.status_code, health.json) == (200, {"success": False, "message": "unhealthy"})

    deleted = client.delete(path, headers=JSON)
    assert (deleted.status_code, deleted.json) == (
        200,
        {"success": True, "data": {"message": "Asset registry deleted"}},
    )
    for gone in (client.get(path), client.delete(path), client.get(f"/check_health/{registry_id}")):
        assert (gone.status_code, gone.json["success"]) == (404, False)
        assert gone.json["error"] == gone.json["message"]


def test_an_id_as_the_text_prints_it_may_be_given(client: FlaskClient, put: Put) -> None:
    put()
    given = {
        "asset_registry_id": "tes-123e4567-e89b-12d3-a456-426614174000",
        "asset_registry_public_url": "http://db.example",
    }
    made = client.post("/asset_registry", json=given)
    assert made.json["data"]["asset_registry_id"] == given["asset_registry_id"]
    health = client.get("/check_health/tes-123e4567-e89b-12d3-a456-426614174000", headers=JSON)
    assert health.json == {"success": True, "message": "healthy"}
