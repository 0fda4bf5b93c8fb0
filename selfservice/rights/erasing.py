"""Erasing: taking out all that says who a person is, in one transaction; what stays tells nobody who it was about.

What stays: that there were so many pages, messages and answers, in which state and when (counts and events); what the
person stopped and allowed, under the keyed hash of their number, so that nobody writes to them when their number comes
again; and what providers keep, which is theirs to erase.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select, update

from selfservice import clock
from selfservice.conversations.models import Conversation
from selfservice.customers.models import (
    Customer,
    Device,
    DevicePage,
    Following,
    PageFollowing,
    Preference,
    PushSubscription,
)
from selfservice.db import db
from selfservice.events import service as events
from selfservice.media import service as media
from selfservice.messages import erasing as outbox
from selfservice.pages import claims
from selfservice.pages.models import Answer, Check, CheckPass, Page
from selfservice.pages.moves import move
from selfservice.pages.states import LIVE
from selfservice.replies.models import InboundText
from selfservice.rights import finding
from selfservice.rights.finding import Traces
from selfservice.tokens import encode_id

ERASED = "erased "
"""What stands before the type of a page whose facts are gone: to everything that shows pages, that type is gone."""

STAYS = (
    "What stays is how many pages, answers and messages there were, in which state and when, for our counts.",
    "What they stopped or allowed stays as a keyed hash of the number: without it they would be written to again.",
    "What is in a backup goes when the backup does, and what a provider keeps of texts is theirs to erase.",
)
_LONGEST_TYPE = 60


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
    texts_in = _forget_texts(traces)
    _forget_work(traces)
    _forget_phones(traces)
    photos = sum(media.forget(page_id) for page_id in traces.page_ids)
    db.session.execute(delete(Preference).where(Preference.customer_id == customer.id))
    nothing = ("ref", "name", "phone", "email", "locale", "language_chosen_at", "timezone")
    db.session.execute(
        update(Customer)
        .where(Customer.id == customer.id)
        .values(updated_at=clock.now(), **dict.fromkeys(nothing))
        .execution_options(synchronize_session="fetch")
    )
    events.record("customer.erased", actor=actor, data={"customer": encode_id(customer.id)})
    for page_id in traces.page_ids:
        events.record("page.erased", actor=actor, page_id=page_id)
    db.session.expire_all()
    return Erased(len(traces.page_ids), messages, texts_in, photos)


def _end_pages(traces: Traces, actor: str) -> None:
    ids = traces.page_ids
    live = db.session.scalars(
        select(Page.id).where(Page.id.in_(ids), Page.state.in_(LIVE)).order_by(Page.id).with_for_update(key_share=True)
    ).all()
    for page_id in live:
        move(page_id, "retired", actor=actor)
        claims.give_back(page_id)
    pages = db.session.execute(select(Page.id, Page.situation).where(Page.id.in_(ids))).all()
    for page in pages:
        kind = page.situation if page.situation.startswith(ERASED) else f"{ERASED}{page.situation}"[:_LONGEST_TYPE]
        db.session.execute(
            update(Page)
            .where(Page.id == page.id)
            .values(
                situation=kind,
                facts={},
                answers={},
                case_ref=None,
                can_change=False,
                callback_at=None,
                first_device_id=None,
                updated_at=clock.now(),
            )
            .execution_options(synchronize_session=False)
        )
    db.session.execute(update(Answer).where(Answer.page_id.in_(ids)).values(form={}))
    for table in (Check, CheckPass):
        db.session.execute(delete(table).where(table.page_id.in_(ids)))


def _forget_texts(traces: Traces) -> int:
    ids = [text.id for text in traces.texts_in()]
    db.session.execute(
        update(InboundText)
        .where(InboundText.id.in_(ids))
        .values(sender="", body="", media=[])
        .execution_options(synchronize_session=False)
    )
    return len(ids)


def _forget_work(traces: Traces) -> None:
    """What they told staff; work that waits is closed, because nobody could be reached any more."""
    theirs = (Conversation.customer_id == traces.customer_id) | Conversation.page_id.in_(traces.page_ids)
    now = clock.now()
    db.session.execute(update(Conversation).where(theirs).values(phone=None, note=""))
    db.session.execute(
        update(Conversation).where(theirs, Conversation.state != "closed").values(state="closed", closed_at=now)
    )


def _forget_phones(traces: Traces) -> None:
    """The devices that were told of their pages; all that is kept of a device that nobody else's were shown on."""
    for followings in (Following, PageFollowing):
        mine = select(followings.device_id).where(followings.customer_id == traces.customer_id)
        devices = set(db.session.scalars(mine))
        db.session.execute(delete(followings).where(followings.customer_id == traces.customer_id))
        _drop_unused_subscriptions(devices)
    looked = set(db.session.scalars(select(DevicePage.device_id).where(DevicePage.page_id.in_(traces.page_ids))))
    db.session.execute(delete(DevicePage).where(DevicePage.page_id.in_(traces.page_ids)))
    unused = select(Device.id).where(
        Device.id.in_(looked),
        *(
            ~select(table.device_id).where(table.device_id == Device.id).exists()
            for table in (DevicePage, Following, PageFollowing, CheckPass, PushSubscription)
        ),
    )
    ids = list(db.session.scalars(unused))
    db.session.execute(delete(Device).where(Device.id.in_(ids)))


def _drop_unused_subscriptions(device_ids: set[int]) -> None:
    others = (
        select(table.device_id).where(table.device_id == PushSubscription.device_id).exists()
        for table in (Following, PageFollowing)
    )
    db.session.execute(
        delete(PushSubscription)
        .where(PushSubscription.device_id.in_(device_ids), *(~other for other in others))
        .execution_options(synchronize_session=False)
    )
