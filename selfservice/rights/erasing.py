"""Erasing: taking out all that says who a person is, in one transaction; what stays tells nobody who it was about.

What stays: that there were so many pages, messages and answers, in which state and when (counts and events); what the
person stopped and allowed, under the keyed hash of their number, so that nobody writes to them when their number comes
again; and what providers keep, which is theirs to erase.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from selfservice.conversations import service as conversations
from selfservice.conversations.models import Conversation
from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.events import service as events
from selfservice.messages import erasing as outbox
from selfservice.pages import claims
from selfservice.pages.models import Page
from selfservice.pages.moves import move
from selfservice.pages.states import LIVE
from selfservice.replies.models import InboundText
from selfservice.rights import emptying, finding
from selfservice.rights.finding import Traces
from selfservice.tokens import encode_id

STAYS = (
    "What stays is how many pages, answers and messages there were, in which state and when, for our counts.",
    "What they stopped or allowed stays as a keyed hash of the number: without it they would be written to again.",
    "What is in a backup goes when the backup does, and what a provider keeps of texts is theirs to erase.",
)


@dataclass(frozen=True)
class Erased:
    """How much was taken out."""

    pages: int
    messages: int
    texts_in: int
    photos: int

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is gone, what stays and why, for whoever asked for it."""
        gone = (
            f"Name, number, e-mail address and reference are erased, and so are the facts and answers of {self.pages} "
            f"pages, the words of {self.messages} messages and of {self.texts_in} texts that came in, {self.photos} "
            "photos, the phones that were told, and the notes to us."
        )
        return (gone, *STAYS)


def erase(customer: Customer, *, actor: str) -> Erased:
    """Take out who this person is, everywhere; all of it or nothing, as the caller commits.

    Their live pages end and nothing that is queued begins to leave after the commit. Twice is once.
    """
    # The person first, then pages, then messages: as wherever a page is made, so that nobody waits in a circle.
    db.session.execute(select(Customer.id).where(Customer.id == customer.id).with_for_update())
    traces = finding.trace(customer)
    _end_pages(traces, actor)
    messages = outbox.erase(traces.customer_id, traces.numbers, traces.addresses, actor=actor)
    texts_in = emptying.empty_texts(InboundText.id.in_([text.id for text in traces.texts_in()]))
    photos = _end_work(traces, actor) + emptying.empty_pages(traces.page_ids)
    emptying.empty_customer(traces.customer_id)
    events.record("customer.erased", actor=actor, data={"customer": encode_id(customer.id)})
    for page_id in traces.page_ids:
        events.record("page.erased", actor=actor, page_id=page_id)
    db.session.expire_all()
    return Erased(len(traces.page_ids), messages, texts_in, photos)


def _end_pages(traces: Traces, actor: str) -> None:
    live = db.session.scalars(
        select(Page.id)
        .where(Page.id.in_(traces.page_ids), Page.state.in_(LIVE))
        .order_by(Page.id)
        .with_for_update(key_share=True)
    ).all()
    for page_id in live:
        move(page_id, "retired", actor=actor)
        claims.give_back(page_id)


def _end_work(traces: Traces, actor: str) -> int:
    """What they told staff, with so many photos; work that waits is closed, as nobody could be reached any more."""
    ids = db.session.scalars(select(Conversation.id).where(traces.is_work).order_by(Conversation.id)).all()
    photos = emptying.empty_work(Conversation.id.in_(ids))
    for conversation_id in ids:
        conversations.drop(conversation_id, actor=actor)
    return photos
