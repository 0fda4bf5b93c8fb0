"""The main job from end to end, as people do it: staff make a page, the text arrives, the link is tapped and answered.

Real server, real worker, real browser; the screenshots stay with the run's artefacts.
"""

from __future__ import annotations

import re
import secrets
import sqlite3
import subprocess
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from selfservice import clock
from tests.harness.browser import Tabs
from tests.harness.numbers import fresh_number
from tests.harness.server import FLASK, ROOT, LiveServer

SAMPLE = "selfservice/situations/appointment_reminder/samples/booked.json"
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1440, "height": 900}}

OpenTab = Tabs
Issue = Callable[..., str]


@dataclass(frozen=True)
class Staff:
    """Somebody who can sign in."""

    email: str
    password: str


@pytest.fixture(scope="session")
def staff(live_server: LiveServer) -> Staff:
    """A colleague added the way people are added."""
    member = Staff(f"ana-{secrets.token_hex(4)}@example.org", secrets.token_urlsafe(18))
    command = [*FLASK, "staff", "add", member.email, "--name", "Ana Petrov", "--role", "agent", "--team", "reception"]
    subprocess.run(
        command,
        cwd=ROOT,
        env=live_server.environ,
        input=member.password + "\n",
        text=True,
        check=True,
        capture_output=True,
    )
    return member


def sign_in(tab: Page, staff: Staff) -> None:
    tab.goto("/console")
    tab.get_by_label("E-mail address").fill(staff.email)
    tab.get_by_label("Password", exact=True).fill(staff.password)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("heading", name="Pages")).to_be_visible()


