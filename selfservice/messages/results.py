"""Writing down how an attempt ended, and what receipts say; nothing is called from here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    Update,
    bindparam,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import InterfaceError, OperationalError

from selfservice import clock
from selfservice.customers import subscriptions
from selfservice.db import db, is_postgresql
from selfservice.events.models import Event
from selfservice.messages import batches, moves
from selfservice.messages.batches import Taken
from selfservice.messages.channels.contract import (
    Calling,
    Findable,
    Found,
    Push,
    Refused,
    Report,
    Submitted,
    Uncertain,
    Unrecognised,
    Unsubscribed,
)
from selfservice.messages.departures import Departure, next_try
from selfservice.messages.models import Attempt, Message, ProviderReceipt
from selfservice.prepared import Prepared, rows_of

PROVIDER = "provider"
_OPEN = ("sending", "uncertain")
_REASONS: Mapping[type[Refused], str] = {Unsubscribed: "unsubscribed", Unrecognised: "unrecognised"}
_LONGEST_DETAIL = 120
_JOINED_AS: Mapping[str, Report] = {"failed": "undelivered_permanent"}


@dataclass(frozen=True)
class Result:
    """What came of calling a provider for one departure."""

    departure: Departure
    outcome: Submitted | Refused | Uncertain


def record_all(told: Sequence[Result], *, apart: bool = False) -> None:
    """Write each result down as `record` does, those of messages that were taken in a few statements for all.

    `apart`, because that has failed before: one after the other, so that none holds up the rest.
    """
    if apart:
        for result in told:
            _record_apart(result)
        return
    taken: dict[str, list[Result]] = defaultdict(list)
    for result in told:
        if isinstance(result.outcome, Submitted):
            taken[result.departure.lane].append(result)
        else:
            record(result)
    for those in taken.values():
        _record_taken(those)


def _record_apart(result: Result) -> None:
    """Write one result down; a message of whose result that is impossible is in doubt."""
    try:
        with db.session.begin_nested():
            record(result)
    except (OperationalError, InterfaceError):
        raise  # The database's trouble is no result's.
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not hold up the other results
        name = type(error).__name__
        structlog.get_logger().error("result.unrecorded", provider=result.departure.lane, error=name)
        record(Result(result.departure, Uncertain(f"What the provider said cannot be written down: {name}.")))


def record(result: Result) -> None:
    """Write the result into the attempt and move the message.

    A result that comes after the reaper gave its worker up still tells the truth about an uncertain message; one that
    comes after a later lease changes the attempt's row alone.
    """
    departure, outcome = result.departure, result.outcome
    if isinstance(outcome, Submitted):
        _record_taken([result])
    elif isinstance(outcome, Uncertain):
        _finish(departure, "uncertain", detail=outcome.message)
        _move(departure, "uncertain", reason="unknown")
        catch_up(departure.message_id)
    elif outcome.permanent and not _is_about_us(departure, outcome):
        _finish(departure, "refused_for_good", detail=outcome.message)
        _move(departure, "failed", reason=_REASONS.get(type(outcome), "refused"))
        if isinstance(outcome, Unsubscribed) and isinstance(departure.outgoing.content, Push):
            subscriptions.prune(subscriptions.digest_of(departure.outgoing.content.endpoint))
    else:
        _finish(departure, "refused", detail=outcome.message)
        message = db.session.get(Message, departure.message_id, populate_existing=True)
        tries = message.attempts if message else 1
        # Another provider need not wait for what this one asks for.
        pause = None if departure.has_others else outcome.retry_after
        look = next_try(tries, departure.not_after, pause)
        _move(departure, "ready", reason="refused_for_now", next_look_at=look)


def _is_about_us(departure: Departure, refusal: Refused) -> bool:
    """A provider that does not recognise us says nothing of the message: a text waits, a push has a text behind it."""
    return isinstance(refusal, Unrecognised) and not departure.is_push


def _record_taken(results: Sequence[Result]) -> None:
    """Write down what one provider took, and take up what it said of that before its answer was here."""
    channel = results[0].departure.channel
    taken = [
        Taken(result.departure.message_id, result.departure.fence, result.outcome.ref)
        for result in results
        if isinstance(result.outcome, Submitted)
    ]
    is_asked = isinstance(channel, Findable) and channel.tells_receipts
    look = clock.now() + (timedelta() if is_asked else moves.NO_RECEIPT_AFTER)
    moved = batches.take(taken, next_look_at=look)
    if results[0].departure.is_push:
        _hear_devices(moved)
    elif isinstance(channel, Calling):
        _adopt(channel.name, taken)
        for row in _SAID.run({"told": taken}):
            catch_up(row.message_id)


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


def hold_reference(provider: str, ref: str) -> None:
    """Hold a provider's reference to the end of the transaction, on PostgreSQL; SQLite has one writer at a time.

    Whoever records it, and whoever gets a receipt for it before that shows, would otherwise not see one another.
    """
    if is_postgresql():
        db.session.execute(select(_hold(literal(provider, String), literal(ref, String))))


def _hold(provider: ColumnElement[str], ref: ColumnElement[str]) -> ColumnElement[Any]:
    return func.pg_advisory_xact_lock(func.hashtextextended("receipt:" + provider + ":" + ref, 0))


def _adopt(provider: str, taken: Sequence[Taken]) -> None:
    """Take up the receipts that came for references before it was known whose they are."""
    if is_postgresql():
        _HOLD_ALL.run({"told": taken, "provider": provider})
    _ADOPT.run({"told": taken, "provider": provider})


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


def _hear_devices(message_ids: Sequence[int]) -> None:
    """A device may say that it has a push before its push service's answer has reached us."""
    said = (
        select(Event.message_id)
        .join(Message, (Message.page_id == Event.page_id) & (Message.id == Event.message_id))
        .where(Message.id.in_(message_ids), Event.type.startswith("push."))
    )
    ids = [message_id for message_id in db.session.scalars(said.distinct()) if message_id is not None]
    moves.move_all(ids, "delivered", actor="device")


def apply_receipt(message_id: int, report: Report, *, actor: str = PROVIDER) -> bool:
    """Join what a provider reports to what is known; False when that changes nothing.

    Reports may come in any order and any number of times: the highest of `states.RECEIPTS` stays.
    """
    if report == "failed":
        _end_doubt(message_id, "refused_for_good")
        return moves.move(message_id, "failed", sources=("uncertain",), actor=actor, reason="refused")
    is_news = moves.move(
        message_id, "submitted", sources=("uncertain", "needs_human"), actor=actor, submitted_at=clock.now()
    )
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


def _end_doubt(message_id: int, result: str) -> None:
    """Write what was found out into the attempt whose end nobody knew."""
    db.session.execute(
        update(Attempt)
        .where(Attempt.message_id == message_id, or_(Attempt.finished_at.is_(None), Attempt.result == "uncertain"))
        .values(result=result, finished_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _finish(departure: Departure, result: str, *, detail: str) -> None:
    finished_at: datetime = clock.now()
    db.session.execute(
        update(Attempt)
        .where(
            Attempt.message_id == departure.message_id,
            Attempt.fence == departure.fence,
            or_(Attempt.finished_at.is_(None), Attempt.result == "uncertain"),
        )
        .values(
            result=result,
            finished_at=finished_at,
            detail=detail[:_LONGEST_DETAIL],
        )
        .execution_options(synchronize_session=False)
    )


def _move(departure: Departure, target: str, **options: Any) -> None:
    moves.move(departure.message_id, target, sources=_OPEN, fence=departure.fence, **options)
