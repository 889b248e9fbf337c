"""Fixtures of real servers; each is started when the first test of a run asks for it."""

import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from app.gateways import object_store
from tests.services import running

SHARED_FOLDER = "QUAY_TEST_SERVICES"


def pytest_configure(config: pytest.Config) -> None:
    """The first process of a run makes the folder that all of them share."""
    if SHARED_FOLDER not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="quay-"))
        folder.chmod(0o711)  # PostgreSQL runs as another user when the tests run as root
        os.environ[SHARED_FOLDER] = str(folder)
        config.add_cleanup(lambda: stop_all(folder))


def stop_all(root: Path) -> None:
    """Stop all servers, and remove the sockets that SeaweedFS leaves where no setting reaches."""
    numbers = [number for ports in root.glob("*/ports") for number in ports.read_text().split()]
    running.stop_all(root)
    for number in numbers:
        for socket in Path("/tmp").glob(f"seaweedfs-*-{number}.sock"):
            socket.unlink(missing_ok=True)


def folder(name: str) -> Path:
    return Path(os.environ[SHARED_FOLDER]) / name


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """The name of this process among those of pytest-xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The URL of a database on a real PostgreSQL, with the right to make others."""
    given = os.environ.get("TEST_POSTGRES_URL")
    return given or running.start("postgres-up.sh", str(folder("postgres")))["DATABASE_URL"]


def mlflow_server(major: str) -> str:
    given = os.environ.get(f"TEST_MLFLOW{major}_URL")
    return given or running.start("mlflow-up.sh", str(folder(f"mlflow{major}")), major)["MLFLOW_TRACKING_URI"]


@pytest.fixture(scope="session")
def mlflow2_server() -> str:
    """The address of a real MLflow 2."""
    return mlflow_server("2")


@pytest.fixture(scope="session")
def mlflow3_server() -> str:
    """The address of a real MLflow 3."""
    return mlflow_server("3")


@pytest.fixture(scope="session")
def mlflow3_python() -> str:
    """The python of the environment that has the whole of MLflow 3."""
    return running.start("mlflow-up.sh", str(folder("mlflow3")), "3")["MLFLOW_PYTHON"]


def seed(python: str, uri: str) -> dict[str, str]:
    """Log a run with everything odd about it to the MLflow at `uri`; its ids."""
    script = Path(__file__).with_name("seed_mlflow.py")
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "PYTHONDONT"))}
    done = subprocess.run(
        [python, str(script), uri], capture_output=True, text=True, timeout=240, env=environ, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def seeded_mlflow2(mlflow2_server: str) -> tuple[str, dict[str, str]]:
    """An MLflow 2 with one seeded run: its address and the ids."""
    python = running.start("mlflow-up.sh", str(folder("mlflow2")), "2")["MLFLOW_PYTHON"]
    return mlflow2_server, seed(python, mlflow2_server)


@pytest.fixture(scope="session")
def seeded_mlflow3(mlflow3_server: str, mlflow3_python: str) -> tuple[str, dict[str, str]]:
    """An MLflow 3 with one seeded run: its address and the ids."""
    return mlflow3_server, seed(mlflow3_python, mlflow3_server)


@pytest.fixture(scope="session")
def seeded_store(mlflow3_python: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """A SQLite store of MLflow 3 with one seeded run: its address and the ids."""
    uri = f"sqlite:///{tmp_path_factory.mktemp('store')}/mlflow.db"
    return uri, seed(mlflow3_python, uri)


@pytest.fixture(scope="module")
def fuseki() -> Iterator[str]:
    """The URL of an empty dataset of a real server."""
    given = (
        os.environ.get("TEST_FUSEKI_URL") or running.start("fuseki-up.sh", str(folder("fuseki")))["TRIPLE_STORE_URL"]
    )
    server = given.removesuffix("/ds")
    name = f"test{secrets.token_hex(6)}"  # processes of one run share the server, and not what is in it
    with requests.Session() as session:
        session.trust_env = False
        made = session.post(f"{server}/$/datasets", data={"dbName": name, "dbType": "tdb2"}, timeout=60)
        assert made.status_code == 200, made.text
        yield f"{server}/{name}"
        session.delete(f"{server}/$/datasets/{name}", timeout=60)


@dataclass(frozen=True)
class S3Server:
    """An S3 server and the keys to it."""

    endpoint: str
    key: str
    secret: str
    region: str

    def url(self, bucket: str) -> str:
        """OBJECT_STORE_URL of a bucket, which may have a prefix, that is yet to be made."""
        return f"s3://{bucket}?endpoint={self.endpoint}&region={self.region}&make=1"


def s3_server(name: str) -> S3Server:
    """A SeaweedFS of that name; stop.sh stops it, and asked for again it runs again on the same data."""
    told = running.start("seaweed-up.sh", str(folder(name)))
    names = ("S3_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    return S3Server(*(told[name] for name in names))


@pytest.fixture(scope="session")
def seaweedfs() -> S3Server:
    """A real S3 server: SeaweedFS, or the one that TEST_S3_URL and AWS_* name."""
    if given := os.environ.get("TEST_S3_URL"):
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        return S3Server(given, *(os.environ[name] for name in names), os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))
    return s3_server("seaweedfs")


@pytest.fixture(scope="session")
def s3_bucket(worker_id: str) -> str:
    """The name of a bucket of this process alone; each test has a prefix in it."""
    return f"quay-{worker_id}-{secrets.token_hex(4)}"


@pytest.fixture
def only_these_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """boto3 finds no keys but those that the test sets, and asks no machine at AWS for any."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


@pytest.fixture
def s3_keys(seaweedfs: S3Server, only_these_keys: None, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The S3 server, with the keys to it in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", seaweedfs.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", seaweedfs.secret)
    return seaweedfs


@pytest.fixture
def s3_url(s3_keys: S3Server, s3_bucket: str) -> str:
    """OBJECT_STORE_URL of an empty place on a real S3 server."""
    return s3_keys.url(f"{s3_bucket}/{secrets.token_hex(6)}")


@pytest.fixture(params=["s3", "file"])
def object_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The test runs twice: OBJECT_STORE_URL of an empty place, on a real S3 server and on a folder; both are yet to be made."""
    is_folder = request.param == "file"
    yield f"file://{tmp_path}/store/objects?make=1" if is_folder else request.getfixturevalue("s3_url")
    object_store.configure("")


@pytest.fixture(scope="session")
def newman() -> str:
    """Postman's runner."""
    if shutil.which("npm") is None:
        running.refuse("npm is not installed, which brings newman")
    return running.start("newman.sh")["NEWMAN"]


@pytest.fixture(scope="session")
def chromium() -> str:
    """A Chromium that is installed on this machine."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        running.refuse("no Chromium is installed (Debian: apt-get install chromium)")
    return str(found)
