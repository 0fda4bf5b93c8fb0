"""The guide to page types is true: its commands are run and its changes made in order, and the page that it sends is
answered; every other block of it is executed, or compared with the file that it names.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from selfservice import kit
from selfservice.config import Settings
from selfservice.db import dispose
from selfservice.situations import templates
from selfservice.situations.making.folder import SKELETON
from selfservice.situations.registry import BUILT_IN
from tests.cli.conftest import Inside
from tests.harness.application import make_app
from tests.harness.server import ROOT

GUIDE = ROOT / "docs" / "page-types.md"
LOOKED_UP = "## Facts"
USUAL = """
from __future__ import annotations
import re
from datetime import *
from typing import *
from selfservice.kit import *
"""


@dataclass(frozen=True)
class Block:
    """What stands between two fences; `about` is what follows the language."""

    line: int
    language: str
    about: str
    text: str


def blocks() -> Iterator[Block]:
    text = GUIDE.read_text("utf-8")
    assert text.count("\n```") % 2 == 0
    for found in re.finditer(r"^```(\w*) ?([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield Block(text.count("\n", 0, found.start()) + 1, found[1], found[2], found[3])


def looked_up() -> list[Block]:
    """The blocks of the second half, which stand for themselves."""
    begins = GUIDE.read_text("utf-8").split(LOOKED_UP)[0].count("\n")
    return [block for block in blocks() if block.line > begins]


@dataclass
class Reader:
    """Somebody who does what the guide says, in a folder of their own."""

    home: Path
    flask: Inside
    said: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    def do(self, block: Block) -> None:
        """One block of the first half; a kind that nobody knows how to check is an error."""
        kinds: dict[str, Callable[[Block], None]] = {"sh": self.run, "text": self.hear, "diff": self.change}
        kinds[block.language](block)

    def run(self, block: Block) -> None:
        self.said = ""
        for line in block.text.splitlines():
            code = self._run(line)
            assert (code != 0) == (block.about == "fails"), f"line {block.line}: {line}\n{self.said}"

    def _run(self, line: str) -> int:
        if found := re.fullmatch(r"export SELFSERVICE_(\w+)=(\S+)", line):
            # Told from the project's folder, which is this one for the reader and another for the test's process.
            self.settings[found[1]] = str((self.home / found[2]).resolve())
            return 0
        if line.startswith("flask --app app "):
            done = self.flask(*shlex.split(line)[3:], **self.settings)
        else:
            done = subprocess.run(
                ["bash", "-c", line],
                cwd=self.home,
                env={**os.environ, **in_path()},
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
        self.said += done.stdout + done.stderr
        return done.returncode

    def hear(self, block: Block) -> None:
        """What the last commands are to have said, among other things."""
        for line in block.text.splitlines():
            assert line in self.said, f"line {block.line}: {self.said}"

    def change(self, block: Block) -> None:
        """A change to a file of the type: what stands there now is there once."""
        lines = block.text.splitlines()
        old, new = ("".join(f"{line[1:]}\n" for line in lines if not line.startswith(sign)) for sign in ("+", "-"))
        path = self.home.parent / "our-types" / block.about
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"line {block.line}: {block.about}\n{old}"
        path.write_text(text.replace(old, new), "utf-8")
        templates.environment.cache_clear()  # Each command is a process of its own for the reader, and here it is not.


def in_path() -> dict[str, str]:
    """The project's environment, as one that is activated, and the project as the place where one is."""
    kept = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": kept, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "-p no:cacheprovider -p no:xdist -p no:randomly"}


@pytest.fixture
def reader(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """A reader in a folder beside which there is room for types."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SELFSERVICE_", "FLASK_"))}
    places = {"SELFSERVICE_INSTANCE": str(tmp_path / "instance"), "SELFSERVICE_DATABASE_URL": sqlite_url}
    inside = Inside({**kept, **places})
    home = tmp_path / "project"
    home.mkdir()
    monkeypatch.chdir(home)
    assert inside("db", "upgrade").returncode == 0
    return Reader(home, inside)


@pytest.fixture
def served(reader: Reader) -> Iterator[Callable[[], Flask]]:
    """The installation that the reader's commands were run for."""
    made: list[Flask] = []

    def serve() -> Flask:
        settings = {f"SELFSERVICE_{name}": value for name, value in reader.settings.items()}
        made.append(make_app(Settings.load({**reader.flask.environ, **settings}, strict=True)))
        return made[0]

    yield serve
    for app in made:
        with app.app_context():
            dispose()


def test_from_nothing_to_a_page_that_is_sent_and_answered(reader: Reader, served: Callable[[], Flask]) -> None:
    second = {block.line for block in looked_up()}
    first, *to_do = [block for block in blocks() if block.line not in second]
    for file in re.findall(r"^(\S+)", first.text, re.MULTILINE):
        assert list(SKELETON.glob(file)), file

    for block in to_do:
        reader.do(block)

    link = re.search(r"/p/\w{34}", reader.said)
    assert link is not None
    client = served().test_client()
    page = client.get(link[0]).text
    assert "Sam Reed" in page
    slot = re.search(r'name="slot"\s+value="([^"]+)"', page)
    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert slot is not None
    assert revision is not None
    answer = {"revision": revision[1], "step": "choose", "slot": slot[1]}
    assert client.post(f"{link[0]}/move", data=answer).status_code == 303
    assert "See you" in client.get(link[0]).text


def test_python_that_is_looked_up_runs() -> None:
    names: dict[str, Any] = {}
    exec(USUAL, names)
    for block in looked_up():
        if block.language == "python":
            exec(compile("\n" * block.line + block.text, str(GUIDE), "exec", dont_inherit=True), names)

    visit = kit.facts.validate(names["Visit"], names["upgrade"]({"car": "ab12 cde", "at": "2026-11-24T10:20:00Z"}, 1))
    assert visit.plate == "AB12CDE"
    assert names["upgrade_answer"]("book", {}, 1) == {"why": "busy"}
    assert len(names["follow_ups"]) == 3
    assert names["booking"].perform is names["book"]


def test_what_else_is_looked_up_is_as_the_files_have_it() -> None:
    for block in looked_up():
        if block.language == "toml":
            place = ROOT / block.about if block.about.startswith("examples/") else BUILT_IN / block.about
            assert is_part(tomllib.loads(block.text), tomllib.loads(place.read_text("utf-8"))), f"line {block.line}"
        elif block.language == "sh":
            done = subprocess.run(
                ["bash", "-c", f"{block.text.strip()} --collect-only -q -p no:cacheprovider"],
                cwd=ROOT / block.about,
                env={**os.environ, **in_path()},
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert (done.returncode, "parking_permit" in done.stdout) == (0, True), done.stdout + done.stderr
        else:
            assert block.language == "python", f"line {block.line}: nobody checks this"


def is_part(part: Any, whole: Any) -> bool:
    """Whether all that one table says stands in the other."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(is_part(value, whole.get(name)) for name, value in part.items())
    return bool(part == whole)
