"""Writing down how an attempt ended; nothing is called from here. What receipts say of it is joined by `joining`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import (
    or_,
    select,
    update,
)
from sqlalchemy.exc import InterfaceError, OperationalError

from selfservice import clock
from selfservice.customers import subscriptions
from selfservice.db import db
from selfservice.events.models import Event
from selfservice.messages import batches, joining, moves
from selfservice.messages.batches import Taken
from selfservice.messages.channels.contract import (
    Calling,
    Findable,
    Push,
    Refused,
    Submitted,
    Uncertain,
    Unrecognised,
    Unsubscribed,
)
from selfservice.messages.departures import Departure, next_try
from selfservice.messages.models import Attempt, Message

_OPEN = ("sending", "uncertain")
_REASONS: Mapping[type[Refused], str] = {Unsubscribed: "unsubscribed", Unrecognised: "unrecognised"}
_LONGEST_DETAIL = 120


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
        joining.catch_up(departure.message_id)
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
        joining.adopt(channel.name, taken)


def _hear_devices(message_ids: Sequence[int]) -> None:
    """A device may say that it has a push before its push service's answer has reached us."""
    said = (
        select(Event.message_id)
        .join(Message, (Message.page_id == Event.page_id) & (Message.id == Event.message_id))
        .where(Message.id.in_(message_ids), Event.type.startswith("push."))
    )
    ids = [message_id for message_id in db.session.scalars(said.distinct()) if message_id is not None]
    moves.move_all(ids, "delivered", actor="device")


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
