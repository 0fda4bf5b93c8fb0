"""`make bench`: page views beside a bare Flask route that returns the same bytes, sending, pushes, what pages weigh.

Every request is for another page than the one before, nothing of a page is kept between two views. Server and load
run on different cores where there are two, and the rounds of both servers take turns. Beside it stands what a view
costs in one process, which a busy machine changes less. Sending and pushes are in files of their own. Nothing is
asserted.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

import psycopg

from selfservice import db
from selfservice.application import create_app
from selfservice.config import Settings
from tests.bench import dispatch, inside, load, pages, pushes, weight
from tests.harness.application import make_settings
from tests.harness.databases import driver_url, migrate
from tests.harness.postgresql import Server
from tests.harness.server import LiveServer, find_free_port

PAGES = 1_000
ROUNDS = 3
SECONDS = 1.5
WARM_SECONDS = 1.0
CODINGS = ("zstd", "identity")
PREFIX = "SELFSERVICE_"


def main() -> None:
    """Print the tables of views and of sending for each database, what a push costs, and what pages weigh."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        _measure("SQLite", Path(folder) / "sqlite")
        with _postgresql() as url:
            _measure("PostgreSQL", Path(folder) / "postgresql", DATABASE_URL=url)
        _measure_sending("SQLite", Path(folder) / "sending")
        with _postgresql() as url:
            _use_all_cores()
            _measure_sending("PostgreSQL", Path(folder) / "sending-postgresql", url)
        _measure_pushes(Path(folder))
    print("\nFirst view, bytes, the heaviest sample of each type")
    for line in weight.table():
        print(line)


def _measure_sending(name: str, folder: Path, url: str = "") -> None:
    print(f"\nSending from {name}, one worker process")
    folder.mkdir()
    url = url or f"sqlite:///{folder / 'selfservice.sqlite'}"
    migrate(url)
    settings = make_settings(url, folder)
    app = create_app(settings)
    for line in dispatch.table(app, settings):
        print(line)
    with app.app_context():
        db.dispose()


def _measure_pushes(folder: Path) -> None:
    print("\nPushes on one core")
    _use_core(0)
    for line in pushes.table(Settings.load({}, root=folder, strict=True)):
        print(line)
    _use_all_cores()


def _measure(name: str, folder: Path, **variables: str) -> None:
    folder.mkdir()
    server = LiveServer(folder, **variables)
    server.flask("db", "upgrade")
    app = create_app(Settings.load(server.environ))
    paths = pages.make(app, PAGES)
    _use_core(0)
    server.start()
    try:
        for coding in CODINGS:
            (folder / f"page.{coding}").write_bytes(_fetch(server.port, paths[0], coding))
        with _bare(folder) as bare_port:
            _use_core(-1)
            _compare(name, server.port, bare_port, paths)
        for coding in CODINGS:
            page, route = inside.compare(app, folder, paths, coding)
            print(f"in one process, {coding}: page {page:.0f} us of CPU, bare Flask {route:.0f} us{route / page:20.2f}")
    finally:
        server.stop()
        _use_all_cores()


def _compare(name: str, port: int, bare_port: int, paths: list[str]) -> None:
    print(f"\n{name}: {len(paths)} pages, {load.CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS} s each in turn")
    print(f"{'':22}{'GET/s':>8}{'p50 ms':>8}{'p99 ms':>8}{'bytes':>8}{'ratio':>8}")
    for coding in CODINGS:
        tokens = [path.rpartition("/")[2] for path in paths]
        targets = {"page": (port, paths), "bare Flask": (bare_port, [f"/{coding}/{token}" for token in tokens])}
        rounds: dict[str, list[load.Measured]] = {target: [] for target in targets}
        for target_port, target_paths in targets.values():
            load.run(target_port, target_paths, coding=coding, seconds=WARM_SECONDS)
        for _round in range(ROUNDS):
            for target, (target_port, target_paths) in targets.items():
                rounds[target].append(load.run(target_port, target_paths, coding=coding, seconds=SECONDS))
        ratio = median(ours.rate / bare.rate for ours, bare in zip(*rounds.values(), strict=True))
        for target, measured in rounds.items():
            shown = f"{ratio:8.2f}" if target == "page" else ""
            print(f"{target + ', ' + coding:22}{_row(measured)}{shown}")


def _row(rounds: list[load.Measured]) -> str:
    each = sum(one.bytes_read for one in rounds) / sum(len(one.durations) for one in rounds)
    numbers = (
        median(one.rate for one in rounds),
        median(one.percentile(0.5) for one in rounds),
        median(one.percentile(0.99) for one in rounds),
        each,
    )
    return "{:8.0f}{:8.1f}{:8.1f}{:8.0f}".format(*numbers)


@contextmanager
def _bare(folder: Path) -> Iterator[int]:
    port = find_free_port()
    command = [sys.executable, "-m", "tests.bench.bare", str(port), str(folder)]
    process = subprocess.Popen(command, start_new_session=True)
    try:
        while not _is_listening(port):
            assert process.poll() is None, "the bare server did not start"
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def _postgresql() -> Iterator[str]:
    server = Server()
    _use_core(0)
    try:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS bench")
            connection.execute("CREATE DATABASE bench")
        yield driver_url(server.url(), "bench")
    finally:
        server.stop()
        _use_all_cores()


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _fetch(port: int, path: str, coding: str) -> bytes:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Accept-Encoding": coding})
    response = connection.getresponse()
    assert response.status == 200, response.status
    return response.read()


_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def _use_core(place: int) -> None:
    """Run on one core, and what is started from now on too; where there is one only, all share it."""
    if len(_CORES) > 1:
        os.sched_setaffinity(0, {_CORES[place]})


def _use_all_cores() -> None:
    if _CORES:
        os.sched_setaffinity(0, set(_CORES))


if __name__ == "__main__":
    main()
