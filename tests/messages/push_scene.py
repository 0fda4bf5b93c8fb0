"""Scenes with phones that take pushes, about pages of a customer who has such a phone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from selfservice import clock, config
from selfservice.customers import devices, subscriptions
from selfservice.customers import queries as customers
from selfservice.customers import service as people
from selfservice.db import READER, db
from selfservice.messages import dispatch, upkeep
from selfservice.messages.channels import registry
from selfservice.messages.channels.registry import Channels
from selfservice.messages.models import HandsetText, Message
from tests.factories import PHONE
from tests.harness.push_door import PushDoor
from tests.harness.subscribers import Browser
from tests.messages.scenes import committed

ME = "worker-1"
HEAD_START = timedelta(seconds=61)
"""A little longer than pushes of the class "service" have."""


def join(door: PushDoor, *, phone: str = PHONE) -> Browser:
    """A browser of this customer's that asked to be told, committed."""
    settings = config.current()
    browser = door.join(settings.push_key)
    device, _secret = devices.make()
    subscriptions.keep(device.id, subscriptions.read(browser.said, settings))
    subscriptions.follow(device.id, (customers.find_by_phone(phone) or people.find_or_make(phone=phone)).id)
    db.session.commit()
    return browser


def channels() -> Channels:
    """The channels of an installation with the handset and pushes."""
    return registry.build(config.current(), writer=db.engine, reader=db.engines[READER])


def send(those: Channels | None = None) -> int:
    """Send all that is ready; how many were called for."""
    return dispatch.send_all(those or channels(), owner=ME)


def look() -> int:
    """Let policy look at what is due."""
    found = upkeep.review_due()
    db.session.commit()
    return found


def texts() -> list[str]:
    """What the handset got."""
    return committed(select(HandsetText.body))


def of(page_id: int, channel: str) -> list[Message]:
    """The messages of a page on a channel, as they are committed, oldest first."""
    db.session.rollback()
    query = select(Message).where(Message.page_id == page_id, Message.channel == channel)
    return list(db.session.scalars(query.order_by(Message.created_at, Message.id)))


def states(page_id: int) -> dict[str, list[str]]:
    """The states of a page's messages by channel."""
    return {channel: [message.state for message in of(page_id, channel)] for channel in ("push", "sms")}


def later(**distance: float) -> Any:
    """A moment from now on."""
    return clock.now() + timedelta(**distance)
