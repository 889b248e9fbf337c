"""Data sets as Croissant: judged by mlcroissant, which is kept from every connection."""

import hashlib
import json
import socket
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.semantics.exports.croissant import croissant
from tests.conftest import SignUp

# of rdflib, as mlcroissant uses it
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

BASE = "https://data.example.org"
ID = "ab" * 32
IRI = f"{BASE}/id/ml_dataset/{ID}"
SUM = hashlib.sha256(b"x").hexdigest()
RECOMMENDED = ('citeAs" is recommended', 'license" is recommended')
COLUMNS = [
    {"type": "double", "name": "bmi", "required": True},
    {"type": "long", "name": "age", "required": False},
    {"type": "string", "name": "sex"},
    {"type": "boolean", "name": "treated"},
    {"type": "datetime", "name": "seen"},
    {"type": "array", "items": {"type": "array", "items": {"type": "float"}}, "name": "scan"},
]


def facts(**given: Any) -> dict[str, Any]:
    """A data set as the API shows it."""
    return {
        "dataset_id": ID,
        "name": "diabetes",
        "version": "1",
        "description": "Ten measurements of 442 patients.",
        "digest": "8f9eb48c",
        "source_type": "http",
        "source": {"url": "https://data.example.org/diabetes.csv"},
        "schema": {"mlflow_colspec": COLUMNS},
        "profile": {"num_rows": 442, "num_elements": 4862},
        "tags": {"domain": "medicine"},
        "properties": {"license": "CC-BY-4.0", "citation": "Efron et al. 2004", "sha256": SUM},
        "created_at": "2026-01-02T03:04:05.000006Z",
        "updated_at": "2026-01-03T03:04:05.000006Z",
        "creator": {"user_id": "cd" * 32, "first_name": "Sample", "last_name": "User"},
        "visibility": "internal",
        **given,
    }


def without_file(**given: Any) -> dict[str, Any]:
    return facts(properties={"license": "CC-BY-4.0", "citation": "Efron et al. 2004"}, **given)


@pytest.fixture(scope="module", autouse=True)
def no_connection() -> Iterator[list[Any]]:
    """Whoever connects is noted, and refused."""
    tried: list[Any] = []

    def refuse(_socket: socket.socket, where: Any) -> None:
        tried.append(where)
        raise AssertionError(f"mlcroissant connects to {where}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        yield tried
    assert tried == []


def judge(document: dict[str, Any]) -> Any:
    """The data set as mlcroissant reads it; an error is raised."""
    import mlcroissant  # takes seconds

    return mlcroissant.Dataset(json.loads(json.dumps(document, allow_nan=False)))


def issues(document: dict[str, Any]) -> list[str]:
    found = judge(document).metadata.ctx.issues
    return sorted(found.errors | found.warnings)


def fields_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for record_set in document["recordSet"] for field in record_set["field"]}


def test_a_data_set_with_a_checksum_is_valid_without_a_warning() -> None:
    document = croissant(facts(), BASE)
    assert issues(document) == []
    kinds = {name: field["dataType"] for name, field in fields_of(document).items()}
    assert kinds == {
        "bmi": "sc:Float",
        "age": "sc:Integer",
        "sex": "sc:Text",
        "treated": "sc:Boolean",
        "seen": "sc:Date",
        "scan": "sc:Float",
    }


def test_the_command_line_validator_agrees(tmp_path: Path) -> None:
    path = tmp_path / "croissant.json"
    path.write_text(json.dumps(croissant(facts(), BASE)))
    assert _validate(path) == 0
    broken = croissant(facts(), BASE)
    del broken["distribution"][0]["sha256"]
    path.write_text(json.dumps(broken))
    assert _validate(path) != 0


def _validate(path: Path) -> int:
    # a proxy that nobody serves: a request would fail the validation
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    command = [str(Path(sys.executable).parent / "mlcroissant"), "validate", "--jsonld", str(path)]
    return subprocess.run(command, env=nowhere, capture_output=True, timeout=120, check=False).returncode


def test_the_context_is_the_official_one() -> None:
    from mlcroissant._src.core.context import Context, CroissantVersion
    from mlcroissant._src.core.rdf import make_context

    assert croissant(facts(), BASE)["@context"] == make_context(Context(conforms_to=CroissantVersion.V_1_1))


