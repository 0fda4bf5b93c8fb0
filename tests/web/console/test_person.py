"""The person behind a page at the console: what they want, told in words; exporting and erasing, by supervisors."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from flask import Flask

from selfservice import clock
from selfservice.customers import preferences
from selfservice.customers import queries as customers
from selfservice.customers.models import Consent, Customer
from selfservice.customers.preferences import Wishes
from selfservice.db import db
from selfservice.messages import service
from selfservice.messages.models import Message
from selfservice.pages import wishes
from selfservice.tokens import encode_id
from tests import factories
from tests.factories import PHONE
from tests.harness.post import Line
from tests.messages.scenes import force
from tests.web.console.desk import Desk, text_of
from tests.web.console.test_detail import address, titles


@pytest.fixture
def page_id(app: Flask, ana: Desk) -> int:
    """An appointment of Maria's."""
    with app.app_context():
        return int(factories.issue(actor=f"staff:{ana.user_id}").page.id)


def test_staff_see_what_the_customer_said(app: Flask, ana: Desk, ben: Desk, page_id: int) -> None:
    with app.app_context():
        path = wishes.url_of(page_id).partition("/preferences")[2]
    app.test_client().post(
        f"/preferences{path}",
        data={
            "do": "save",
            "service": "yes",
            "marketing": "yes",
            "urgent": "yes",
            "hours": "17:00-21:00",
            "first": "sms",
        },
    )

    shown = ben.read(address(page_id))

    assert "Offers Yes" in shown
    assert "At what time 5:00 pm to 9:00 pm" in shown
    assert "On what, in which order A text, then a notification Time zone" in shown
    assert "· preferences page Offers: yes" in shown
    assert "Export all we keep" not in shown
    assert titles(ana.get(address(page_id)).text)[0] == "Chose what we send, when and how"
    assert "Wants offers" in ana.read(address(page_id))


def test_staff_see_what_the_customer_leaves_out(app: Flask, ana: Desk, page_id: int) -> None:
    with app.app_context():
        customer = db.session.scalars(sa.select(Customer)).one()
        customer.email = "maria@example.com"
        preferences.keep(customer.id, Wishes(channels=("email", "sms"), left_out=("push",)))
        db.session.commit()

    assert "in which order An e-mail, then a text, no notification Time zone" in ana.read(address(page_id))


def test_what_was_said_at_one_time_stands_together(app: Flask, ana: Desk, page_id: int) -> None:
    line = Line(app)
    line.deliver()

    line.text(PHONE, "STOP")
    line.text(PHONE, "START")
    line.text(PHONE, "STOP")

    shown = ana.read(address(page_id))
    stop = "text Updates about what they have with us: no Offers: no Urgent warnings: no"
    assert shown.count(stop) == 2
    assert shown.count("Said ") == 3


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("quiet_hours", "It is too early or too late in the day where the customer is or may be"),
        ("enough_for_now", "The customer has had as many as they get in this time"),
    ],
)
def test_the_timeline_says_why_a_text_waits(app: Flask, ana: Desk, page_id: int, reason: str, words: str) -> None:
    with app.app_context():
        message = db.session.scalars(sa.select(Message)).one()
        service.moves.move(message.id, "held", reason=reason, next_look_at=message.not_after)
        db.session.commit()

    assert words in ana.read(address(page_id))


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("suppressed", "withdrawn", "The customer wants no more of this kind of message"),
        ("suppressed", "no_consent", "The customer has not said yes to this kind of message"),
        ("suppressed", "stopped", "This number asked for no texts"),
        ("cancelled", "page_expired", "The page ended while it waited"),
        ("cancelled", "page_superseded", "A newer page took the page’s place while it waited"),
        ("cancelled", "page_answered", "The page was answered first"),
        ("expired", "too_late", "It was too late for it"),
    ],
)
def test_the_timeline_says_why_a_held_text_never_left(
    app: Flask, ana: Desk, page_id: int, state: str, reason: str, words: str
) -> None:
    with app.app_context():
        message_id = db.session.scalars(sa.select(Message.id)).one()
        force(message_id, "held")
        service.moves.move(message_id, state, reason=reason)
        db.session.commit()

    assert words in ana.read(address(page_id))


