"""A type changes or is retired while its pages are out: they are shown, brought up to date and answered as before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from selfservice import tokens
from selfservice.db import db, dispose
from selfservice.errors import Conflict, Invalid
from selfservice.pages import due, queries, service
from selfservice.pages.models import Answer, Page
from selfservice.situations.contract import looks, whole
from selfservice.situations.loading import load_folder, load_shared
from selfservice.situations.making import folder as making
from selfservice.situations.registry import BUILT_IN
from tests.factories import PHONE, issue, soon
from tests.harness.application import make_app, make_settings
from tests.situations.conftest import NOW
from tests.web.console.desk import Desk
from tests.web.console.test_new import form

KEY = "boiler_service"
UPGRADE = """
def upgrade(facts: dict[str, Any], version: int) -> dict[str, Any]:
    if version == 1:
        place = facts.pop("where", None) or "your home"
        facts = {"subject": facts["what"], "at": facts["at"], "place": place}
    return facts


def upgrade_answer(action: str, form: dict[str, Any], version: int) -> dict[str, Any]:
    return {"why": form["reason"] or "none"} if action == "decline" and version == 1 else form


SITUATION = Situation(
    version=2,
    upgrade=upgrade,
    upgrade_answer=upgrade_answer,"""
FIELDS = """    subject: Line = fact("Subject", example="Boiler service", max_length=60)
    at: Moment = fact("When", example="2026-11-24 10:20")
    place: Line = fact("Where", example="14 Harbour Street", max_length=80)
    floor: Line | None = fact("Floor", example="3rd", default=None)
"""


class Type:
    """The type that `situation new` makes, as pages are issued with it, and what becomes of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def change(self, file: str, *pairs: tuple[str, str]) -> None:
        path = self.folder / file
        text = path.read_text("utf-8")
        for old, new in pairs:
            assert re.search(old, text, re.DOTALL), old
            text = re.sub(old, lambda _found, new=new: new, text, flags=re.DOTALL)
        path.write_text(text, "utf-8")

    def keep_samples(self) -> None:
        """The samples as they are become those of version 1, and today's are renamed like the facts."""
        older = self.folder / "samples" / "v1"
        older.mkdir()
        for path in (self.folder / "samples").glob("*.json"):
            facts = json.loads(path.read_text("utf-8"))
            (older / path.name).write_text(json.dumps(facts), "utf-8")
            now = {"subject": facts["what"], "at": facts["at"], "place": facts.get("where", "Home"), "floor": "3rd"}
            path.write_text(json.dumps(now), "utf-8")

    def leave_open_after_decline(self) -> None:
        """Who says no may still say yes."""
        self.change("situation.py", ('form=Reason, said="Said no"', 'form=Reason, said="Said no", closing=False'))
        self.change("situation.py", ('shows="declined"', 'shows="ask"'))

    def become_version_2(self) -> None:
        """One fact renamed, one required that was not, one new; the field of a form renamed."""
        self.keep_samples()
        self.change(
            "situation.py",
            ("from datetime import datetime\n", "from datetime import datetime\nfrom typing import Any\n"),
            (r"    what: Line.*?default=None, max_length=80\)\n", FIELDS),
            (r"SITUATION = Situation\(", UPGRADE),
            ("    reason: str = prose\\(300, required=False\\)", "    why: str = prose(300)"),
            ("form.reason", "form.why"),
            ('class Reason.Form.:\n    """[^"]*"""', 'class Reason(Form):\n    """Why."""'),
        )
        self.change(
            "page.html",
            ("facts.what", "facts.subject"),
            (
                r"{% if facts.where %}.*?{% endif %}",
                '{{ row("pin", say("lead.where"), facts.place) }}{{ facts.floor or "" }}',
            ),
            ("answers.decline.reason", "answers.decline.why"),
        )
        self.change(
            "copy/en.toml",
            ('\nreason = "Your reason"\nreason_hint', '\nwhy = "Your reason"\nwhy_hint'),
            ("reason_wrong", "why_wrong"),
            ("reason_long", "why_long"),
            (r"\[problems\]\n", '[problems]\nwhy_missing = "Write a few words."\n'),
        )


@pytest.fixture
def type_(tmp_path: Path) -> Type:
    (tmp_path / "types").mkdir()
    return Type(making.make(KEY, tmp_path / "types"))


@pytest.fixture
def app(type_: Type, database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application as it runs while types are written; it looks at their files with every request."""
    made = make_app(make_settings(database_url, tmp_path, SITUATIONS=str(type_.folder.parent)))
    watch = made.extensions["selfservice.watch"]
    watch._every = watch._next = 0
    yield made
    with made.app_context():
        dispose()


def make_page(app: Flask, **details: Any) -> str:
    facts = {"what": "Boiler service", "at": soon(days=3).isoformat(), "where": "14 Harbour Street"}
    with app.app_context():
        return "/p/" + issue(KEY, facts, **details).url.rpartition("/")[2]


def page_of(link: str) -> Page:
    return queries.get(tokens.current().read_page(link.rpartition("/")[2]))


def answer(client: FlaskClient, link: str, action: str, **form: str) -> int:
    revision = re.search(r'name="revision" value="(\d+)"', client.get(link).text)
    assert revision is not None
    return client.post(f"{link}/{action}", data={"revision": revision[1], **form}).status_code


class TestVersions:
    def test_page_of_an_earlier_version_is_shown_and_answered(
        self, app: Flask, client: FlaskClient, type_: Type
    ) -> None:
        link = make_page(app)

        type_.become_version_2()

        assert "14 Harbour Street" in client.get(link).text
        assert answer(client, link, "decline", step="why", why="On holiday") == 303
        assert "On holiday" in client.get(link).text
        with app.app_context():
            page = page_of(link)
            assert (page.version, page.facts["what"]) == (1, "Boiler service")
            assert page.answers["decline"]["version"] == 2

    def test_page_of_an_earlier_version_is_brought_up_to_date(
        self, app: Flask, client: FlaskClient, type_: Type
    ) -> None:
        link = make_page(app, case_ref="B-1")
        type_.become_version_2()
        client.get(link)

        with app.app_context():
            facts = {"subject": "Boiler service", "at": soon(days=4).isoformat(), "place": "9 Quay"}
            issued = issue(KEY, facts, case_ref="B-1")
            assert (issued.was, issued.page.version) == ("updated", 2)

        assert "9 Quay" in client.get(link).text
        assert answer(client, link, "accept") == 303

    def test_answer_of_an_earlier_version_is_read_by_this_one(
        self, app: Flask, client: FlaskClient, type_: Type
    ) -> None:
        link = make_page(app)
        answer(client, link, "decline", step="why", reason="On holiday")

        type_.become_version_2()

        assert "On holiday" in client.get(link).text
        assert answer(client, link, "change") == 303
        assert answer(client, link, "accept") == 303
        assert "See you" in client.get(link).text

    def test_field_that_is_gone_from_a_form_breaks_nothing(self, app: Flask, client: FlaskClient, type_: Type) -> None:
        link = make_page(app)
        answer(client, link, "decline", step="why", reason="On holiday")

        type_.change(
            "situation.py",
            ("    reason: str = prose[^\n]*", "    pass"),
            ("form: Reason, _case", "_form: Reason, _case"),
            (r"\"The customer said no and why.\" if form.reason else ", ""),
        )
        type_.change("page.html", (r"{% if \"decline\" in answers.*?{% endif %}", ""))

        page = client.get(link)
        assert (page.status_code, "Thank you for telling us" in page.text) == (200, True)
        assert "On holiday" not in page.text

    def test_answer_that_cannot_be_read_any_more_is_said_to_be_past(
        self, app: Flask, client: FlaskClient, type_: Type
    ) -> None:
        link = make_page(app)
        answer(client, link, "decline", step="why", reason="On holiday")

        type_.change(
            "situation.py",
            ("reason: str = prose\\(300, required=False\\)", "why: str = prose(300)"),
            ("form.reason", "form.why"),
            (
                r"SITUATION = Situation\(",
                "SITUATION = Situation(\n    calendar=lambda facts, _answers: facts.at and None,",
            ),
        )

        for address in (link, f"{link}/-/calendar.ics"):
            page = client.get(address)
            assert (page.status_code, "This page is no longer active" in page.text) == (410, True)
        with app.app_context():
            with pytest.raises(Conflict, match="make a new page"):
                service.resend(page_of(link).id, actor="staff:1")
            assert page_of(link).answers["decline"]["form"] == {"reason": "On holiday"}
            assert db.session.scalar(sa.select(Answer.form)) == {"reason": "On holiday"}

    def test_answer_that_closed_a_page_stands_beside_one_whose_action_has_gone(
        self, app: Flask, client: FlaskClient, type_: Type
    ) -> None:
        type_.leave_open_after_decline()
        link = make_page(app)
        assert answer(client, link, "decline", step="why", reason="On holiday") == 303

        type_.change("situation.py", ('"decline"', '"refuse"'))
        type_.change("copy/en.toml", ("\ndecline =", "\nrefuse ="))

        assert answer(client, link, "accept") == 303
        page = client.get(link)
        assert (page.status_code, "See you" in page.text) == (200, True)

    def test_answer_of_no_known_version_keeps_that_of_its_page_when_the_page_is_brought_up_to_date(
        self, app: Flask, client: FlaskClient, type_: Type
    ) -> None:
        type_.leave_open_after_decline()
        link = make_page(app, case_ref="B-1")
        answer(client, link, "decline", step="why", reason="On holiday")
        with app.app_context():
            page = page_of(link)
            page.answers = {"decline": {"form": page.answers["decline"]["form"]}}  # As earlier releases wrote it.
            db.session.commit()
        type_.become_version_2()
        assert "On holiday" in client.get(link).text

        with app.app_context():
            issue(KEY, {"subject": "Service", "at": soon(days=4).isoformat(), "place": "9 Quay"}, case_ref="B-1")

        assert "On holiday" in client.get(link).text

    def test_step_that_has_gone_lets_an_open_page_begin_again(
        self, app: Flask, client: FlaskClient, type_: Type
    ) -> None:
        link = make_page(app)
        type_.change("situation.py", ('key="ask"', 'key="question"'), (r'Go\("ask"', 'Go("question"'))
        type_.change("copy/en.toml", (r"\[steps.ask\]", "[steps.question]"))

        assert answer(client, link, "accept") == 303
        assert "See you" in client.get(link).text

    def test_facts_that_cannot_be_brought_forward_wait_for_the_mend(
        self, app: Flask, client: FlaskClient, type_: Type
    ) -> None:
        link = make_page(app)
        type_.become_version_2()
        type_.change("situation.py", ('facts.pop\\("where", None\\)', 'facts.pop("were")'))

        assert client.get(link).status_code == 503
        assert client.post(f"{link}/accept", data={"revision": "1"}).status_code == 503

        type_.change("situation.py", ('facts.pop\\("were"\\)', 'facts.pop("where")'))
        assert answer(client, link, "accept") == 303


def problems(type_: Type) -> list[str]:
    loaded = load_folder(type_.folder, load_shared(BUILT_IN / "words"))
    found = whole.check(loaded, now=NOW) or looks.check(loaded, NOW)
    return [str(problem).removeprefix(f"{type_.folder}/") for problem in found]


class TestContract:
    def test_version_with_an_upgrade_that_works_is_sound(self, type_: Type) -> None:
        type_.become_version_2()

        assert problems(type_) == []

    def test_version_that_no_sample_leads_to_is_refused(self, type_: Type) -> None:
        type_.change("situation.py", (r"SITUATION = Situation\(", "SITUATION = Situation(\n    version=2,"))

        [problem] = problems(type_)

        assert "No sample shows that pages of version 1 are brought forward; copy one as it was" in problem
        assert problem.startswith("situation.py:")

    @pytest.mark.parametrize(
        ("old", "new", "sentence"),
        [
            (
                '"subject": facts..what.., ',
                "",
                "samples/v1/bare.json:1: What upgrade makes of it cannot be used: Subject is",
            ),
            (
                'facts.pop\\("where", None\\)',
                'facts.pop("were")',
                "samples/v1/bare.json:1: upgrade fails on it (KeyError: 'were')",
            ),
            ("version=2", "version=1", "samples/v1: It is for version 1, and the type is at 1; set version=2 or"),
        ],
    )
    def test_upgrade_that_fails_is_told_with_its_sample(self, type_: Type, old: str, new: str, sentence: str) -> None:
        type_.become_version_2()
        type_.change("situation.py", (old, new))

        assert any(problem.startswith(sentence) for problem in problems(type_))


@pytest.mark.database("sqlite")
class TestRetired:
    @pytest.fixture
    def link(self, app: Flask, client: FlaskClient, type_: Type) -> str:
        """A page of a type that was retired after it was made."""
        link = make_page(app, case_ref="B-1")
        type_.change("situation.py", (r"SITUATION = Situation\(", "SITUATION = Situation(\n    retired=True,"))
        client.get(link)
        return link

    def test_its_pages_run_to_their_end(self, app: Flask, client: FlaskClient, link: str) -> None:
        assert answer(client, link, "accept") == 303
        assert answer(client, link, "change") == 303
        with app.app_context():
            assert due.retire_pages() == 0
            assert service.resend(page_of(link).id, actor="staff:1").state == "ready"
            db.session.commit()

    def test_no_page_of_it_is_made_or_changed(self, app: Flask, link: str) -> None:
        facts = {"what": "Boiler service", "at": soon(days=5).isoformat()}
        for case in ({}, {"case_ref": "B-1"}):
            with app.app_context(), pytest.raises(Invalid, match="Boiler service is retired") as refused:
                issue(KEY, facts, **case)
            assert list(refused.value.fields) == ["situation"]

    def test_commands_say_so(self, app: Flask, link: str) -> None:
        runner = app.test_cli_runner()

        sent = runner.invoke(args=["situation", "send", KEY, "full", "--to", PHONE])
        listed = runner.invoke(args=["situation", "list"])

        assert sent.exit_code == 1
        assert (
            "Boiler service is retired, so no page of it is made or changed; choose another page type." in sent.stderr
        )
        assert "Boiler service (retired)" in listed.stdout

    def test_staff_are_not_offered_it(self, app: Flask, link: str) -> None:
        desk = Desk(app, "mo@example.com", name="Mo Field", role="supervisor", team="reception")

        offered = desk.get(f"/console/new?type={KEY}").text
        refused = desk.post("/console/new", form(situation=KEY, fact_what="Boiler"))
        shown = desk.get(f"/console/types/{KEY}").text

        assert f"type={KEY}" not in offered
        assert (refused.status_code, "Boiler service is retired" in refused.text) == (422, True)
        assert "It is retired: no pages of it are made any more." in shown
        assert "Send to the handset" not in shown
