"""Model cards: front matter by a YAML parser, the body by a Markdown parser that lets HTML through."""

import ast
import json
import math
import re
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.semantics.exports.front_matter import front_matter, scalar
from app.semantics.exports.model_card import model_card
from tests.conftest import SignUp

BASE = "https://data.example.org"
ID = "cd" * 32
IRI = f"{BASE}/id/ml_model/{ID}"
TRAINING = {"dataset_id": "ab" * 32, "name": "diabetes", "digest": "8f9eb48c", "context": "training"}
TEST = {"dataset_id": "ac" * 32, "name": "diabetes test", "digest": "9f", "context": "test"}
BORDERS = re.compile(r"^(\s*---[\r\n]+)([\S\s]*?)([\r\n]+---(\r\n|\n|$))")  # as the Hub's own library finds them
SECTIONS = [
    "Training data",
    "Hyper-parameters",
    "Evaluation",
    "How to load it",
    "Input and output",
    "Provenance",
    "What is missing",
]


def facts(**given: Any) -> dict[str, Any]:
    """A model as the API shows it."""
    return {
        "model_id": ID,
        "name": "diabetes-progression",
        "version": "3",
        "description": "Predicts the progression of diabetes.",
        "ml_flow_model_path": "models:/diabetes/3",
        "aliases": ["best"],
        "tags": {"domain": "medicine"},
        "properties": {"license": "Apache-2.0"},
        "run_id": "2c8c2fc3fefe4c56a29ac325c0bac39c",
        "run": {
            "name": "sincere-fox-1",
            "experiment": "1",
            "user": "ada",
            "status": "FINISHED",
            "started_at": "2026-01-01T00:00:00.000000Z",
            "ended_at": None,
        },
        "tracking": {"state": "resolved", "reason": None, "checked_at": None},
        "params": {"alpha": "0.1"},
        "metrics": {"r2": 0.45, "loss": "NaN"},
        "flavors": {"python_function": {"env": "conda.yaml"}, "sklearn": {"sklearn_version": "1.7.2"}},
        "signature": {
            "inputs": [{"type": "double", "name": "bmi", "required": True}],
            "outputs": [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}],
            "params": None,
        },
        "registered": {"name": "diabetes", "version": "3", "aliases": []},
        "datasets": [TRAINING, TEST],
        "created_at": "2026-01-02T03:04:05.000006Z",
        "creator": {"user_id": "ef" * 32, "first_name": "Sample", "last_name": "User"},
        **given,
    }


def unresolved(**given: Any) -> dict[str, Any]:
    """What a model has of which MLflow knows nothing."""
    empty: dict[str, Any] = {
        "params": {},
        "metrics": {},
        "flavors": {},
        "signature": None,
        "registered": None,
        "run": None,
    }
    tracking = {"state": "unresolved", "reason": "MLFLOW_TRACKING_URI is not set.", "checked_at": None}
    return facts(**{**empty, "tracking": tracking, "run_id": None, "datasets": [], "properties": {}, **given})


def front(card: str) -> dict[str, Any]:
    found = BORDERS.match(card)
    assert found
    return yaml.safe_load(found[2])


def tokens(card: str) -> list[Any]:
    """The parts of the body, with what is inside of lines."""
    body = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(BORDERS.sub("", card, 1))
    return [inner for token in body for inner in (token, *(token.children or ()))]


def headings(card: str) -> list[str]:
    found = tokens(card)
    opened = [number for number, token in enumerate(found) if token.type == "heading_open"]
    return [found[number + 1].content for number in opened]


def section(card: str, title: str) -> str:
    return card.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_front_matter_says_what_is_known() -> None:
    assert front(model_card(facts(), f"{BASE}/")) == {
        "license": "apache-2.0",
        "library_name": "sklearn",
        "tags": ["mlflow", "sklearn", "python_function", "domain: medicine"],
        "datasets": ["diabetes"],
        "metrics": ["r2", "loss"],
        "model-index": [
            {
                "name": "diabetes-progression",
                "results": [
                    {
                        "task": {"type": "other"},
                        "dataset": {
                            "name": "diabetes test",
                            "type": f"{BASE}/id/ml_dataset/{'ac' * 32}",
                            "revision": "9f",
                        },
                        "metrics": [{"type": "r2", "value": 0.45}, {"type": "loss", "value": "NaN"}],
                        "source": {"name": "Record of the model", "url": IRI},
                    }
                ],
            }
        ],
    }


def test_the_page_has_a_section_for_each_thing_that_is_known() -> None:
    card = model_card(facts(), BASE)
    assert headings(card) == ["diabetes-progression", *SECTIONS[:-1]]
    for title, text in {
        "Training data": f"| [diabetes]({BASE}/id/ml_dataset/{'ab' * 32}) | training | 8f9eb48c |",
        "Hyper-parameters": "| alpha | 0.1 |",
        "Evaluation": "| r2 | 0.45 |",
        "How to load it": "| sklearn | 1.7.2 |",
        "Input and output": "| Output | column 1 | tensor of float64 (-1) | yes |",
        "Provenance": "- **MLflow run:** 2c8c2fc3fefe4c56a29ac325c0bac39c",
    }.items():
        assert text in section(card, title).splitlines()


