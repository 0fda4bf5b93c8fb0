"""Bundling: our own ES modules become one classic script, so that every browser runs them after one request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from selfservice.situations.squeezing import squeeze_script

_IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"([^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)
_TOP_LEVEL = re.compile(r"^(?:const|let) (\w+)", re.MULTILINE)


def bundle(entry: Path, made: Mapping[str, str]) -> str:
    """The module at `entry` and all that it imports, each once, what is imported first; squeezed.

    `made` holds the source of modules that are no files, by name. All modules share one scope, so a name may be
    declared at the top of one of them alone; raises ValueError naming those that are not.
    """
    sources: dict[str, str] = {}
    _collect(entry, made, sources)
    text = "\n".join(sources.values())
    twice = sorted(name for name, count in Counter(_TOP_LEVEL.findall(text)).items() if count > 1)
    if twice:
        raise ValueError(f"{entry}: {', '.join(twice)} is declared in two modules; rename one of them.")
    return '"use strict";(()=>{' + squeeze_script(text) + "})();\n"


def _collect(path: Path, made: Mapping[str, str], sources: dict[str, str]) -> None:
    key = path.name if path.name in made else str(path.resolve())
    if key in sources:
        return
    sources[key] = ""  # Two modules that import each other end here; the order is then that of the first.
    source = made[path.name] if path.name in made else path.read_text(encoding="utf-8")
    for name in _IMPORT.findall(source):
        _collect(path.parent / name, made, sources)
    del sources[key]
    sources[key] = _EXPORT.sub("", _IMPORT.sub("", source))
