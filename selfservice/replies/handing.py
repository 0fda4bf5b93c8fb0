"""Handing a text to a person: in the inbox, on the page it is about, with the team that answers for it."""

from __future__ import annotations

from selfservice.conversations import service as conversations
from selfservice.customers.models import Customer
from selfservice.events import service as events
from selfservice.kit import texting
from selfservice.pages.models import Page
from selfservice.replies.models import InboundText
from selfservice.situations import registry

CUSTOMER = "customer"
_REASONS = {
    "page": "Wrote a text that no answer of the page stands for.",
    "customer": "Wrote a text, and has no page that it could be about.",
    "stranger": "A text from a number that no customer has.",
}
_MAY_MEAN_STOP = "Wrote a text that may mean: no more texts. Read it, and stop them if it does."
MAY_MEAN_PAGE = "Stopped all texts, by a word that may have been an answer to the page: see to that, without a text."
_PHOTOS = "[{} sent with it]"


def to_staff(text: InboundText, customer: Customer | None, page: Page | None, *, reason: str = "") -> None:
    """Put a text before staff: on its page, or with its number alone; nobody is made a customer by writing."""
    may_mean_stop = texting.mentions_stop(text.body)
    kind = "page" if page is not None else "customer" if customer is not None else "stranger"
    loaded = registry.current().find(page.situation, page.version) if page is not None else None
    conversation = conversations.hear(
        _words(text),
        team=loaded.situation.team if loaded is not None else "",
        reason=reason or (_MAY_MEAN_STOP if may_mean_stop else _REASONS[kind]),
        page_id=page.id if page is not None else None,
        customer_id=customer.id if customer is not None else None,
        phone=text.sender if text.sender.startswith("+") and len(text.sender) <= 16 else None,
        urgent=may_mean_stop or bool(reason),
    )
    text.conversation_id = conversation.id


def record(text: InboundText) -> None:
    """Write a text that was understood into the log: what it meant, never what it says."""
    events.record(
        "reply.received",
        actor=CUSTOMER,
        page_id=text.page_id,
        conversation_id=text.conversation_id,
        data={"meaning": text.meaning, "media": len(text.media)},
    )


def _words(text: InboundText) -> str:
    """What staff read; a number that cannot be rung back stands before it."""
    sender = "" if text.sender.startswith("+") else f"{text.sender}: "
    count = len(text.media)
    photos = _PHOTOS.format("1 file" if count == 1 else f"{count} files") if count else ""
    return sender + " ".join(part for part in (text.body.strip(), photos) if part)