class TestMessages:
    def test_one_that_waits_is_taken_back(self, app: Flask, ana: Desk, page_id: int) -> None:
        message_id = hold(app)
        waiting = ana.read(address(page_id))

        done = ana.post(address(page_id, f"/messages/{message_id}/take-back"))
        late = ana.post(address(page_id, f"/messages/{message_id}/take-back"))

        assert "Waits for the morning" in waiting
        assert "Next look: " in waiting
        after = ana.get(done.location)
        assert "It is taken back and will not be sent." in text_of(after)
        assert "Take it back" not in text_of(after)
        assert titles(after.text)[0] == "Text taken back by Ana Silva"
        assert late.status_code == 409

    def test_a_dead_one_is_given_back(self, app: Flask, ana: Desk, page_id: int) -> None:
        with app.app_context():
            message_id = db.session.scalars(sa.select(Message.id)).one()
            force(message_id, "dead")
            db.session.commit()
        path = address(page_id, f"/messages/{encode_id(message_id)}/replay")
        assert "Our own software failed over it five times" in ana.read(address(page_id))

        done = ana.post(path)

        after = ana.get(done.location)
        assert "It is sent once more." in text_of(after)
        assert titles(after.text)[0] == "Text sent once more by Ana Silva"
        assert ana.post(path).status_code == 409
        with app.app_context():
            assert db.session.scalars(sa.select(Message.state)).one() == "ready"

    def test_one_of_which_nobody_can_say_is_sent_once_more(self, app: Flask, ana: Desk, page_id: int) -> None:
        doubt(app)
        with app.app_context():
            message_id = db.session.scalars(sa.select(Message.id)).one()
        before = ana.read(address(page_id))

        done = ana.post(address(page_id, f"/messages/{encode_id(message_id)}/replay"))

        assert "Nobody can say whether it came: ask the customer. If it did not, send it once more." in before
        assert "Send it once more" in before
        after = ana.get(done.location)
        assert titles(after.text)[0] == "Text sent once more by Ana Silva"
        assert "Nobody could say whether it had left" in text_of(after)
        with app.app_context():
            assert db.session.scalars(sa.select(Message.state)).one() == "ready"

    def test_what_may_not_leave_any_more_is_not_said_to_be_sent(self, app: Flask, ana: Desk, page_id: int) -> None:
        doubt(app)
        with app.app_context():
            message_id = db.session.scalars(sa.select(Message.id)).one()
            service.stop(PHONE, reason="asked by text", actor="customer")
            db.session.commit()

        done = ana.post(address(page_id, f"/messages/{encode_id(message_id)}/replay"))

        assert "Nothing was sent again: see below why." in ana.read(done.location)

    def test_what_is_too_late_is_not_offered(self, app: Flask, ana: Desk, page_id: int) -> None:
        doubt(app, not_after=clock.now())

        shown = ana.read(address(page_id))

        assert "Nobody can say whether it came. It is too late to send it once more." in shown
        assert shown.count("once more") == 1

    def test_only_those_of_the_page_are_reached_through_it(self, app: Flask, ana: Desk, page_id: int) -> None:
        message_id = hold(app)
        with app.app_context():
            other_id = factories.issue(phone="+12025550199").page.id

        assert ana.post(address(other_id, f"/messages/{message_id}/take-back")).status_code == 404

    def test_what_the_customer_texted_stands_between_ours(self, app: Flask, ana: Desk, page_id: int) -> None:
        line = Line(app)
        line.deliver()

        line.text(PHONE, "Is there <b>parking</b>?")

        shown = ana.read(address(page_id)).partition("Messages")[2]
        assert "Is there &lt;b&gt;parking&lt;/b&gt;? For a person Text from the customer" in shown
        assert shown.index("parking") < shown.index("can you come on")


