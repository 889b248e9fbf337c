"""scripts/demo as a newcomer runs it: it tells its story to the end, and leaves nothing running."""

import re
import subprocess

import pytest
import requests

from tests.conftest import ROOT


@pytest.mark.timeout(600)
def test_the_demo_ends_well() -> None:
    done = subprocess.run(
        [str(ROOT / "scripts/demo")], capture_output=True, text=True, timeout=600, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert re.search(r"R2 0\.[45]\d\d  \w+", done.stdout)
    assert "The story ended well" in done.stdout
    assert done.stdout.count("\n$ curl") >= 12
    (url,) = re.findall(r"(http://\S+)/docs", done.stdout)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/health", timeout=5)
