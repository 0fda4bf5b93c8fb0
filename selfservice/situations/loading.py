"""Loading: one folder becomes one page type in memory, or one sentence about what to mend."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any
from zoneinfo import ZoneInfo

import jinja2

from selfservice.errors import AppError, BrokenFile, Invalid
from selfservice.kit import Situation
from selfservice.kit.facts import FactField, Facts, fields_of
from selfservice.kit.forms import control_of
from selfservice.kit.parts_kinds import PersonKind
from selfservice.kit.words import Words
from selfservice.situations.inlined import parts
from selfservice.situations.samples import NotFacts, Sample, read_sample
from selfservice.situations.source import parse

DEFAULT_LANGUAGE = "en"
KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")
"""What a page type may be called."""
_VERSION = re.compile(r"v[1-9]\d{0,3}")
_LOADING = threading.Lock()
"""One at a time: two threads that load the same type would take each other's classes for their own."""
_TEMPLATES = jinja2.Environment(autoescape=True)


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """One page type as it is used: its declaration, its words over the shared ones, its samples."""

    key: str
    folder: Path
    situation: Situation
    words: dict[str, Words]
    samples: dict[str, Sample]
    readme: str
    older_samples: tuple[Sample, ...] = ()
    """Cases of earlier versions, in `samples/v1` and so on: what pages that are out were made with."""
    parts: tuple[str, ...] = ()
    """The style sheets that its pages need beside that of all pages (inlined.parts)."""
    is_composed: bool = False
    """Whether staff composed it: its folder is written from a recipe, and each of its versions stays as it was."""

    @property
    def name(self) -> str:
        """What staff call it."""
        return self.words[DEFAULT_LANGUAGE]["about.name"]

    @property
    def summary(self) -> str:
        """One line for staff, for the list of page types."""
        return self.words[DEFAULT_LANGUAGE]["about.summary"]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages it speaks, English first."""
        return tuple(self.words)

    def choose_language(self, wanted: str) -> str:
        """The best of its languages for a locale such as `es-MX`; English if it speaks none of the customer's."""
        language = wanted.replace("_", "-").partition("-")[0].lower()
        return language if language in self.words else DEFAULT_LANGUAGE

    def facts_of(self, sample: Sample, *, zone: ZoneInfo, now: datetime) -> Facts:
        """A sample's facts as a new page has them, or a page made of it under an older version; raises Invalid."""
        raw = sample.facts(zone=zone, now=now)
        if sample.version is None:
            return self.situation.accept(raw, now.astimezone(zone))
        try:
            return self.situation.restore(raw, sample.version)
        except AppError:
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}".rstrip(".")
            raise Invalid(f"upgrade fails on it ({reason}); mend upgrade.") from error

    def fields(self) -> tuple[FactField, ...]:
        """The fields of the staff form."""
        return fields_of(self.situation.facts)

    def columns(self) -> tuple[str, ...]:
        """The columns of a CSV file, as its first row names them."""
        return tuple(field.name for field in self.fields())

    def schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of its facts."""
        schema = self.situation.facts.model_json_schema(mode="validation")
        return {**schema, "title": self.name, "description": self.summary}


def load_folder(folder: Path, shared: dict[str, Words]) -> Loaded:
    """One page type; raises BrokenFile, whose sentence says what to do."""
    key = folder.name
    if not KEY.fullmatch(key):
        raise BrokenFile(
            folder, None, "A page type's folder is named in lower case such as order_status; rename the folder."
        )
    situation = _load_situation(folder / "situation.py", key)
    template = _read_template(folder / "page.html")
    return Loaded(
        key=key,
        folder=folder,
        situation=situation,
        words=_load_words(folder, shared),
        samples={sample.name: sample for sample in _read_samples(folder / "samples")},
        readme=_read_readme(folder),
        older_samples=tuple(_read_older_samples(folder / "samples")),
        parts=_parts_of(situation, template),
    )


def load_shared(folder: Path) -> dict[str, Words]:
    """The words all types share, by language."""
    return {path.stem: Words.load(path) for path in sorted(folder.glob("*.toml"))}


def unload(loaded: Loaded) -> None:
    """Let go of what a type declares that was loaded to be looked at alone."""
    sys.modules.pop(_module_of(loaded.folder / "situation.py", loaded.key), None)


def _module_of(path: Path, key: str) -> str:
    # A private name: types of the same name in two folders must not replace one another, nor a real module.
    return f"_situation_{key}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"


def _load_situation(path: Path, key: str) -> Situation:
    _refuse_imports(path)
    name = _module_of(path, key)
    spec = importlib.util.spec_from_file_location(name, path, loader=_Fresh(name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        with _LOADING:
            sys.modules[name] = module  # pydantic looks here to understand annotations kept as texts
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        sys.modules.pop(name, None)
        reason = f"{type(error).__name__}: {error}".rstrip(".")
        raise BrokenFile(path, _line(error, path), f"{reason}; mend this line.") from error
    situation = getattr(module, "SITUATION", None)
    if not isinstance(situation, Situation):
        raise BrokenFile(path, None, "There is no SITUATION = Situation(...); add it at the end of the file.")
    return situation


def _refuse_imports(path: Path) -> None:
    try:
        tree = parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise BrokenFile(path, None, f"It cannot be read ({error.strerror}); write what this type is.") from None
    except SyntaxError as error:
        raise BrokenFile(path, error.lineno, f"It is not valid Python: {error.msg}; mend this line.") from None
    except ValueError as error:
        raise BrokenFile(path, None, f"It is not Python source ({error}); save it as UTF-8.") from None
    for node in ast.walk(tree):
        for module in _imported(node):
            if not _is_allowed(module):
                raise BrokenFile(
                    path,
                    getattr(node, "lineno", None),
                    f"It imports {module}; a page type may import selfservice.kit and Python's standard library only.",
                )


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + (node.module or "")]
    return []


def _is_allowed(module: str) -> bool:
    if module == "selfservice.kit" or module.startswith("selfservice.kit."):
        return True
    return module.partition(".")[0] in sys.stdlib_module_names


def _line(error: BaseException, path: Path) -> int | None:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None


class _Fresh(SourceFileLoader):
    """Loads what the file says now: compiled copies beside it are told apart by whole seconds only."""

    def get_code(self, fullname: str) -> CodeType:
        """The code of the source as it is."""
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code


def _read_template(path: Path) -> str:
    """A page's template; raises BrokenFile if there is none, or none that can be read as one."""
    try:
        text = path.read_text(encoding="utf-8")
        _TEMPLATES.parse(text)
    except FileNotFoundError:
        raise BrokenFile(path, None, "There is no page.html; write one that extends layouts/page.html.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenFile(path, None, f"It cannot be read ({error}); save it as UTF-8.") from None
    except jinja2.TemplateSyntaxError as error:
        reason = (error.message or "it cannot be read as a template").rstrip(".")
        raise BrokenFile(path, error.lineno, f"{reason}; mend this line.") from None
    return text


def _load_words(folder: Path, shared: dict[str, Words]) -> dict[str, Words]:
    paths = sorted((folder / "copy").glob("*.toml"), key=lambda path: (path.stem != DEFAULT_LANGUAGE, path.stem))
    if not paths or paths[0].stem != DEFAULT_LANGUAGE:
        raise BrokenFile(folder / "copy" / "en.toml", None, "There is no English copy; write what a customer sees.")
    words = {path.stem: Words.load(path).over(shared.get(path.stem, shared[DEFAULT_LANGUAGE])) for path in paths}
    for path in paths:
        for key in ("about.name", "about.summary", "title", "sms.body"):
            if key not in words[path.stem]:
                raise BrokenFile(path, None, f"{key} is missing; add it.")
    return words


def _read_older_samples(folder: Path) -> Iterator[Sample]:
    for inner in sorted(folder.glob("v*")):
        if inner.is_dir() and _VERSION.fullmatch(inner.name):
            for sample in _read_samples(inner):
                yield replace(sample, name=f"{inner.name}/{sample.name}", version=int(inner.name[1:]))


def _read_samples(folder: Path) -> Iterator[Sample]:
    for path in sorted(folder.glob("*.json")):
        try:
            yield read_sample(path)
        except NotFacts as error:
            raise BrokenFile(path, error.line, f"It {error.reason}") from None


def _parts_of(situation: Situation, template: str) -> tuple[str, ...]:
    asked = {control_of(info) for action in situation.actions for info in action.form.model_fields.values()}
    drawn = {"portrait" for field in fields_of(situation.facts) if isinstance(field.kind, PersonKind)}
    return tuple(part for part in parts() if part in asked | drawn or re.search(rf"\b{part}\(", template))


def _read_readme(folder: Path) -> str:
    path = folder / "README.md"
    return path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""
