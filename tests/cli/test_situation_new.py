"""`flask situation new`: a folder that runs and passes its checks at once, or one sentence and nothing written."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from selfservice import db
from selfservice.brands import service as brands
from selfservice.situations.contract import whole
from selfservice.situations.loading import load_folder, load_shared
from selfservice.situations.making import folder as making
from selfservice.situations.registry import BUILT_IN, Registry
from tests.cli.conftest import Inside
from tests.harness.application import make_app, make_settings
from tests.harness.numbers import fresh_number

BUILT_IN_KEYS = [loaded.key for loaded in Registry.load(strict=True)]


@pytest.fixture
def types(tmp_path: Path) -> Path:
    """An empty folder of page types."""
    folder = tmp_path / "types"
    folder.mkdir()
    return folder


@pytest.fixture
def made_app(inside: Inside, types: Path, database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application with a page type that has just been made."""
    assert inside("situation", "new", "boiler_service", SITUATIONS=str(types)).returncode == 0
    app = make_app(make_settings(database_url, tmp_path, SITUATIONS=str(types)))
    with app.app_context():
        brands.ensure_default()
        db.db.session.commit()
    yield app
    with app.app_context():
        db.dispose()


def files_of(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_is_made_has_nothing_to_mend(inside: Inside, types: Path) -> None:
    made = inside("situation", "new", "boiler_service", SITUATIONS=str(types))
    checked = inside("situation", "check", "boiler_service", SITUATIONS=str(types))

    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.splitlines()[0] == f"Made {types / 'boiler_service'}"
    assert "export" not in made.stdout
    assert files_of(types / "boiler_service") == [
        "README.md",
        "copy/en.toml",
        "page.html",
        "samples/bare.json",
        "samples/full.json",
        "situation.py",
    ]
    assert (checked.returncode, checked.stdout) == (0, "boiler_service: nothing to mend\n")


def test_its_names_are_its_own(inside: Inside, types: Path) -> None:
    inside("situation", "new", "boiler_service", SITUATIONS=str(types))

    written = "".join(path.read_text() for path in (types / "boiler_service").rglob("*.*") if path.is_file())
    assert "class BoilerService(Facts)" in written
    assert 'name = "Boiler service"' in written
    assert "skeleton" not in written.lower()


def test_page_of_a_type_just_made_is_issued_opened_and_answered(made_app: Flask) -> None:
    send = ("situation", "send", "boiler_service", "full", "--to", fresh_number(), "--name", "Maria", "--json")
    issued = json.loads(made_app.test_cli_runner().invoke(args=send).stdout)
    client = made_app.test_client()
    link = issued["url"].removeprefix("http://127.0.0.1:8000")

    page = client.get(link).text
    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert "Maria, is" in page
    assert "Boiler service" in page
    assert revision
    answered = client.post(f"{link}/decline", data={"revision": revision[1], "step": "why", "reason": "On holiday"})

    assert answered.status_code == 303
    page = client.get(answered.headers["Location"]).text
    assert "Thank you for telling us" in page
    assert "On holiday" in page


def test_place_that_is_not_looked_in_is_told_with_what_to_set(inside: Inside, types: Path, tmp_path: Path) -> None:
    other = tmp_path / "our other types"

    made = inside("situation", "new", "boiler_service", "--into", str(other), SITUATIONS=str(types))
    data = inside("situation", "new", "fine", "--into", str(other), "--json", SITUATIONS=str(types))

    setting = f"SELFSERVICE_SITUATIONS='{types},{other}'"
    assert made.stdout.splitlines()[:3] == [
        f"Made {other / 'boiler_service'}",
        "It is found once this is set:",
        f"  export {setting}",
    ]
    assert json.loads(data.stdout) == {"key": "fine", "folder": str(other / "fine"), "set": setting}


def test_without_a_folder_of_types_it_is_made_here(
    inside: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    made = inside("situation", "new", "boiler_service")

    assert (tmp_path / "situations" / "boiler_service" / "page.html").is_file()
    assert f"  export SELFSERVICE_SITUATIONS={tmp_path / 'situations'}\n" in made.stdout


@pytest.mark.parametrize("like", BUILT_IN_KEYS)
def test_type_like_another_fulfils_its_contract_under_its_own_name(types: Path, like: str) -> None:
    made = making.make("our_own", types, like=BUILT_IN / like)

    loaded = load_folder(made, load_shared(BUILT_IN / "words"))
    original = Registry.load(strict=True).get(like)
    assert whole.check(loaded) == []
    assert (loaded.key, loaded.name) == ("our_own", "Our own")
    assert {words["about.name"] for words in loaded.words.values()} == {"Our own"}
    assert (loaded.languages, list(loaded.samples)) == (original.languages, list(original.samples))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Boiler-Service"], "'Boiler-Service' cannot be a page type's key; write 2 to 40 small letters"),
        (["../up"], "'../up' cannot be a page type's key; write"),
        (["fraud_alert"], "is already called fraud_alert, and nothing was written; choose another key."),
        (["taken"], "is there already, and nothing was written; choose another key or take it away."),
        (["fine", "--like", "fraud"], "There is no page type called fraud; did you mean fraud_alert?"),
        (["fine", "--like", "parking"], "There is no page type called parking; choose one of"),
    ],
)
def test_what_cannot_be_made_is_told_and_nothing_is_written(
    inside: Inside, types: Path, arguments: list[str], said: str
) -> None:
    (types / "taken").mkdir()

    done = inside("situation", "new", *arguments, SITUATIONS=str(types))

    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert [path.name for path in types.rglob("*")] == ["taken"]


def test_place_that_cannot_be_written_to_is_told(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = inside("situation", "new", "fine", "--into", str(tmp_path / "file" / "types"))

    assert done.returncode == 1
    assert done.stderr.endswith("cannot be written (Not a directory); choose a folder with --into.\n")


def test_copy_that_fails_half_way_leaves_nothing(types: Path, tmp_path: Path) -> None:
    shutil.copytree(BUILT_IN / "fraud_alert", tmp_path / "half")
    (tmp_path / "half" / "samples" / "zz.json").write_text("{")

    with pytest.raises(Exception, match=r"zz\.json:1: It cannot be read as JSON"):
        making.make("fine", types, like=tmp_path / "half")

    assert list(types.iterdir()) == []


def test_gallery_says_its_address(inside: Inside) -> None:
    done = inside("situation", "gallery", BASE_URL="http://127.0.0.1:8123")

    assert done.stdout == "http://127.0.0.1:8123/console/types\n"
