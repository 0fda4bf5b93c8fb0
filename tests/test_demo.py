"""The demo: a fortnight of an organisation, told through the services, wholly or not at all."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from selfservice import clock, config, phone
from selfservice.brands.models import Brand
from selfservice.cli.commands import attach
from selfservice.conversations.models import Conversation
from selfservice.customers.models import Customer
from selfservice.db import db, dispose
from selfservice.demo import loading, sign_in
from selfservice.demo.past import Past
from selfservice.demo.people import list_people
from selfservice.events.models import Event
from selfservice.messages.models import HandsetText, Message
from selfservice.pages import texts
from selfservice.pages.models import Answer, Page
from selfservice.pages.states import STATES
from selfservice.staff import passwords
from selfservice.staff.models import User
from tests.harness.application import make_app, make_settings
from tests.harness.databases import driver_url

NOW = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)
AWKWARD = datetime(2026, 10, 25, 0, 3, tzinfo=UTC)
"""A Sunday just begun, in the night in which London's clocks go back."""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application with the demo as of NOW, on each kind of database; told once, because that takes seconds."""
    folder = tmp_path_factory.mktemp("demo")
    with make_database(request, folder) as url:
        app = make_app(make_settings(url, folder))
        with app.app_context(), clock.at(NOW):
            loading.load()
            let_go()
        yield app


@contextmanager
def make_database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), folder / "demo.sqlite")
        yield f"sqlite:///{folder / 'demo.sqlite'}"
        return
    server, template = request.getfixturevalue("postgresql_server"), request.getfixturevalue("postgresql_template")
    name = f"{template}_demo"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield driver_url(server, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def loaded(told: Flask) -> Iterator[Flask]:
    """The application with the demo, at NOW, its context pushed; nothing may be changed."""
    with told.app_context(), clock.at(NOW):
        yield told
        let_go()


def let_go() -> None:
    """Close every connection: one that a session still holds would be closed by nobody."""
    db.session.remove()
    dispose()


def count(model: type[object]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def count_by(column: object) -> Counter[str]:
    return Counter(db.session.scalars(select(column)))  # type: ignore[call-overload]


def run(app: Flask, *arguments: str) -> Result:
    return attach(app).test_cli_runner().invoke(args=["demo", *arguments])


@pytest.mark.usefixtures("loaded")
def test_it_is_a_believable_organisation() -> None:
    assert count(Page) == 200
    assert count(Customer) == 40
    assert set(count_by(Page.state)) == set(STATES)
    assert set(count_by(Page.locale)) == {"en", "es", "ar", "pl", "zh", "hi"}
    assert count_by(Brand.key).keys() == {"harbour-street", "northgate", "fern-and-field"}
    assert min(count_by(Page.situation).values()) == 3  # Of the type that is gone.
    assert set(count_by(Conversation.state)) == {"waiting", "closed"}
    assert set(count_by(Conversation.kind)) == {"callback", "hand_off", "unanswered"}
    assert set(count_by(Answer.status)) == {"applied", "undone", "needs_human"}


@pytest.mark.usefixtures("loaded")
def test_its_pages_are_of_the_last_fourteen_days() -> None:
    first, last = db.session.execute(select(func.min(Page.created_at), func.max(Page.created_at))).one()

    assert NOW - timedelta(days=14) <= first < NOW - timedelta(days=12)
    assert NOW - timedelta(minutes=10) < last <= NOW


@pytest.mark.usefixtures("loaded")
def test_its_texts_have_arrived_and_none_waits_to_be_sent() -> None:
    states = count_by(Message.state)

    assert states.keys() == {"delivered", "failed", "suppressed", "held"}
    assert count(HandsetText) == states["delivered"]
    held = db.session.scalars(select(Message.next_look_at).where(Message.state == "held")).all()
    assert all(moment is not None and moment > NOW for moment in held)


@pytest.mark.usefixtures("loaded")
def test_its_log_is_told_in_order() -> None:
    moments = db.session.scalars(select(Event.at).order_by(Event.id)).all()

    assert moments == sorted(moments)
    assert moments[-1] <= NOW


@pytest.mark.usefixtures("loaded")
def test_its_numbers_ring_nobody() -> None:
    numbers = db.session.scalars(select(Customer.phone)).all()

    assert all(
        number and number.startswith(("+4477009002", "+4477009003", "+4477009004", "+1202555011")) for number in numbers
    )
    assert [phone.normalise(number or "") for number in numbers] == list(numbers)


def test_every_page_of_it_opens(loaded: Flask) -> None:
    # One of each type in each state and language.
    rows = db.session.execute(select(Page.id, Page.situation, Page.state, Page.locale).order_by(Page.id)).all()
    some = {(row.situation, row.state, row.locale): row.id for row in rows}
    base = config.current().base_url
    urls = {key: texts.url_of(page_id).removeprefix(base) for key, page_id in some.items()}

    statuses = {key: loaded.test_client().get(url).status_code for key, url in urls.items()}

    expected = {"open": 200, "answered": 200, "superseded": 303, "scheduled": 404}
    assert statuses == {key: expected.get(key[1], 410) for key in urls}


def test_its_staff_sign_in_with_a_password_of_this_installation(loaded: Flask) -> None:
    kept = sign_in.find(config.current())

    assert kept is not None
    assert count(User) == 4
    assert passwords.check(kept.email, kept.password) is not None
    assert len(kept.password) == 19
    path = config.current().instance / sign_in.FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert loaded.test_client().get("/console/sign-in").status_code == 200


def test_it_is_loaded_once(loaded: Flask) -> None:
    again = run(loaded, "--once", "--json")
    db.session.remove()  # The commands are processes of their own; a session that has read keeps writers out.
    refused = run(loaded)
    db.session.remove()

    assert (again.exit_code, again.stderr) == (0, "")
    assert json.loads(again.stdout) == {"customers": 40, "pages": 200, "was_there": True}
    assert refused.exit_code == 1
    assert refused.stderr.startswith("There are customers or pages already: ")
    assert (count(Page), count(Customer)) == (200, 40)


@pytest.mark.database("sqlite")
def test_it_can_be_told_at_any_hour(app: Flask) -> None:
    with app.app_context(), clock.at(AWKWARD):
        assert loading.load() == (40, 200)
        assert set(count_by(Page.state)) == set(STATES)


def test_a_demo_that_fails_leaves_no_page(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(_past: Past) -> None:
        assert loading.count() is not None
        raise RuntimeError("half-way")

    monkeypatch.setattr(Past, "_send", break_down)
    with app.app_context(), clock.at(NOW):
        with pytest.raises(RuntimeError):
            loading.load()
        db.session.rollback()

        assert loading.count() is None


def test_it_is_never_loaded_in_production(app: Flask) -> None:
    settings = app.extensions["selfservice.settings"]
    app.extensions["selfservice.settings"] = settings.model_copy(update={"env": "production"})

    done = run(app, "--once")

    assert done.exit_code == 1
    assert done.stderr == "The demo is not loaded in production, where its people would stand among yours.\n"
    with app.app_context():
        assert loading.count() is None


def test_its_people_are_forty_with_names_and_numbers_of_their_own() -> None:
    people = list_people()

    assert len(people) == len({person.name for person in people}) == len({person.phone for person in people}) == 40
    assert Counter(person.locale for person in people) == {"en": 15, "es": 6, "ar": 6, "pl": 5, "zh": 4, "hi": 4}
