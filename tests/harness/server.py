"""The production server as a process of its own, with its worker, started as `make run` starts it."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from selfservice import db
from selfservice.config import Settings
from tests.harness.application import make_app

ROOT = Path(__file__).resolve().parents[2]
FLASK = (sys.executable, "-m", "flask", "--app", "app")
START_SECONDS = 60
STOP_SECONDS = 20
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "instance", "artefacts", "node_modules", "__pycache__", ".*_cache", ".hypothesis"
)
_PERSONAL = re.compile(r"[0-9A-Za-z]{34,}|\+\d{7,}|[^\s\"'@]+@[^\s\"'@]+\.[a-z]+")


class LiveServer:
    """`flask serve` on a port and a database of its own; `url` is its address, `log_path` holds its log.

    `root` is where its code lies: another release of it, for tests of both side by side.
    """

    def __init__(self, folder: Path, *, root: Path = ROOT, **variables: str) -> None:
        self.root = root
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "selfservice.sqlite"
        self.log_path = folder / "log.jsonl"
        self.output_path = folder / "output.txt"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SELFSERVICE_", "FLASK_"))}
        self.environ = {
            **kept,
            "PYTHONUNBUFFERED": "1",
            "SELFSERVICE_INSTANCE": str(folder / "instance"),
            "SELFSERVICE_DATABASE_URL": f"sqlite:///{self.database}",
            "SELFSERVICE_BASE_URL": self.url,
            **{f"SELFSERVICE_{name}": value for name, value in variables.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def flask(self, *arguments: str) -> str:
        """What a flask command prints, run beside the server; raises CalledProcessError when it fails."""
        done = subprocess.run(
            [*FLASK, *arguments],
            cwd=self.root,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode:
            raise AssertionError(f"flask {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def flask_json(self, *arguments: str) -> Any:
        """What a flask command prints with --json, read."""
        return json.loads(self.flask(*arguments, "--json"))

    def prepare(self, *commands: tuple[str, ...]) -> None:
        """Run `flask db upgrade` and other commands in the test's own process, in a tenth of the time."""
        app = make_app(Settings.load(self.environ, strict=True))
        for words in (("db", "upgrade"), *commands):
            done = app.test_cli_runner().invoke(args=words)
            assert done.exit_code == 0, done.output
        with app.app_context():
            db.dispose()

    def start(self) -> None:
        """Serve and wait until /readyz says yes."""
        with self.log_path.open("ab") as log, self.output_path.open("ab") as output:
            self._process = subprocess.Popen(
                [*FLASK, "serve", "--port", str(self.port)],
                cwd=self.root,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=log,
                start_new_session=True,  # A group of its own, so that all of it can be ended at once.
                preexec_fn=end_with_the_run,
            )
        deadline = time.monotonic() + START_SECONDS
        while not is_ready(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"The server did not start:\n{self.output_path.read_text()}{self.log()}")
            time.sleep(0.1)

    def stop(self) -> int | None:
        """Ask it to stop and give its exit code; None when it had to be killed."""
        if self._process is None:
            return None
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):  # All of its group has ended, as it should.
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def log(self) -> str:
        """All it has written to its log so far."""
        return self.log_path.read_text("utf-8")

    def personal_texts(self) -> list[str]:
        """Every name, number, address and body in its database: what the log must not hold."""
        with closing(sqlite3.connect(self.database)) as connection:
            rows = connection.execute(
                "SELECT name FROM customers UNION SELECT phone FROM customers UNION SELECT email FROM customers"
                " UNION SELECT body FROM messages UNION SELECT recipient FROM messages"
                " UNION SELECT note FROM conversations UNION SELECT number FROM handset_texts"
                " UNION SELECT email FROM users"
            ).fetchall()
        return [text for (text,) in rows if text]


def copy_project(folder: Path) -> Path:
    """The project as a person has just cloned it, with the packages installed, to change its files."""
    shutil.copytree(ROOT, folder, ignore=_LEFT_OUT)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def end_with_the_run() -> None:
    """Runs in the server before it starts: Linux tells it to stop when the test process is killed without a word."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 is PR_SET_PDEATHSIG, prctl(2).


def is_ready(port: int) -> bool:
    """Whether a server on loopback answers that it can serve."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def find_free_port() -> int:
    """A port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def find_leaks(log: str, personal: Iterable[str]) -> list[str]:
    """The lines of a log that hold a token, a number, an address or one of the `personal` texts."""
    texts = [json.dumps(text, ensure_ascii=False)[1:-1] for text in personal]
    return [line for line in log.splitlines() if _PERSONAL.search(line) or any(text in line for text in texts if text)]


@pytest.fixture(scope="session")
def live_server(quick_folder: Path) -> Iterator[LiveServer]:
    """The server with its worker and demo data, shared by the tests of one process; its log is searched at the end."""
    folder = quick_folder / "live"
    folder.mkdir()
    server = LiveServer(folder)
    server.prepare(("demo", "--once"))
    server.start()
    try:
        yield server
    finally:
        code = server.stop()
    assert find_leaks(server.log(), server.personal_texts()) == []
    assert [line for line in server.log().splitlines() if '"level":"error"' in line] == []
    assert code == 0
