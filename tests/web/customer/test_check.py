"""Is it you? Nothing is told before it is known; a right answer opens the page on its device alone; "no" is free."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from selfservice import clock, tokens
from selfservice.config import Settings
from selfservice.customers import service as customers
from selfservice.db import db
from selfservice.messages.models import Message
from selfservice.pages import checks, queries
from selfservice.pages.check_states import MOST_CODES, MOST_CODES_AN_HOUR, MOST_TRIES
from selfservice.pages.models import Page
from tests.factories import PHONE, fraud, issue
from tests.harness.application import make_settings

TYPES = Path(__file__).parents[2] / "types"
RESULT = {"patient": "20114417", "test": "Iron in the blood", "value": "Zebra finding 77"}
DOOR = {"code": "Blue zebra 44"}
SECRETS = ("Zebra", "zebra", "Iron", "4417", "2011", "Maria", "Santos")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Demo settings with two page types more, that ask who looks."""
    return make_settings(database_url, tmp_path, SITUATIONS=str(TYPES))


@pytest.fixture
def result(app: Flask) -> str:
    """The path of a fresh page that asks for four digits before it shows anything."""
    return path_of(app, "lab_result", RESULT)


@pytest.fixture
def payment(app: Flask) -> str:
    """The path of a fresh fraud alert that knows the account's digits."""
    return path_of(app, "fraud_alert", fraud(account_ending="4417"))


def path_of(app: Flask, situation: str, facts: dict[str, Any], **details: Any) -> str:
    with app.app_context():
        return "/p/" + issue(situation, facts, **details).url.rpartition("/")[2]


def page_of(app: Flask, path: str) -> Page:
    with app.app_context():
        return queries.get(tokens.current().read_page(path[3:]))


def code_sent(app: Flask) -> str:
    with app.app_context():
        bodies = db.session.scalars(sa.select(Message.body).where(Message.purpose == "code")).all()
        return str(re.findall(r"#(\d{6})", bodies[-1])[0])


def codes_sent(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).where(Message.purpose == "code")) or 0


def script(app: Flask, client: FlaskClient, path: str, action: str, **form: Any) -> TestResponse:
    with app.app_context():
        keyring = tokens.current()
        token = keyring.sign_answer(keyring.read_page(path[3:]), action)
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    return client.post(f"/a/{token}", json={"input": form, "revision": 1}, headers=headers)


def hidden(response: TestResponse) -> dict[str, str]:
    """The hidden inputs of the check's own form."""
    form = response.text.partition('id="ask"')[2].partition("</form>")[0]
    return {
        unescape(name): unescape(value) for name, value in re.findall(r'type="hidden" name="(.*?)" value="(.*?)"', form)
    }


