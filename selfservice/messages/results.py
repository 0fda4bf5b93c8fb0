"""Writing down how an attempt ended, and what receipts say; nothing is called from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, or_, select, update

from selfservice import clock
from selfservice.customers import subscriptions
from selfservice.db import db, is_postgresql
from selfservice.events.models import Event
from selfservice.messages import moves
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

PROVIDER = "provider"
_REASONS: Mapping[type[Refused], str] = {Unsubscribed: "unsubscribed", Unrecognised: "unrecognised"}
_LONGEST_DETAIL = 120
_JOINED_AS: Mapping[str, Report] = {"failed": "undelivered_permanent"}


@dataclass(frozen=True)
class Result:
    """What came of calling a provider for one departure."""

    departure: Departure
    outcome: Submitted | Refused | Uncertain


def record(result: Result) -> None:
    """Write the result into the attempt and move the message.

    A result that comes after the reaper gave its worker up still tells the truth about an uncertain message; one that
    comes after a later lease changes the attempt's row alone.
    """
    departure, outcome = result.departure, result.outcome
    if isinstance(outcome, Submitted):
        _finish(departure, "submitted", provider_ref=outcome.ref)
        _move(departure, "submitted", **_submitted(departure, outcome.ref))
        if departure.lane == "push":
            _hear_device(departure)
        elif isinstance(departure.channel, Calling):
            _adopt(departure, outcome.ref)
            catch_up(departure.message_id)
    elif isinstance(outcome, Uncertain):
        _finish(departure, "uncertain", detail=outcome.message)
        _move(departure, "uncertain", reason="unknown")
        catch_up(departure.message_id)
    elif outcome.permanent:
        _finish(departure, "refused_for_good", detail=outcome.message)
        _move(departure, "failed", reason=_REASONS.get(type(outcome), "refused"))
        if isinstance(outcome, Unsubscribed) and isinstance(departure.outgoing.content, Push):
            subscriptions.prune(subscriptions.digest_of(departure.outgoing.content.endpoint))
    else:
        _finish(departure, "refused", detail=outcome.message)
        message = db.session.get(Message, departure.message_id, populate_existing=True)
        tries = message.attempts if message else 1
        look = next_try(tries, departure.not_after, outcome.retry_after)
        _move(departure, "ready", reason="refused_for_now", next_look_at=look)


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
        name = func.hashtextextended(f"receipt:{provider}:{ref}", 0)
        db.session.execute(select(func.pg_advisory_xact_lock(name)))


def _adopt(departure: Departure, ref: str) -> None:
    """Take up the receipts that came for a reference before it was known whose it is."""
    hold_reference(departure.channel.name, ref)
    db.session.execute(
        update(ProviderReceipt)
        .where(
            ProviderReceipt.provider == departure.channel.name,
            ProviderReceipt.ref == ref,
            ProviderReceipt.message_id.is_(None),
        )
        .values(message_id=departure.message_id)
        .execution_options(synchronize_session=False)
    )


def _hear_device(departure: Departure) -> None:
    """A device may say that it has a push before its push service's answer has reached us."""
    message = db.session.get(Message, departure.message_id)
    if message is not None and db.session.scalar(
        select(
            exists().where(
                Event.page_id == message.page_id,
                Event.message_id == message.id,
                Event.type.startswith("push."),
            )
        )
    ):
        moves.move(message.id, "delivered", actor="device")


def apply_receipt(message_id: int, report: Report, *, actor: str = PROVIDER) -> bool:
    """Join what a provider reports to what is known; False when that changes nothing.

    Reports may come in any order and any number of times: the highest of `states.RECEIPTS` stays.
    """
    if report == "failed":
        _end_doubt(message_id, "refused_for_good")
        return moves.move(message_id, "failed", sources=("uncertain",), actor=actor, reason="refused")
    is_news = moves.move(message_id, "submitted", sources=("uncertain",), actor=actor, submitted_at=clock.now())
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


def _submitted(departure: Departure, ref: str) -> dict[str, Any]:
    now = clock.now()
    values: dict[str, Any] = {"provider_ref": ref, "submitted_at": now}
    if isinstance(departure.channel, Findable) and departure.channel.tells_receipts:
        values["next_look_at"] = now
    return values


def _finish(departure: Departure, result: str, *, provider_ref: str | None = None, detail: str | None = None) -> None:
    finished_at: datetime = clock.now()
    db.session.execute(
        update(Attempt)
        .where(
            Attempt.message_id == departure.message_id,
            Attempt.fence == departure.fence,
            Attempt.finished_at.is_(None),
        )
        .values(
            result=result,
            finished_at=finished_at,
            provider_ref=provider_ref,
            detail=detail[:_LONGEST_DETAIL] if detail else None,
        )
        .execution_options(synchronize_session=False)
    )


def _move(departure: Departure, target: str, **options: Any) -> None:
    moves.move(departure.message_id, target, sources=("sending", "uncertain"), fence=departure.fence, **options)
