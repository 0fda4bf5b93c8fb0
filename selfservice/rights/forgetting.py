"""Forgetting: what pages, texts and work say about people goes when its time is over; that they were stays.

Each step takes a few rows in a transaction of its own, so that nobody waits for it, and looks at them again once it
holds them, so that any number of workers may do it at once. Nothing that is live, or that somebody is still at work
on, is ever taken. The caller runs a step again as long as it finds anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, text

from selfservice import clock
from selfservice.conversations.models import IS_TOLD as IS_WORK_TOLD
from selfservice.conversations.models import Conversation
from selfservice.customers import subscriptions
from selfservice.customers.models import IS_KNOWN, Consent, Customer, Following, Preference, PushSubscription
from selfservice.db import READER, db, is_postgresql
from selfservice.events import service as events
from selfservice.kit.situation import KEPT_FOR
from selfservice.media import pictures
from selfservice.media.models import Picture
from selfservice.messages import erasing as outbox
from selfservice.messages.models import OF_NO_PAGE, HandsetText, Message, ProviderReceipt
from selfservice.pages.models import ERASED, HAS_ENDED_AND_SPEAKS, Page
from selfservice.replies.models import IS_TOLD as IS_TEXT_TOLD
from selfservice.replies.models import InboundText
from selfservice.rights import emptying
from selfservice.situations import registry
from selfservice.tokens import encode_id

SYSTEM = "system"
WISHES_KEPT_FOR = timedelta(days=400)
"""How long who told us something lasting (their language, hours, a phone to be told, a yes) is known without a page."""

DEVICE_LIVES = timedelta(days=400)
"""How long a browser keeps our cookie: a subscription that was not confirmed for as long belongs to nobody."""

_FEW = 50


def forget_pages(limit: int = _FEW) -> int:
    """Take out what pages say that ended as long ago as their type keeps it; returns how many. Commits.

    A page waits while staff are at work on it, or a message of its is on its way, and for as long after that.
    """
    count = 0
    for condition, kept_for in _by_time():
        for page_ids in _take(Page.id, condition, limit):
            ids = list(page_ids)
            outbox.empty(db.session.scalars(select(Message.id).where(Message.page_id.in_(ids))).all())
            emptying.empty_texts(InboundText.page_id.in_(ids))
            emptying.empty_work(Conversation.page_id.in_(ids))
            emptying.empty_pages(ids)
            for page_id in ids:
                events.record("page.forgotten", actor=SYSTEM, page_id=page_id, data={"days": kept_for.days})
            count += len(ids)
        db.session.commit()
    return count


def forget_rest(limit: int = _FEW) -> int:
    """Take out what was said on no page or a forgotten one; returns how many rows. Commits after each kind."""
    before = _now() - KEPT_FOR
    kinds: tuple[Callable[[], int], ...] = (
        lambda: _forget_work(before, limit),
        lambda: _forget_texts(before, limit),
        lambda: _forget_messages(before, limit),
        lambda: _drop(
            ProviderReceipt, ProviderReceipt.message_id.is_(None), ProviderReceipt.received_at, before, limit
        ),
        lambda: _drop(HandsetText, HandsetText.direction == "in", HandsetText.at, before, limit),
        lambda: _drop_dead_subscriptions(limit),
        lambda: _forget_pictures(limit),
    )
    count = 0
    for kind in kinds:
        count += kind()
        db.session.commit()
    return count


def forget_customers(limit: int = _FEW) -> int:
    """Take out who people were of whom nothing else is known any more; returns how many. Commits.

    Who never had a page stays, and so does, for 400 days, who told us something that was to last. What they stopped or
    allowed holds on, under the keyed hash of their address.
    """
    count = 0
    for ids in _take(Customer.id, _is_over(), limit):
        for customer_id in ids:
            emptying.empty_customer(customer_id)
            events.record("customer.forgotten", actor=SYSTEM, data={"customer": encode_id(customer_id)})
        count += len(ids)
    db.session.commit()
    return count


def _by_time() -> list[tuple[ColumnElement[bool], timedelta]]:
    """Which pages are due, for each time that types keep theirs; types that are gone keep them the usual time.

    While a type's folder is broken nobody can say which types are gone, and how long that one keeps its pages.
    """
    keys: dict[timedelta, list[str]] = defaultdict(list)
    types = registry.current()
    for loaded in types.all():
        keys[loaded.situation.kept_for].append(loaded.key)
    known = [key for those in keys.values() for key in those]
    found = [(_is_due(Page.situation.in_(those), kept_for), kept_for) for kept_for, those in keys.items()]
    return [*found, (_is_due(Page.situation.not_in(known), KEPT_FOR), KEPT_FOR)] if types.is_whole else found


def _is_due(of_type: ColumnElement[bool], kept_for: timedelta) -> ColumnElement[bool]:
    before = _now() - kept_for
    is_worked_on = exists().where(
        Conversation.page_id == Page.id, or_(Conversation.state != "closed", Conversation.closed_at > before)
    )
    is_told_of = exists().where(Message.page_id == Page.id, or_(Message.created_at > before, outbox.IS_AT_WORK))
    return and_(text(HAS_ENDED_AND_SPEAKS), of_type, Page.updated_at <= before, ~is_worked_on, ~is_told_of)


def _is_kept(page_id: Any) -> ColumnElement[bool]:
    """Whether there is such a page and it still says something."""
    return exists().where(Page.id == page_id, func.substr(Page.situation, 1, len(ERASED)) != ERASED)


def _forget_work(before: datetime, limit: int) -> int:
    is_old = and_(text(IS_WORK_TOLD), Conversation.closed_at <= before, Conversation.state == "closed")
    taken = _take(Conversation.id, and_(is_old, ~_is_kept(Conversation.page_id)), limit)
    for ids in taken:
        emptying.empty_work(Conversation.id.in_(ids))
    return sum(map(len, taken))


def _forget_texts(before: datetime, limit: int) -> int:
    """Texts that came in, and first the answers to them where they were about a page that is forgotten."""
    is_worked_on = exists().where(
        Conversation.id == InboundText.conversation_id,
        or_(Conversation.state != "closed", Conversation.closed_at > before),
    )
    is_old = and_(text(IS_TEXT_TOLD), InboundText.received_at <= before, ~is_worked_on)
    is_due = and_(is_old, ~_is_kept(InboundText.page_id))
    with db.engines[READER].connect() as connection:
        found = connection.scalars(select(InboundText.id).where(is_due).limit(limit)).all()
    of_pages = select(InboundText.page_id).where(InboundText.id.in_(found), InboundText.page_id.is_not(None))
    replies = and_(Message.page_id.in_(of_pages), Message.body != "", Message.created_at <= before)
    for ids in _take(Message.id, and_(replies, ~outbox.IS_AT_WORK), limit) if found else ():
        outbox.empty(ids)
    db.session.commit()
    taken = _take(InboundText.id, is_due, limit)
    for ids in taken:
        emptying.empty_texts(InboundText.id.in_(ids))
    return sum(map(len, taken))


def _forget_messages(before: datetime, limit: int) -> int:
    is_old = and_(text(OF_NO_PAGE), Message.created_at <= before, ~outbox.IS_AT_WORK)
    taken = _take(Message.id, is_old, limit)
    for ids in taken:
        outbox.empty(ids)
    return sum(map(len, taken))


def _drop(table: Any, condition: ColumnElement[bool], at: Any, before: datetime, limit: int) -> int:
    """Receipts whose message nobody ever knew; what was typed on the development handset."""
    taken = _take(table.id, and_(condition, at <= before), limit)
    for ids in taken:
        db.session.execute(delete(table).where(table.id.in_(ids)))
    return sum(map(len, taken))


def _drop_dead_subscriptions(limit: int) -> int:
    taken = _take(PushSubscription.id, PushSubscription.confirmed_at < _now() - DEVICE_LIVES, limit)
    for ids in taken:
        devices = db.session.scalars(select(PushSubscription.device_id).where(PushSubscription.id.in_(ids))).all()
        for device_id in devices:
            subscriptions.drop(device_id)
        emptying.drop_unused(devices)
    return sum(map(len, taken))


def _forget_pictures(limit: int) -> int:
    """Pictures that were uploaded and that no page came to show."""
    taken = _take(Picture.id, pictures.is_left_over(), limit)
    for ids in taken:
        pictures.delete_left_over(ids)
    return sum(map(len, taken))


def _is_over() -> ColumnElement[bool]:
    """The condition that nothing of a customer is kept any more for which one would have to know who they are."""
    now = _now()
    mine = (
        and_(Page.customer_id == Customer.id, func.substr(Page.situation, 1, len(ERASED)) != ERASED),
        and_(Message.customer_id == Customer.id, or_(Message.body != "", outbox.IS_AT_WORK)),
        and_(InboundText.customer_id == Customer.id, InboundText.sender != ""),
        and_(Conversation.customer_id == Customer.id, or_(Conversation.state != "closed", Conversation.note != "")),
    )
    lasts = or_(
        Customer.language_chosen_at.is_not(None),
        exists().where(Preference.customer_id == Customer.id),
        exists().where(Following.customer_id == Customer.id),
        exists().where(Consent.customer_id == Customer.id, Consent.is_given),
    )
    lately = exists().where(Page.customer_id == Customer.id, Page.updated_at > now - WISHES_KEPT_FOR)
    return and_(
        text(IS_KNOWN),
        Customer.updated_at <= now - KEPT_FOR,
        exists().where(Page.customer_id == Customer.id),
        *(~exists().where(one) for one in mine),
        ~and_(lasts, lately),
    )


def _take(column: Any, condition: ColumnElement[bool], limit: int) -> list[Sequence[int]]:
    """The ids of up to `limit` rows that meet a condition, once they are held; empty, or one list of them.

    Looked for on the reader, so that who finds nothing never takes the writer's place; held without waiting; and
    looked at again, because something may have come about between.
    """
    with db.engines[READER].connect() as connection:
        found = connection.scalars(select(column).where(condition).limit(limit)).all()
    if not found:
        return []
    held: Select[Any] = select(column).where(column.in_(found)).order_by(column)
    ids = db.session.scalars(held.with_for_update(skip_locked=True)).all()
    still = db.session.scalars(select(column).where(column.in_(ids), condition)).all()
    return [still] if still else []


def _now() -> datetime:
    """The present by the clock that is behind: what goes does not come back, and one machine's clock may be wrong."""
    now = clock.now()
    if not is_postgresql():
        return now
    with db.engines[READER].connect() as connection:
        return min(now, connection.scalar(select(func.clock_timestamp())) or now)
