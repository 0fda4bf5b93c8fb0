"""The worker's part in pushes: each is shown, its buttons answer, and what became of it is told; no push service."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Worker, expect

from selfservice import tokens
from tests.browser.phone_scene import ANSWERED, AWAY, QUESTION, YES, Phone, until
from tests.harness.way import Fault, Reply

Issue = Callable[..., str]
WORDS = {"saved": "Answer saved", "sent": "Sent", "failed": "That didn’t go through", "open": "Open"}


class Pushed:
    """A phone whose worker is given pushes."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        phone.context.grant_permissions(["notifications"], origin=phone.way.url)
        self.cdp = phone.context.new_cdp_session(phone.tab)
        self.registration = ""
        self.cdp.on("ServiceWorker.workerRegistrationUpdated", self._note)
        self.cdp.send("ServiceWorker.enable")
        until(phone.tab, lambda: bool(self.registration))
        self.worker.evaluate(
            """() => {
              const show = registration.showNotification.bind(registration);
              self.told = [];
              self.closed = [];
              registration.showNotification = (title, options) => {
                self.told.push({ title, ...options });
                return show(title, options);
              };
              registration.getNotifications = async (only) =>
                self.told
                  .filter((one) => !only?.tag || one.tag == only.tag)
                  .map((one) => ({ ...one, close: () => self.closed.push(one.tag) }));
            }"""
        )

    def _note(self, event: dict[str, Any]) -> None:
        for found in event["registrations"]:
            self.registration = found["registrationId"]

    @property
    def worker(self) -> Worker:
        return self.phone.context.service_workers[0]

    def push(self, data: str) -> None:
        """Deliver a push as the push service would."""
        message = {"origin": self.phone.way.url, "registrationId": self.registration, "data": data}
        self.cdp.send("ServiceWorker.deliverPushMessage", message)

    def shown(self) -> list[dict[str, Any]]:
        """The notification that was shown last; a desktop that could drop it again is none of this test's affair."""
        found: list[dict[str, Any]] = self.worker.evaluate("() => self.told.slice(-1)")
        return found

    def wait_shown(self, title: str) -> dict[str, Any]:
        """The notification, once it says this."""
        until(self.phone.tab, lambda: [it["title"] for it in self.shown()] == [title], lambda: str(self.shown()))
        return self.shown()[0]

    def press(self, action: str) -> None:
        """Press a button of the notification that was shown last."""
        self.worker.evaluate(
            """(action) => {
              const event = new ExtendableEvent("notificationclick");
              event.notification = { ...self.told.at(-1), close: () => {} };
              event.action = action;
              dispatchEvent(event);
            }""",
            action,
        )

    def receipts(self) -> list[str]:
        """What the worker said of the push."""
        return [asked.path for asked in self.phone.way.asked if asked.path.startswith("/push/receipts/")]


@pytest.fixture
def pushed(phone: Phone, issue: Issue, beside: Any) -> tuple[Pushed, str, str]:
    """A phone that has looked at a page and left it, the page's link, and a push about it with one button."""
    link = issue()
    phone.open(link)
    token = link.rpartition("/")[2]
    with beside.app_context():
        keyring = tokens.current()
        answer = keyring.sign_answer(keyring.read_page(token), "confirm")
    scene = Pushed(phone)
    phone.tab.goto(phone.way.url + "/offline")
    push = {
        "web_push": 8030,
        "notification": {
            "title": "Can you make your appointment?",
            "body": "Wednesday, 10:20 am",
            "lang": "en",
            "dir": "ltr",
            "tag": token[1:12],
            "navigate": phone.address(link),
            "silent": False,
            "actions": [{"action": "confirm", "title": "Yes"}, {"action": "unknown", "title": "What?"}],
            "data": {
                "v": 1,
                "receipt": "R" * 34,
                "answers": {
                    "confirm": {
                        "url": f"/a/{answer}",
                        "key": str(uuid.uuid4()),
                        "revision": 1,
                        "said": "You’ll be there",
                    }
                },
                "words": WORDS,
            },
        },
        "app_badge": "2",
    }
    return scene, link, json.dumps(push)


def see(phone: Phone, link: str, text: str) -> Page:
    phone.open(link)
    phone.heading(text)
    return phone.tab


def test_push_is_shown_with_the_buttons_that_answer(pushed: tuple[Pushed, str, str]) -> None:
    scene, link, push = pushed

    scene.push(push)

    shown = scene.wait_shown("Can you make your appointment?")
    assert (shown["body"], shown["lang"]) == ("Wednesday, 10:20 am", "en")
    assert [action["title"] for action in shown["actions"]] == ["Yes"]
    assert shown["data"]["navigate"] == scene.phone.address(link)
    until(scene.phone.tab, lambda: len(scene.receipts()) == 2)


@pytest.mark.parametrize("data", ["", "not json", "{}", '{"web_push": 8030, "notification": {"title": " "}}', "null"])
def test_push_that_cannot_be_read_is_shown_all_the_same(pushed: tuple[Pushed, str, str], data: str) -> None:
    scene, _link, _push = pushed

    scene.push(data)

    shown = scene.wait_shown("You have a new message")
    assert (shown["actions"], shown["data"]["navigate"]) == ([], "/inbox")


