"""What becomes of a composed type: its versions and the pages made of them, at the same cost however many there are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from selfservice.db import db
from selfservice.events.models import Event
from selfservice.pages.models import Page
from selfservice.recipes import queries, service
from selfservice.situations import registry
from selfservice.situations.problem import Problem
from tests.factories import issue, soon
from tests.recipes import recipes
from tests.web.console.composer import HERE, NEW, answer, form_of, go, publish, start
from tests.web.console.desk import Desk, text_of
from tests.web.console.forms import Form

VERSIONS = "/console/types/meter_reading/versions"


def test_pages_stay_as_they_were_sent_and_a_retired_type_makes_no_more(
    ana: Desk, app: Flask, client: FlaskClient
) -> None:
    start(ana)
    publish(ana)
    facts = {"at": soon(days=2).isoformat(), "boiler": "B 17"}
    with app.app_context():
        old = "/p/" + issue("meter_reading", facts).url.rpartition("/")[2]

    form = form_of(ana).fill(headline__en="Shall we come?", answers__0__button__en="Yes, come")
    assert "changes not published" in ana.read(go(ana, form, "save"))
    go(ana, form_of(ana), "Publish version 2")

    with app.app_context():
        new = "/p/" + issue("meter_reading", facts, phone="+12025550177").url.rpartition("/")[2]
    assert "Is somebody at home" in text_of(client.get(old))
    assert "Shall we come?" in text_of(client.get(new))
    assert "See you" in answer(client, old, "Yes, I’m here")
    listed = ana.read("/console/types/meter_reading/versions")
    assert listed.index("Version 2") < listed.index("Version 1")
    assert "by Ana Silva" in listed
    assert "Is somebody at home" in text_of(ana.get(f"{HERE}/preview?version=1"))

    path, fields = Form(ana.get(HERE).text, "retire").press("Yes, retire it")
    assert "It is retired." in ana.read(ana.post(path, fields).location)
    assert "Meter reading" not in ana.read("/console/new")
    assert "See you" in answer(client, new, "Yes, come")
    path, fields = Form(ana.get(HERE).text, "retire").press("Bring it back")
    assert "It is back." in ana.read(ana.post(path, fields).location)
    assert "Meter reading" in ana.read("/console/new")


def test_a_version_is_taken_up_again_and_a_draft_is_removed(ana: Desk, app: Flask) -> None:
    start(ana)
    publish(ana)
    go(ana, form_of(ana).fill(headline__en="Another question?"), "save")
    assert ana.post(f"{HERE}/remove").status_code == 409
    screen = ana.get("/console/types/meter_reading/versions").text
    form = Form(screen, "take-up-1")

    assert "says what that version said" in ana.read(ana.post(*form.press("Yes, take it up")).location)

    assert form_of(ana).fields["headline.en"] == "Is somebody at home {at:when}?"
    with app.app_context():
        service.start("another", {"name": "Another"}, actor="staff:1")
        db.session.commit()
    form = Form(ana.get(HERE.replace("meter_reading", "another")).text, "remove")
    assert "The draft is removed." in ana.read(ana.post(*form.press("Yes, remove it")).location)
    with app.app_context():
        assert queries.find("another") is None
        told = db.session.scalars(select(Event.type).where(Event.type.startswith("type.")).order_by(Event.id)).all()
    assert told == ["type.started", "type.published", "type.started", "type.removed"]


def test_many_types_and_versions_are_listed_at_the_cost_of_one(
    ana: Desk, app: Flask, counting: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    def cost(path: str) -> int:
        ana.get(path)
        with counting() as statements:
            assert ana.get(path).status_code == 200
        # Which brand speaks for a type is asked for each type that is shown, whoever made it.
        return len([one for one in statements if "FROM brands" not in one])

    start(ana)
    publish(ana)
    before = [cost("/console/types"), cost(VERSIONS)]
    kim = Desk(app, "kim@example.com", name="Kim Lee", role="supervisor", team="reception")
    for headline in ("Another?", "A third?"):
        go(kim, form_of(kim).fill(headline__en=headline), "save")
        publish(kim)
    with app.app_context():
        for key in ("second", "third"):
            service.publish(key, service.start(key, recipes.small(team="reception"), actor="cli").revision, actor="cli")
        db.session.commit()

    assert [cost("/console/types"), cost(VERSIONS)] == before


def test_neither_a_folder_nor_pages_that_are_kept_are_taken_over(ana: Desk, app: Flask, tmp_path: Path) -> None:
    start(ana)
    with app.app_context():
        there = {loaded.key: loaded for loaded in registry.current()}
        issue()
        db.session.execute(update(Page).values(situation="once_there"))
        db.session.commit()
    broken = {tmp_path / "half_written": Problem(tmp_path / "half_written", None, "Mend it.")}
    app.extensions[registry.EXTENSION] = registry.Registry({**there, "meter_reading": there["notice"]}, broken)

    def begin(name: str) -> TestResponse:
        return ana.post(*Form(ana.get(NEW).text, "new-type").fill(name=name).press("Start composing"))

    for refused in (ana.post(*form_of(ana).press("Publish version 1")), begin("Half written"), begin("Once there")):
        assert (refused.status_code, "or pages of one" in text_of(refused)) == (409, True)
    assert begin("Not yet there").status_code == 303
