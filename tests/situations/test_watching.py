"""While types are being written, a saved file is seen on the next request; a broken one breaks its own type only."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from selfservice import config, tokens, worker
from selfservice.brands import service as brands
from selfservice.db import db, dispose
from selfservice.pages import queries, service
from selfservice.pages.service import Issued, NewPage, Person
from selfservice.situations import registry, watching
from selfservice.situations.making import folder as making
from selfservice.situations.registry import Registry
from selfservice.situations.watching import Watch
from tests.harness.application import make_app, make_settings
from tests.harness.numbers import fresh_number

KEY = "5f0c7d52-7f1b-4b39-9d0e-5d0a1f7c9a11"
OTHER = {"person": "Dr Amina Okafor", "place": "14 Harbour Street"}
UNAVAILABLE = "We’re busy right now"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of page types with one in it."""
    (tmp_path / "types").mkdir()
    return making.make("boiler_service", tmp_path / "types").parent


@pytest.fixture
def watch(folder: Path) -> Watch:
    """A watch that looks each time it is asked."""
    made = Watch([folder], every=0)
    made.look()
    return made


@pytest.fixture
def watched(folder: Path, database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application as `make run` makes it, on a folder of types; it looks with every request."""
    app = make_app(make_settings(database_url, tmp_path, SITUATIONS=str(folder)))
    look_each_time(app)
    with app.app_context():
        brands.ensure_default()
        db.session.commit()
    yield app
    with app.app_context():
        dispose()


def look_each_time(app: Flask) -> None:
    """Let it look with every request, also just after it was made."""
    watch = app.extensions["selfservice.watch"]
    watch._every = watch._next = 0


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def issue(app: Flask, situation: str = "boiler_service", **facts: str) -> tuple[int, str]:
    """A committed page and its path."""
    with app.app_context():
        known = {"at": "2031-03-04T10:20:00Z", **(facts or {"what": "Boiler service"})}
        new = NewPage(situation=situation, facts=known, customer=Person(phone=fresh_number()), actor="cli")
        issued: Issued = service.issue(new)
        db.session.commit()
        return issued.page.id, "/p/" + issued.url.rpartition("/")[2]


def others_of(found: Registry) -> dict[str, object]:
    return {loaded.key: loaded for loaded in found if loaded.key != "boiler_service"}


class TestWatch:
    def test_nothing_is_read_again_while_nothing_changes(self, watch: Watch) -> None:
        assert watch.look() is watch.look()

    def test_changed_type_is_read_again_and_no_other(self, watch: Watch, folder: Path) -> None:
        before = watch.look()

        change(folder / "boiler_service" / "copy" / "en.toml", "See you", "Come")
        after = watch.look()

        assert after.get("boiler_service").words["en"]["steps.accepted.headline"] == "Come {at:when}"
        assert others_of(after) == others_of(before)
        assert all(after.get(key) is one for key, one in others_of(before).items())

    def test_change_of_the_same_length_at_the_same_second_is_seen(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Python would keep a compiled copy, which it tells from a newer source by the second and the length.
        monkeypatch.setattr(sys, "dont_write_bytecode", False)
        monkeypatch.setattr(sys, "pycache_prefix", None)
        watch = Watch([folder], every=0)
        watch.look()
        path = folder / "boiler_service" / "situation.py"
        at = path.stat().st_mtime_ns // 10**9 * 10**9

        change(path, 'said="Said no"', 'said="Said NO"')
        os.utime(path, ns=(at + 1000, at + 1000))

        action = watch.look().get("boiler_service").situation.action("decline")
        assert action is not None
        assert action.said == "Said NO"

    @pytest.mark.parametrize(
        ("file", "old", "new", "line", "said"),
        [
            ("situation.py", "def check(", "def check(:\n", "def check(:", "It is not valid Python: invalid syntax"),
            ("situation.py", "TEAM = ", "TEAM = 1 / 0 or ", "TEAM = ", "ZeroDivisionError: division by zero; mend"),
            ("copy/en.toml", 'pill = "Needs', "pill = Needs", "pill = Needs", "It is not valid TOML: invalid value"),
            ("page.html", "{% endblock %}", "", None, "Unexpected end of template"),
            ("page.html", "{{ row(", "{{ row((", "{{ row((", "unexpected '}'"),
            ("samples/full.json", '"at"', "at", "  at", "It cannot be read as JSON: Expecting property name"),
        ],
    )
    def test_broken_file_is_told_with_its_line_until_it_is_mended(
        self, watch: Watch, folder: Path, file: str, old: str, new: str, line: str | None, said: str
    ) -> None:
        path = folder / "boiler_service" / file
        whole = path.read_text(encoding="utf-8")
        before = watch.look()

        change(path, old, new)
        broken = watch.look()
        path.write_text(whole, encoding="utf-8")
        mended = watch.look()

        problem = broken.find_problem("boiler_service")
        assert problem is not None
        assert said in problem.sentence
        assert problem.file == path
        lines = path.read_text(encoding="utf-8").replace(old, new).splitlines()
        if line is not None:
            assert problem.line is not None
            assert lines[problem.line - 1].startswith(line) or line in lines[problem.line - 1]
        assert others_of(broken) == others_of(before)
        assert mended.find("boiler_service") is not None
        assert mended.broken == {}

    def test_new_folder_appears_and_one_that_goes_waits_for_its_return(self, watch: Watch, folder: Path) -> None:
        making.make("chimney_sweep", folder)
        assert watch.look().find("chimney_sweep") is not None

        shutil.move(folder / "chimney_sweep", folder.parent / "away")
        gone = watch.look()
        shutil.move(folder.parent / "away", folder / "chimney_sweep")

        problem = gone.find_problem("chimney_sweep")
        assert problem is not None
        assert problem.sentence == "The folder is gone; put it back, or start again to let its pages end."
        assert watch.look().find("chimney_sweep") is not None
        assert watch.look().broken == {}

    def test_signature_tells_one_state_of_the_files_from_another(self, watch: Watch, folder: Path) -> None:
        before = watch.signature()
        assert Watch([folder], every=0).signature() == before

        change(folder / "boiler_service" / "README.md", "Use this", "Use it")

        assert watch.signature() != before


def test_changes_are_seen_on_the_next_request(watched: Flask, folder: Path) -> None:
    client = watched.test_client()
    _, link = issue(watched)
    for _ in range(5):  # Until the page is filled into its shell.
        assert "all right?<" in client.get(link).text

    change(folder / "boiler_service" / "copy" / "en.toml", "Is {at:when} all right?", "Would {at:when} do?")
    assert "do?<" in client.get(link).text

    change(folder / "boiler_service" / "page.html", 'row("info",', 'row("bell",')
    change(folder / "boiler_service" / "page.html", "facts.what)", "facts.what|upper)")
    assert "BOILER SERVICE" in client.get(link).text

    change(folder / "boiler_service" / "situation.py", 'buttons=(Do("accept", icon="check"), ', "buttons=(")
    assert "Yes, that’s fine" not in client.get(link).text


def test_page_of_a_broken_type_says_so_plainly_and_works_once_mended(watched: Flask, folder: Path) -> None:
    client = watched.test_client()
    page_id, link = issue(watched)
    _, other = issue(watched, "appointment_reminder", **OTHER)
    with watched.app_context():
        answer = "/a/" + tokens.current().sign_answer(page_id, "accept")

    change(folder / "boiler_service" / "page.html", "{% endcall %}", "")
    shown = client.get(link)
    answered = client.post(answer, json={"input": {}, "revision": 1}, headers={"Idempotency-Key": KEY})

    assert (shown.status_code, UNAVAILABLE in shown.text) == (503, True)
    assert "page.html" not in shown.text
    assert "boiler" not in shown.text
    assert (answered.status_code, answered.get_json()["code"]) == (503, "unavailable")
    assert "boiler" not in answered.text
    assert client.get(other).status_code == 200

    change(folder / "boiler_service" / "page.html", "{% endblock %}", "{% endcall %}{% endcall %}{% endblock %}")
    assert client.get(link).status_code == 200


def test_worker_sees_new_types_and_ends_no_page_of_a_folder_that_goes(watched: Flask, folder: Path) -> None:
    beside = make_app(config_of(watched))
    look_each_time(beside)
    making.make("chimney_sweep", folder)
    watching.refresh(watched)
    page_id, _ = issue(watched, "chimney_sweep")

    worker._turn_pages(beside)
    shutil.rmtree(folder / "chimney_sweep")
    worker._turn_pages(beside)

    with beside.app_context():
        assert queries.get(page_id).state == "open"
        dispose()


def config_of(app: Flask) -> config.Settings:
    settings: config.Settings = app.extensions["selfservice.settings"]
    return settings


def test_production_watches_nothing(folder: Path, database_url: str, tmp_path: Path) -> None:
    settings = make_settings(database_url, tmp_path, SITUATIONS=str(folder)).model_copy(update={"env": "production"})

    app = make_app(settings)

    assert "selfservice.watch" not in app.extensions
    with app.app_context():
        assert registry.current().find("boiler_service") is not None
        dispose()
