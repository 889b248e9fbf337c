"""One run of the benchmark: start what is needed, measure in turn, say what came of it, end everything."""

import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from sqlalchemy import create_engine

from tests.bench import (
    filters,
    questions,
    report,
    rows,
    seeding,
    starting,
    statements,
    targets,
    transfers,
    windows,
    wrk,
)
from tests.bench.rows import RATIOS, Ratio, Row
from tests.bench.servers import ROOT, Server, cores, gunicorn, service, workspace
from tests.bench.targets import Maker
from tests.bench.windows import Figures, Target

RESULT = ROOT / "var" / "bench.json"


def main(arguments: Sequence[str]) -> int:
    """Measure the rows of these ids; 0 when all reach their goals."""
    ids = rows.wanted(arguments)
    wrk.check_installed()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    measured: dict[str, Figures] = {}
    servers: dict[str, str] = {}
    with ExitStack() as stack:
        folder = stack.enter_context(workspace())
        found: list[Row] = []
        if rows.START in ids:
            found.append(rows.start_row(starting.seconds_to_ready(folder)))
        run = Run(stack, folder, [ratio for ratio in RATIOS if ratio.id in ids])
        found += run.questions([one for one in rows.QUESTIONS if one in ids])
        found += run.transfers([one for one in rows.TRANSFERS if one in ids])
        found += run.filters([one for one in rows.FILTERS if one in ids])
        if rows.STATEMENTS in ids or run.ratios:
            run.start_database()
            servers["postgresql"] = run.postgres_version
        if rows.STATEMENTS in ids:
            counts = statements.count_all(run.database_url, "http://127.0.0.1:1", run.token, run.models[0])
            found.append(rows.statements_row(counts))
        if run.ratios:
            measured = run.measure()
            found = [*(rows.ratio_row(ratio, measured) for ratio in run.ratios), *found]
    found.sort(key=lambda row: rows.IDS.index(row.id))
    if measured:
        print(f"\n{report.targets_table(measured)}")
    print(f"\n{report.table(found)}")
    report.write(RESULT, found, measured, servers)
    print(f"\nwritten to {RESULT.relative_to(ROOT)}")
    return 0 if all(row.ok for row in found) else 1


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class Run:
    """The servers of a run and what is asked of them; the stack ends them."""

    def __init__(self, stack: ExitStack, folder: Path, ratios: list[Ratio]) -> None:
        self.stack, self.folder, self.ratios = stack, folder, ratios
        self.cores = cores()
        self.others: list[int] = []  # processes of ours that are nobody's children any more

    def start_database(self) -> None:
        """PostgreSQL with all rows; durable as in use, since creating is measured too."""
        say("starting PostgreSQL and writing rows")
        up = service("postgres-up.sh", self.folder / "postgres", self.cores.load, PG_DURABLE="1")
        printed, pid = self.stack.enter_context(up)
        self.others.append(pid)
        self.database_url = printed["DATABASE_URL"]
        seeding.migrate(self.database_url)
        self.token = seeding.fill(self.database_url)
        self.models = seeding.some_models(self.database_url, targets.SPREAD)
        engine = create_engine(self.database_url)
        with engine.connect() as connection:
            self.postgres_version = ".".join(map(str, connection.dialect.server_version_info or ()))
        engine.dispose()

    def questions(self, ids: Sequence[str]) -> list[Row]:
        """The rows of descriptions and questions, over a database of their own."""
        if not ids:
            return []
        say("starting PostgreSQL for 100,000 triples")
        up = service("postgres-up.sh", self.folder / "questions", self.cores.load, PG_DURABLE="1")
        with ExitStack() as stack:
            url = stack.enter_context(up)[0]["DATABASE_URL"]
            seeding.migrate(url)
            token = seeding.fill(url, questions.MODELS)
            environ = self._environ(url)
            server = stack.enter_context(
                gunicorn("app.factory:create_app()", self.folder / "asked", self.cores.server, **environ)
            )
            say("measuring questions")
            return questions.measure(server.url, token, seeding.some_models(url, 50, questions.MODELS), ids)

    def filters(self, ids: Sequence[str]) -> list[Row]:
        """The rows of filters, over databases of two sizes."""
        if not ids:
            return []
        found = []
        for count in (filters.FEW, filters.MANY):
            say(f"writing {count:,} assets into PostgreSQL")
            folder = self.folder / f"filters-{count}"
            with ExitStack() as stack:
                up = service("postgres-up.sh", folder, self.cores.load, PG_DURABLE="1")
                printed, database = stack.enter_context(up)
                url = printed["DATABASE_URL"]
                seeding.migrate(url)
                token = filters.fill(url, count)
                up_ours = gunicorn(
                    "app.factory:create_app()", self.folder / f"f{count}", self.cores.server, **self._environ(url)
                )
                found.append(filters.measure(stack.enter_context(up_ours).url, token, [database]))
        return filters.the_rows(found[0], found[1], ids)

    def transfers(self, ids: Sequence[str]) -> list[Row]:
        """The rows of large files, over a real store that has a core for itself."""
        if not ids:
            return []
        say("starting SeaweedFS for files of 1 GiB")
        with ExitStack() as stack:
            behind, before = self.cores.load, self.cores.server
            database = stack.enter_context(service("postgres-up.sh", self.folder / "files", before, PG_DURABLE="1"))
            store = stack.enter_context(service("seaweed-up.sh", self.folder / "store", behind))[0]
            url, environ = database[0]["DATABASE_URL"], transfers.store_environ(store)
            seeding.migrate(url, **environ)
            token = seeding.fill(url, 20, 20)
            environ |= self._environ(url)
            up = gunicorn("app.factory:create_app()", self.folder / "moved", before, workers=2, threads=8, **environ)
            folder = self.folder / "large"
            folder.mkdir()
            moving = transfers.Transfers(stack.enter_context(up), store, token, folder, self.cores)
            return transfers.measure(moving, ids)

    def _environ(self, url: str) -> dict[str, str]:
        environ = {"DATABASE_URL": url, "SECRET_KEY": "-" * 32, "RATE_LIMITS": "off", "WEB_THREADS": "4"}
        # what the caller's environment says must not change what is measured
        environ |= {"LOG_LEVEL": "INFO", "MLFLOW_TRACKING_URI": "", "TRUSTED_PROXIES": "0", "RATE_LIMIT_URL": ""}
        return environ | {"TRIPLE_STORE_URL": "child://"}

    def measure(self) -> dict[str, Figures]:
        """All targets that the ratios need, in turn."""
        needed = {name for ratio in self.ratios for name in (ratio.ours, ratio.against)}
        makers = self._floor() | self._ours()
        if any(name.startswith("mlflow") for name in needed):
            makers |= self._mlflow()
        chosen: list[Target] = [make() for name, make in makers.items() if name in needed | {"F1"}]
        say("measuring " + ", ".join(target.name for target in chosen))
        found = windows.interleave(chosen, windows.measurer(self.cores.load, self.others))
        return {name: windows.figures(one) for name, one in found.items()}

    def _maker(self, name: str, server: Server, headers: dict[str, str]) -> Maker:
        folder = self.folder / f"{name}-load"
        folder.mkdir()
        return Maker(server, folder, headers)

    def _floor(self) -> dict[str, Callable[[], Target]]:
        url = self.database_url
        up = gunicorn("tests.bench.floor:app", self.folder / "floor", self.cores.server, DATABASE_URL=url)
        maker = self._maker("floor", self.stack.enter_context(up), self._bearer())
        return targets.of_floor(maker, self.models)

    def _ours(self) -> dict[str, Callable[[], Target]]:
        environ = self._environ(self.database_url)
        up = gunicorn("app.factory:create_app()", self.folder / "ours", self.cores.server, **environ)
        maker = self._maker("ours", self.stack.enter_context(up), self._bearer())
        return targets.of_ours(maker, self.models)

    def _mlflow(self) -> dict[str, Callable[[], Target]]:
        say(f"starting MLflow and registering {seeding.REGISTERED} models in it")
        up = service("mlflow-up.sh", self.folder / "mlflow", self.cores.server, "3")
        printed, pid = self.stack.enter_context(up)
        self.others.append(pid)
        url = printed["MLFLOW_TRACKING_URI"]
        seeding.register_at_mlflow(url)
        return targets.of_mlflow(self._maker("mlflow", Server(url, pid), {}))

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def say(what: str) -> None:
    """Tell what takes time."""
    print(f"{what} ...", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
