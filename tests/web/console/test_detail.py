"""One page's screen: what happened in sentences, the answer in words, and the few things staff can do about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask

from selfservice import tokens
from selfservice.conversations import queries as conversations
from selfservice.db import db
from selfservice.messages import queries as messages
from selfservice.pages import checks, disowning, queries, receipts, requests, service
from selfservice.tokens import encode_id
from tests import factories
from tests.web.console.desk import Desk, text_of

Counting = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def page_id(app: Flask, ana: Desk) -> int:
    """An appointment that ana made for Maria."""
    with app.app_context():
        return int(factories.issue(actor=f"staff:{ana.user_id}", case_ref="HS-7").page.id)


def address(page_id: int, more: str = "") -> str:
    return f"/console/pages/{encode_id(page_id)}{more}"


def titles(answer_text: str) -> list[str]:
    part = answer_text.split('class="happened"', 1)[1].split("</ol>", 1)[0]
    return [" ".join(title.split()) for title in re.findall(r"<b>(.*?)</b>", part, re.DOTALL)]


def test_screen_tells_what_happened_newest_first(app: Flask, ana: Desk, page_id: int) -> None:
    with app.app_context():
        requests.opened(page_id)
        requests.opened(page_id)
        requests.opened(page_id)
        db.session.commit()
        factories.act(page_id, "note", note="I will be ten minutes late.")
        factories.act(page_id, "confirm", revision=2)

    shown = ana.get(address(page_id))

    assert titles(shown.text) == [
        "Confirmed the appointment",
        "Handed to Reception",
        "Added a note",
        "Looked again · 2 times",
        "Opened the page",
        "Made by Ana Silva",
    ]
    text = text_of(shown)
    assert "“I will be ten minutes late.”" in text
    assert "ending 123" in text
    assert "+12025550123" not in text
    assert "HS-7" in text


def test_answer_is_told_with_what_was_chosen(app: Flask, ana: Desk) -> None:
    with app.app_context():
        page = factories.issue().page
        page_id, slot = page.id, page.facts["offered"][1]
        factories.act(page_id, "move", slot=slot)

    text = ana.read(address(page_id))

    assert "Took another time" in text
    assert text.count(f"{slot[8:10].lstrip('0')} ") >= 2


def test_undone_answer_is_told_twice(app: Flask, ana: Desk, page_id: int) -> None:
    with app.app_context():
        factories.act(page_id, "confirm")
        factories.act(page_id, "change", revision=2)
        factories.act(page_id, "cancel", revision=3)

    shown = ana.get(address(page_id))

    assert titles(shown.text)[:3] == ["Called the appointment off", "Took the answer back", "Confirmed the appointment"]


def test_parts_are_the_same_as_on_the_screen(app: Flask, ana: Desk, page_id: int) -> None:
    screen = ana.get(address(page_id)).text
    parts = ana.get(address(page_id, "/timeline")).text

    for name in ("timeline", "about", "answer", "people", "coming", "texts", "condition", "actions", "rooms"):
        assert screen.count(f'data-part="{name}"') == 1
        assert parts.count(f'data-part="{name}"') == 1
    assert titles(parts) == titles(screen)


def test_text_is_sent_again(app: Flask, ana: Desk, page_id: int) -> None:
    answer = ana.post(address(page_id, "/resend"))

    with app.app_context():
        assert len(messages.list_for_page(page_id)) == 2
    assert answer.location == address(page_id, "?made=again")
    shown = ana.get(answer.location)
    assert titles(shown.text)[0] == "Sent again by Ana Silva"
    assert "The text is sent again." in text_of(shown)


def test_page_is_closed(app: Flask, ana: Desk, page_id: int) -> None:
    answer = ana.post(address(page_id, "/close"))

    with app.app_context():
        assert queries.get(page_id).state == "revoked"
    text = text_of(ana.get(answer.location))
    assert "Closed by Ana Silva" in text
    assert "Send again" not in text
    assert "Close page" not in text


def test_answered_page_cannot_be_closed_and_it_is_said(app: Flask, ana: Desk, page_id: int) -> None:
    with app.app_context():
        factories.act(page_id, "confirm")

    answer = ana.post(address(page_id, "/close"))

    assert answer.status_code == 409
    assert "answered or has ended" in text_of(answer)
    assert "Close page" not in ana.read(address(page_id))


def test_replaced_page_leads_to_the_newer_one(app: Flask, ana: Desk, page_id: int) -> None:
    with app.app_context():
        factories.act(page_id, "confirm")
        newer = factories.issue(case_ref="HS-7", facts=factories.appointment(person="Nurse Joy Mensah")).page.id

    shown = ana.get(address(page_id))

    assert "Replaced by a newer page" in text_of(shown)
    assert f'href="{address(newer)}"' in shown.text


def test_unknown_page_is_not_found(ana: Desk) -> None:
    assert ana.get(address(1)).status_code == 404
    assert ana.get("/console/pages/not-an-id").status_code == 404
    assert "There is no such page" in ana.read(address(1))


def test_callback_is_marked_done(app: Flask, ana: Desk, page_id: int) -> None:
    with app.app_context():
        requests.ask_callback(page_id, note="After six")
        db.session.commit()
        (waiting,) = conversations.list_for_page(page_id)
    shown = ana.read(address(page_id))

    done = ana.post(
        f"/console/inbox/{encode_id(waiting.id)}/done", headers={"Referer": f"http://localhost{address(page_id)}"}
    )

    assert "Wants to be called back" in shown
    assert "“After six”" in shown
    assert done.location == address(page_id)
    after = ana.get(address(page_id))
    assert "Wants to be called back" not in text_of(after)
    assert titles(after.text)[0] == "Done by Ana Silva"


def test_colleague_of_another_team_sees_the_callback_but_no_button(app: Flask, eve: Desk, page_id: int) -> None:
    with app.app_context():
        requests.ask_callback(page_id)
        db.session.commit()

    shown = eve.get(address(page_id)).text

    assert "Wants to be called back" in shown
    assert "Mark done" not in shown


def test_qr_code_shows_the_link(app: Flask, ana: Desk, page_id: int) -> None:
    shown = ana.get(address(page_id, "/qr"))

    assert shown.status_code == 200
    assert '<path class="qrline"' in shown.text
    assert "style=" not in shown.text


def test_link_on_the_screen_opens_the_page(app: Flask, ana: Desk, page_id: int) -> None:
    with app.app_context():
        token = tokens.current().sign_page(page_id)

    assert f"/p/{token}" in ana.get(address(page_id)).text
    assert app.test_client().get(f"/p/{token}").status_code == 200


def test_screen_costs_the_same_however_much_happened(app: Flask, ana: Desk, page_id: int, counting: Counting) -> None:
    ana.get(address(page_id))
    with counting() as little:
        ana.get(address(page_id))
    with app.app_context():
        for revision in range(1, 4):
            factories.act(page_id, "note", revision=revision, note="A note")
        service.resend(page_id, actor=f"staff:{ana.user_id}")
        db.session.commit()

    with counting() as much:
        ana.get(address(page_id))

    assert len(much) == len(little)


def test_looking_at_a_page_changes_nothing(app: Flask, ana: Desk, page_id: int) -> None:
    with app.app_context():
        before = queries.get(page_id).updated_at

    ana.get(address(page_id))
    ana.get(f"/console/preview/page/{encode_id(page_id)}")

    with app.app_context():
        page = queries.get(page_id)
        assert (page.updated_at, page.opened_at) == (before, None)


def test_a_locked_check_is_shown_and_released(app: Flask, ana: Desk) -> None:
    with app.app_context():
        page_id = factories.issue("fraud_alert", factories.fraud(account_ending="4417")).page.id
        for _ in range(5):
            factories.shown(page_id, "0000")

    before = ana.read(address(page_id))
    released = ana.post(address(page_id, "/release"))
    after = ana.get(address(page_id)).text

    assert "Too many wrong answers to the check." in before
    assert "Misdelivery check by the last four digits; no proof of who it is" in before
    assert released.status_code == 303
    assert "Too many wrong answers" not in after
    assert titles(after)[:3] == [
        "Check released by Ana Silva",
        "Locked: too many wrong answers",
        "Gave a wrong answer to the check",
    ]
    assert ana.post(address(page_id, "/release")).status_code == 409


def test_nobody_else_releases_a_check(app: Flask, stranger: Desk) -> None:
    with app.app_context():
        page_id = factories.issue("fraud_alert", factories.fraud(account_ending="4417")).page.id

    assert stranger.post(address(page_id, "/release")).status_code == 401


def test_a_wrong_number_is_shown_wherever_staff_look(app: Flask, ana: Desk, page_id: int) -> None:
    with app.app_context():
        disowning.disown(page_id)
        db.session.commit()

    screen, inbox, pages = (ana.read(path) for path in (address(page_id), "/console/inbox", "/console/pages"))

    assert "that this number is not Maria’s." in screen
    assert "Send again" not in screen
    assert "Urgent · Wrong number" in inbox
    assert "Wrong number" in pages
    assert titles(ana.get(address(page_id)).text)[:2] == ["Handed to Reception, urgent", "“This isn’t me”"]


def test_the_words_of_a_code_are_the_customers_alone(app: Flask, ana: Desk) -> None:
    with app.app_context():
        page = factories.issue("fraud_alert").page
        checks.send_code(queries.get(page.id))
        db.session.commit()
        page_id = page.id
        code = re.findall(r"#(\d{6})", messages.list_for_page(page_id)[-1].body)[0]

    screen = ana.get(address(page_id)).text

    assert code not in screen
    assert "A code of six digits, for the customer’s eyes alone." in screen


def test_staff_can_compare_the_code_of_a_receipt(app: Flask, ana: Desk, page_id: int) -> None:
    with app.app_context():
        factories.act(page_id, "confirm")
        page = queries.get(page_id)
        code = receipts.code_of(page.id, page.brand_id, page.answers)

    assert code in ana.get(address(page_id)).text
