"""The sender of pushes: what a push service gets, and what its answers mean, over a real socket."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from selfservice import clock, tokens
from selfservice.config import Settings
from selfservice.customers.models import PushSubscription
from selfservice.messages import queries, upkeep
from selfservice.messages.channels import push as push_channel
from selfservice.messages.channels.contract import (
    Outgoing,
    Push,
    Refused,
    Submitted,
    Uncertain,
    Unrecognised,
    Unsubscribed,
)
from selfservice.messages.channels.push import MOST_BYTES, WebPush, smaller, spelt
from selfservice.situations import notifying
from tests.factories import issue
from tests.harness.application import make_settings
from tests.harness.push_door import PushDoor
from tests.harness.subscribers import Browser
from tests.messages.push_scene import channels, join, look, of, send, states

PAYLOAD = {
    "web_push": 8030,
    "notification": {
        "title": "Can you come?",
        "body": "One tap is enough.",
        "actions": [{"action": "confirm", "title": "Yes"}],
        "data": {"v": 1, "receipt": "r", "answers": {"confirm": {"url": "/a/x"}}},
    },
    "app_badge": "1",
}


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return make_settings(database_url, tmp_path, PUSH_HOSTS="127.0.0.1", VAPID_SUBJECT="mailto:ops@example.org")


@pytest.fixture
def plain_settings(tmp_path: Path) -> Settings:
    return make_settings(f"sqlite:///{tmp_path}/x.sqlite", tmp_path, PUSH_HOSTS="127.0.0.1")


def outgoing(browser: Browser, payload: Any = PAYLOAD, **changes: Any) -> Outgoing:
    keys = browser.said["keys"]
    content = Push(payload, browser.endpoint, keys["p256dh"], keys["auth"], topic="A" * 11, urgency="high")
    return Outgoing("M" * 11, "D" * 11, content, changes.get("ttl", timedelta(hours=2)))


@pytest.fixture
def sender(plain_settings: Settings) -> WebPush:
    return WebPush(plain_settings)


@pytest.fixture
def browser(push_door: PushDoor, plain_settings: Settings) -> Browser:
    return push_door.join(plain_settings.push_key)


def test_a_push_arrives_encrypted_signed_and_labelled(push_door: PushDoor, sender: WebPush, browser: Browser) -> None:
    assert sender.send(outgoing(browser)) == Submitted("M" * 11)

    (push,) = push_door.pushes
    assert (push.seconds, push.urgency, push.topic) == (7200, "high", "A" * 11)
    assert b"Can you come" not in push.body
    assert push_door.read(browser) == [PAYLOAD]


def test_each_push_has_a_key_of_its_own(push_door: PushDoor, sender: WebPush, browser: Browser) -> None:
    for _ in range(2):
        sender.send(outgoing(browser))

    one, other = push_door.pushes
    assert one.body[:86] != other.body[:86]


def test_a_signature_is_kept_for_half_a_day(sender: WebPush, push_door: PushDoor, browser: Browser) -> None:
    sender.send(outgoing(browser))
    signer = sender._known_signer()
    first = signer.authorization(push_door.base)

    assert signer.authorization(push_door.base) == first
    assert signer.authorization("https://fcm.googleapis.com") != first
    with time_machine.travel(clock.now() + timedelta(hours=11), tick=False):
        assert signer.authorization(push_door.base) == first
    with time_machine.travel(clock.now() + timedelta(hours=12, minutes=1), tick=True):
        assert signer.authorization(push_door.base) != first
        sender.send(outgoing(browser))  # The door checks that what is signed is still good.

    assert push_door.answered == [201, 201]


def test_a_push_never_lives_longer_than_services_keep_it(
    push_door: PushDoor, sender: WebPush, browser: Browser
) -> None:
    sender.send(outgoing(browser, ttl=timedelta(days=300)))

    assert push_door.pushes[0].seconds == 28 * 24 * 3600


@pytest.mark.parametrize(
    ("status", "headers", "kind", "details"),
    [
        (404, {}, Unsubscribed, {"permanent": True}),
        (410, {}, Unsubscribed, {"permanent": True}),
        (401, {}, Unrecognised, {"permanent": True, "host": "127.0.0.1", "status": 401}),
        (403, {}, Unrecognised, {"permanent": True, "host": "127.0.0.1", "status": 403}),
        (400, {}, Refused, {"permanent": True}),
        (307, {"Location": "http://127.0.0.1:1/"}, Refused, {"permanent": True}),
        (413, {}, Refused, {"permanent": True}),
        (429, {}, Refused, {"permanent": False, "retry_after": None}),
        (429, {"Retry_After": "7"}, Refused, {"permanent": False, "retry_after": timedelta(seconds=7)}),
        (429, {"Retry_After": "9" * 30}, Refused, {"permanent": False, "retry_after": timedelta(hours=1)}),
        (429, {"Retry_After": "soon"}, Refused, {"permanent": False, "retry_after": None}),
        (503, {"Retry_After": "7"}, Refused, {"permanent": False, "retry_after": timedelta(seconds=7)}),
        (503, {}, Uncertain, {}),
        (500, {}, Uncertain, {}),
    ],
)
def test_what_answers_mean(
    push_door: PushDoor,
    sender: WebPush,
    browser: Browser,
    status: int,
    headers: dict[str, str],
    kind: type[Exception],
    details: dict[str, Any],
) -> None:
    with push_door.answering(status, **headers), pytest.raises((Refused, Uncertain)) as caught:
        sender.send(outgoing(browser))

    assert type(caught.value) is kind
    assert {name: getattr(caught.value, name) for name in details} == details
    assert browser.endpoint.rpartition("/")[2] not in str(caught.value)


def test_a_date_to_wait_for_is_read(push_door: PushDoor, sender: WebPush, browser: Browser) -> None:
    moment = clock.now() + timedelta(seconds=90)

    with push_door.answering(429, Retry_After=format_datetime(moment, usegmt=True)), pytest.raises(Refused) as caught:
        sender.send(outgoing(browser))

    assert timedelta(seconds=80) < (caught.value.retry_after or timedelta()) <= timedelta(seconds=90)


def test_nobody_there_is_refused_for_now(push_door: PushDoor, sender: WebPush, browser: Browser) -> None:
    push_door.__exit__()

    with pytest.raises(Refused) as caught:
        sender.send(outgoing(browser))

    assert not caught.value.permanent


def test_a_push_that_is_too_large_there_is_sent_smaller_once(
    push_door: PushDoor, sender: WebPush, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.harness.push_request.MOST_BYTES", 280)

    sender.send(outgoing(browser))

    assert push_door.answered == [413, 201]
    assert push_door.read(browser) == [smaller(PAYLOAD)]
    assert smaller(PAYLOAD)["notification"] == {"title": "Can you come?", "data": {"v": 1, "receipt": "r"}}


def test_a_push_that_can_never_fit_is_made_smaller_before_it_leaves(
    push_door: PushDoor, sender: WebPush, browser: Browser
) -> None:
    long = json.loads(json.dumps(PAYLOAD))
    long["notification"]["body"] = "é" * MOST_BYTES

    sender.send(outgoing(browser, long))

    assert (push_door.answered, push_door.read(browser)) == ([201], [smaller(PAYLOAD)])


def test_the_largest_push_fits_and_one_byte_more_is_refused(
    push_door: PushDoor, sender: WebPush, browser: Browser
) -> None:
    def of_size(size: int) -> dict[str, Any]:
        bare = {"web_push": 8030, "notification": {"title": ""}}
        bare["notification"]["title"] = "x" * (size - len(spelt(bare)))  # type: ignore[index]
        return bare

    sender.send(outgoing(browser, of_size(MOST_BYTES)))
    with pytest.raises(Refused, match="3994 bytes"):
        sender.send(outgoing(browser, of_size(MOST_BYTES + 1)))

    assert push_door.answered == [201]
    assert len(push_door.pushes[0].body) == 4096
    assert notifying.MOST_BYTES == MOST_BYTES


def test_an_endpoint_that_is_no_longer_allowed_is_not_called(
    push_door: PushDoor, browser: Browser, plain_settings: Settings
) -> None:
    sender = WebPush(plain_settings.model_copy(update={"push_hosts": ()}))

    with pytest.raises(Refused) as caught:
        sender.send(outgoing(browser))

    assert caught.value.permanent
    assert push_door.answered == []


def test_without_a_key_nothing_is_sent(push_door: PushDoor, browser: Browser, plain_settings: Settings) -> None:
    sender = WebPush(plain_settings.model_copy(update={"vapid_private_key": None}))

    with pytest.raises(Refused, match="SELFSERVICE_VAPID_PRIVATE_KEY"):
        sender.send(outgoing(browser))


def subscriptions_left(session: Any) -> int:
    session.rollback()
    return int(session.scalar(select(func.count()).select_from(PushSubscription)))


class TestInTheOutbox:
    def test_a_push_leaves_with_its_page(self, session: Any, push_door: PushDoor) -> None:
        browser = join(push_door)
        page = issue().page

        assert send() == 1

        (push,) = push_door.pushes
        (payload,) = push_door.read(browser)
        assert (push.topic, push.urgency) == (tokens.encode_id(page.id), "normal")
        assert payload["notification"]["tag"] == tokens.encode_id(page.id)
        assert states(page.id) == {"push": ["submitted"], "sms": ["held"]}

    @pytest.mark.parametrize("status", [404, 410])
    def test_a_subscription_that_is_gone_is_pruned(self, session: Any, push_door: PushDoor, status: int) -> None:
        join(push_door)
        page = issue().page

        with push_door.answering(status):
            send()

        assert subscriptions_left(session) == 0
        (push,) = of(page.id, "push")
        assert (push.state, push.reason) == ("failed", "unsubscribed")
        assert look() == 1  # The text does not wait for its time any more.
        assert states(page.id)["sms"] == ["ready"]

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_wrong_key_raises_an_alarm_and_deletes_nothing(
        self, session: Any, push_door: PushDoor, status: int
    ) -> None:
        join(push_door)
        first = issue().page
        with push_door.answering(status):
            send()

        assert subscriptions_left(session) == 1
        assert [(alarm.provider, alarm.host, alarm.status) for alarm in queries.list_alarms()] == [
            ("push", "127.0.0.1", status)
        ]
        assert of(first.id, "push")[0].reason == "unrecognised"
        assert look() == 1

        issue()
        send()
        session.rollback()

        assert queries.list_alarms() == []

    def test_a_real_wrong_key_is_refused_by_the_service(self, session: Any, push_door: PushDoor) -> None:
        browser = join(push_door)
        token = browser.endpoint.rpartition("/")[2]
        subscription = push_door._subscriptions[token]
        push_door._subscriptions[token] = type(subscription)(token, Browser().said["keys"]["p256dh"], {})
        issue()

        send()

        assert push_door.answered == [403]
        assert subscriptions_left(session) == 1
        assert len(queries.list_alarms()) == 1

    def test_a_push_of_unknown_end_is_sent_again_and_then_given_up(self, session: Any, push_door: PushDoor) -> None:
        join(push_door)
        page = issue().page
        those = channels()
        with push_door.answering(500):
            for round_ in range(push_channel.WebPush.most_repeats + 1):
                with time_machine.travel(clock.now() + timedelta(seconds=5 * round_), tick=False):
                    assert send(those) == 1
                with time_machine.travel(clock.now() + timedelta(seconds=5 * round_ + 3), tick=False):
                    assert upkeep.reconcile(those) == 1

        (push,) = of(page.id, "push")
        assert (push.state, push.resends, push_door.answered) == ("failed", 3, [500] * 4)
        with time_machine.travel(clock.now() + timedelta(seconds=19), tick=False):  # Before its own time comes.
            assert look() == 1
        assert states(page.id)["sms"] == ["ready"]

    def test_a_push_to_a_device_that_was_forgotten_is_taken_back(self, session: Any, push_door: PushDoor) -> None:
        join(push_door)
        page = issue().page
        session.execute(PushSubscription.__table__.delete())
        session.commit()

        send()

        (push,) = of(page.id, "push")
        assert (push.state, push.reason, push_door.answered) == ("cancelled", "unsubscribed", [])
        assert look() == 1
        assert states(page.id)["sms"] == ["ready"]