def doubt(app: Flask, **changes: object) -> None:
    """Of the only message there is, nobody can say whether it left."""
    with app.app_context():
        message_id = db.session.scalars(sa.select(Message.id)).one()
        force(message_id, "sending")
        service.moves.move(message_id, "uncertain")
        service.moves.move(message_id, "needs_human", reason="unknown", **changes)
        db.session.commit()


class TestStop:
    def test_is_done_by_staff_for_texts_and_emails_alike(self, app: Flask, ben: Desk) -> None:
        with app.app_context():
            page_id = factories.issue(email="maria@example.com").page.id
        assert "Stop all messages" in ben.read(address(page_id))

        done = ben.post(address(page_id, "/stop"))
        again = ben.post(address(page_id, "/stop"))

        after = ben.get(done.location)
        assert "Nothing more is sent to this customer." in text_of(after)
        assert "Stop all messages" not in text_of(after)
        assert "No texts, no e-mails" in text_of(after)
        assert {"Texts stopped by Ben Diaz", "E-mails stopped by Ben Diaz"} <= set(titles(after.text))
        assert again.status_code == 409
        with app.app_context():
            assert customers.is_suppressed(PHONE)
            assert customers.is_suppressed("maria@example.com", "email")
            assert {said.source for said in db.session.scalars(sa.select(Consent))} == {"console"}

    def test_of_an_address_alone_is_undone_there(self, app: Flask, ana: Desk) -> None:
        with app.app_context():
            page_id = factories.issue(name="Rae Odum", phone=None, email="rae@example.com").page.id
        ana.post(address(page_id, "/stop"))
        assert "Rae asked for no more e-mails." in ana.read(address(page_id))

        done = ana.post(address(page_id, "/allow"))

        assert titles(ana.get(done.location).text)[0] == "E-mails to this address allowed again by Ana Silva"
        assert "r…@example.com" in ana.read(done.location)
        with app.app_context():
            assert not customers.is_suppressed("rae@example.com", "email")


def hold(app: Flask) -> str:
    """Let the one message wait for the morning; its name."""
    with app.app_context():
        message = db.session.scalars(sa.select(Message)).one()
        service.moves.move(message.id, "held", reason="quiet_hours", next_look_at=message.not_after)
        db.session.commit()
        return encode_id(message.id)


class TestExport:
    def test_gives_a_supervisor_a_file_and_is_told(self, ana: Desk, page_id: int) -> None:
        answer = ana.post(address(page_id, "/export"))

        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert json.loads(answer.text)["customer"]["phone"] == PHONE
        assert titles(ana.get(address(page_id)).text)[0] == "All that is kept of the customer was exported by Ana Silva"

    def test_is_refused_to_agents_and_strangers(self, ben: Desk, stranger: Desk, page_id: int) -> None:
        assert ben.post(address(page_id, "/export")).status_code == 403
        assert stranger.post(address(page_id, "/export")).status_code == 401


class TestErase:
    def test_takes_the_person_out_for_a_supervisor_who_means_it(self, app: Flask, ana: Desk, page_id: int) -> None:
        asked = ana.post(address(page_id, "/erase"))
        assert asked.status_code == 422
        assert "Nobody was erased" in text_of(asked)

        done = ana.post(address(page_id, "/erase"), {"sure": "yes"})

        after = ana.get(done.location)
        assert "The customer is erased." in text_of(after)
        assert "Maria" not in after.text
        assert titles(after.text)[0] == "The customer was erased by Ana Silva"
        assert "The page ended" in titles(after.text)
        assert "Erase" not in text_of(after).replace("Erased", "")
        assert "QR code" not in text_of(after)
        assert "Maria" not in ana.read("/console/pages")
        with app.app_context():
            assert db.session.scalars(sa.select(Customer.phone)).all() == [None]

    def test_is_refused_to_agents_and_without_a_token(self, app: Flask, ana: Desk, ben: Desk, page_id: int) -> None:
        assert ben.post(address(page_id, "/erase"), {"sure": "yes"}).status_code == 403
        assert ana.client.post(address(page_id, "/erase"), data={"sure": "yes"}).status_code == 403
        with app.app_context():
            assert db.session.scalars(sa.select(Customer.phone)).all() == [PHONE]
