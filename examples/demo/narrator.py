"""Sends the requests of the story and shows each as the curl line that does the same."""

import json
import shlex
import sys
from typing import Any

import requests

SHOWN = 500


class Narrator:
    """A client that tells what it does."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.token = ""
        self._chapter = 0
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the environment has no business on loopback

    def chapter(self, title: str) -> None:
        """Begin the next part of the story."""
        self._chapter += 1
        print(f"\n\033[1m{self._chapter}. {title}\033[0m" if _coloured() else f"\n{self._chapter}. {title}", flush=True)

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """Send a request, show it and its answer, and give the answer; a failure ends the story."""
        print("\n$ " + self._curl(method, path, options), flush=True)
        headers = dict(options.pop("headers", {}))
        if self.token and "auth" not in options:
            headers["Authorization"] = f"Bearer {self.token}"
        answer = self._session.request(method, self.base + path, headers=headers, timeout=60, **options)
        print(f"  {answer.status_code} {_short(answer)}", flush=True)
        if not answer.ok:
            raise SystemExit(f"the story stops here: {method} {path} answered {answer.status_code}")
        return answer.json() if answer.headers.get("Content-Type", "").startswith("application/json") else answer

    def _curl(self, method: str, path: str, options: dict[str, Any]) -> str:
        parts = ["curl", "-s"] + ([] if method == "GET" else ["-X", method])
        if "auth" in options:
            parts += ["-u", f"{options['auth'][0]}:$PASSWORD"]
        elif self.token:
            parts += ["-H", "Authorization: Bearer $TOKEN"]
        for name, value in options.get("headers", {}).items():
            parts += ["-H", f"{name}: {value}"]
        if "json" in options:
            hidden = {k: "$PASSWORD" if k == "password" else v for k, v in options["json"].items()}
            parts += ["-H", "Content-Type: application/json", "-d", json.dumps(hidden)]
        if "params" in options:
            parts += ["-G"] + [a for k, v in options["params"].items() for a in ("--data-urlencode", f"{k}={v}")]
        return " ".join(map(_quote, [*parts, self.base + path]))


def _quote(part: str) -> str:
    # double quotes where the shell shall put a variable in
    return '"' + part.replace('"', '\\"') + '"' if "$" in part else shlex.quote(part)


def _coloured() -> bool:
    return sys.stdout.isatty()


def _short(answer: requests.Response) -> str:
    kind = answer.headers.get("Content-Type", "")
    if "json" not in kind:
        return f"{kind.split(';')[0]}, {len(answer.content)} bytes"
    text = json.dumps(answer.json(), ensure_ascii=False)
    return text if len(text) <= SHOWN else text[:SHOWN] + " ..."