class TestTheDoor:
    def test_nothing_is_told_before_it_is_known_who_looks(self, client: FlaskClient, result: str) -> None:
        shown = [
            client.get(result),
            client.get(f"{result}?step=seen&lang=es"),
            client.get(f"{result}/-/callback"),
            client.get(f"{result}/-/preferences"),
            client.get(f"{result}/-/receipt"),
            client.get(f"{result}/-/calendar.ics"),
            client.get(f"{result}/-/wrong-number"),
            client.post(f"{result}/seen", data={"revision": "1"}),
            client.post(f"{result}/-/check", data={"typed": "0000"}),
            client.get(result, headers={"User-Agent": "WhatsApp/2.23"}),
        ]

        assert [secret for secret in SECRETS for response in shown if secret in response.text] == []
        assert "<title>Let’s check it’s you</title>" in shown[0].text
        assert [response.status_code for response in shown[:2]] == [200, 200]

    def test_a_right_answer_opens_the_page_on_this_device_alone(self, app: Flask, result: str) -> None:
        mine, theirs = app.test_client(), app.test_client()

        answer = mine.post(f"{result}/-/check?lang=en", data={"typed": " 44-17 "})

        assert (answer.status_code, answer.headers["Location"]) == (303, f"{result}?lang=en")
        assert "HttpOnly" in answer.headers["Set-Cookie"]
        assert "Zebra finding 77" in mine.get(result).text
        assert "Zebra" not in theirs.get(result).text

    def test_digits_of_any_script_are_digits(self, client: FlaskClient, result: str) -> None:
        assert client.post(f"{result}/-/check?lang=ar", data={"typed": "٤٤١٧"}).status_code == 303

    def test_a_wrong_answer_says_what_is_wrong_and_how_many_tries_are_left(
        self, client: FlaskClient, result: str
    ) -> None:
        answer = client.post(f"{result}/-/check", data={"typed": "0000"})

        assert answer.status_code == 403
        assert 'role="alert"' in answer.text
        assert "Those digits don’t match." in answer.text
        assert "You have 4 tries left." in answer.text
        assert 'aria-invalid="true"' in answer.text

    @pytest.mark.parametrize("typed", ["", "12", "abcd"])
    def test_what_cannot_be_right_costs_no_try(self, app: Flask, client: FlaskClient, result: str, typed: str) -> None:
        answer = client.post(f"{result}/-/check", data={"typed": typed})

        assert answer.status_code == 422
        assert "Put in the 4 digits first." in answer.text
        with app.app_context():
            assert checks.find(tokens.current().read_page(result[3:]), "last4") is None

    def test_five_wrong_answers_lock_it_and_leave_the_way_to_a_person(
        self, app: Flask, client: FlaskClient, result: str
    ) -> None:
        answers = [client.post(f"{result}/-/check", data={"typed": "0000"}) for _ in range(5)]
        right = client.post(f"{result}/-/check", data={"typed": "4417"})

        assert [answer.status_code for answer in answers] == [403] * 5
        assert "We couldn’t check it’s you" in answers[-1].text
        assert right.status_code == 403
        assert f"{result}/-/callback" in client.get(result).text
        assert client.post(f"{result}/-/callback").status_code == 303
        assert 'name="typed"' not in client.get(result).text

    def test_a_protective_answer_is_taken_all_the_same_and_tells_nothing(
        self, app: Flask, client: FlaskClient, result: str
    ) -> None:
        assert f"{result}/dispute" in client.get(result).text

        answer = client.post(f"{result}/dispute", data={"revision": "1"})

        assert answer.status_code == 200
        assert "We have your answer." in answer.text
        assert [secret for secret in SECRETS if secret in answer.text] == []
        assert "dispute" in page_of(app, result).answers

    def test_a_protective_answer_by_script_too(self, app: Flask, client: FlaskClient, result: str) -> None:
        answer = script(app, client, result, "dispute")

        assert answer.json["status"] == "applied"
        assert "We have your answer." in answer.json["page"]["html"]
        assert "Zebra" not in answer.text

    def test_half_an_hour_of_silence_asks_again(self, client: FlaskClient, result: str) -> None:
        client.post(f"{result}/-/check", data={"typed": "4417"})

        with time_machine.travel(clock.now() + timedelta(minutes=29), tick=False):
            assert "Zebra" in client.get(result).text
        with time_machine.travel(clock.now() + timedelta(minutes=31), tick=False):
            assert "Zebra" not in client.get(result).text

    def test_a_sign_of_life_keeps_it_open(self, client: FlaskClient, result: str) -> None:
        client.post(f"{result}/-/check", data={"typed": "4417"})

        with time_machine.travel(clock.now() + timedelta(minutes=20), tick=False):
            client.post(f"{result}/-/opened")
        with time_machine.travel(clock.now() + timedelta(minutes=40), tick=False):
            assert "Zebra" in client.get(result).text

    def test_an_ended_page_asks_nothing_and_tells_nothing(self, app: Flask, client: FlaskClient, result: str) -> None:
        with time_machine.travel(page_of(app, result).expires_at, tick=False):
            shown = client.get(result)

        assert shown.status_code == 410
        assert [secret for secret in SECRETS if secret in shown.text] == []


