"""Telling a customer of a page: pushes to the devices that asked for them, and a text or an e-mail, which may wait."""

from __future__ import annotations

from collections.abc import Sequence

from selfservice.customers import preferences
from selfservice.messages import queries as outbox
from selfservice.messages import standby
from selfservice.messages.models import Message
from selfservice.pages import letters, pushes, texts
from selfservice.pages.models import Page
from selfservice.situations import lettering, registry


def tell(
    page: Page, *, channels: Sequence[str], purpose: str, key: str, actor: str, is_again: bool = False
) -> list[Message]:
    """Hand over what tells of a page, what is written first; the same `key` twice is once.

    That is a text or an e-mail: of the two in `channels` the first for which there is an address.

    The text stands by for the devices that may stand for the customer, and for no others. With none of those it leaves
    as it would without pushes. An urgent one, and one that staff send again (`is_again`), are not taken back because a
    phone says that it has the push: only a person's deed does that. Raises Invalid when the text would need more parts
    than its type allows.
    """
    loaded = registry.current().get(page.situation, page.version)
    devices = pushes.find_devices(page, loaded) if "push" in channels else pushes.NONE
    told: list[Message] = []
    written = letters.choose(page.customer_id, loaded, channels)
    wishes = preferences.find(page.customer_id)
    if "push" in wishes.left_out or (written and wishes.precedes(written, "push")):
        devices = devices._replace(own=())  # They want no notification, or none before what is written.
    if written:
        is_for_a_person = is_again or loaded.situation.message_class == "urgent"
        waits: texts.Waits = "" if not devices.own else "seen" if is_for_a_person else "delivered"
        invite = letters.invite if written == lettering.CHANNEL else texts.invite
        told.append(invite(page, purpose=purpose, key=key, actor=actor, waits=waits))
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


def tell_change(page: Page, *, channels: Sequence[str], actor: str) -> list[Message]:
    """Tell of facts that have changed: in what has not left yet, or else in a message about it.

    Pushes and an e-mail that have not left, and a text that still stands by, give way to new ones on the same
    channels, whatever `channels` are wanted: nobody is to hear nothing because something has changed.
    """
    loaded = registry.current().get(page.situation, page.version)
    was_told = outbox.has_told(page.id)
    taken_back = standby.take_back_for_page(page.id, reason="facts_changed", actor=actor)
    wanted = tuple(dict.fromkeys((*channels, *sorted(taken_back))))
    is_rewritten = texts.render_again(page)
    is_text = letters.choose(page.customer_id, loaded, channels) == "sms"
    if is_rewritten and is_text and "sms" not in taken_back:
        wanted = tuple(sorted(taken_back))
    purpose = texts.INVITATION if taken_back and not was_told else texts.UPDATE
    key = f"page:{page.id}:{page.revision}:{purpose}"
    return tell(page, channels=wanted, purpose=purpose, key=key, actor=actor)
