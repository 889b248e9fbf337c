"""The forms in which a model of MLflow may be named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.gateways.tracking import uris

RUN, MODEL = "2c8c2fc3fefe4c56a29ac325c0bac39c", "m-" + "0f" * 16


@pytest.mark.parametrize(
    ("uri", "reference"),
    [
        (f"runs:/{RUN}/model", uris.RunPath(RUN, "model")),
        (f"runs:/{RUN}/a/b c", uris.RunPath(RUN, "a/b c")),
        ("models:/name/7", uris.RegistryVersion("name", "7")),
        ("models:/with blank / slash/7", uris.RegistryVersion("with blank / slash", "7")),
        ("models:/a%20b/1", uris.RegistryVersion("a b", "1")),
        ("models:/name@champion", uris.RegistryAlias("name", "champion")),
        ("models:/me@home@champion", uris.RegistryAlias("me@home", "champion")),
        (f"models:/{MODEL}", uris.ModelId(MODEL)),
        (f"mlflow-artifacts:/1/{RUN}/artifacts/knn", uris.ProxiedArtifact(f"1/{RUN}/artifacts/knn", RUN, None)),
        (
            f"mlflow-artifacts:/1/models/{MODEL}/artifacts",
            uris.ProxiedArtifact(f"1/models/{MODEL}/artifacts", None, MODEL),
        ),
        (f"mlflow-artifacts://host:80/1/{RUN}/artifacts/k", uris.ProxiedArtifact(f"1/{RUN}/artifacts/k", RUN, None)),
        ("s3://bucket/model", uris.Elsewhere("s3")),
        ("https://example.org/model", uris.Elsewhere("https")),
    ],
)
def test_each_form_is_understood(uri: str, reference: uris.Reference) -> None:
    assert uris.parse(uri) == reference


@pytest.mark.parametrize(
    "uri",
    [
        "garbage",
        "",
        "runs:/",
        f"runs:/{RUN}",
        "runs:/../x",
        f"runs:/{RUN}/../../etc/passwd",
        f"runs:/{RUN}/%2e%2e/x",
        "models:/",
        "models:/name",
        "models:/name/latest/x",
        "models:/@x",
        "mlflow-artifacts:/",
        "mlflow-artifacts:/1/2",
        f"mlflow-artifacts:/1/{RUN}/artifacts/..%252f..",
        "http://[::1",
        "c:\\model",
    ],
)
def test_what_is_no_form_is_refused_with_the_forms(uri: str) -> None:
    with pytest.raises(Invalid) as caught:
        uris.parse(uri)
    assert "models:/NAME/VERSION" in caught.value.detail or "relative path" in caught.value.detail


@given(st.text(max_size=80))
def test_any_text_is_understood_or_refused(text: str) -> None:
    for candidate in (text, f"runs:/{text}", f"models:/{text}", f"mlflow-artifacts:/{text}"):
        try:
            uris.parse(candidate)
        except Invalid:
            continue


@given(st.text(alphabet=st.sampled_from("a/.\\%2eE5cF\x00"), max_size=24))
def test_a_path_that_passes_stays_below_its_root(path: str) -> None:
    from pathlib import PurePosixPath
    from urllib.parse import unquote

    try:
        checked = uris.check_path(path)
    except Invalid:
        return
    for _ in range(3):
        assert ".." not in PurePosixPath(checked).parts
        assert not checked.startswith("/")
        checked = unquote(checked)