class TestAnswers:
    def test_an_answer_by_script_is_asked_who_gives_it(self, app: Flask, client: FlaskClient, payment: str) -> None:
        answer = script(app, client, payment, "yes")

        assert (answer.status_code, answer.content_type) == (403, "application/problem+json")
        assert answer.json["code"] == "check_required"
        assert "Last 4 digits of your account number" in answer.json["page"]["html"]
        assert "ELECTRO-HUB" not in answer.text
        assert page_of(app, payment).state == "open"

    def test_the_answer_that_was_begun_is_taken_with_the_check(
        self, app: Flask, client: FlaskClient, payment: str
    ) -> None:
        asked = client.post(f"{payment}/yes", data={"revision": "1", "step": "ask"})

        done = client.post(f"{payment}/-/check", data={**hidden(asked), "typed": "4417"})

        assert asked.status_code == 403
        assert "Yes, it was me" in asked.text
        assert (done.status_code, done.headers["Location"]) == (303, payment)
        assert page_of(app, payment).step == "yes"

    def test_it_is_asked_in_another_language_too(self, app: Flask, client: FlaskClient, payment: str) -> None:
        asked = script(app, client, payment, "yes").json["page"]["html"]  # type: ignore[index]
        address = unescape(re.findall(r'href="([^"]*lang=es)"', asked)[0])

        shown = client.get(address)

        assert (shown.status_code, address) == (200, f"{payment}/-/check?action=yes&lang=es")
        assert "Comprobemos que es usted" in shown.text
        assert client.post(f"{payment}/-/check", data={**hidden(shown), "typed": "4417"}).status_code == 303
        assert page_of(app, payment).step == "yes"

    def test_what_was_filled_in_is_not_asked_for_again(self, app: Flask, client: FlaskClient) -> None:
        path = order(app, postcode="ML4 2QX")

        asked = client.post(f"{path}/leave_safe", data={"revision": "1", "step": "safe", "place": 'Under "the" <mat>'})
        done = client.post(f"{path}/-/check", data={**hidden(asked), "typed": "ml4-2qx"})

        assert done.status_code == 303
        assert page_of(app, path).answers["leave_safe"]["form"] == {"place": 'Under "the" <mat>'}

    def test_an_order_without_a_postcode_asks_nothing(self, app: Flask, client: FlaskClient) -> None:
        path = order(app)

        done = client.post(f"{path}/leave_safe", data={"revision": "1", "place": 'Under "the" <mat>'})

        assert done.status_code == 303

    def test_once_passed_the_next_answer_is_not_asked(self, app: Flask, client: FlaskClient, payment: str) -> None:
        client.post(f"{payment}/-/check", data={"action": "yes", "revision": "1", "typed": "4417"})
        client.post(f"{payment}/no", data={"revision": "2"})

        assert client.post(f"{payment}/yes", data={"revision": "3"}).status_code == 303
        assert page_of(app, payment).step == "yes"

    def test_a_no_after_a_yes_promises_nothing(self, app: Flask, client: FlaskClient, payment: str) -> None:
        """The payment may have been let through in between."""
        client.post(f"{payment}/-/check", data={"action": "yes", "revision": "1", "typed": "4417"})
        client.post(f"{payment}/no", data={"revision": "2"})

        shown = client.get(payment).text

        assert (page_of(app, payment).state, page_of(app, payment).step) == ("answered", "no_after_yes")
        assert "We have your answer, Maria" in shown
        assert "It is marked urgent" in shown
        assert [said for said in ("money is safe", "stays stopped", "Nothing has left") if said in shown] == []
        assert client.post(f"{payment}/yes", data={"revision": "3"}).status_code == 303
        client.post(f"{payment}/no", data={"revision": "4"})
        assert page_of(app, payment).step == "no_after_yes"

    def test_no_is_never_asked(self, app: Flask, client: FlaskClient, payment: str) -> None:
        for _ in range(5):
            client.post(f"{payment}/-/check", data={"action": "yes", "revision": "1", "typed": "0000"})

        assert client.post(f"{payment}/no", data={"revision": "1"}).status_code == 303
        assert page_of(app, payment).step == "no"

    def test_a_beaten_answer_is_told_after_the_check(self, app: Flask, client: FlaskClient, payment: str) -> None:
        asked = client.post(f"{payment}/yes", data={"revision": "1"})
        app.test_client().post(f"{payment}/no", data={"revision": "1"})

        done = client.post(f"{payment}/-/check", data={**hidden(asked), "typed": "4417"})

        assert done.status_code == 409
        assert page_of(app, payment).step == "no"


