"""For tests of page types outside this project: `pytest -p selfservice.testing --situations PATH`.

PATH is a page type's folder, or a folder of several. Each type is tested by the contract that the built-in ones fulfil;
the fixture `situations` gives the loaded types to tests of your own, and `draw` the pages of their samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from selfservice.errors import BrokenFile
from selfservice.situations import rendering
from selfservice.situations.contract import looks, whole
from selfservice.situations.contract.specimens import view_of
from selfservice.situations.loading import Loaded, load_folder
from selfservice.situations.problem import Problem
from selfservice.situations.registry import EXTENSION, Registry, shared_words, types_in
from selfservice.situations.stages import stages

Draw = Callable[..., str]
DAYS = (0, 1, 2, 3, 4, 5, 6, 40, 130, 220, 310)
"""A week, and days of other seasons: what a sample says moves with the day it is looked at."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--situations PATH`."""
    parser.getgroup("selfservice").addoption(
        "--situations",
        action="append",
        default=[],
        metavar="PATH",
        help="Test the page types in this folder by their contract; may be given several times.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Look into the folders as if they had been named as arguments."""
    for path in _paths(config):
        if not path.is_dir():
            raise pytest.UsageError(f"--situations names {path}, which is not a folder; give a page type's folder.")
        config.args.append(str(path))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A page type's situation.py stands for its whole folder."""
    is_asked_for = any(file_path.is_relative_to(path) for path in _paths(parent.config))
    if file_path.name != "situation.py" or not is_asked_for:
        return None
    return _Type.from_parent(parent, path=file_path)


@pytest.fixture(scope="session")
def situations(pytestconfig: pytest.Config) -> Registry:
    """The page types of `--situations`."""
    shared = shared_words()
    found = [load_folder(folder, shared) for path in _paths(pytestconfig) for folder in types_in(path)]
    return Registry({loaded.key: loaded for loaded in found}, {}, shared)


@pytest.fixture
def draw(situations: Registry) -> Iterator[Draw]:
    """`draw("parking_permit", "soon", "renewed", language="pl")`: a page's HTML; without a stage as it first asks."""
    app = Flask(__name__)
    app.extensions[EXTENSION] = situations
    with app.app_context():

        def drawn(key: str, sample: str, stage: str = "", *, language: str = "en", now: datetime | None = None) -> str:
            loaded = situations.get(key)
            fresh = view_of(loaded, loaded.samples[sample], language, now or datetime.now(UTC))
            every = dict(stages(loaded, fresh))
            return rendering.render_in_full(every[stage] if stage else fresh)

        yield drawn


class _Broken(Exception):
    """A page type does not fulfil its contract."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))


class _Type(pytest.File):
    """One page type and what is asked of it."""

    def collect(self) -> Iterator[pytest.Item]:
        asked: dict[str, Callable[[Loaded], Sequence[Problem]]] = {
            "fulfils its contract": whole.check,
            "fulfils it on any day": _on_any_day,
            "can be drawn in every stage": lambda loaded: list(looks.check(loaded, datetime.now(UTC))),
        }
        for name, check in asked.items():
            yield _Check.from_parent(self, name=f"{self.path.parent.name} {name}", check=check)


class _Check(pytest.Item):
    """One thing that is asked of a page type."""

    def __init__(self, *, check: Callable[[Loaded], Sequence[Problem]], **options: Any) -> None:
        super().__init__(**options)
        self._check = check

    def runtest(self) -> None:
        try:
            problems = self._check(load_folder(self.path.parent, shared_words()))
        except BrokenFile as error:
            problems = [Problem.of(error)]
        if problems:
            raise _Broken(problems)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What has to be mended, a line each."""
        return str(excinfo.value) if isinstance(excinfo.value, _Broken) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands, for the summary."""
        return self.path, None, self.name


def _on_any_day(loaded: Loaded) -> list[Problem]:
    now = datetime.now(UTC)
    days = (now + timedelta(days=day, hours=day * 5) for day in DAYS)
    return list(dict.fromkeys(problem for day in days for problem in whole.check(loaded, now=day)))


def _paths(config: pytest.Config) -> list[Path]:
    return [Path(path).resolve() for path in config.getoption("--situations")]
