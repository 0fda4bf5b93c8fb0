"""A recipe as a page type's folder: the files that a developer would have written, so that all that works with one
works with what staff composed, and so that a developer can take it over.
"""

from __future__ import annotations

import json
from pathlib import Path

from selfservice.kit.built import FILE
from selfservice.kit.recipe import ENGLISH, Recipe
from selfservice.situations.making import cases, page, sentences

_DECLARATION = '''"""Composed in the console: recipe.json says what this type is."""

from __future__ import annotations

from selfservice.kit import situation_of

SITUATION = situation_of(__file__)
'''


def write(recipe: Recipe, key: str, into: Path) -> Path:
    """The folder of the type `key`, new in `into`, which must hold none of that name."""
    folder = into / key
    files = {
        "situation.py": _DECLARATION,
        FILE: recipe.model_dump_json(indent=2, exclude_defaults=True) + "\n",
        "page.html": page.page(recipe),
        "README.md": f"{recipe.readme or recipe.summary}\n",
    }
    for language in sorted(recipe.languages, key=lambda language: (language != ENGLISH, language)):
        files[f"copy/{language}.toml"] = _toml(sentences.sentences(recipe, language))
    for name, facts in cases.cases(recipe).items():
        files[f"samples/{name}.json"] = json.dumps(facts, ensure_ascii=False, indent=2) + "\n"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def _toml(said: dict[str, str]) -> str:
    """The sentences under their keys, table by table."""
    tables: dict[str, list[str]] = {}
    for key, sentence in said.items():
        table, _, name = key.rpartition(".")
        # What JSON writes as a text, TOML reads as the same: the recipe has no control characters.
        tables.setdefault(table, []).append(f"{name} = {json.dumps(sentence, ensure_ascii=False)}")
    # Those of no table come first: under a heading they would belong to it.
    parts = [[*([f"[{table}]"] if table else []), *lines] for table, lines in sorted(tables.items())]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"