class TestCodes:
    def test_the_code_comes_by_text_and_opens_the_answer(self, app: Flask, client: FlaskClient) -> None:
        path = path_of(app, "fraud_alert", fraud())
        asked = client.post(f"{path}/yes", data={"revision": "1"})
        assert "the number ending 123" in asked.text
        assert 'name="typed"' not in asked.text

        sent = client.post(f"{path}/-/check", data={**hidden(asked), "send": "code"})
        done = client.post(f"{path}/-/check", data={**hidden(sent), "typed": code_sent(app)})

        assert 'autocomplete="one-time-code"' in sent.text
        assert done.status_code == 303
        assert page_of(app, path).step == "yes"

    def test_a_second_tap_sends_no_second_text(self, app: Flask, client: FlaskClient) -> None:
        path = path_of(app, "fraud_alert", fraud())

        for _ in range(2):
            client.post(f"{path}/-/check", data={"action": "yes", "revision": "1", "send": "code"})

        assert codes_sent(app) == 1

    def test_a_code_is_worth_ten_minutes(self, app: Flask, client: FlaskClient) -> None:
        path = path_of(app, "fraud_alert", fraud())
        begun = {"action": "yes", "revision": "1"}
        client.post(f"{path}/-/check", data={**begun, "send": "code"})

        with time_machine.travel(clock.now() + timedelta(minutes=10, seconds=1), tick=False):
            late = client.post(f"{path}/-/check", data={**begun, "typed": code_sent(app)})

        assert late.status_code == 403
        assert "That code no longer works." in late.text
        assert "Text a new code" in late.text

    def test_nobody_is_texted_who_stopped_the_texts(self, app: Flask, client: FlaskClient) -> None:
        path = path_of(app, "fraud_alert", fraud())
        with app.app_context():
            customers.suppress(PHONE, "asked")
            db.session.commit()

        asked = client.post(f"{path}/yes", data={"revision": "1"})
        sent = client.post(f"{path}/-/check", data={"action": "yes", "revision": "1", "send": "code"})

        assert "We can’t text you a code here." in asked.text
        assert (sent.status_code, codes_sent(app)) == (200, 0)

    def test_a_locked_check_offers_no_code_any_more(self, app: Flask, client: FlaskClient) -> None:
        path = path_of(app, "fraud_alert", fraud())
        begun = {"action": "yes", "revision": "1"}
        for _ in range(MOST_CODES):
            client.post(f"{path}/-/check", data={**begun, "send": "code"})
            shown = [client.post(f"{path}/-/check", data={**begun, "typed": "000000"}) for _ in range(MOST_TRIES)]

        assert "We’ve stopped asking" in shown[-1].text
        assert 'value="code"' not in shown[-1].text
        assert 'value="code"' not in client.get(f"{path}/-/check?action=yes").text

    def test_a_number_is_texted_so_many_codes_an_hour_whatever_the_page(self, app: Flask, client: FlaskClient) -> None:
        paths = [path_of(app, "fraud_alert", fraud()) for _ in range(MOST_CODES_AN_HOUR + 1)]
        begun = {"action": "yes", "revision": "1"}

        shown = [client.post(f"{path}/-/check", data={**begun, "send": "code"}) for path in paths]
        again = client.get(f"{paths[-1]}/-/check?action=yes")

        assert codes_sent(app) == MOST_CODES_AN_HOUR
        assert 'autocomplete="one-time-code"' in shown[-2].text
        for refused in (shown[-1], again):
            assert "We’ve texted you a lot of codes. Try again in an hour, or talk to a person below." in refused.text
            assert 'value="code"' not in refused.text
        with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1), tick=False):
            client.post(f"{paths[-1]}/-/check", data={**begun, "send": "code"})
        assert codes_sent(app) == MOST_CODES_AN_HOUR + 1

    def test_the_last_code_of_the_hour_can_still_be_typed_in(self, app: Flask, client: FlaskClient) -> None:
        paths = [path_of(app, "fraud_alert", fraud()) for _ in range(MOST_CODES_AN_HOUR)]
        begun = {"action": "yes", "revision": "1"}
        for path in paths:
            shown = client.post(f"{path}/-/check", data={**begun, "send": "code"})

        assert 'value="code"' not in shown.text
        assert client.post(f"{path}/-/check", data={**begun, "typed": code_sent(app)}).status_code == 303

    def test_the_codes_of_an_hour_are_counted_once_by_all_who_ask_at_once(self, app: Flask) -> None:
        paths = [path_of(app, "fraud_alert", fraud()) for _ in range(MOST_CODES_AN_HOUR + 1)]
        ids = [page_of(app, path).id for path in paths]
        with app.app_context():
            for page_id in ids[2:]:
                checks.send_code(queries.get(page_id))
            db.session.commit()
        barrier = threading.Barrier(2)

        def send(page_id: int) -> None:
            with app.app_context():
                page = queries.get(page_id)
                db.session.rollback()
                barrier.wait(20)
                checks.send_code(page)
                db.session.commit()
                db.session.remove()

        threads = [threading.Thread(target=send, args=[page_id]) for page_id in ids[:2]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert codes_sent(app) == MOST_CODES_AN_HOUR

    def test_a_page_without_a_number_leads_to_a_person(self, app: Flask, client: FlaskClient) -> None:
        path = path_of(app, "fraud_alert", fraud(), phone=None, ref="C-1", channels=())

        asked = client.post(f"{path}/yes", data={"revision": "1"})

        assert "We can’t text you a code here." in asked.text


class TestNewDevices:
    def test_the_first_device_sees_it_and_others_are_asked(self, app: Flask) -> None:
        path = path_of(app, "door_code", DOOR)
        first, second = app.test_client(), app.test_client()
        assert "Blue zebra 44" in second.get(path).text  # Nobody has opened it yet.

        first.post(f"{path}/-/opened")

        assert "Blue zebra 44" in first.get(path).text
        assert "zebra" not in second.get(path).text
        second.post(f"{path}/-/check", data={"send": "code"})
        assert second.post(f"{path}/-/check", data={"typed": code_sent(app)}).status_code == 303
        assert "Blue zebra 44" in second.get(path).text

    def test_a_forgotten_first_device_leaves_nobody_trusted(self, app: Flask) -> None:
        path = path_of(app, "door_code", DOOR)
        first = app.test_client()
        first.post(f"{path}/-/opened")

        first.post("/device/forget")

        assert "zebra" not in app.test_client().get(path).text


class TestCost:
    def test_a_page_that_asks_nothing_costs_one_read_as_before(
        self, app: Flask, client: FlaskClient, counting: Callable[[], Any]
    ) -> None:
        path = path_of(app, "fraud_alert", fraud(account_ending="4417"))
        client.get(path)

        with counting() as statements:
            assert client.get(path).status_code == 200

        assert len(statements) == 1


def order(app: Flask, **facts: Any) -> str:
    """The path of an order that may be left in one place."""
    now = clock.now().replace(microsecond=0)
    return path_of(
        app,
        "order_status",
        {
            "order": "20-4417",
            "items": "2 parcels",
            "stages": [{"label": "Delivered"}],
            "window_from": (now + timedelta(hours=1)).isoformat(),
            "window_to": (now + timedelta(hours=3)).isoformat(),
            "safe_places": ['Under "the" <mat>'],
            **facts,
        },
    )
