"""Load by wrk: one connection pool, one script per target, and what it reports."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 8
SECONDS = 2
LUA_DONE = """
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\\nRESULT {"requests": %d, "seconds": %f, "refused": %d, "broken": %d, "p50": %f, "p99": %f}\\n',
    summary.requests, summary.duration / 1e6, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


@dataclass(frozen=True)
class Load:
    """What wrk saw in one window."""

    requests: int
    seconds: float
    refused: int
    broken: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def failures(self) -> int:
        """Answers of 400 and above, and connections that broke."""
        return self.refused + self.broken


def check_installed() -> None:
    """End with the remedy when a program is missing."""
    for program, package in (("wrk", "wrk"), ("taskset", "util-linux")):
        if shutil.which(program) is None:
            raise SystemExit(f"scripts/bench needs {program}: install it with `apt-get install {package}`.")


def headers_in_lua(headers: dict[str, str]) -> str:
    """A Lua table of these headers."""
    return "{" + ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items()) + "}"


def reading_script(path: Path, addresses: list[str], headers: dict[str, str]) -> Path:
    """A script that asks for these addresses in turn."""
    listed = ",\n".join(json.dumps(address) for address in addresses)
    path.write_text(
        f"local headers = {headers_in_lua(headers)}\nlocal addresses = {{\n{listed}\n}}\nlocal made, n = {{}}, 0\n"
        "function init()\n  for i, a in ipairs(addresses) do made[i] = wrk.format('GET', a, headers) end\nend\n"
        f"function request()\n  n = n % #made + 1\n  return made[n]\nend\n{LUA_DONE}"
    )
    return path


def writing_script(path: Path, address: str, body: dict[str, str], headers: dict[str, str]) -> Path:
    """A script that posts this body again and again; `@` in it becomes a text that never comes twice."""
    headers = {**headers, "Content-Type": "application/json"}
    before, _, after = json.dumps(body).partition("@")
    path.write_text(
        f"local headers = {headers_in_lua(headers)}\nlocal start, n\n"
        "function init(args)\n  start, n = args[1], 0\nend\n"
        "function request()\n  n = n + 1\n"
        f"  local body = {json.dumps(before)} .. start .. '-' .. n .. {json.dumps(after)}\n"
        f"  return wrk.format('POST', {json.dumps(address)}, headers, body)\nend\n{LUA_DONE}"
    )
    return path


def run(url: str, script: Path, core: int, unique: str) -> Load:
    """One window of load."""
    load = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--timeout", "10s", "-s", str(script), url, "--", unique]
    command = ["taskset", "-c", str(core), *load]
    # in a session of its own, so that Ctrl-C ends the run and not just this window
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS + 30, check=True, start_new_session=True
    )
    return parse(done.stdout)


def parse(output: str) -> Load:
    """The figures in what wrk printed."""
    line = next(line for line in output.splitlines() if line.startswith("RESULT "))
    return Load(**json.loads(line.removeprefix("RESULT ")))
