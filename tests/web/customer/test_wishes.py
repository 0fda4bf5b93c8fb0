"""What customers want to be sent, as they say it: under their page, under a link of its own, and by a mail program."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from selfservice import tokens
from selfservice.customers import consents, preferences
from selfservice.customers import queries as customers
from selfservice.customers.models import Consent, Customer, Preference, Suppression, Wording
from selfservice.db import READER, db
from selfservice.events.models import Event
from selfservice.messages.models import Message
from selfservice.pages import numbers, wishes
from selfservice.situations.languages import LANGUAGES
from tests.factories import PHONE, issue

TYPES = Path(__file__).parents[2] / "types"


@pytest.fixture
def page_id(app: Flask) -> int:
    """A page that was texted to Maria."""
    with app.app_context():
        return int(issue().page.id)


@pytest.fixture
def link(app: Flask, page_id: int) -> str:
    """The path of the link that leads to her wishes and to nothing else."""
    with app.app_context():
        return wishes.url_of(page_id).partition("://")[2].partition("/")[2].join(("/", ""))


def rows(app: Flask, query: Any) -> list[Any]:
    with app.app_context(), db.engines[READER].connect() as connection:
        return list(connection.execute(query))


def form(**changes: str) -> dict[str, str]:
    given = {"do": "save", "service": "yes", "marketing": "no", "urgent": "yes", "hours": "", "first": "push"}
    return {**given, **changes}


def picked(html: str) -> dict[str, str]:
    """What is chosen on the page, by question."""
    inputs = re.findall(r"<input type=\"radio\"[^>]*>", html)
    chosen = [one for one in inputs if "checked" in one]
    return {re.search('name="(.*?)"', one)[1]: re.search('value="(.*?)"', one)[1] for one in chosen}  # type: ignore[index]


def test_the_page_says_what_holds_and_looking_changes_nothing(app: Flask, client: FlaskClient, link: str) -> None:
    tables = (Consent, Preference, Suppression, Event)
    before = [rows(app, sa.select(sa.func.count()).select_from(table)) for table in tables]

    shown = client.get(link)

    assert shown.status_code == 200
    assert picked(shown.text) == {
        "service": "yes", "marketing": "no", "urgent": "yes", "hours": "", "first": "push", "next": "sms",
        "language": "en",
    }  # fmt: skip
    assert "What you’ve told us" not in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert "noindex" in shown.headers["X-Robots-Tag"]
    assert [rows(app, sa.select(sa.func.count()).select_from(table)) for table in tables] == before


def test_the_link_leads_to_no_page_and_the_pages_link_to_no_other(
    app: Flask, client: FlaskClient, page_id: int, link: str
) -> None:
    with app.app_context():
        page_token = tokens.current().sign_page(page_id)

    assert page_token not in client.get(link).text
    assert client.get(link.replace("/preferences/", "/p/")).status_code == 404
    assert client.get(f"/preferences/{page_token}").status_code == 404
    assert client.post(f"/preferences/{page_token}").status_code == 404
    assert f"/p/{page_token}/-/preferences" in client.get(f"/p/{page_token}").text
    assert picked(client.get(f"/p/{page_token}/-/preferences").text) == picked(client.get(link).text)


def test_what_is_chosen_is_kept_with_the_words_it_was_chosen_for(app: Flask, client: FlaskClient, link: str) -> None:
    saved = client.post(link, data=form(marketing="yes", urgent="no", hours="17:00-21:00", first="sms", language="es"))

    assert (saved.status_code, saved.location) == (303, f"{link}?saved=1&lang=es")
    after = client.get(saved.location)
    assert "Guardado." in after.text
    assert picked(after.text) == {
        "service": "yes", "marketing": "yes", "urgent": "no", "hours": "17:00-21:00", "first": "sms", "next": "push",
        "language": "es",
    }  # fmt: skip
    evidence = rows(
        app,
        sa.select(Consent.message_class, Consent.is_given, Consent.source, Consent.actor, Wording.body, Wording.locale)
        .join(Wording, Wording.digest == Consent.wording)
        .order_by(Consent.id),
    )
    assert [tuple(row[:4]) for row in evidence] == [
        ("marketing", True, "preferences page", "customer"),
        ("urgent", False, "preferences page", "customer"),
    ]
    assert evidence[0].body.splitlines()[-1] == "Offers: Yes"
    assert "Choose what" in evidence[0].body
    assert evidence[0].locale == "en"
    assert rows(app, sa.select(Customer.locale)) == [("es",)]


def test_saving_the_same_again_adds_no_evidence(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(link, data=form(marketing="yes"))
    client.post(link, data=form(marketing="yes"))
    client.post(link, data=form(marketing="no"))

    said = rows(app, sa.select(Consent.is_given).order_by(Consent.id))

    assert said == [(True,), (False,)]
    assert len(rows(app, sa.select(Wording.digest))) == 2


def test_what_is_not_wanted_any_more_is_taken_back(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(link, data=form(service="no"))

    assert rows(app, sa.select(Message.state, Message.reason)) == [("suppressed", "withdrawn")]
    with app.app_context():
        assert [message.state for message in issue("fraud_alert").messages] == ["ready"]


def test_one_tap_stops_everything(app: Flask, client: FlaskClient, link: str) -> None:
    stopped = client.post(link)

    assert "Texts have stopped" in stopped.text
    assert "Texts have stopped" in client.get(link).text
    with app.app_context():
        assert customers.is_suppressed(PHONE)


class TestMail:
    """Somebody with an e-mail address."""

    @pytest.fixture(autouse=True)
    def _address(self, app: Flask, page_id: int) -> None:
        with app.app_context():
            db.session.scalars(sa.select(Customer)).one().email = "maria@example.com"
            db.session.commit()

    def test_stopping_everything_stops_it_too_and_staff_can_allow_both(
        self, app: Flask, client: FlaskClient, link: str
    ) -> None:
        assert "Stop all messages" in client.get(link).text

        client.post(link)

        with app.app_context():
            assert customers.is_suppressed("maria@example.com", "email")
            numbers.allow(PHONE, actor="cli", source="command line")
            assert not customers.is_suppressed("maria@example.com", "email")
            assert not customers.is_suppressed(PHONE)

    def test_without_a_number_speaks_of_the_address(self, app: Flask, client: FlaskClient) -> None:
        with app.app_context():
            page = issue(ref="C-2", phone=None, channels=()).page
            db.session.get(Customer, page.customer_id).email = "ben@example.com"  # type: ignore[union-attr]
            db.session.commit()
            link = "/preferences/" + tokens.current().sign(wishes.PURPOSE, page.id)

        shown, stopped = client.get(link), client.post(link)

        assert "sends to your e-mail address, and when" in shown.text
        assert "number ending" not in shown.text
        assert "E-mails have stopped" in stopped.text


class TestOneClick:
    """RFC 8058: a mail program posts one field, with no cookie, from anywhere."""

    def test_stops_the_mail_and_not_the_texts(self, app: Flask, client: FlaskClient, page_id: int, link: str) -> None:
        with app.app_context():
            customer = db.session.get(Customer, 0) or db.session.scalars(sa.select(Customer)).one()
            customer.email = "maria@example.com"
            db.session.commit()

        answer = client.post(link, data={"List-Unsubscribe": "One-Click"})

        assert answer.status_code == 200
        assert "E-mails have stopped" in answer.text
        with app.app_context():
            assert customers.is_suppressed("maria@example.com", "email")
            assert not customers.is_suppressed(PHONE)
        told = rows(app, sa.select(Event.data).where(Event.type == "customer.stopped"))
        assert told == [({"channel": "email"},)]

    def test_stops_the_texts_of_somebody_without_mail(self, app: Flask, client: FlaskClient, link: str) -> None:
        assert client.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
        with app.app_context():
            assert customers.is_suppressed(PHONE)


@pytest.mark.parametrize("field", ["hours", "service"])
def test_what_cannot_be_chosen_is_refused_and_nothing_is_kept(
    app: Flask, client: FlaskClient, link: str, field: str
) -> None:
    assert client.post(link, data=form(marketing="yes", **{field: "03:00-04:00"})).status_code == 422
    assert rows(app, sa.select(Consent.id)) == []
    assert rows(app, sa.select(Preference.hours)) == []


def test_a_wrong_number_tells_nothing_there(app: Flask, client: FlaskClient, page_id: int, link: str) -> None:
    with app.app_context():
        path = f"/p/{tokens.current().sign_page(page_id)}"
    client.post(f"{path}/-/wrong-number")

    shown = [client.get(link), client.post(link, data=form(marketing="yes"))]

    assert [answer.status_code for answer in shown] == [410, 303]
    assert "Thank you for telling us" in shown[0].text
    assert rows(app, sa.select(Consent.id)) == []


def test_whoever_has_not_passed_the_check_can_only_stop(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        checked = issue("fraud_alert", {
            "merchant": "ELECTRO-HUB", "amount": {"amount": "1.00", "currency": "GBP"}, "card_ending": "17",
        })  # fmt: skip
        link = "/preferences/" + tokens.current().sign(wishes.PURPOSE, checked.page.id)
    with app.app_context():
        from selfservice.situations import registry  # noqa: PLC0415 - the type's own rule

        is_guarded = registry.current().get("fraud_alert").situation.is_guarded
    shown = client.get(link)

    assert bool(picked(shown.text)) is not is_guarded
    assert "Stop all texts" in shown.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_every_language(client: FlaskClient, link: str, language: str) -> None:
    shown = client.get(f"{link}?lang={language}")

    assert picked(shown.text)["language"] == language
    assert "<script>" not in shown.text


def order_on(html: str) -> list[str]:
    """What stands at each place of the order."""
    return [value for name, value in picked(html).items() if name in ("first", "next", "last")]


class TestOrder:
    """Somebody who can be reached on all three channels, without a script."""

    @pytest.fixture(autouse=True)
    def _address(self, app: Flask, page_id: int) -> None:
        with app.app_context():
            db.session.scalars(sa.select(Customer)).one().email = "maria@example.com"
            db.session.commit()

    @pytest.mark.parametrize(
        ("chosen", "order"),
        [
            ({"first": "email", "next": "sms", "last": "push"}, ["email", "sms", "push"]),
            ({"first": "sms", "next": "sms", "last": "email"}, ["sms", "push", "email"]),
            ({"first": "email"}, ["email", "sms", "push"]),
            ({"first": "push", "next": "email", "last": "email"}, ["push", "email", "sms"]),
            ({"first": "push", "next": "none", "last": "email"}, ["push", "email", "none"]),
            ({"first": "sms", "next": "none", "last": "none"}, ["sms", "none", "none"]),
            ({"first": "sms", "next": "email", "last": "none"}, ["sms", "email", "none"]),
        ],
    )
    def test_is_kept_place_by_place(
        self, client: FlaskClient, link: str, chosen: dict[str, str], order: list[str]
    ) -> None:
        assert order_on(client.get(link).text) == ["push", "sms", "email"]

        saved = client.post(link, data={**form(), **chosen})

        assert order_on(client.get(saved.location).text) == order

    def test_what_was_left_out_comes_back(self, client: FlaskClient, link: str) -> None:
        client.post(link, data=form(first="email", next="none", last="none"))

        client.post(link, data=form(first="email", next="none", last="sms"))

        assert order_on(client.get(link).text) == ["email", "sms", "none"]

    def test_saving_it_as_it_stands_is_no_wish(self, app: Flask, client: FlaskClient, link: str) -> None:
        client.post(link, data=form(first="push", next="sms", last="email"))

        assert rows(app, sa.select(Preference.channels)) == [("",)]

    def test_a_notification_alone_is_refused_in_words_and_nothing_is_kept(
        self, app: Flask, client: FlaskClient, link: str
    ) -> None:
        refused = client.post(link, data=form(marketing="yes", first="push", next="none", last="none"))

        assert refused.status_code == 422
        assert "Choose a text or an e-mail as well" in refused.text
        assert order_on(refused.text) == ["push", "sms", "email"]
        assert rows(app, sa.select(Preference.channels)) == rows(app, sa.select(Consent.id)) == []

    @pytest.mark.parametrize("name", ["first", "next", "last"])
    def test_what_there_is_not_is_refused(self, app: Flask, client: FlaskClient, link: str, name: str) -> None:
        assert client.post(link, data=form(**{name: "pigeon"})).status_code == 422
        assert rows(app, sa.select(Preference.channels)) == []

    def test_the_next_page_goes_as_chosen(self, app: Flask, client: FlaskClient, link: str) -> None:
        client.post(link, data=form(first="email", next="sms", last="none"))

        with app.app_context():
            assert [message.channel for message in issue(case_ref="another").messages] == ["email"]

    def test_what_a_machine_of_the_version_before_kept_holds(self, app: Flask, client: FlaskClient, link: str) -> None:
        client.post(link, data=form(first="sms", next="email", last="push"))
        with app.app_context():
            assert preferences.find(db.session.scalars(sa.select(Customer.id)).one()).precedes("sms", "push")
            db.session.execute(sa.update(Preference).values(channels=None, first_channel="email"))
            db.session.commit()

        assert order_on(client.get(link).text) == ["email", "push", "sms"]
        assert rows(app, sa.select(Preference.first_channel)) == [("email",)]


def test_evidence_is_only_ever_added_to(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(link, data=form(marketing="yes"))

    for statement in (sa.update(Consent).values(is_given=False), sa.delete(Consent), sa.delete(Wording)):
        with app.app_context(), pytest.raises(sa.exc.DBAPIError, match="only ever added to"):
            db.session.execute(statement)
    with app.app_context():
        assert [known.consent.is_given for known in consents.list_for(db.session.scalars(sa.select(Customer.id)).one())] == [True]  # fmt: skip # noqa: E501
