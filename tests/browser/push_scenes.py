"""What every browser does with pushes: each file of tests brings its own browser and push service to these scenes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pywebpush import WebPusher

from selfservice import curve, keys
from selfservice.tokens import decode_id
from tests import factories
from tests.browser.site_scene import Scene, Ticket, path_of
from tests.harness.desktop import Desktop
from tests.harness.push_service import PushService
from tests.harness.waiting import wait_until

QUESTION = "Can you come on"
YES = "Yes, I’ll be there"
SAVED = "Your answer is saved"
SENT = "Your answer is sent"
SUBSCRIPTION = "navigator.serviceWorker.ready.then((it) => it.pushManager.getSubscription())"
SUBSCRIBED_ANEW = """
navigator.serviceWorker.ready.then(async (it) => {
  const own = await it.pushManager.getSubscription();
  await own.unsubscribe();
  const made = await it.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: %s });
  const reply = await fetch("/push/subscriptions", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ subscription: made }),
  });
  return reply.status;
})
"""


@dataclass(frozen=True)
class PushScene(Scene):
    """A phone that a push service and a desktop belong to; `number` is its customer's."""

    push: PushService
    desktop: Desktop
    number: str

    def subscribe(self) -> Ticket:
        """Tap "Tell me on this phone" after an answer, as its customer does; gives the page that was answered."""
        ticket = self.office.issue(number=self.number)
        self.phone.grant(self.url)
        self.visit(ticket)
        self.phone.tap(YES)
        self.phone.tap("Tell me on this phone")
        self.phone.wait_for("document.body.innerText.includes('This phone gets our news')")
        return ticket

    def issue(self, **details: Any) -> Ticket:
        """Another page for the same customer: a push goes out."""
        return self.office.issue(number=self.number, **details)

    def is_subscribed(self) -> bool:
        """Whether the server sends to a subscription that the push service knows."""
        return any(token in endpoint for token in self.push.tokens() for endpoint in self.office.endpoints())

    def open_plain(self) -> None:
        """Open something of the site that has no script, so that only the test's own runs."""
        self.phone.open(f"{self.url}/robots.txt")

    def wait_for_text(self, ticket: Ticket) -> None:
        """Until the page's text has reached its customer."""
        wait_until(
            lambda: any(ticket.url in text for text in self.office.texts(self.number)),
            told=lambda: f"{self.office.timeline(ticket)} {self.push.answered}",
        )

    def pushed_pages(self) -> list[int]:
        """The page of every push that the service took, in order."""
        return [decode_id(push.topic) for push in self.push.pushes if push.topic]


