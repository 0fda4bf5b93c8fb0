"""Push subscriptions: one a device, never taken over, and only with keys that a push can be encrypted with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from selfservice import clock, curve
from selfservice.config import Settings
from selfservice.customers import devices, subscriptions
from selfservice.customers import service as customers
from selfservice.customers.models import Following, PushSubscription
from selfservice.customers.subscriptions import Offer
from selfservice.errors import Conflict, Invalid
from tests.harness.subscribers import Browser

PHONE = "+12025550123"


@pytest.fixture
def device(session: Any) -> int:
    return new_device(session)


def new_device(session: Any) -> int:
    made, _secret = devices.make()
    session.commit()
    return made.id


def offer_of(browser: Browser, settings: Settings) -> Offer:
    return subscriptions.read(browser.said, settings)


def keep(session: Any, device_id: int, browser: Browser, settings: Settings) -> bool:
    is_new = subscriptions.keep(device_id, offer_of(browser, settings))
    session.commit()
    return is_new


def rows(session: Any) -> int:
    return int(session.scalar(select(func.count()).select_from(PushSubscription)))


def test_a_subscription_is_kept_once(session: Any, settings: Settings, device: int) -> None:
    browser = Browser()

    assert [keep(session, device, browser, settings) for _ in range(3)] == [True, False, False]

    row = subscriptions.find(device)
    assert row is not None
    assert (row.endpoint, row.p256dh, rows(session)) == (browser.endpoint, browser.said["keys"]["p256dh"], 1)


def test_what_is_said_again_is_confirmed_once_a_day(session: Any, settings: Settings, device: int) -> None:
    browser = Browser()
    keep(session, device, browser, settings)
    first = subscriptions.find(device).confirmed_at  # type: ignore[union-attr]

    with time_machine.travel(clock.now() + timedelta(hours=2), tick=False):
        keep(session, device, browser, settings)
        assert subscriptions.find(device).confirmed_at == first  # type: ignore[union-attr]
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
        keep(session, device, browser, settings)
        assert subscriptions.find(device).confirmed_at == clock.now()  # type: ignore[union-attr]


def test_a_device_that_subscribes_afresh_has_the_new_one_alone(session: Any, settings: Settings, device: int) -> None:
    old, new = Browser(), Browser()
    keep(session, device, old, settings)

    assert keep(session, device, new, settings)

    row = subscriptions.find(device)
    assert row is not None
    assert (row.endpoint, rows(session)) == (new.endpoint, 1)


def test_new_keys_at_the_same_endpoint_are_kept(session: Any, settings: Settings, device: int) -> None:
    browser = Browser()
    keep(session, device, browser, settings)

    assert keep(session, device, Browser(browser.endpoint), settings)

    assert rows(session) == 1


def test_another_device_does_not_take_an_endpoint_over(session: Any, settings: Settings, device: int) -> None:
    browser, mine = Browser(), Browser()
    other = new_device(session)
    keep(session, device, browser, settings)
    keep(session, other, mine, settings)

    with pytest.raises(Conflict) as caught:
        keep(session, other, browser, settings)
    session.rollback()

    assert caught.value.code == "endpoint_taken"
    assert subscriptions.find(device).endpoint == browser.endpoint  # type: ignore[union-attr]
    assert subscriptions.find(other).endpoint == mine.endpoint  # type: ignore[union-attr]


def test_forgetting_a_device_takes_all_of_it(session: Any, settings: Settings, device: int) -> None:
    keep(session, device, Browser(), settings)
    subscriptions.follow(device, customers.find_or_make(phone=PHONE).id)

    devices.forget(device)
    session.commit()

    assert (rows(session), session.scalar(select(func.count()).select_from(Following))) == (0, 0)


def test_a_customer_is_told_on_every_device_that_asked(session: Any, settings: Settings, device: int) -> None:
    customer = customers.find_or_make(phone=PHONE).id
    quiet, other = new_device(session), new_device(session)
    for one in (device, other):
        keep(session, one, Browser(), settings)
    for one in (device, other, quiet):
        subscriptions.follow(one, customer)
        subscriptions.follow(one, customer)
    session.commit()

    assert set(subscriptions.list_devices(customer)) == {device, other}
    subscriptions.drop(other)
    assert subscriptions.list_devices(customer) == [device]
    subscriptions.unfollow_customer(customer)
    assert subscriptions.list_devices(customer) == []


def test_newcomers_never_push_out_the_devices_that_were_there(session: Any, settings: Settings) -> None:
    customer = customers.find_or_make(phone=PHONE).id
    made = []
    for number in range(subscriptions.MOST_DEVICES + 2):
        with time_machine.travel(clock.now() + timedelta(minutes=number), tick=False):
            device = new_device(session)
            keep(session, device, Browser(), settings)
            subscriptions.follow(device, customer)
        made.append(device)
    session.commit()

    assert subscriptions.list_devices(customer) == made[: subscriptions.MOST_DEVICES]


def test_a_corrected_number_is_followed_by_nobody(session: Any, settings: Settings, device: int) -> None:
    """The phone at the old number may be a stranger's."""
    customer = customers.find_or_make(ref="C1", phone=PHONE).id
    keep(session, device, Browser(), settings)
    subscriptions.follow(device, customer)
    customers.find_or_make(ref="C1", phone=PHONE, name="Maria Santos")
    assert subscriptions.list_devices(customer) == [device]

    customers.find_or_make(ref="C1", phone="+12025550199")
    session.commit()

    assert subscriptions.list_devices(customer) == []