def code_sent_to(server: LiveServer, number: str) -> str:
    """The one-time code on the development handset, once it is there."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with closing(sqlite3.connect(server.database)) as connection:
            rows = connection.execute("SELECT body FROM handset_texts WHERE number = ?", (number,)).fetchall()
        found = [code for (body,) in rows for code in re.findall(r"#(\d{6})$", body)]
        if found:
            return str(found[-1])
        time.sleep(0.1)
    raise AssertionError("No code has come by text.")


def keep(tab: Page, artefacts: Path, name: str) -> None:
    tab.screenshot(path=artefacts / f"journey-{name}.png", full_page=True)


def test_from_the_console_to_the_answer_and_back(
    live_server: LiveServer, staff: Staff, open_tab: OpenTab, artefacts: Path
) -> None:
    name = f"Maria S{uuid.uuid4().hex[:6]}"
    number = fresh_number()
    desk = open_tab(**DESK)
    sign_in(desk, staff)
    keep(desk, artefacts, "1-pages")

    desk.keyboard.press("n")
    expect(desk.get_by_role("heading", name="New page")).to_be_visible()
    desk.get_by_role("link", name="Booked").click()
    expect(desk.get_by_label("With whom")).not_to_have_value("")
    desk.get_by_label("Mobile number").fill(number)
    desk.get_by_role("textbox", name="Customer").fill(name)
    expect(desk.frame_locator("iframe").first.get_by_role("heading", level=1)).to_contain_text("Maria", timeout=15_000)
    keep(desk, artefacts, "2-new-page")
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_role("heading", name=name)).to_be_visible()
    expect(desk.get_by_text("delivered").or_(desk.get_by_text("Delivered")).first).to_be_visible(timeout=15_000)
    keep(desk, artefacts, "3-sent")

    handset = open_tab(**PHONE)
    handset.goto("/phone")
    handset.get_by_text(name).first.click()
    keep(handset, artefacts, "4-handset")
    with handset.context.expect_page() as opening:
        handset.locator("a[href*='/p/']").last.click()
    page = opening.value
    expect(page.get_by_role("heading", level=1)).to_contain_text("can you make your appointment")
    keep(page, artefacts, "5-page")
    expect(desk.get_by_text("Opened").first).to_be_visible(timeout=10_000)

    page.get_by_role("button", name="Yes, I’ll be there").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("See you")
    keep(page, artefacts, "6-answered")

    expect(desk.get_by_text("Confirmed the appointment").first).to_be_visible(timeout=10_000)
    keep(desk, artefacts, "7-console-answered")


def test_the_command_of_the_readme_prints_a_link_that_opens(live_server: LiveServer, open_tab: OpenTab) -> None:
    made = live_server.flask_json("page", "issue", "appointment_reminder", "--to", "+12025550123", "--facts", SAMPLE)

    tab = open_tab(**PHONE)
    tab.goto(made["url"])

    expect(tab.get_by_role("heading", level=1)).to_contain_text("appointment")


BOTH = pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
# Without scripts, what is tapped is a link or a form in each of them: `make test` looks at one of each kind.
IN_TURN = pytest.mark.parametrize(
    "javascript", [pytest.param(True, id="script"), pytest.param(False, id="no-script", marks=pytest.mark.long)]
)


class TestEveryTurn:
    """What a customer can do, with scripts and without."""

    @BOTH
    def test_taking_another_time_and_changing_the_answer(
        self, issue: Issue, open_tab: OpenTab, javascript: bool
    ) -> None:
        tab = open_tab(javascript=javascript, **PHONE)
        tab.goto(issue())

        tab.get_by_role("link", name="Change time").or_(tab.get_by_role("button", name="Change time")).click()
        expect(tab.get_by_role("heading", name="Pick a new time")).to_be_visible()
        tab.locator("label:has(input[name=slot])").first.click()
        tab.get_by_role("button", name="Move to").click()
        expect(tab.get_by_role("heading", level=1, name="You’re moved")).to_be_visible()

        tab.get_by_role("button", name="Change my answer").click()
        expect(tab.get_by_role("heading", level=1, name="make your appointment")).to_be_visible()

    @BOTH
    def test_a_choice_not_made_is_named(self, issue: Issue, open_tab: OpenTab, javascript: bool) -> None:
        open_tab.allow("status of 422")  # type: ignore[attr-defined]
        tab = open_tab(javascript=javascript, **PHONE)
        tab.goto(issue() + "?step=choose")

        tab.get_by_role("button", name="Move to").click()

        expect(tab.get_by_text("Pick a time first.").first).to_be_visible()

    @IN_TURN
    def test_calling_off_and_undoing(self, issue: Issue, open_tab: OpenTab, javascript: bool) -> None:
        tab = open_tab(javascript=javascript, **PHONE)
        tab.goto(issue())

        tab.get_by_role("link", name="I can’t come").or_(tab.get_by_role("button", name="I can’t come")).click()
        tab.get_by_role("button", name="Yes, cancel it").click()
        expect(tab.get_by_role("heading", level=1, name="Your appointment is cancelled")).to_be_visible()
        tab.get_by_role("button", name="Undo").click()

        expect(tab.get_by_role("heading", level=1, name="make your appointment")).to_be_visible()

    @IN_TURN
    def test_saying_no_to_a_payment(self, issue: Issue, open_tab: OpenTab, javascript: bool) -> None:
        tab = open_tab(javascript=javascript, **PHONE)
        tab.goto(issue("fraud_alert", "online"))

        tab.get_by_role("button", name="No, it wasn’t me").click()

        expect(tab.locator(".tick").first).to_be_visible()

    @IN_TURN
    def test_a_safe_place_for_a_parcel(self, issue: Issue, open_tab: OpenTab, javascript: bool) -> None:
        open_tab.allow("status of 403")  # The page that asks comes with it.
        tab = open_tab(javascript=javascript, **PHONE)
        tab.goto(issue("order_status", "out_for_delivery") + "?step=safe")

        tab.locator("label:has(input[type=radio])").first.click()
        tab.locator("form button:visible").first.click()
        tab.get_by_label("Your postcode").fill("ml42qx")
        tab.get_by_role("button", name="Leave it here").click()

        expect(tab.locator(".tick").first).to_be_visible()
        expect(tab.get_by_text("In the porch").first).to_be_visible()

    @BOTH
    def test_showing_who_says_yes_to_a_payment(self, issue: Issue, open_tab: OpenTab, javascript: bool) -> None:
        open_tab.allow("status of 403")  # The page that asks comes with it.
        tab = open_tab(javascript=javascript, **PHONE)
        tab.goto(issue("fraud_alert", "online"))

        tab.get_by_role("button", name="Yes, it was me").click()
        tab.get_by_label("Last 4 digits of your account number").fill("0000")
        tab.get_by_role("button", name="Yes, it was me").click()
        expect(tab.get_by_role("alert")).to_contain_text("Those digits don’t match. You have 4 tries left.")
        tab.get_by_label("Last 4 digits of your account number").fill("4417")
        tab.get_by_role("button", name="Yes, it was me").click()

        expect(tab.get_by_role("heading", level=1)).to_contain_text("we know it was you", ignore_case=True)
        tab.get_by_role("link", name="Receipt").click()
        expect(tab.get_by_role("heading", level=1)).to_have_text("This is what you told us")
        expect(tab.get_by_text("Given to")).to_be_visible()

    @IN_TURN
    def test_a_code_by_text(self, live_server: LiveServer, issue: Issue, open_tab: OpenTab, javascript: bool) -> None:
        open_tab.allow("status of 403")  # The page that asks comes with it.
        tab = open_tab(javascript=javascript, **PHONE)
        number = fresh_number()
        tab.goto(issue("fraud_alert", "bare", to=number))

        tab.get_by_role("button", name="Yes, it was me").click()
        tab.get_by_role("button", name="Text me a code").click()
        tab.get_by_label("The 6 digits from our text").fill(code_sent_to(live_server, number))
        tab.get_by_role("button", name="Yes, it was me").click()

        expect(tab.get_by_role("heading", level=1)).to_contain_text("we know it was you", ignore_case=True)

    @IN_TURN
    def test_the_wrong_person(self, issue: Issue, open_tab: OpenTab, javascript: bool) -> None:
        tab = open_tab(javascript=javascript, **PHONE)
        link = issue()
        tab.goto(link)

        tab.get_by_role("link", name="This isn’t me").click()
        tab.get_by_role("button", name="Yes, wrong person").click()
        expect(tab.get_by_role("heading", level=1)).to_have_text("Thank you for telling us")
        tab.goto(link)

        expect(tab.get_by_role("heading", level=1)).to_have_text("Thank you for telling us")
        expect(tab.get_by_text("Okafor")).to_have_count(0)

    @IN_TURN
    def test_asking_whether_a_text_is_ours(self, issue: Issue, open_tab: OpenTab, javascript: bool) -> None:
        tab = open_tab(javascript=javascript, **PHONE)
        link = issue()
        tab.goto(link)

        tab.get_by_text("Check it’s really us").click()
        tab.get_by_role("link", name="Check a link or a text").click()
        tab.get_by_label("Link, text or receipt code").fill(f"Is this you? {link}")
        tab.get_by_role("button", name="Check it").click()

        expect(tab.get_by_role("heading", level=1)).to_have_text("Yes, this link is from us")

    @IN_TURN
    def test_being_called(self, issue: Issue, open_tab: OpenTab, javascript: bool) -> None:
        tab = open_tab(javascript=javascript, **PHONE)
        tab.goto(issue())

        tab.get_by_role("link", name="Ask for a call").click()
        tab.locator("form button").first.click()

        expect(tab.get_by_text("We’ll ring the number ending").first).to_be_visible()

    @IN_TURN
    def test_stopping_the_texts(self, issue: Issue, open_tab: OpenTab, javascript: bool) -> None:
        tab = open_tab(javascript=javascript, **PHONE)
        tab.goto(issue())

        tab.get_by_role("link", name="Choose or stop messages").click()
        tab.locator("form button").first.click()

        expect(tab.get_by_role("heading", level=1)).to_be_visible()
        expect(tab.locator("form")).to_have_count(0)

    @BOTH
    def test_another_language(self, issue: Issue, open_tab: OpenTab, javascript: bool) -> None:
        tab = open_tab(javascript=javascript, **PHONE)
        tab.goto(issue())

        tab.locator(".langs summary").click()
        tab.locator(".langs a[lang=ar]").click()

        expect(tab.locator("html")).to_have_attribute("dir", "rtl")
        tab.locator("form button").first.click()
        expect(tab.locator(".tick").first).to_be_visible()
        expect(tab.locator("html")).to_have_attribute("dir", "rtl")


class TestWithScripts:
    def test_an_answer_needs_no_reload(self, issue: Issue, open_tab: OpenTab) -> None:
        tab = open_tab(**PHONE)
        tab.goto(issue())
        tab.evaluate("window.stayed = true")

        tab.get_by_role("button", name="Yes, I’ll be there").click()
        expect(tab.get_by_role("heading", level=1)).to_contain_text("See you")

        assert tab.evaluate("window.stayed")
        assert tab.evaluate("document.activeElement.tagName") == "H1"

    def test_sending_is_shown_before_the_servers_yes(self, issue: Issue, open_tab: OpenTab) -> None:
        tab = open_tab(**PHONE)
        tab.goto(issue())
        held: list[Any] = []
        tab.route("**/a/*", lambda route: held.append(route))  # noqa: PLW0108 - a built-in cannot be a handler

        tab.get_by_role("button", name="Yes, I’ll be there").click()

        expect(tab.get_by_text("Sending")).to_be_visible()
        expect(tab.locator(".tick")).to_have_count(0)
        held[0].continue_()
        expect(tab.get_by_role("heading", level=1)).to_contain_text("See you")

    def test_a_failed_sending_loses_nothing_and_is_tried_again(self, issue: Issue, open_tab: OpenTab) -> None:
        open_tab.allow("ERR_FAILED", "ERR_INTERNET_DISCONNECTED")  # type: ignore[attr-defined]
        tab = open_tab(**PHONE)
        tab.goto(issue())
        keys: list[str] = []

        def fail_once(route: Any) -> None:
            keys.append(route.request.headers["idempotency-key"])
            if len(keys) == 1:
                route.abort()
            else:
                route.continue_()

        tab.route("**/a/*", fail_once)
        tab.get_by_role("button", name="Yes, I’ll be there").click()

        # What it says meanwhile may be gone in a moment: the worker tries again at once, by a way of its own.
        expect(tab.get_by_role("heading", level=1)).to_contain_text("See you", timeout=30_000)
        assert len(set(keys)) == 1

    def test_a_beaten_answer_is_told_which_won(self, issue: Issue, open_tab: OpenTab) -> None:
        open_tab.allow("status of 409")  # type: ignore[attr-defined]
        link = issue()
        first, second = open_tab(**PHONE), open_tab(**PHONE)
        first.goto(link)
        second.goto(link)
        first.get_by_role("button", name="Yes, I’ll be there").click()
        expect(first.get_by_role("heading", level=1)).to_contain_text("See you")

        second.get_by_role("link", name="I can’t come").or_(second.get_by_role("button", name="I can’t come")).click()
        second.get_by_role("button", name="Yes, cancel it").click()

        expect(second.get_by_role("heading", level=1)).to_contain_text("See you")
        expect(second.get_by_role("alert")).to_be_visible()


def test_a_protective_answer_is_taken_late(issue: Issue, open_tab: OpenTab) -> None:
    tab = open_tab(**PHONE)
    link = issue("fraud_alert", "online", answer_by=(clock.now() + timedelta(seconds=2)).isoformat())
    tab.wait_for_timeout(2_500)

    response = tab.goto(link)
    assert response is not None
    assert response.status == 410
    tab.get_by_role("button", name="No, it wasn’t me").click()

    expect(tab.get_by_role("alert").or_(tab.locator(".tick")).first).to_be_visible()