class PushScenes:
    """To be inherited by a class whose module has a fixture `site`: a PushScene."""

    @pytest.fixture
    def scene(self, site: PushScene) -> Iterator[PushScene]:
        """A phone that is subscribed, with no page open and nothing on its screen."""
        if not site.is_subscribed():
            site.subscribe()
        site.phone.leave()
        site.desktop.clear()
        yield site
        site.phone.go_online()
        site.wire.mend()

    def test_a_button_answers_with_no_page_open(self, scene: PushScene) -> None:
        ticket = scene.issue()

        scene.desktop.press(scene.desktop.wait_for(QUESTION), YES)

        scene.office.wait_for_state(ticket, "answered")
        scene.office.wait_for(ticket, "push.delivered", "push.shown", "push.answered")
        assert "push.clicked" not in scene.office.timeline(ticket)
        assert [text for text in scene.office.texts(scene.number) if ticket.url in text] == []

    def test_a_press_opens_the_page(self, scene: PushScene) -> None:
        ticket = scene.issue()

        scene.desktop.press(scene.desktop.wait_for(QUESTION))

        scene.phone.follow(path_of(ticket))
        assert "can you make your appointment" in scene.phone.text()
        scene.office.wait_for(ticket, "push.delivered", "push.shown", "push.clicked", "page.opened")
        assert scene.office.state(ticket) == "open"

    def test_a_button_pressed_offline_is_sent_later(self, scene: PushScene) -> None:
        ticket = scene.issue()
        shown = scene.desktop.wait_for(QUESTION)

        scene.phone.go_offline()
        scene.desktop.press(shown, YES)
        scene.desktop.wait_for(SAVED)
        assert scene.office.state(ticket) == "open"

        # Without a page no browser lets a worker ask for Background Sync: the next page, or push, sends what waits.
        scene.phone.go_online()
        scene.phone.open(f"{scene.url}/inbox")
        scene.office.wait_for_state(ticket, "answered")
        scene.desktop.wait_for(SENT)

    def test_a_push_that_says_nothing_is_shown(self, scene: PushScene) -> None:
        scene.push.hand_over(scene.push.tokens()[-1], b"")

        scene.desktop.press(scene.desktop.wait_for("You have a new message"))

        scene.phone.follow("/inbox")

    def test_garbage_is_shown(self, scene: PushScene) -> None:
        scene.open_plain()
        subscription = scene.phone.run(f"{SUBSCRIPTION}.then((it) => it.toJSON())")
        garbage = b'{"web_push": 8030, "notification": {"title": 7, "navigate": "https://elsewhere.example/"}}'
        sealed = WebPusher(subscription).encode(garbage, content_encoding="aes128gcm")
        assert sealed is not None

        scene.push.hand_over(scene.push.tokens()[-1], sealed["body"])

        scene.desktop.wait_for("You have a new message")

    def test_the_last_push_of_a_page_replaces_those_before(self, scene: PushScene) -> None:
        with scene.push.holding():
            first = scene.issue(case_ref="moved", facts=factories.appointment())
            wait_until(lambda: first.id in scene.pushed_pages())
            later = factories.appointment(at=factories.soon(days=3, hours=2).isoformat())
            again = scene.issue(case_ref="moved", facts=later)
            wait_until(lambda: scene.pushed_pages().count(first.id) == 2)

        scene.desktop.wait_for("has changed your appointment")
        assert again.id == first.id
        assert len(scene.desktop.shown()) == 1
        assert len({push.topic for push in scene.push.pushes[-2:]}) == 1

    def test_a_text_goes_when_the_device_says_nothing(self, scene: PushScene) -> None:
        with scene.push.losing():
            ticket = scene.issue()
            wait_until(lambda: ticket.id in scene.pushed_pages())
            assert [text for text in scene.office.texts(scene.number) if ticket.url in text] == []

            scene.office.let_head_start_pass(ticket)

            scene.wait_for_text(ticket)

    def test_a_device_that_unsubscribed_is_forgotten_and_texted(self, scene: PushScene) -> None:
        scene.open_plain()
        assert scene.phone.run(f"{SUBSCRIPTION}.then((it) => it.unsubscribe())")
        wait_until(lambda: not scene.push.tokens())
        assert len(scene.office.endpoints()) == 1

        ticket = scene.issue()

        scene.wait_for_text(ticket)
        assert scene.push.answered[-1] == 410
        assert scene.office.endpoints() == []

    def test_another_key_raises_an_alarm_and_deletes_nothing(self, scene: PushScene) -> None:
        other = list(curve.decode(keys.public_push_key(keys.new_push_key())))
        scene.open_plain()
        assert scene.phone.run(SUBSCRIBED_ANEW % f"new Uint8Array({json.dumps(other)})") in (200, 201)

        (wrong,) = scene.office.endpoints()
        refused = scene.issue()

        scene.wait_for_text(refused)
        assert scene.push.answered[-1] == scene.push.WRONG_KEY
        assert scene.office.alarms() == [scene.push.WRONG_KEY]
        assert scene.office.endpoints() == [wrong]

        # The next visit finds the other key and subscribes with the site's own.
        scene.visit(refused)
        wait_until(lambda: wrong not in scene.office.endpoints() and scene.is_subscribed())
        taken = scene.issue()
        scene.office.wait_for(taken, "push.shown")
        assert scene.office.alarms() == []