def test_mlcroissant_reads_the_rows_that_the_document_describes(tmp_path: Path) -> None:
    path = tmp_path / "diabetes.csv"
    path.write_text("bmi,the age\n0.5,42\n-1.5,7\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    schema = {"mlflow_colspec": [{"type": "double", "name": "bmi"}, {"type": "long", "name": "the age"}]}
    document = croissant(facts(schema=schema, properties={"sha256": digest.upper()}), BASE)
    import mlcroissant

    described = mlcroissant.Dataset(document, mapping={f"{IRI}#file": path})
    rows = [dict(row) for row in described.records(f"{IRI}#records")]
    assert rows == [
        {f"{IRI}#columns/bmi": 0.5, f"{IRI}#columns/the%20age": 42},
        {f"{IRI}#columns/bmi": -1.5, f"{IRI}#columns/the%20age": 7},
    ]


def test_a_document_can_be_changed_without_changing_the_next_one() -> None:
    croissant(facts(), BASE)["@context"]["name"]["@container"] = "spoilt"
    assert croissant(facts(), BASE)["@context"]["name"] == {"@container": "@language"}


@pytest.mark.parametrize(
    "properties", [{}, {"sha256": "8f9eb48c"}, {"md5": 8}, {"sha256": SUM + "0"}, {"sha256": None}]
)
def test_without_a_true_checksum_no_file_is_described(properties: dict[str, Any]) -> None:
    document = croissant(facts(properties=properties), BASE)
    assert "distribution" not in document
    assert "recordSet" not in document
    assert SUM not in json.dumps(document)
    assert [one["name"] for one in document["variableMeasured"]] == [column["name"] for column in COLUMNS]
    assert document["identifier"]["value"] == "8f9eb48c"
    assert all(any(known in issue for known in RECOMMENDED) for issue in issues(document))


def test_a_record_set_without_a_source_would_be_refused() -> None:
    """Why columns without a file are no record set: the day that this passes, they can be one."""
    import mlcroissant

    document = croissant(facts(), BASE)
    del document["distribution"]
    for field in document["recordSet"][0]["field"]:
        del field["source"]
    with pytest.raises(mlcroissant.ValidationError, match="does not define `source` or `value`"):
        judge(document)


def test_what_is_not_stated_is_left_out() -> None:
    empty = {"description": "", "digest": None, "source": None, "schema": None, "profile": None, "creator": None}
    document = croissant(facts(**empty, tags={}, properties={}, created_at=None, updated_at=None), BASE)
    assert set(document) == {"@context", "@id", "@type", "conformsTo", "name", "url", "version"}


def test_properties_win_over_tags_and_either_spelling_of_licence_counts() -> None:
    document = croissant(facts(tags={"license": "MIT"}, properties={"licence": "CC0-1.0", "creator": ["A", "B"]}), BASE)
    assert document["license"] == ["CC0-1.0"]
    assert [one["name"] for one in document["creator"]] == ["A", "B"]
    assert croissant(facts(tags={"license": "MIT"}, properties={}), BASE)["license"] == ["MIT"]


def test_every_name_in_the_document_begins_with_the_data_sets_own() -> None:
    document = croissant(facts(), f"{BASE}/")
    assert document["@id"] == document["url"] == IRI
    del document["@context"]
    found = [name for name in _ids(document) if name != IRI]
    assert found
    assert all(name.startswith(f"{IRI}#") for name in found)


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _ids(one)
    elif isinstance(value, dict):
        yield from ([value["@id"]] if "@id" in value else [])
        for one in value.values():
            yield from _ids(one)


def test_tensors_keep_the_shape_of_one_record() -> None:
    features = [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 28, 28]}}]
    targets = [{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]
    schema = {"mlflow_tensorspec": {"features": json.dumps(features), "targets": json.dumps(targets)}}
    document = croissant(facts(schema=schema), BASE)
    assert issues(document) == []
    found = fields_of(document)
    assert found["features"]["arrayShape"] == "28,28"
    assert found["features"]["isArray"] is True
    assert found["targets"]["dataType"] == "sc:Integer"
    assert "isArray" not in found["targets"]
    assert "extract" not in found["features"]["source"]  # MLflow gives it no name, so no column is claimed
    shapes = {field.name: field.array_shape_tuple for field in judge(document).metadata.record_sets[0].fields}
    assert shapes == {"features": (28, 28), "targets": None}


def test_arrays_inside_arrays_have_as_many_axes() -> None:
    assert fields_of(croissant(facts(), BASE))["scan"]["arrayShape"] == "-1,-1"


def test_odd_duplicated_and_empty_names_have_ids_of_their_own() -> None:
    names = ["a b", "a b", "", None, "a/b#c?d", "ü\n<b>", "a%20b", "~", "column 3", "@id", "cr_base_iri/x"]
    schema = [{"type": "double"} | ({} if name is None else {"name": name}) for name in names]
    document = croissant(facts(schema={"mlflow_colspec": schema}), BASE)
    assert issues(document) == []
    ids = [field["@id"] for field in document["recordSet"][0]["field"]]
    assert len(set(ids)) == len(names)
    columns = [field["source"].get("extract", {}).get("column") for field in document["recordSet"][0]["field"]]
    assert columns == [name or None for name in names]


@pytest.mark.parametrize("kind", ["binary", "object", "map", "any", "", None, 7])
def test_a_type_that_croissant_lacks_is_a_variable_and_no_guess(kind: Any) -> None:
    schema = {"mlflow_colspec": [{"type": "double", "name": "a"}, {"type": kind, "name": "b"}]}
    document = croissant(facts(schema=schema), BASE)
    assert list(fields_of(document)) == ["a"]
    assert [one["name"] for one in document["variableMeasured"]] == ["b"]
    assert issues(document) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@data.example.org/a.csv",
        "https://data.example.org/a.csv?X-Amz-Signature=secret",
        "file:///home/secret/a.csv",
        "/home/secret/a.csv",
        "javascript:secret",
        "https://data.example.org/a secret",
        "https://[secret",
    ],
)
def test_a_source_that_may_hold_a_secret_is_kept_back(url: str) -> None:
    for source in ({"url": url}, {"uri": url}, url):
        document = croissant(facts(source=source), BASE)
        assert "secret" not in json.dumps(document)
        assert "distribution" not in document


