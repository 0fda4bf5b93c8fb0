"""Answers on a way that breaks, in a real browser: saved, sent once, and never dropped without a word."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Error, expect

from selfservice import tokens
from selfservice.db import db, dispose
from selfservice.pages import requests
from tests import factories
from tests.browser.phone_scene import ANSWERED, QUESTION, SAVED, YES, Phone
from tests.harness.numbers import fresh_number
from tests.harness.server import LiveServer
from tests.harness.way import Ask, Fault, Reply, Way, busy, lost

Issue = Callable[..., str]
Answers = Callable[[str], list[tuple[str, str]]]


@pytest.fixture
def answers(live_server: LiveServer) -> Answers:
    """`answers(link)` gives the action and key of every answer that the server has taken on that page."""

    def read(link: str) -> list[tuple[str, str]]:
        alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        page_id = 0
        for letter in link.rpartition("/")[2][1:12]:
            page_id = page_id * 62 + alphabet.index(letter)
        with closing(sqlite3.connect(live_server.database)) as connection:
            found = connection.execute("SELECT action, key FROM answers WHERE page_id = ? ORDER BY at", (page_id,))
            return found.fetchall()

    return read


def is_empty(kept: dict[str, Any]) -> bool:
    return kept["queue"] == []


def keys(way: Way) -> set[str]:
    """The keys under which answers were sent."""
    return {asked.headers["Idempotency-Key"] for asked in way.asked if asked.path.startswith("/a/")}


def test_answer_is_saved_and_sent_when_the_network_is_back(phone: Phone, issue: Issue, answers: Answers) -> None:
    link = issue()
    tab = phone.open(link)
    phone.wait_kept(lambda kept: len(kept["pages"]) == 1)
    phone.is_off(network=True)

    tab.get_by_role("button", name=YES).click()

    phone.note(SAVED)
    expect(tab.locator("[data-app]").filter(has_text=YES)).to_be_focused()
    expect(tab.locator(".dock:visible")).to_have_count(0)
    tab.reload()
    phone.note(SAVED)
    assert answers(link) == []
    record = phone.kept()["queue"][0]
    assert set(record) >= {"id", "url", "body", "label", "at", "state"}
    assert record["url"].startswith("/a/")
    assert link.rpartition("/")[2] not in json.dumps(record)

    phone.is_on()

    phone.note("Sent at")
    phone.heading(ANSWERED)
    assert [action for action, _key in answers(link)] == ["confirm"]
    assert answers(link)[0][1] == record["id"]
    tab.reload()
    phone.heading(ANSWERED)
    expect(tab.locator("[data-app]")).to_have_count(0)
    phone.wait_kept(is_empty)


def test_answer_whose_reply_is_lost_counts_once(phone: Phone, issue: Issue, answers: Answers) -> None:
    link = issue()
    tab = phone.open(link)
    phone.way.fail("/a/", *[lost] * 9)  # A browser sends by itself again what broke on a connection opened in advance.

    tab.get_by_role("button", name=YES).click()

    phone.note(SAVED)
    phone.way.faults.clear()
    phone.note("Sent at")
    phone.heading(ANSWERED)
    assert phone.way.count("POST", "/a/") > 1
    assert len(answers(link)) == len(keys(phone.way)) == 1


def test_network_that_comes_back_again_and_again_makes_no_answer_wait_longer(phone: Phone, issue: Issue) -> None:
    tab = phone.open(issue())
    phone.is_off(network=False)
    tab.get_by_role("button", name=YES).click()
    phone.note(SAVED)

    for _ in range(6):
        (before,) = phone.kept()["queue"]
        tab.evaluate("() => dispatchEvent(new Event('online'))")
        (record,) = phone.wait_kept(lambda kept: kept["queue"][0]["next"] != before["next"])["queue"]  # noqa: B023

    assert record["tries"] < 4
    phone.is_on()
    phone.note("Sent at")


def meet(reply: Reply) -> Fault:
    return lambda _ask: reply


def try_again_now(phone: Phone, *, tries: int) -> None:
    """Once it was tried so many times, let the next one be due."""
    record = phone.wait_kept(lambda kept: [it["tries"] for it in kept["queue"]] == [tries])["queue"][0]
    phone.write("queue", {**record, "next": 0})
    phone.tab.evaluate("() => dispatchEvent(new Event('online'))")


NO_ANSWERS = {
    "busy": [Reply(status, [("Content-Type", "application/problem+json")], b"{}") for status in (503, 408, 429, 500)],
    "something on the way": [
        Reply(status, [("Content-Type", "text/html")], b"<h1>Welcome to our hotel</h1>")
        for status in (200, 403, 404, 413)
    ],
}


@pytest.mark.parametrize("replies", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_is_no_answer_of_the_servers_is_tried_again(
    phone: Phone, issue: Issue, answers: Answers, replies: list[Reply]
) -> None:
    link = issue()
    tab = phone.open(link)
    phone.way.fail("/a/", *map(meet, replies))

    tab.get_by_role("button", name=YES).click()

    phone.note(SAVED)  # The second time it is tried by itself, then as soon as it may be.
    for tries in range(2, len(replies) + 1):
        try_again_now(phone, tries=tries)
    phone.note("Sent at")
    assert phone.way.count("POST", "/a/") == len(replies) + 1
    assert len(answers(link)) == len(keys(phone.way)) == 1


def test_answer_whose_reply_breaks_off_counts_once(phone: Phone, issue: Issue, answers: Answers) -> None:
    link = issue()
    tab = phone.open(link)

    def broken(ask: Ask) -> Reply:
        whole = ask()
        return whole._replace(body=whole.body[:500])

    phone.way.fail("/a/", broken)

    tab.get_by_role("button", name=YES).click()

    phone.note("Sent at")
    phone.heading(ANSWERED)
    assert len(answers(link)) == len(keys(phone.way)) == 1


def test_answer_that_comes_too_late_is_told(phone: Phone, issue: Issue, revoke: Callable[[str], None]) -> None:
    link = issue()
    tab = phone.open(link)
    phone.is_off(network=True)
    tab.get_by_role("button", name=YES).click()
    phone.note(SAVED)
    revoke(link)

    phone.is_on()

    phone.note("This came too late, so nothing has changed.")
    phone.heading("This page is no longer used")
    expect(tab.get_by_role("heading", name="Talk to a person")).to_be_visible()
    tab.reload()
    phone.note("This came too late")
    tab.get_by_role("button", name="OK").click()
    expect(tab.locator("[data-app]")).to_have_count(0)
    phone.wait_kept(is_empty)


def test_beaten_answer_is_told_with_the_one_that_won(phone: Phone, issue: Issue, answers: Answers) -> None:
    link = issue()
    tab = phone.open(link)
    other = phone.context.browser.new_context()  # type: ignore[union-attr]
    theirs = other.new_page()
    theirs.goto(link)
    phone.is_off(network=True)
    tab.get_by_role("button", name=YES).click()
    phone.note(SAVED)
    theirs.get_by_role("link", name="I can’t come").click()
    theirs.get_by_role("button", name="Yes, cancel it").click()
    expect(theirs.locator("h1:visible")).to_contain_text("cancelled")
    other.close()

    phone.is_on()

    phone.note("Another answer came in first")
    phone.heading("Your appointment is cancelled")
    assert [action for action, _key in answers(link)] == ["cancel"]


def test_answer_to_what_has_changed_meanwhile_is_told_so(phone: Phone, beside: Flask, answers: Answers) -> None:
    number = fresh_number()

    def bring(**facts: Any) -> str:
        """The page of one and the same case, made or brought up to date."""
        with beside.app_context():
            link = factories.issue(
                facts=factories.appointment(**facts), phone=number, name="Maria Santos", case_ref=f"moved {number}"
            ).url
            dispose()
        return link

    link = bring()
    tab = phone.open(link)
    phone.is_off(network=True)
    tab.get_by_role("button", name=YES).click()
    phone.note(SAVED)
    assert bring(place="2 Mill Lane") == link

    phone.is_on()

    phone.note("What you were asked has changed, so this answer didn’t count.")
    expect(tab.get_by_text("2 Mill Lane")).to_be_visible()
    assert answers(link) == []


def test_yes_to_texts_that_were_stopped_meanwhile_is_told_so(phone: Phone, issue: Issue, beside: Flask) -> None:
    link = issue("consent_request", "offers")
    tab = phone.open(link)
    phone.is_off(network=True)
    tab.get_by_role("button", name="Yes, text me").click()
    phone.note(SAVED)
    with beside.app_context():
        requests.stop_texts(tokens.current().read_page(link.rpartition("/")[2]))
        db.session.commit()
        dispose()

    phone.is_on()

    phone.note("All texts to this number are stopped, so your yes can’t count yet.")
    phone.heading("Maria, may we text you")


def test_refused_answer_is_told(phone: Phone, issue: Issue) -> None:
    tab = phone.open(issue())
    phone.is_off(network=True)
    tab.get_by_role("button", name=YES).click()
    phone.note(SAVED)
    phone.way.fail("/a/", lambda _ask: Reply(422, [("Content-Type", "application/problem+json")], b"{}"))

    phone.is_on()

    phone.note("We couldn’t take this answer.")
    phone.heading(QUESTION)
    expect(tab.get_by_role("heading", name="Talk to a person")).to_be_visible()


def test_saved_answer_can_be_taken_back(phone: Phone, issue: Issue, answers: Answers) -> None:
    link = issue()
    tab = phone.open(link)
    phone.is_off(network=True)
    tab.get_by_role("button", name=YES).click()
    phone.note(SAVED)

    tab.get_by_role("button", name="Don’t send it").click()

    expect(tab.get_by_role("button", name=YES)).to_be_visible()
    phone.wait_kept(is_empty)
    phone.is_on()
    tab.wait_for_timeout(300)
    assert answers(link) == []


def test_answer_that_was_taken_before_it_was_taken_back_is_shown(phone: Phone, issue: Issue, answers: Answers) -> None:
    link = issue()
    tab = phone.open(link)
    phone.way.fail("/a/", lost, *[busy] * 20)
    tab.get_by_role("button", name=YES).click()
    phone.note(SAVED)

    tab.get_by_role("button", name="Don’t send it").click()

    phone.heading(ANSWERED)
    phone.wait_kept(is_empty)
    assert len(answers(link)) == 1


def test_answer_that_was_sent_leaves_nothing_of_what_was_said(phone: Phone, issue: Issue) -> None:
    link = issue()
    tab = phone.open(link)
    phone.wait_kept(lambda kept: len(kept["pages"]) == 1)
    phone.way.fail("/a/", *[lambda _ask: None] * 50)
    tab.get_by_role("button", name=YES).click()
    phone.note(SAVED)
    tab.goto(phone.way.url + "/inbox")
    phone.settle()
    phone.way.faults.clear()

    tab.evaluate("() => dispatchEvent(new Event('online'))")

    record = phone.wait_kept(lambda kept: [it["state"] for it in kept["queue"]] == ["sent"])["queue"][0]
    assert record["body"] == ""
    assert record["url"][4:] == link.rpartition("/")[2][1:12]
    phone.write("queue", {**record, "until": 1})
    phone.is_off(network=True)
    tab.goto(phone.address(link))
    phone.wait_kept(is_empty)


def test_page_that_is_closed_while_it_sends_loses_nothing(phone: Phone, issue: Issue, answers: Answers) -> None:
    link = issue()
    tab = phone.open(link)
    phone.way.fail("/a/", busy, busy)
    tab.evaluate("document.querySelector('[data-token]').click()")
    phone.wait_kept(lambda kept: len(kept["queue"]) == 1)
    tab.close()

    phone.tab = phone.context.new_page()
    phone.open(link)

    phone.note("Sent at")
    phone.heading(ANSWERED)
    assert len(answers(link)) == len(keys(phone.way)) == 1


def test_two_pages_and_the_worker_send_it_once(phone: Phone, issue: Issue, answers: Answers) -> None:
    link = issue()
    tab = phone.open(link)
    phone.wait_kept(lambda kept: len(kept["pages"]) == 1)
    phone.is_off(network=True)
    tab.get_by_role("button", name=YES).click()
    phone.note(SAVED)
    second = phone.context.new_page()
    second.goto(phone.address(link))
    phone.settle(second)
    sent = phone.way.count("POST", "/a/")

    phone.is_on()
    for page in (tab, second, tab, second):
        with suppress(Error):  # It may be showing the answer by now.
            page.evaluate("() => dispatchEvent(new Event('online'))")

    for page in (tab, second):
        expect(page.locator("h1:visible")).to_contain_text(ANSWERED)
    assert phone.way.count("POST", "/a/") == sent + 1
    assert len(answers(link)) == 1


def test_without_a_database_the_page_goes_on_by_itself(phone: Phone, issue: Issue, answers: Answers) -> None:
    phone.context.add_init_script("delete self.indexedDB; Object.defineProperty(self, 'indexedDB', {value: undefined})")
    link = issue()
    tab = phone.tab
    tab.goto(phone.address(link))
    phone.way.fail("/a/", meet(Reply(408, [("Content-Type", "application/problem+json")], b'{"code": "slow"}')))

    tab.get_by_role("button", name=YES).click()

    expect(tab.get_by_role("status")).to_have_text("Not confirmed yet. We’ll keep trying. You can also call us.")
    phone.heading(ANSWERED)
    assert len(answers(link)) == 1
