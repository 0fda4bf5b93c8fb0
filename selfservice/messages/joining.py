"""Joining what providers say of messages, whenever they say it, to what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    Update,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from selfservice import clock
from selfservice.db import db, is_postgresql
from selfservice.messages import moves
from selfservice.messages.batches import Taken
from selfservice.messages.channels.contract import Found, Report
from selfservice.messages.models import Attempt, Message, ProviderReceipt
from selfservice.messages.states import UNSENT
from selfservice.prepared import Prepared, rows_of

PROVIDER = "provider"
_JOINED_AS: Mapping[str, Report] = {"failed": "undelivered_permanent"}


def catch_up(message_id: int) -> bool:
    """Join all that providers have said of a message by calling us; whether that changed anything.

    A receipt is about a message that was taken: one that calls it failed means that it will never be delivered.
    """
    said = db.session.execute(
        select(ProviderReceipt.report, ProviderReceipt.ref).where(ProviderReceipt.message_id == message_id)
    ).all()
    changes = [apply_receipt(message_id, _JOINED_AS.get(row.report, row.report)) for row in said]
    ref = next((row.ref for row in said if row.ref), None)
    if any(changes) and ref is not None:
        _remember_reference(message_id, ref)
    return any(changes)


def adopt(provider: str, taken: Sequence[Taken]) -> None:
    """Take up the receipts that came for references before it was known whose they are, and all others of these."""
    if is_postgresql():
        _HOLD_ALL.run({"told": taken, "provider": provider})
    _ADOPT.run({"told": taken, "provider": provider})
    for row in _SAID.run({"told": taken}):
        catch_up(row.message_id)


def _hold_all(is_postgresql: bool) -> Select[Any]:
    refs = select(_told(is_postgresql).c.ref).order_by("ref").subquery()
    return select(_hold(_PROVIDER_NAME, refs.c.ref))


def _adopt_all(is_postgresql: bool) -> Update:
    told = _told(is_postgresql)
    receipts = ProviderReceipt.__table__
    return (
        update(receipts)
        .where(receipts.c.provider == _PROVIDER_NAME, receipts.c.ref == told.c.ref, receipts.c.message_id.is_(None))
        .values(message_id=told.c.id)
    )


def _said(is_postgresql: bool) -> Select[Any]:
    ids = select(_told(is_postgresql).c.id)
    return select(ProviderReceipt.message_id).where(ProviderReceipt.message_id.in_(ids)).distinct()


def _told(is_postgresql: bool) -> Subquery:
    return rows_of({"id": BigInteger(), "fence": Integer(), "ref": String()}, is_postgresql=is_postgresql)


_PROVIDER_NAME = bindparam("provider", type_=String())
_HOLD_ALL = Prepared(_hold_all)
_ADOPT = Prepared(_adopt_all)
_SAID = Prepared(_said)


def hold_reference(provider: str, ref: str) -> None:
    """Hold a provider's reference to the end of the transaction, on PostgreSQL; SQLite has one writer at a time.

    Whoever records it, and whoever gets a receipt for it before that shows, would otherwise not see one another.
    """
    if is_postgresql():
        db.session.execute(select(_hold(literal(provider, String), literal(ref, String))))


def _hold(provider: ColumnElement[str], ref: ColumnElement[str]) -> ColumnElement[Any]:
    return func.pg_advisory_xact_lock(func.hashtextextended("receipt:" + provider + ":" + ref, 0))


def apply_receipt(message_id: int, report: Report, *, actor: str = PROVIDER) -> bool:
    """Join what a provider reports to what is known; False when that changes nothing.

    Reports may come in any order and any number of times: the highest of `states.RECEIPTS` stays. One of a message
    that waits to be sent once more on a doubt ends that: it was taken.
    """
    if report == "failed":
        _end_doubt(message_id, "refused_for_good")
        return moves.move(message_id, "failed", sources=("uncertain",), actor=actor, reason="refused")
    doubtful = ("uncertain", "needs_human", *(UNSENT if _was_in_doubt(message_id) else ()))
    is_news = moves.move(message_id, "submitted", sources=doubtful, actor=actor, submitted_at=clock.now())
    if is_news:
        _end_doubt(message_id, "submitted")
    if report == "submitted":
        return is_news
    return moves.move(message_id, report, actor=actor) or is_news  # The table lets receipts move up only.


def settle(message_id: int, found: Found | None) -> None:
    """End the doubt about an uncertain message by what its provider said: it has it, or it never had it."""
    if found is None:
        _end_doubt(message_id, "never_taken")
        moves.move(message_id, "ready", sources=("uncertain",), reason="never_taken")
        return
    apply_receipt(message_id, found.report)
    _remember_reference(message_id, found.ref)


def leave_open(message_id: int) -> None:
    """Close an attempt of which nobody will say how it ended, before the next one begins.

    Its own worker may be late and know: `record` then writes that into it.
    """
    db.session.execute(
        update(Attempt)
        .where(Attempt.message_id == message_id, Attempt.finished_at.is_(None))
        .values(result="uncertain", finished_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _remember_reference(message_id: int, ref: str) -> None:
    """What a provider calls a message of which its answer to our call never reached us."""
    db.session.execute(
        update(Message)
        .where(Message.id == message_id, Message.provider_ref.is_(None))
        .values(provider_ref=ref)
        .execution_options(synchronize_session="fetch")
    )
    unnamed = select(func.max(Attempt.id)).where(Attempt.message_id == message_id, Attempt.provider_ref.is_(None))
    db.session.execute(
        update(Attempt)
        .where(Attempt.id == unnamed.scalar_subquery(), Attempt.result == "submitted")
        .values(provider_ref=ref)
        .execution_options(synchronize_session=False)
    )


def _was_in_doubt(message_id: int) -> bool:
    """Whether nobody knew how an attempt ended: what waits now would be sent once more, and a receipt is of that one.

    What was only refused for now waits for its first time, whatever is said of it.
    """
    doubts = exists().where(Attempt.message_id == message_id, Attempt.result == "uncertain")
    return bool(db.session.scalar(select(doubts)))


def _end_doubt(message_id: int, result: str) -> None:
    """Write what was found out into the attempt whose end nobody knew."""
    db.session.execute(
        update(Attempt)
        .where(Attempt.message_id == message_id, or_(Attempt.finished_at.is_(None), Attempt.result == "uncertain"))
        .values(result=result, finished_at=clock.now())
        .execution_options(synchronize_session=False)
    )