def test_an_unresolved_model_says_what_is_missing_and_invents_nothing() -> None:
    card = model_card(unresolved(description=""), BASE)
    assert headings(card) == ["diabetes-progression", "How to load it", "Provenance", "What is missing"]
    missing = section(card, "What is missing").strip().splitlines()
    assert len(missing) == 8
    assert "MLFLOW\\_TRACKING\\_URI is not set." in missing[0]
    assert front(card) == {"tags": ["mlflow", "domain: medicine"]}


@pytest.mark.parametrize(
    ("used", "named"),
    [
        ([], None),
        ([TRAINING], None),
        ([TRAINING, TEST], "diabetes test"),
        ([TEST, TEST], "diabetes test"),
        ([TEST, {**TEST, "dataset_id": "ad" * 32}], None),
        ([{**TEST, "context": ""}], None),
    ],
)
def test_a_result_names_a_data_set_only_when_there_can_be_no_other(
    used: list[dict[str, Any]], named: str | None
) -> None:
    card = model_card(facts(datasets=used), BASE)
    (entry,) = front(card)["model-index"]
    assert entry["results"][0]["dataset"]["name"] == (named or "not recorded")
    assert ("not recorded on which data" in section(card, "Evaluation")) == (named is None)


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("Our own, 2026", {"license": "other", "license_name": "our-own-2026"}),
        ("¿?", {"license": "other", "license_name": "other"}),
        (
            "https://data.example.org/licence",
            {
                "license": "other",
                "license_name": "https-data.example.org-licence",
                "license_link": "https://data.example.org/licence",
            },
        ),
    ],
)
def test_a_licence_stands_in_the_hubs_words_and_in_full(stated: str, shown: dict[str, str]) -> None:
    card = model_card(facts(properties={"licence": stated}), BASE)
    assert {key: value for key, value in front(card).items() if key.startswith("license")} == shown
    assert f"- **Licence:** {stated}" in card.splitlines()


def test_the_task_is_what_is_stated_or_what_the_flavor_says() -> None:
    by_flavor = {"transformers": {"task": "text-classification"}}
    assert front(model_card(facts(flavors=by_flavor), BASE))["pipeline_tag"] == "text-classification"
    stated = front(model_card(facts(flavors=by_flavor, tags={"task": "tabular-regression"}), BASE))
    assert stated["pipeline_tag"] == "tabular-regression"
    assert stated["model-index"][0]["results"][0]["task"] == {"type": "tabular-regression"}
    assert "pipeline_tag" not in front(model_card(facts(tags={"task": "Anything: goes"}), BASE))


@pytest.mark.parametrize(
    ("flavors", "library", "call"),
    [
        ({"python_function": {}, "xgboost": {}}, "xgboost", "mlflow.pyfunc.load_model"),
        ({"python_function": {}}, "mlflow", "mlflow.pyfunc.load_model"),
        ({"onnx": {}}, "onnx", "mlflow.onnx.load_model"),
        ({}, None, "mlflow.pyfunc.load_model"),
        ({"os.system('x')": {}}, "os.system('x')", "mlflow.pyfunc.load_model"),
    ],
)
def test_the_library_and_the_way_to_load_come_from_the_flavors(flavors: Any, library: str | None, call: str) -> None:
    card = model_card(facts(flavors=flavors), BASE)
    assert front(card).get("library_name") == library
    assert call in section(card, "How to load it")


@given(st.text())
@example("models:/m/1'\"\n```\n<script>")
@example("\ud800\\")
def test_the_code_to_load_names_exactly_the_models_path(path: str) -> None:
    code = [
        token.content
        for token in tokens(model_card(facts(ml_flow_model_path=f"m{path}"), BASE))
        if token.type == "fence"
    ]
    (call,) = [node for node in ast.walk(ast.parse(code[0])) if isinstance(node, ast.Call)]
    assert ast.literal_eval(call.args[0]) == f"m{path}"
    assert len(code) == 1


@given(st.floats() | st.integers(-(2**63), 2**63) | st.booleans() | st.none())
@example(1e-7)
@example(1e22)
@example(5e-324)
def test_numbers_are_numbers_for_a_yaml_parser(value: Any) -> None:
    read = yaml.safe_load(scalar(value))
    if isinstance(value, float) and not math.isfinite(value):
        assert read == str(value)
    else:
        assert (read, type(read)) == (value, type(value))


@given(st.text())
@example("\u2028---\u2029\x85\ufeff\U0001f600\ud800\r\n---\n")
@example("null")
@example("1e3")
def test_every_text_comes_back_from_a_yaml_parser_as_text(text: str) -> None:
    block = front_matter({"a": text, "b": [text, {"c": text, "d": [text]}], "e": {"f": text}})
    assert len(block.split("\n")) == 10
    assert not re.search("[\x85\u2028\u2029]", block)
    read = yaml.safe_load(block.removesuffix("---"))
    assert read["a"] == read["b"][0] == read["b"][1]["c"] == read["b"][1]["d"][0] == read["e"]["f"]
    kept = [char for char in text if char.isprintable()]
    assert [char for char in read["a"] if char in kept] == kept or "\ufffd" in text


