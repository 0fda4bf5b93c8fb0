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


def tell(
    page: Page, *, channels: Collection[str], purpose: str, key: str, actor: str, is_again: bool = False
) -> list[Message]:
    """Hand over what tells of a page, the text first; the same `key` twice is once.

    The text stands by for the devices that may stand for the customer, and for no others. With none of those it leaves
    as it would without pushes. An urgent one, and one that staff send again (`is_again`), are not taken back because a
    phone says that it has the push: only a person's deed does that. Raises Invalid when the text would need more parts
    than its type allows.
    """
    loaded = registry.current().get(page.situation)
    devices = pushes.find_devices(page, loaded) if "push" in channels else pushes.NONE
    told: list[Message] = []
    if "sms" in channels:
        is_for_a_person = is_again or loaded.situation.message_class == "urgent"
        waits: texts.Waits = "" if not devices.own else "seen" if is_for_a_person else "delivered"
        text = texts.invite(page, purpose=purpose, key=key, actor=actor, waits=waits)
        told.append(text)
    if any(devices):
        ahead_of = dict.fromkeys(devices.own, told[0].id if told else None)
        view = texts.view_of(page)
        told += [
            pushes.send(
                page, view, loaded, device, purpose=purpose, key=key, actor=actor, ahead_of=ahead_of.get(device)
            )
            for device in (*devices.own, *devices.others)
        ]
    return told


def tell_change(page: Page, *, channels: Collection[str], actor: str) -> list[Message]:
    """Tell of facts that have changed: in what has not left yet, or else in a message about it.

    Pushes that have not left, and a text that still stands by, give way to new ones on the same channels, whatever
    `channels` are wanted: nobody is to hear nothing because something has changed.
    """
    was_told = outbox.has_told(page.id)
    taken_back = standby.take_back_for_page(page.id, reason="facts_changed", actor=actor)
    wanted = {*channels, *taken_back}
    if "sms" in channels and "sms" not in taken_back and texts.render_again(page):
        wanted = taken_back
    purpose = texts.INVITATION if taken_back and not was_told else texts.UPDATE
    key = f"page:{page.id}:{page.revision}:{purpose}"
    return tell(page, channels=wanted, purpose=purpose, key=key, actor=actor)
