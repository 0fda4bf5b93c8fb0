"""The pushes of a page: one for each device of its customer that asked to be told, handed to the outbox."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from selfservice import config, tokens
from selfservice.customers import subscriptions
from selfservice.messages import receipts
from selfservice.messages import service as messages
from selfservice.messages.models import Message
from selfservice.pages import inbox, texts
from selfservice.pages.models import Page
from selfservice.situations import notifying
from selfservice.situations.notifying import Saying, Sending
from selfservice.situations.registry import Loaded
from selfservice.situations.view import View


class Devices(NamedTuple):
    """Who is told of a page: its customer's `own` devices, and `others`, which are told of this page alone."""

    own: Sequence[int]
    others: Sequence[int]


NONE = Devices((), ())


def find_devices(page: Page, loaded: Loaded) -> Devices:
    """The devices that are told of this page; none where pushes are off."""
    if not config.current().push_key or "push" not in loaded.situation.channels:
        return NONE
    return Devices(subscriptions.list_devices(page.customer_id), subscriptions.list_devices_of_page(page.id))


def send(
    page: Page, view: View, loaded: Loaded, device_id: int, *, purpose: str, key: str, actor: str, ahead_of: int | None
) -> Message:
    """Hand the push for one device to the outbox; the same `key` twice is one push."""
    message_id = tokens.new_id()
    payload = compose(view, loaded, page, device_id, message_id=message_id, saying=texts.saying_of(purpose))
    return messages.accept(
        messages.NewMessage(
            id=message_id,
            page_id=page.id,
            customer_id=page.customer_id,
            purpose=purpose,
            channel="push",
            message_class=loaded.situation.message_class,
            recipient=tokens.encode_id(device_id),
            sender=view.brand.name,
            locale=view.language,
            body=notifying.words_of(payload),
            payload=payload,
            not_after=texts.last_moment(page, purpose),
            not_before=page.send_at,
            idempotency_key=f"{key}:push:{tokens.encode_id(device_id)}",
            ahead_of=ahead_of,
        ),
        actor=actor,
    )


def compose(
    view: View, loaded: Loaded, page: Page, device_id: int, *, message_id: int, saying: Saying
) -> dict[str, Any]:
    """What the device is sent: the page's words, its answers with a token and a key each, and how many pages wait."""
    keyring = tokens.current()
    answers = {
        button.action: (keyring.sign_answer(page.id, button.action), str(uuid.uuid4()))
        for button in notifying.offered(view, loaded)
    }
    sending = Sending(
        tag=tokens.encode_id(page.id),
        link=texts.url_of(page.id),
        receipt=keyring.sign(receipts.PURPOSE, message_id),
        answers=answers,
        badge=inbox.count_open(device_id, page.id),
    )
    return notifying.compose(view, loaded, sending, saying=saying)