def test_special_metrics_leave_the_front_matter_plain_json() -> None:
    card = model_card(facts(metrics={"a": math.nan, "b": math.inf, "c": -math.inf, "d": "NaN", "e": 1e-7}), BASE)
    shown = front(card)["model-index"][0]["results"][0]["metrics"]
    assert [one["value"] for one in shown] == ["NaN", "Infinity", "-Infinity", "NaN", 1e-7]
    json.dumps(front(card), allow_nan=False)
    assert "| a | NaN |" in section(card, "Evaluation").splitlines()


HOSTILE = [
    "a | b",
    "`x` ``` y",
    "\n---\nlicense: mit\n---\n",
    "<script>alert(1)</script>",
    "</td><img src=x onerror=y>",
    "[a](javascript:b)",
    "![a](https://x.example/y)",
    "&lt;b&gt;",
    "# h\n\n## Evaluation\n- x\n1. y\n> z\n===\n| a | b |\n|---|---|\n    code\n~~~\n<div>\n*s* __t__ ~~u~~ $v$",
    "\\",
    "a\\|b",
    "<!-- x",
    "[x]: https://x.example",
    "\x00\x85\u2028\ud800",
    "<https://x.example>",
]
marks = st.text(alphabet="|`-<>[]()!#*_~\\&;:=+. \n\t\r1a/\u2028\x00\ud800", min_size=1, max_size=12)
hostile = st.sampled_from(HOSTILE) | marks | st.text(min_size=1, max_size=12)


def everywhere(text: str) -> dict[str, Any]:
    """A model that has the text wherever people or MLflow may put one."""
    plain, column = {"k" + text: text}, {"type": text, "name": text, "required": True}
    run = dict.fromkeys(("name", "experiment", "user", "status", "started_at", "ended_at"), text)
    names = dict.fromkeys(("name", "version", "description", "ml_flow_model_path", "run_id"), "x" + text)
    return facts(
        **names,
        run=run,
        aliases=[text],
        tags={**plain, "license": text, "citation": text},
        properties={"creator": text, "task": text},
        params=plain,
        metrics={text: text},
        flavors={text: {"task": text, f"{text}_version": text}},
        signature={"inputs": [column], "outputs": [column], "params": [column]},
        registered={"name": text, "version": text, "aliases": [text]},
        datasets=[{**TEST, "name": text, "digest": text, "context": text}],
        tracking={"state": "unresolved", "reason": text, "checked_at": None},
        creator={"first_name": text, "last_name": text},
    )


@settings(deadline=None)
@given(hostile)
def test_no_text_changes_the_form_of_a_card(text: str) -> None:
    card = model_card(everywhere(text), BASE)
    card.encode()
    assert {"tags", "model-index"} <= set(front(card))
    assert set(front(card)) <= {"license", "license_name", "license_link", "library_name", "pipeline_tag", "tags"} | {
        "datasets",
        "metrics",
        "model-index",
    }
    found = tokens(card)
    kinds = {token.type for token in found}
    assert not kinds & {
        "html_block",
        "html_inline",
        "image",
        "code_block",
        "hr",
        "em_open",
        "s_open",
        "blockquote_open",
    }
    assert not kinds & {"ordered_list_open", "autolink_open", "hardbreak"}
    assert {token.content for token in found if token.type == "code_inline"} <= {
        "MLFLOW_TRACKING_URI",
        "license",
    }  # ours
    assert headings(card)[1:] == SECTIONS
    links = [token.attrs["href"] for token in found if token.type == "link_open"]
    assert links
    assert all(str(address).startswith(f"{BASE}/id/") for address in links)
    widths = [line.count("<td") for line in MarkdownIt("commonmark").enable("table").render(card).split("<tr>")]
    assert set(widths) <= {0, 2, 3, 4}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_letter_by_letter(text: str) -> None:
    found = tokens(model_card(facts(params={"p": text}), BASE))
    cells = [found[number + 1].children for number, token in enumerate(found) if token.type == "td_open"]
    shown = ["".join(child.content for child in cell) for cell in cells]
    assert " ".join(re.sub("[\x00\ud800\x85]", "\ufffd", text).split()) in shown


def test_what_the_api_answers_becomes_a_card(client: FlaskClient, sign_up: SignUp) -> None:
    given = {
        "name": "m",
        "version": "1",
        "description": "d",
        "ml_flow_model_path": "models:/m/1",
        "tags": {"license": "MIT"},
    }
    answer = client.post("/api/ml_models", json=given, headers=sign_up(client).headers)
    assert answer.status_code == 201, answer.text
    card = model_card(answer.json, BASE)
    assert front(card) == {"license": "mit", "tags": ["mlflow"]}
    assert "MLFLOW\\_TRACKING\\_URI" in section(card, "What is missing")
    assert "- **Registered here by:** Sample User" in card.splitlines()
