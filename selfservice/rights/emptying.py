"""Emptying: taking out of rows what says who somebody is and what was said; the rows stay and are counted.

Erasing a person and forgetting what is over do the same to the same rows; when they do it is theirs to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, case, delete, func, literal, select, update

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
from selfservice.media import pictures
from selfservice.media import service as media
from selfservice.pages.models import ERASED, Answer, Check, CheckPass, Page
from selfservice.replies.models import InboundText

_LONGEST_TYPE = 60
_PERSON = ("ref", "name", "phone", "email", "locale", "language_chosen_at", "timezone")
_USES = (DevicePage, Following, PageFollowing, CheckPass, PushSubscription)


def empty_pages(page_ids: Sequence[int]) -> int:
    """Take out facts, answers, checks and photos, and who looked; returns how many photos there were.

    Of the pictures that staff showed on them those go that no other page shows.

    The page is of no known type from then on, so that everything that shows pages says that it is over.
    """
    is_empty = func.substr(Page.situation, 1, len(ERASED)) == ERASED
    db.session.execute(
        update(Page)
        .where(Page.id.in_(page_ids))
        .values(
            situation=case(
                (is_empty, Page.situation),
                else_=func.substr(literal(ERASED) + Page.situation, 1, _LONGEST_TYPE),
            ),
            facts={},
            answers={},
            case_ref=None,
            can_change=False,
            change_until=None,
            callback_at=None,
            first_device_id=None,
            updated_at=clock.now(),
        )
        .execution_options(synchronize_session=False)
    )
    db.session.execute(update(Answer).where(Answer.page_id.in_(page_ids)).values(form={}))
    _forget_looks(page_ids)
    pictures.let_go(page_ids)
    return sum(media.forget(page_id) for page_id in page_ids)


def empty_texts(condition: ColumnElement[bool]) -> int:
    """Take out who wrote texts that came in, and what; returns how many there are."""
    ids = list(db.session.scalars(select(InboundText.id).where(condition)))
    db.session.execute(
        update(InboundText)
        .where(InboundText.id.in_(ids))
        .values(sender="", body="", media=[])
        .execution_options(synchronize_session=False)
    )
    return len(ids)


def empty_work(condition: ColumnElement[bool]) -> int:
    """Take out whom staff were to call, what they were told, and photos with it; returns how many those were."""
    ids = list(db.session.scalars(select(Conversation.id).where(condition)))
    db.session.execute(
        update(Conversation)
        .where(Conversation.id.in_(ids))
        .values(phone=None, note="")
        .execution_options(synchronize_session=False)
    )
    return media.forget_for_work(ids)


def empty_customer(customer_id: int) -> None:
    """Take out who somebody is and what they wished; no phone is told of them any more."""
    devices: set[int] = set()
    for followings in (Following, PageFollowing):
        mine = select(followings.device_id).where(followings.customer_id == customer_id)
        devices |= set(db.session.scalars(mine))
        db.session.execute(delete(followings).where(followings.customer_id == customer_id))
    drop_unused(devices)
    db.session.execute(delete(Preference).where(Preference.customer_id == customer_id))
    db.session.execute(
        update(Customer)
        .where(Customer.id == customer_id)
        .values(updated_at=clock.now(), **dict.fromkeys(_PERSON))
        .execution_options(synchronize_session="fetch")
    )


def drop_unused(device_ids: Iterable[int]) -> None:
    """Drop subscriptions of devices that are told of nobody any more, and devices that nothing is kept about."""
    ids = list(device_ids)
    told = (
        select(table.device_id).where(table.device_id == PushSubscription.device_id).exists()
        for table in (Following, PageFollowing)
    )
    db.session.execute(
        delete(PushSubscription)
        .where(PushSubscription.device_id.in_(ids), *(~one for one in told))
        .execution_options(synchronize_session=False)
    )
    used = (select(table.device_id).where(table.device_id == Device.id).exists() for table in _USES)
    unused = list(db.session.scalars(select(Device.id).where(Device.id.in_(ids), *(~one for one in used))))
    db.session.execute(delete(Device).where(Device.id.in_(unused)))


def _forget_looks(page_ids: Sequence[int]) -> None:
    devices: set[int] = set()
    for table in (DevicePage, PageFollowing, CheckPass):
        devices |= set(db.session.scalars(select(table.device_id).where(table.page_id.in_(page_ids))))
        db.session.execute(delete(table).where(table.page_id.in_(page_ids)))
    db.session.execute(delete(Check).where(Check.page_id.in_(page_ids)))
    drop_unused(devices)
