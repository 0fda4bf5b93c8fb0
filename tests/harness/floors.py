"""The floors of the house and who looks up: reads imports from source, so that a function or a type hides none."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

PACKAGE = "selfservice"

# Lowest first. What stands on one line are neighbours, and neighbours never import each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors", "clock", "transitions"),
    ("tokens", "curve", "addresses", "windows", "connection"),
    ("keys", "spelling", "courtesy"),
    ("config", "db", "phone", "text", "http"),
    ("logs", "schema", "prepared", "locks", "apart"),
    ("kit", "events"),
    ("brands",),
    ("situations", "customers", "staff", "media"),
    ("messages", "webhooks"),
    ("conversations",),
    ("pages",),
    ("campaigns", "insights", "rules", "replies", "recipes"),
    ("rights",),
    ("web",),
    ("application", "testing", "worker", "smpp", "demo", "backups"),
    ("cli",),
)

# The doors are neighbours within web; what stands beside them there is below them.
DOORS = frozenset({"customer", "console", "api", "callbacks", "phone"})

# Inside a domain package: tables <- reads <- verbs.
ROOMS = ("models", "queries", "service")


class Import(NamedTuple):
    """One import of one of our own modules, by its whole name: `selfservice.pages.queries`."""

    path: Path
    line: int
    target: str


def find_breaches(root: Path, floors: Sequence[Sequence[str]] = FLOORS) -> list[str]:
    """Every import under `root`/selfservice that does not go downward, and every name that is on no floor."""
    levels = {name: level for level, names in enumerate(floors) for name in names}
    breaches = [
        f"{PACKAGE}/{name}: stands on no floor, give it one in tests/harness/floors.py"
        for name in _list_names(root / PACKAGE)
        if name not in levels
    ]
    for found in list_imports(root):
        reason = _judge(found, root, levels)
        if reason:
            breaches.append(f"{found.path.relative_to(root)}:{found.line}: imports {found.target}, {reason}")
    return breaches


def find_guests(root: Path) -> list[str]:
    """Every import of a page type's folder that is neither `selfservice.kit` nor the standard library."""
    folders = sorted(path.parent for path in (root / PACKAGE / "situations").glob("*/situation.py"))
    return [
        f"{path.relative_to(root)}:{line}: imports {target}"
        for folder in folders
        for path in sorted(folder.rglob("*.py"))
        for line, target in _imports_of(path, root)
        if target != f"{PACKAGE}.kit" and target.partition(".")[0] not in sys.stdlib_module_names
    ]


def find_circle(root: Path) -> list[str]:
    """Modules that import each other in a circle, the first that is met; empty where there is none."""
    below: dict[str, set[str]] = {}
    for found in list_imports(root):
        below.setdefault(_module_of(found.path, root), set()).add(found.target)
    try:
        TopologicalSorter(below).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def list_imports(root: Path) -> list[Import]:
    """Every import of our own modules, wherever it stands in a file."""
    return [
        Import(path, line, target)
        for path in sorted((root / PACKAGE).rglob("*.py"))
        for line, target in _imports_of(path, root)
        if target == PACKAGE or target.startswith(f"{PACKAGE}.")
    ]


def _judge(found: Import, root: Path, levels: Mapping[str, int]) -> str | None:
    here = _module_of(found.path, root).split(".")[1:]
    there = found.target.split(".")[1:]
    if not here:
        return "but the package's own __init__.py stays empty"
    if not there:
        return "which is the whole house: import the module that is meant"
    if here[0] != there[0]:
        if here[0] not in levels or there[0] not in levels:
            return "which is on no floor"
        if levels[there[0]] == levels[here[0]]:
            return "a neighbour on the same floor"
        return "which is on a higher floor" if levels[there[0]] > levels[here[0]] else None
    return _judge_inside(here[1:], there[1:], package=here[0])


def _judge_inside(here: Sequence[str], there: Sequence[str], *, package: str) -> str | None:
    if not here or not there:
        return None
    if package == "web" and there[0] in DOORS and here[0] != there[0]:
        return "another door" if here[0] in DOORS else "a door, from what all doors share"
    if here[0] in ROOMS and there[0] in ROOMS and ROOMS.index(there[0]) > ROOMS.index(here[0]):
        return "against models <- queries <- service"
    return None


def _list_names(package: Path) -> list[str]:
    files = [path.stem for path in package.glob("*.py") if path.stem != "__init__"]
    return sorted(files + [path.parent.name for path in package.glob("*/__init__.py")])


def _module_of(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports_of(path: Path, root: Path) -> Iterator[tuple[int, str]]:
    package = ".".join(path.relative_to(root).parent.parts)
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = _resolve(node, package)
            for alias in node.names:
                yield node.lineno, _submodule(base, alias.name, root)
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in {"import_module", "__import__"} and node.args and isinstance(node.args[0], ast.Constant):
                yield node.lineno, str(node.args[0].value)


def _resolve(node: ast.ImportFrom, package: str) -> str:
    """The absolute name behind `from ..x import y`: each dot after the first goes up one package."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


def _submodule(base: str, name: str, root: Path) -> str:
    """`from selfservice import db` imports a module, `from selfservice.db import fetch` a name from one."""
    path = root.joinpath(*base.split("."), name)
    return f"{base}.{name}" if path.with_suffix(".py").exists() or path.is_dir() else base
