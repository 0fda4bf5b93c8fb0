"""Telling a customer of a page: pushes to the devices that asked for them, and the text, which may wait for those."""

from __future__ import annotations

from collections.abc import Collection

from selfservice.messages import queries as outbox
from selfservice.messages import standby
from selfservice.messages.models import Message
from selfservice.pages import pushes, texts
from selfservice.pages.models import Page
from selfservice.situations import registry

CHANNELS = ("push", "sms")


def tell(page: Page, *, channels: Collection[str], purpose: str, key: str, actor: str) -> list[Message]:
    """Hand over what tells of a page, the text first; the same `key` twice is once.

    With no device to push to, the text leaves as it would without pushes. Raises Invalid when the text would need more
    parts than its type allows.
    """
    loaded = registry.current().get(page.situation)
    devices = pushes.find_devices(page, loaded) if "push" in channels else []
    told: list[Message] = []
    if "sms" in channels:
        told.append(texts.invite(page, purpose=purpose, key=key, actor=actor, stands_by=bool(devices)))
    if devices:
        ahead_of = told[0].id if told else None
        view = texts.view_of(page)
        told += [
            pushes.send(page, view, loaded, device, purpose=purpose, key=key, actor=actor, ahead_of=ahead_of)
            for device in devices
        ]
    return told


def tell_change(page: Page, *, channels: Collection[str], actor: str) -> list[Message]:
    """Tell of facts that have changed: in what has not left yet, or else in a message about it.

    Pushes that have not left, and a text that still stands by, give way to new ones.
    """
    was_pushed = outbox.has_pushed(page.id)
    taken_back = standby.take_back_for_page(page.id, reason="facts_changed", actor=actor)
    if not taken_back and "sms" in channels and texts.render_again(page):
        return []
    purpose = texts.INVITATION if taken_back and not was_pushed else texts.UPDATE
    key = f"page:{page.id}:{page.revision}:{purpose}"
    return tell(page, channels=channels, purpose=purpose, key=key, actor=actor)
