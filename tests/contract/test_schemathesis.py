"""Generated requests over the whole document: never a 5xx, never an answer that the document does not describe."""

import os
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
import requests

from tests.conftest import HEAVY, PASSWORD, ROOT, Live

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)
# they would end the token that the others need; they are sent by themselves
ENDS_TOKENS = "users_revoke_tokens?$"
CASES, EXAMPLES = (20_000, "330") if HEAVY else (1_500, "6")


def sign_up(url: str) -> str:
    person = {"email": "a@example.org", "password": PASSWORD, "first_name": "S", "last_name": "U", "role": "r"}
    requests.post(f"{url}/api/users/register", json=person, timeout=10)
    answer = requests.post(f"{url}/api/users/get-auth-token", auth=("a@example.org", PASSWORD), timeout=10)
    return answer.json()["token"]


def send(url: str, token: str, *options: str) -> tuple[int, str, int]:
    """Exit status, report, and the number of cases."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "--no-color", "--checks", CHECKS]
    command += ["-H", f"Authorization: Bearer {token}", "--phases", "examples,coverage,fuzzing", "--seed", "20261124"]
    command += ["--generation-database", "none", "--continue-on-failure", *options]
    environ = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.contract.serializers"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=3000, env=environ)
    cases = re.search(r"(\d+) generated", done.stdout)
    return done.returncode, done.stdout + done.stderr, int(cases[1]) if cases else 0


@pytest.mark.timeout(3600)
def test_no_generated_request_finds_an_answer_that_is_not_documented(start_service: Callable[..., Live]) -> None:
    url = start_service().url
    status, report, cases = send(url, sign_up(url), "-n", EXAMPLES, "--exclude-operation-id-regex", ENDS_TOKENS)
    assert status == 0, report[-8000:]
    assert cases >= CASES, report[-1500:]
    status, report, _ = send(url, sign_up(url), "-n", "5", "--include-operation-id-regex", ENDS_TOKENS)
    assert status == 0, report[-8000:]
