"""Composed types: drafts that two may write, versions that never change, pages that outlive both, in every process."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from selfservice import config, tokens
from selfservice.brands import service as brands
from selfservice.db import db, dispose
from selfservice.errors import Conflict, Invalid, NotFound, Unavailable
from selfservice.events.models import Event
from selfservice.pages import due
from selfservice.pages import queries as pages
from selfservice.pages.service import Issued
from selfservice.recipes import queries, service
from selfservice.recipes.models import ComposedVersion
from selfservice.situations import registry
from selfservice.situations.registry import Registry
from tests.factories import issue, soon
from tests.harness.application import make_app
from tests.recipes import recipes

ACTOR = "staff:1"
KEY = "boiler_visit"


@pytest.fixture
def composed(session: Any) -> None:
    """A type that is published."""
    brands.ensure_default()
    compose()


def compose(key: str = KEY, **changes: Any) -> None:
    made = service.start(key, recipes.small(**changes), actor=ACTOR)
    service.publish(key, made.revision, actor=ACTOR)
    db.session.commit()


def publish_again(**changes: Any) -> int:
    made = service.save(KEY, recipes.small(**changes), queries.get(KEY).revision, actor=ACTOR)
    version = service.publish(KEY, made.revision, actor=ACTOR)
    db.session.commit()
    return version


def send(**facts: Any) -> tuple[int, str]:
    """A page of the type: its id and the path of its link."""
    known = {"at": soon(days=2).isoformat(), "boiler": "B 17", **facts}
    return of(issue(KEY, known))


def of(issued: Issued) -> tuple[int, str]:
    page_id = issued.page.id
    db.session.rollback()  # On SQLite who has read keeps others from writing.
    return page_id, "/p/" + issued.url.rpartition("/")[2]


@pytest.fixture
def beside(app: Flask) -> Iterator[Flask]:
    """Another process on the same database."""
    settings: config.Settings = app.extensions["selfservice.settings"]
    other = make_app(settings)
    yield other
    with other.app_context():
        dispose()


def answer(app: Flask, page_id: int, action: str, **form: Any) -> Any:
    path = "/a/" + tokens.current().sign_answer(page_id, action)
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    return app.test_client().post(path, json={"input": form, "revision": 1}, headers=headers)


@pytest.mark.usefixtures("composed")
def test_published_type_is_sent_and_answered_like_any_other(app: Flask) -> None:
    loaded = registry.current().get(KEY)
    assert loaded in registry.current().offered()
    assert loaded.columns() == ("at", "boiler")
    assert loaded.schema()["required"] == ["at", "boiler"]

    page_id, link = send()
    shown = app.test_client().get(link)
    done = answer(app, page_id, "away", better="after six")

    assert shown.status_code == 200
    assert "Yes, I’m here" in shown.text
    assert "B 17" in shown.text
    assert (done.status_code, done.get_json()["status"]) == (200, "applied")
    assert "You said: after six" in app.test_client().get(link).text
    with pytest.raises(Invalid, match="Boiler is missing"):
        issue(KEY, {"at": soon(days=2).isoformat()})
    with pytest.raises(Invalid, match="When has passed"):
        issue(KEY, {"at": soon(days=-2).isoformat(), "boiler": "B 17"})


@pytest.mark.usefixtures("composed")
def test_page_that_is_out_stays_as_it_was_sent(app: Flask) -> None:
    page_id, link = send()
    changed = recipes.small()
    changed["facts"][1] |= {"key": "floor", "label": "Floor", "words": {"en": "Your floor"}}
    changed["answers"] = [changed["answers"][0] | {"button": {"en": "I will be"}}]

    assert publish_again(**changed) == 2

    _, newer = send_of_second()
    old, new = app.test_client().get(link).text, app.test_client().get(newer).text
    assert ("Yes, I’m here" in old, "Your boiler" in old, "No, I’m away" in old) == (True, True, True)
    assert ("I will be" in new, "Your floor" in new, "No, I’m away" in new) == (True, True, False)
    assert answer(app, page_id, "away", better="later").get_json()["status"] == "applied"
    assert "You said: later" in app.test_client().get(link).text
    assert pages.get(page_id).version == 1


def send_of_second() -> tuple[int, str]:
    return of(issue(KEY, {"at": soon(days=2).isoformat(), "floor": "3"}, phone="+12025550188", name="Ann"))


@pytest.mark.usefixtures("composed")
def test_every_process_sees_what_is_published(app: Flask, beside: Flask) -> None:
    with beside.app_context():
        assert registry.current().get(KEY).situation.version == 1
        shelf = beside.extensions["selfservice.shelf"]

    publish_again(headline={"en": "Are you there {at:when}?"})
    _, link = send()

    # Within the second in which it does not ask, a page of a version that it does not know is shown all the same.
    assert "Are you there" in beside.test_client().get(link).text
    shelf.forget()
    with beside.app_context():
        assert registry.current().get(KEY).situation.version == 2
        service.set_retired(KEY, True, actor=ACTOR)
        db.session.commit()
    app.extensions["selfservice.shelf"].forget()
    with pytest.raises(Invalid, match="Boiler visit is retired"):
        send()
    db.session.rollback()
    assert "Are you there" in app.test_client().get(link).text

    service.set_retired(KEY, False, actor=ACTOR)
    db.session.commit()
    send()


@pytest.mark.usefixtures("composed")
def test_type_published_elsewhere_is_known_when_it_is_asked_for(app: Flask, beside: Flask) -> None:
    with beside.app_context():
        assert registry.current().find("chimney_sweep") is None
    compose("chimney_sweep")

    with beside.app_context():
        assert registry.current().get("chimney_sweep").name == "Boiler visit"


@pytest.mark.usefixtures("composed")
def test_pages_are_not_ended_as_those_of_a_type_that_is_gone() -> None:
    page_id, _ = send()
    pages.get(page_id).created_at = soon(days=-2)
    db.session.commit()

    assert due.retire_pages() == 0
    assert pages.get(page_id).state == "open"


@pytest.mark.usefixtures("composed")
def test_recipe_that_this_release_cannot_read_keeps_its_pages_waiting(app: Flask) -> None:
    compose("chimney_sweep")
    page_id, link = send()
    db.session.execute(update(ComposedVersion).where(ComposedVersion.key == KEY).values(recipe={"name": "Old"}))
    pages.get(page_id).created_at = soon(days=-2)
    db.session.commit()
    anew(app)

    assert registry.current().find("chimney_sweep") is not None
    assert registry.current().find(KEY) is None
    problem = registry.current().find_problem(KEY)
    assert problem is not None
    assert "Version 1 cannot be read by this release" in problem.sentence
    assert registry.current().problems() == [(KEY, problem)]
    with pytest.raises(Unavailable):
        registry.current().get(KEY)
    assert app.test_client().get(link).status_code == 503
    assert due.retire_pages() == 0


@pytest.mark.usefixtures("composed")
def test_version_that_cannot_be_read_is_told_once_and_stands_in_nobodys_way(app: Flask) -> None:
    _, link = send()
    publish_again(headline={"en": "Are you there {at:when}?"})
    _, newer = of(issue(KEY, {"at": soon(days=2).isoformat(), "boiler": "B 17"}, phone="+12025550188", name="Ann"))
    there = {loaded.key: loaded for loaded in registry.current() if not loaded.is_composed}

    break_version(app, 1)

    assert registry.current().find(KEY, 1) is None
    assert registry.current().get(KEY).situation.version == 2
    with pytest.raises(Unavailable):
        registry.current().get(KEY, 1)
    assert (app.test_client().get(link).status_code, app.test_client().get(newer).status_code) == (503, 200)
    [(name, problem)] = registry.current().problems()
    assert (name, "Version 1 cannot be read" in problem.sentence) == (KEY, True)
    assert registry.current().find_problem(KEY) is None
    assert registry.current().find_problem(KEY, 1) == problem
    assert registry.current().is_whole

    publish_again(name="Another")
    assert registry.current().problems() == [(KEY, problem)]

    break_version(app, 3)
    with_folder = Registry({**there, KEY: there["notice"]}, {}, registry.current().shared)
    app.extensions["selfservice.registry"] = with_folder.beside(app.extensions["selfservice.shelf"])

    assert registry.current().find(KEY) is None  # And no folder of that name takes its place.
    assert KEY not in [loaded.key for loaded in registry.current()]
    assert registry.current().get(KEY, 2).name == "Boiler visit"
    assert not registry.current().is_whole
    assert (app.test_client().get(link).status_code, app.test_client().get(newer).status_code) == (503, 200)
    assert due.retire_pages() == 0


@pytest.mark.usefixtures("composed")
def test_broken_version_is_read_once(app: Flask) -> None:
    publish_again(name="Another")
    break_version(app, 1)

    assert [registry.current().find(KEY, 1) for _ in range(3)] == [None] * 3

    there = [folder.name for folder in registry.current().problems()[0][1].file.parent.iterdir()]
    assert sorted(name.rpartition("-")[0] for name in there) == [f"{KEY}-1", f"{KEY}-2"]


def break_version(app: Flask, version: int) -> None:
    """A new process of a release that cannot read one version."""
    which = (ComposedVersion.key == KEY, ComposedVersion.version == version)
    db.session.execute(update(ComposedVersion).where(*which).values(recipe={"name": "Old"}))
    db.session.commit()
    anew(app)


def anew(app: Flask) -> None:
    """A process that has just begun."""
    shelf = type(app.extensions["selfservice.shelf"])()
    app.extensions["selfservice.shelf"] = shelf
    app.extensions["selfservice.registry"] = registry.current().beside(shelf)


def test_what_is_wrong_is_refused_at_its_place_and_nothing_is_published(session: Any) -> None:
    made = service.start(KEY, recipes.small(headline={"en": ""}, title={"en": "For {at:when}"}), actor=ACTOR)

    with pytest.raises(Invalid) as refused:
        service.publish(KEY, made.revision, actor=ACTOR)

    assert refused.value.fields == {"headline": "Write it."}
    assert queries.versions(KEY) == []
    assert registry.current().find(KEY) is None
    made = service.save(KEY, recipes.small(title={"en": "For {at:when}"}), made.revision, actor=ACTOR)
    with pytest.raises(Invalid) as refused:
        service.publish(KEY, made.revision, actor=ACTOR)
    assert list(refused.value.fields) == ["title"]


def test_draft_of_two_people_loses_nothing(session: Any) -> None:
    service.start(KEY, {}, actor=ACTOR)
    first = service.save(KEY, {"name": "Mine"}, 1, actor=ACTOR)
    assert first.revision == 2

    with pytest.raises(Conflict, match="Somebody else has changed this draft"):
        service.save(KEY, {"name": "Theirs"}, 1, actor="staff:2")
    with pytest.raises(Conflict, match="Somebody else has changed this draft"):
        service.publish(KEY, 1, actor="staff:2")

    assert queries.get(KEY).draft == {"name": "Mine"}
    assert service.save(KEY, {"name": "Mine"}, 2, actor="staff:2").revision == 2  # Nothing changed.


def test_key_is_taken_once(session: Any) -> None:
    service.start(KEY, {}, actor=ACTOR)

    for key in (KEY, "notice"):
        with pytest.raises(Conflict, match=f"There is a page type called {key} already"):
            service.start(key, {}, actor=ACTOR)
    for key in ("", "Boiler", "../up", "a", "x" * 41):
        with pytest.raises(Invalid):
            service.start(key, {}, actor=ACTOR)


@pytest.mark.usefixtures("composed")
def test_versions_are_kept_and_taken_up_again() -> None:
    with pytest.raises(Conflict, match="Version 1 says just this"):
        service.publish(KEY, queries.get(KEY).revision, actor=ACTOR)
    db.session.rollback()
    publish_again(name="Another name")

    made = service.take_up(KEY, 1, queries.get(KEY).revision, actor=ACTOR)

    assert made.draft["name"] == "Boiler visit"
    assert service.publish(KEY, made.revision, actor=ACTOR) == 3
    db.session.commit()
    assert [one.version for one in queries.versions(KEY)] == [3, 2, 1]
    assert registry.current().get(KEY).name == "Boiler visit"
    with pytest.raises(NotFound):
        service.take_up(KEY, 9, made.revision, actor=ACTOR)


@pytest.mark.usefixtures("composed")
def test_only_what_was_never_published_is_removed() -> None:
    service.start("a_draft", {}, actor=ACTOR)
    service.remove("a_draft", actor=ACTOR)

    with pytest.raises(Conflict, match="retire it instead"):
        service.remove(KEY, actor=ACTOR)
    service.start("a_draft", {}, actor=ACTOR)
    with pytest.raises(Conflict, match="never published"):
        service.set_retired("a_draft", True, actor=ACTOR)

    told = [
        kind for (kind,) in db.session.execute(select(Event.type).where(Event.type.like("type.%")).order_by(Event.id))
    ]
    assert told == ["type.started", "type.published", "type.started", "type.removed", "type.started"]


def test_draft_has_a_limit(session: Any) -> None:
    with pytest.raises(Invalid, match="too much text"):
        service.start(KEY, {"name": "界" * (service.MOST_BYTES // 3)}, actor=ACTOR)
    service.start(KEY, {"name": "界" * (service.MOST_BYTES // 3 - 20)}, actor=ACTOR)


@pytest.mark.usefixtures("composed")
def test_folder_that_comes_later_does_not_take_the_pages_of_a_composed_type(app: Flask, tmp_path: Path) -> None:
    _, link = send()
    there = {loaded.key: loaded for loaded in registry.current() if not loaded.is_composed}
    with_folder = Registry({**there, KEY: there["notice"]}, {}, registry.current().shared)
    app.extensions["selfservice.registry"] = with_folder.beside(app.extensions["selfservice.shelf"])

    [(name, problem)] = registry.current().problems()
    assert (name, problem.file.name) == (KEY, "notice")
    assert registry.current().get(KEY).is_composed
    assert "Your boiler" in app.test_client().get(link).text
