"""Assets of all kinds, for tests of their descriptions."""

from typing import Any

from tests.semantics.graph_facts import ASSET_IRI, asset, without_file

FILE = f"{ASSET_IRI}#file"
ODD = "a/b #%\n\"'<>\\ü\u2028\U0001f600\ud800\x00"
INFO = asset()["asset_file_info"]
DEEP: Any = 1
for _ in range(900):
    DEEP = {"a": [DEEP]}
EMPTY: dict[str, Any] = {
    "asset_name": "", "asset_uri": "", "asset_version": {"version": "", "tag": ""}, "asset_metadata": {}, "asset_tags": [],
    "aliases": [], "creator": None,
}  # fmt: skip
ASSETS: dict[str, dict[str, Any]] = {
    "stored": asset(),
    "without a file": without_file(),
    "without anything": without_file(**EMPTY),
    "elsewhere, nothing known": asset(stored=False, asset_file_info={}, asset_public_url="s3://bucket/key"),
    "elsewhere, declared": asset(stored=False, asset_public_url="https://example.org/a?b=c#d"),
    "declared, but nowhere": asset(stored=False, asset_public_url=""),
    "size without address": asset(stored=False, asset_public_url="", asset_file_info={"file_size": 1}),
    "md5 only": asset(asset_file_info={**INFO, "sha256": "none"}),
    "odd type": asset(asset_file_info={**INFO, "file_type": "a picture"}),
    "type with parameters": asset(asset_file_info={**INFO, "file_type": "Text/PLAIN; charset=utf-8"}),
    "odd names": asset(
        asset_name=ODD, asset_uri=ODD, asset_tags=[ODD, ""], aliases=[ODD], asset_version={"version": ODD, "tag": ODD},
        asset_metadata={ODD: {ODD: [ODD]}, "": "", "license": ODD}, asset_file_info={**INFO, "file_name": ODD, ODD: ODD},
        asset_public_url=f"https://example.org/{ODD}",
    ),
    "deep": asset(asset_metadata={"a": DEEP, "description": DEEP}, asset_file_info={"b": DEEP, **INFO}),
}  # fmt: skip
