"""The script of the customer's page: steps and answers without a reload, and nothing lost when the way is broken."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from selfservice.situations import rendering
from selfservice.situations.framing import content_security_policy
from selfservice.situations.registry import Registry
from selfservice.situations.view import View
from tests.situations.views import ANSWER_TOKENS, NOW, TOKEN, view

ADDRESS = f"http://127.0.0.1:9/p/{TOKEN}"
PHONE = {"viewport": {"width": 360, "height": 740}}
Answer = Callable[[Route], None]


class Door:
    """Stands in for the customer's door: serves a view's page under its policy and notes what is sent."""

    def __init__(self, shown: View, answer: Answer | None = None) -> None:
        self.answer = answer
        self.sent: list[Request] = []
        self.opened = 0
        self.show(shown)

    def show(self, shown: View) -> None:
        """Serve another view from now on."""
        # Rendered here: what the browser asks for is answered outside the test's own context.
        self._body = rendering.render(shown)
        self._policy = content_security_policy(shown)

    def __call__(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path == f"/p/{TOKEN}/-/opened":
            self.opened += 1
            route.fulfill(status=204)
        elif path.startswith("/a/"):
            self.sent.append(route.request)
            assert self.answer is not None
            self.answer(route)
        elif route.request.method == "POST":
            self.sent.append(route.request)
            route.fulfill(status=303, headers={"Location": ADDRESS})
        elif path == f"/p/{TOKEN}":
            headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": self._policy}
            route.fulfill(body=self._body, headers=headers)
        elif path.startswith("/app/"):
            route.fulfill(body="", content_type="text/javascript")
        else:
            route.fulfill(status=404, body="Nothing here.")


def says(shown: View, status: int = 200, **more: Any) -> Answer:
    """An answer that brings a page with it."""
    body = {"status": "applied", "page": {"state": shown.state, "html": rendering.render(shown)}, **more}
    return lambda route: route.fulfill(status=status, body=json.dumps(body), content_type="application/json")


def is_away(route: Route) -> None:
    route.abort("internetdisconnected")


@pytest.fixture
def asking(registry: Registry, rendered: Callable[[View], str]) -> View:
    return view(registry.get("appointment_reminder"), "booked")


@pytest.fixture
def confirmed(asking: View, registry: Registry) -> View:
    form = registry.get("appointment_reminder").situation.actions[0].form()
    return replace(
        asking,
        step="confirmed",
        state="answered",
        revision=4,
        answers={"confirm": form},
        answered_at=NOW,
        can_change=True,
    )


@pytest.fixture
def open_door(tab: Callable[..., Page]) -> Callable[..., Page]:
    """`open_door(door)` opens the page; a script that breaks or a policy that is broken fails the test."""

    def opened(door: Door, **options: Any) -> Page:
        page = tab(**{**PHONE, **options})
        page.set_default_timeout(5000)
        page.on("pageerror", lambda error: broken.append(f"script: {error}"))
        page.on("console", lambda message: broken.append(message.text) if "Content Security" in message.text else None)
        page.route("**/*", door)
        page.goto(ADDRESS + "?lang=en")
        return page

    broken: list[str] = []
    yield opened
    assert broken == []


def shown_heading(page: Page) -> str:
    return page.locator("h1:visible").inner_text()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_step_is_shown_at_once_without_a_request(asking: View, open_door: Callable[..., Page]) -> None:
    door = Door(asking)
    page = open_door(door)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(urlsplit(request.url).path))

    page.get_by_role("link", name="Change time").click()

    assert shown_heading(page) == "Pick a new time"
    assert focused(page) == "Pick a new time"
    assert page.title() == "Pick a new time"
    assert page.url == ADDRESS + "?lang=en&step=choose"
    expect(page.get_by_role("button", name="Move to this time")).to_be_visible()
    expect(page.get_by_role("button", name="Yes, I’ll be there")).to_be_hidden()
    page.go_back()
    assert shown_heading(page) == "Maria, can you make your appointment on Tuesday?"
    page.go_forward()
    assert shown_heading(page) == "Pick a new time"
    # That somebody looks at the page is told once, whatever step it shows.
    assert [path for path in requests if not path.startswith("/app/") and not path.endswith("/-/opened")] == []


def test_step_can_be_opened_beside(asking: View, open_door: Callable[..., Page]) -> None:
    page = open_door(Door(asking))

    page.get_by_role("link", name="Change time").click(modifiers=["ControlOrMeta"])

    assert shown_heading(page) == "Maria, can you make your appointment on Tuesday?"


def test_button_repeats_the_choice(asking: View, open_door: Callable[..., Page]) -> None:
    page = open_door(Door(asking))
    page.get_by_role("link", name="Change time").click()

    page.get_by_role("radio", name="2:30 pm").check()

    expect(page.get_by_role("button", name="Move to Wednesday 25 November, 2:30 pm")).to_be_visible()


def test_answer_is_painted_at_once_and_goes_out_once(
    asking: View, confirmed: View, open_door: Callable[..., Page]
) -> None:
    waiting: list[Route] = []
    door = Door(asking, waiting.append)
    page = open_door(door)
    page.evaluate(
        """() => addEventListener("click", () => {
          const start = performance.now();
          requestAnimationFrame(() => setTimeout(() => (self.painted = performance.now() - start)));
        }, true)"""
    )
    button = page.locator(".dock:visible button")

    button.click()

    assert button.inner_text() == "Sending…"
    page.wait_for_function("self.painted")  # `make bench` says how soon.
    button.click()
    says(confirmed)(waiting[0])
    expect(page.get_by_role("heading", name="See you on Tuesday, Maria")).to_be_focused()
    assert page.title() == "Your appointment"
    assert page.url == ADDRESS + "?lang=en"
    assert len(door.sent) == 1
    request = door.sent[0]
    assert request.url.endswith(f"/a/{ANSWER_TOKENS[0]}?lang=en")
    assert request.post_data_json == {"input": {"revision": "3", "step": "ask"}, "revision": 3, "step": "ask"}
    assert uuid.UUID(request.headers["idempotency-key"]).version == 4


def test_answer_that_left_before_there_was_a_queue_is_not_taken_for_kept(
    asking: View, open_door: Callable[..., Page]
) -> None:
    waiting: list[Route] = []
    page = open_door(Door(asking, waiting.append))

    page.locator(".dock:visible button").click()
    page.evaluate("() => { self.deliver = () => new Promise(() => {}); }")
    waiting[0].abort("internetdisconnected")

    expect(page.get_by_text("Not confirmed yet")).to_be_visible()


def test_page_goes_on_living_after_an_answer(asking: View, confirmed: View, open_door: Callable[..., Page]) -> None:
    door = Door(asking, says(confirmed))
    page = open_door(door)
    page.locator(".dock:visible button").click()
    expect(page.get_by_role("heading", name="See you on Tuesday, Maria")).to_be_visible()
    door.answer = says(asking)

    page.get_by_role("button", name="Change my answer").click()

    expect(page.get_by_role("heading", name="Maria, can you make")).to_be_visible()
    assert page.locator(".top").get_attribute("class") == "top brand"
    assert door.opened == 1


def test_choice_is_sent_with_its_field(asking: View, open_door: Callable[..., Page]) -> None:
    door = Door(asking, says(replace(asking, step="choose").with_notice("lost_claim"), 409))
    page = open_door(door)
    page.get_by_role("link", name="Change time").click()
    page.get_by_role("radio", name="2:30 pm").check()

    page.get_by_role("button", name="Move to").click()

    expect(page.get_by_role("alert")).to_be_focused()
    assert "Someone else has just taken that time." in focused(page)
    assert door.sent[0].post_data_json["input"]["slot"] == "2026-11-25T14:30:00Z"
    assert shown_heading(page) == "Pick a new time"


def test_refused_form_comes_back_with_its_reason(asking: View, open_door: Callable[..., Page]) -> None:
    refused = replace(asking, step="choose").with_problems({"slot": "slot_missing"}, {})
    page = open_door(Door(asking, says(refused, 422)))
    page.get_by_role("link", name="Change time").click()

    page.get_by_role("button", name="Move to this time").click()

    expect(page.get_by_role("alert")).to_be_focused()
    assert page.title() == "Pick a time first. · Your appointment"
    page.get_by_role("link", name="Pick a time first.").click()
    assert page.evaluate("document.activeElement.name") == "slot"
    page.get_by_role("link", name="Keep my current time").click()
    expect(page.get_by_role("alert")).to_be_hidden()


def test_late_answer_shows_the_page_as_ended(asking: View, open_door: Callable[..., Page]) -> None:
    page = open_door(Door(asking, says(replace(asking, state="expired").with_notice("late"), 410)))

    page.locator(".dock:visible button").click()

    expect(page.get_by_role("heading", name="This page has closed")).to_be_visible()
    assert "This came too late" in focused(page)
    page.get_by_role("link", name="Ask for a call").click()
    assert page.url == f"{ADDRESS}/-/callback?lang=en"


@pytest.mark.parametrize("break_", [is_away, lambda route: route.fulfill(status=503)], ids=["away", "busy"])
def test_broken_way_keeps_the_form_and_the_key(
    asking: View, confirmed: View, open_door: Callable[..., Page], break_: Answer
) -> None:
    door = Door(asking, break_)
    page = open_door(door)
    button = page.locator(".dock:visible button")

    button.click()

    expect(page.get_by_role("status")).to_have_text("Not confirmed yet. We’ll keep trying. You can also call us.")
    assert button.inner_text() == "Yes, I’ll be there"
    door.answer = says(confirmed)
    expect(page.get_by_role("heading", name="See you on Tuesday, Maria")).to_be_visible()
    keys = {request.headers["idempotency-key"] for request in door.sent}
    assert len(door.sent) == 2
    assert len(keys) == 1


def test_answer_goes_out_as_soon_as_the_phone_is_back(
    asking: View, confirmed: View, open_door: Callable[..., Page]
) -> None:
    door = Door(asking, is_away)
    page = open_door(door)
    page.locator(".dock:visible button").click()
    expect(page.get_by_role("status")).to_be_visible()
    door.answer = says(confirmed)

    page.evaluate("dispatchEvent(new Event('online'))")

    expect(page.get_by_role("heading", name="See you on Tuesday, Maria")).to_be_visible(timeout=1500)


def test_another_answer_gets_a_key_of_its_own(
    registry: Registry, rendered: Any, open_door: Callable[..., Page]
) -> None:
    door = Door(view(registry.get("fraud_alert"), "online"), is_away)
    page = open_door(door)

    page.get_by_role("button", name="No, it wasn’t me").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.get_by_role("button", name="Yes, it was me").click()
    page.wait_for_timeout(300)

    assert len({request.url for request in door.sent}) == 2
    assert len({request.headers["idempotency-key"] for request in door.sent}) == 2


def test_opening_is_told_once_by_a_page_in_sight(asking: View, open_door: Callable[..., Page]) -> None:
    door = Door(asking)
    page = open_door(door)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))")
    page.wait_for_timeout(200)

    assert door.opened == 1


def test_hidden_page_was_not_opened(asking: View, tab: Callable[..., Page]) -> None:
    door = Door(asking)
    page = tab(**PHONE)
    page.add_init_script("Object.defineProperty(document, 'hidden', {get: () => !self.seen})")
    page.route("**/*", door)
    page.goto(ADDRESS)
    page.wait_for_timeout(200)
    assert door.opened == 0

    page.evaluate("self.seen = true; document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))")
    page.wait_for_timeout(200)
    assert door.opened == 1


def test_preview_shows_its_steps_and_sends_nothing(asking: View, open_door: Callable[..., Page]) -> None:
    door = Door(replace(asking, token="", answer_tokens={}))
    page = open_door(door)

    page.get_by_role("link", name="Change time").click()
    page.get_by_role("radio", name="2:30 pm").check()
    page.get_by_role("button", name="Move to Wednesday 25 November, 2:30 pm").click()
    page.get_by_role("link", name="Ask for a call").click()
    page.get_by_role("link", name="Call us").click()

    assert shown_heading(page) == "Pick a new time"
    assert page.url == ADDRESS + "?lang=en"
    assert door.sent == []
    assert door.opened == 0


def test_without_script_steps_are_links_and_answers_are_forms(asking: View, open_door: Callable[..., Page]) -> None:
    door = Door(asking)
    page = open_door(door, java_script_enabled=False)

    page.get_by_role("link", name="Change time").click()
    assert page.url == ADDRESS + "?lang=en&step=choose"
    door.show(replace(asking, step="choose"))
    page.reload()
    page.get_by_role("radio", name="2:30 pm").check()
    page.get_by_role("button", name="Move to this time").click()

    request = door.sent[0]
    assert urlsplit(request.url).path == f"/p/{TOKEN}/move"
    assert dict(parse_qsl(request.post_data)) == {"revision": "3", "step": "choose", "slot": "2026-11-25T14:30:00Z"}


def test_old_browser_keeps_to_links_and_forms(asking: View, tab: Callable[..., Page]) -> None:
    door = Door(asking)
    page = tab(**PHONE)
    page.add_init_script("delete SubmitEvent.prototype.submitter")  # Safari had it last, in 2022.
    page.route("**/*", door)
    page.goto(ADDRESS)

    page.locator(".dock:visible button").click()

    assert urlsplit(door.sent[0].url).path == f"/p/{TOKEN}/confirm"
