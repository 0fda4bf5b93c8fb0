"""What a phone keeps of us: small, of one release, and made of modules that fit each other."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from jinja2.meta import find_referenced_templates, find_undeclared_variables

from selfservice.situations import phone_scripts
from selfservice.situations.bundling import bundle
from selfservice.situations.inlined import STATIC
from selfservice.situations.phone_scripts import APP, MADE, WORKER
from selfservice.situations.squeezing import squeeze_script
from selfservice.situations.templates import TEMPLATES, environment

MOST = 4096
REFUSALS = {"conflict", "renewed", "lost_claim", "late", "stopped"}
"""What the server says of an answer that it refused, and the phone tells of one that waited."""
KEY = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"
ICONS = ("/static/icons/app/icon-192.png?v=82eeb81c88f0", "/static/icons/app/badge.png?v=9e9f3868bb62")


def weight(text: str) -> int:
    return len(gzip.compress(text.encode(), 9, mtime=0))


def test_worker_weighs_at_most_four_kilobytes() -> None:
    assert weight(phone_scripts.worker_script(KEY, ICONS)) <= MOST


def test_script_behind_the_pages_weighs_at_most_four_kilobytes_without_its_words() -> None:
    made = 'const BUILD = "";\nconst WORDS = {};\nconst PICTURES = {};\n'

    assert weight(bundle(APP / "main.js", {MADE: made})) <= MOST


@pytest.mark.parametrize("language", phone_scripts.languages())
def test_script_behind_the_pages_has_every_word_it_uses(language: str) -> None:
    source = "".join(path.read_text("utf-8") for path in APP.glob("*.js"))
    words = {key.removeprefix("app.") for key in phone_scripts.shared_words()["en"] if key.startswith("app.")}

    assert {word for word in words if f'"{word}"' not in source and f"WORDS.{word}" not in source} == REFUSALS
    assert words == set(phone_scripts._app_words(phone_scripts.shared_words()[language]))
    assert phone_scripts.app_address(language) == f"/app/{language}.js?v={phone_scripts.build()}"


def test_release_counts_all_that_the_page_for_being_offline_is_made_of() -> None:
    templates = environment("en")
    names, seen = ["customer/offline.html"], set[str]()
    while names:
        name = names.pop()
        seen.add(name)
        tree = templates.parse((TEMPLATES / name).read_text("utf-8"))
        called = {f"components/{it}.html" for it in find_undeclared_variables(tree)}
        used = [*find_referenced_templates(tree), *(it for it in called if (TEMPLATES / it).exists())]
        names += [it for it in used if it is not None and it not in seen]
    said = set(re.findall(r'say\("([^"]+)"', "".join((TEMPLATES / name).read_text("utf-8") for name in seen)))

    assert {TEMPLATES / name for name in seen} | set((STATIC / "css" / "page").glob("*.css")) <= set(
        phone_scripts._sources()
    )
    assert {key for key in said if not key.startswith(phone_scripts._OFFLINE_WORDS)} == set()


def test_word_of_the_page_for_being_offline_makes_another_release(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {language: dict(own) for language, own in phone_scripts.shared_words().items()}
    before = phone_scripts.build.__wrapped__()
    words["pl"]["plain.offline.line"] += "!"
    monkeypatch.setattr(phone_scripts, "shared_words", lambda: words)

    assert phone_scripts.build.__wrapped__() != before


def test_every_module_fits_on_a_screen_or_two() -> None:
    for path in (*WORKER.glob("*.js"), *APP.glob("*.js")):
        assert len(path.read_text("utf-8").splitlines()) <= 150, path


def test_bundle_holds_each_module_once_and_what_is_imported_first(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { two } from "./b.js";\nimport { one } from "./c.js";\nuse(one, two);\n')
    (tmp_path / "b.js").write_text('import { one } from "./c.js";\nexport const two = one + 1;\n')
    (tmp_path / "c.js").write_text('import { START } from "./made.js";\nexport const one = START;\n')

    made = bundle(tmp_path / "a.js", {"made.js": "const START = 7;\n"})

    assert made == '"use strict";(()=>{const a=7,b=a,c=b+1;use(b,c);})();\n'


def test_name_of_two_modules_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { one } from "./b.js";\nconst limit = one;\n')
    (tmp_path / "b.js").write_text("const limit = 1;\nexport const one = limit;\n")

    with pytest.raises(ValueError, match=r"limit is declared in two modules; rename one of them\.$"):
        bundle(tmp_path / "a.js", {})


@pytest.mark.parametrize("source", ["const a = 'text';", "const a = `${b.c}`;"])
def test_habit_that_squeezing_cannot_keep_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"write double quotes|give it a name first"):
        squeeze_script(source)