def test_push_that_leads_elsewhere_is_not_believed(pushed: tuple[Pushed, str, str]) -> None:
    scene, _link, push = pushed

    scene.push(push.replace(scene.phone.way.url, "https://eve.example"))

    assert scene.wait_shown("You have a new message")["data"]["navigate"] == "/inbox"


def test_only_the_page_itself_closes_its_notifications(pushed: tuple[Pushed, str, str]) -> None:
    scene, link, push = pushed
    scene.push(push)
    tag = scene.wait_shown("Can you make your appointment?")["tag"]

    def closed() -> list[str]:
        found: list[str] = scene.worker.evaluate("() => self.closed")
        return found

    scene.phone.open(scene.phone.way.url + "/inbox")
    scene.phone.is_off(network=False)
    scene.phone.open(link)
    scene.phone.note(AWAY)
    assert closed() == []

    scene.phone.is_on()
    expect(scene.phone.tab.locator("[data-app]")).to_have_count(0)
    until(scene.phone.tab, lambda: closed() == [tag])


def test_press_shows_an_open_page_as_it_is_now(pushed: tuple[Pushed, str, str], revoke: Callable[[str], None]) -> None:
    scene, link, push = pushed
    see(scene.phone, link, QUESTION)
    scene.push(push)
    scene.wait_shown("Can you make your appointment?")
    revoke(link)

    scene.press("")

    scene.phone.heading("This page is no longer used")


def test_phone_with_a_subscription_is_offered_news_until_it_is_told(pushed: tuple[Pushed, str, str]) -> None:
    scene, link, _push = pushed
    way, tab = scene.phone.way, scene.phone.tab
    scene.phone.context.add_init_script("PushManager.prototype.getSubscription = async () => ({})")
    scene.worker.evaluate(
        "() => (PushManager.prototype.subscribe = async () => ({ endpoint: 'https://push.example' }))"
    )

    def say(follows: bool) -> Fault:
        body = json.dumps({"status": "kept", "follows": follows}).encode()
        return lambda _ask: Reply(200, [("Content-Type", "application/json")], body)

    way.fail("/push/subscriptions", *map(say, (False, False, False, True, True)))
    see(scene.phone, link, QUESTION)
    until(tab, lambda: way.count("POST", "/push/subscriptions") == 1)
    tab.get_by_role("button", name=YES).click()

    tap = tab.get_by_role("button", name="Tell me on this phone")
    tap.click()
    expect(tab.locator(".tell")).to_contain_text("That didn’t work.")
    tap.click()
    expect(tab.locator(".tell")).to_contain_text("This phone gets our news.")
    expect(tap).to_have_count(0)

    tab.reload()
    until(tab, lambda: way.count("POST", "/push/subscriptions") == 5)
    phone_says = tab.evaluate("() => new Promise((done) => setTimeout(() => done(document.body.innerText), 300))")
    assert "Tell me on this phone" not in phone_says


@pytest.mark.parametrize("network", [True, False], ids=["network", "no network"])
def test_button_answers_where_nothing_can_be_kept(pushed: tuple[Pushed, str, str], network: bool) -> None:
    scene, link, push = pushed
    scene.push(push)
    scene.wait_shown("Can you make your appointment?")
    scene.worker.evaluate(
        "() => (IDBDatabase.prototype.transaction = () => { throw new DOMException('', 'QuotaExceededError'); })"
    )
    if not network:
        scene.phone.is_off(network=False)  # At the server: a worker may not have heard yet that it is offline.

    scene.press("confirm")

    scene.wait_shown("Sent" if network else "That didn’t go through")
    scene.phone.is_on()
    see(scene.phone, link, ANSWERED if network else QUESTION)


def test_button_answers_with_no_page_open(pushed: tuple[Pushed, str, str]) -> None:
    scene, link, push = pushed
    scene.push(push)
    scene.wait_shown("Can you make your appointment?")

    scene.press("confirm")
    scene.press("confirm")

    shown = scene.wait_shown("Sent")
    assert (shown["body"], shown["tag"]) == ("You’ll be there", link.rpartition("/")[2][1:12])
    assert scene.phone.way.count("POST", "/a/") == 1
    see(scene.phone, link, ANSWERED)


def test_button_pressed_offline_is_saved_and_sent_later(pushed: tuple[Pushed, str, str]) -> None:
    scene, link, push = pushed
    scene.push(push)
    scene.wait_shown("Can you make your appointment?")
    scene.phone.is_off(network=True)

    scene.press("confirm")
    assert scene.wait_shown("Answer saved")["data"]["navigate"] == scene.phone.address(link)
    token = link.rpartition("/")[2]
    assert token not in json.dumps(scene.phone.kept()["queue"])

    scene.phone.is_on()
    scene.wait_shown("Sent")
    see(scene.phone, link, ANSWERED)


def test_button_pressed_too_late_says_so(pushed: tuple[Pushed, str, str], revoke: Callable[[str], None]) -> None:
    scene, link, push = pushed
    scene.push(push)
    scene.wait_shown("Can you make your appointment?")
    revoke(link)

    scene.press("confirm")

    scene.wait_shown("That didn’t go through")
    see(scene.phone, link, "This page is no longer used")
    scene.phone.note("This came too late, so nothing has changed.")