def test_a_first_number_changes_nothing(session: Any, settings: Settings, device: int) -> None:
    customer = customers.find_or_make(ref="C1").id
    keep(session, device, Browser(), settings)
    subscriptions.follow(device, customer)

    customers.find_or_make(ref="C1", phone=PHONE)
    session.commit()

    assert subscriptions.list_devices(customer) == [device]


def test_an_endpoint_that_is_gone_is_pruned_and_its_successor_stays(
    session: Any, settings: Settings, device: int
) -> None:
    old, new = Browser(), Browser()
    keep(session, device, old, settings)
    keep(session, device, new, settings)

    subscriptions.prune(subscriptions.digest_of(old.endpoint))
    assert rows(session) == 1
    subscriptions.prune(subscriptions.digest_of(new.endpoint))
    assert rows(session) == 0


POINT = Browser().said["keys"]["p256dh"]
SHORT = curve.encode(curve.decode(POINT)[:-1])
OFF_CURVE = curve.encode(b"\x04" + b"\x01" * 64)
SECRET = curve.encode(bytes(16))


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (None, "is not complete"),
        ({"p256dh": POINT}, "is not complete"),
        ({"p256dh": POINT, "auth": 7}, "is not complete"),
        ({"p256dh": "???", "auth": SECRET}, "has a key that is not base64url"),
        ({"p256dh": OFF_CURVE, "auth": SECRET}, "has a p256dh that is no point of the curve P-256"),
        (
            {"p256dh": curve.encode(curve.decode(POINT)[:-1]), "auth": SECRET},
            "has a p256dh that is no point of the curve P-256",
        ),
        ({"p256dh": POINT, "auth": curve.encode(bytes(15))}, "has an auth that is not 16 bytes long"),
        ({"p256dh": POINT, "auth": curve.encode(bytes(32))}, "has an auth that is not 16 bytes long"),
    ],
)
@pytest.mark.database("sqlite")
def test_keys_that_cannot_be_used_are_refused(settings: Settings, keys: Any, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        subscriptions.read({"endpoint": "https://fcm.googleapis.com/x", "keys": keys}, settings)


@pytest.mark.parametrize("said", [None, [], "x", {}, {"keys": {"p256dh": POINT, "auth": SECRET}}])
@pytest.mark.database("sqlite")
def test_what_is_no_subscription_is_refused(settings: Settings, said: object) -> None:
    with pytest.raises(Invalid, match="is not complete"):
        subscriptions.read(said, settings)


@pytest.mark.database("sqlite")
def test_padding_of_older_browsers_is_read(settings: Settings) -> None:
    browser = Browser()
    keys = {name: text + "=" * (-len(text) % 4) for name, text in browser.said["keys"].items()}

    assert subscriptions.read({**browser.said, "keys": keys}, settings) == offer_of(browser, settings)