def test_file_properties_are_taken_as_they_are_given() -> None:
    own = {
        "md5": "0" * 32,
        "content_url": "s3://bucket/data/iris%20x.bin",
        "encoding_format": "text/csv",
        "content_size": 9,
    }
    (file,) = croissant(facts(properties=own), BASE)["distribution"]
    assert file == {
        "@id": f"{IRI}#file",
        "@type": "cr:FileObject",
        "name": "iris x.bin",
        "contentUrl": own["content_url"],
        "encodingFormat": "text/csv",
        "contentSize": "9 B",
        "md5": "0" * 32,
    }


def test_what_the_api_answers_becomes_a_valid_document(client: FlaskClient, sign_up: SignUp) -> None:
    given = {
        name: facts()[name] for name in ("name", "digest", "source_type", "source", "schema", "profile", "properties")
    }
    answer = client.post("/api/ml_datasets", json=given, headers=sign_up(client).headers)
    assert answer.status_code == 201, answer.text
    document = croissant(answer.json, BASE)
    assert issues(document) == []
    assert document["datePublished"] == answer.json["created_at"]
    assert [one["name"] for one in document["creator"]] == ["Sample User"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["array", "double", "tensor"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "name", "items", "tensor-spec", "mlflow_colspec", "shape"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
kinds = st.sampled_from(["double", "long", "string", "boolean", "datetime", "binary", "object"])
names = st.text(max_size=6) | st.text(alphabet=string.punctuation + " \n\x00\u2028\ud800", max_size=4) | st.none()
specs = st.lists(st.fixed_dictionaries({"type": kinds, "name": names}), max_size=4)
few = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(
    name=names,
    description=st.text(max_size=9),
    specs=specs,
    tags=st.dictionaries(st.text(max_size=5), st.text(max_size=5)),
)
def test_no_text_makes_a_document_invalid(name: Any, description: str, specs: Any, tags: Any) -> None:
    document = croissant(facts(name=name, description=description, schema={"mlflow_colspec": specs}, tags=tags), BASE)
    assert issues(document) == []
    json.dumps(document, ensure_ascii=False).encode()
    own = list(_ids({key: value for key, value in document.items() if key in ("recordSet", "variableMeasured")}))
    columns = [one for one in own if "#columns/" in one]
    assert len(columns) == len(set(columns)) == len(specs)


@few
@given(
    schema=anything,
    profile=anything,
    source=anything,
    properties=st.dictionaries(st.sampled_from(["license", "md5"]), anything),
)
def test_no_form_of_schema_source_or_profile_breaks_the_export(
    schema: Any, profile: Any, source: Any, properties: Any
) -> None:
    document = croissant(facts(schema=schema, profile=profile, source=source, properties=properties), BASE)
    assert all(any(known in issue for known in RECOMMENDED) for issue in issues(document))
