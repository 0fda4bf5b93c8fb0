"""Ledger: how many messages of a class each person has had lately, counted from the attempts in the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Executable, bindparam, func, or_, select

from selfservice.courtesy import SPANS, Cap
from selfservice.db import UtcDateTime
from selfservice.messages.models import Attempt, Message
from selfservice.prepared import Prepared, rows_of

_NOTHING_WENT = ("refused", "refused_for_good", "never_taken")


class Ledger:
    """What went to some people within the longest span that a cap has, and what is about to go.

    A push and the text it goes ahead of are one message to a person, and so are the pushes of one page to several
    devices of theirs.
    """

    def __init__(self, customer_ids: Iterable[int], now: datetime) -> None:
        self._now = now
        self._sent: dict[tuple[int, str], dict[str, datetime]] = defaultdict(dict)
        ids = list(customer_ids)
        if ids:
            self._read(ids, now - max(SPANS.values()))

    def full_until(self, message: Message, caps: Sequence[Cap]) -> datetime | None:
        """When one more of its class may go to its person; None for now."""
        sent = self._sent[message.customer_id, message.message_class]
        if not caps or _key(message) in sent:
            return None
        ends = [end for cap in caps if (end := _end(sorted(sent.values()), cap, self._now))]
        return max(ends, default=None)

    def note(self, message: Message) -> None:
        """Count one that goes now."""
        self._sent[message.customer_id, message.message_class].setdefault(_key(message), self._now)

    def _read(self, customer_ids: Sequence[int], since: datetime) -> None:
        for message in _WENT.run({"told": [(customer_id,) for customer_id in customer_ids], "since": since}):
            sent = self._sent[message.customer_id, message.message_class]
            key = _key(message)
            sent[key] = min(message.went_at, sent.get(key, message.went_at))


def _key(message: Message) -> str:
    if message.channel == "push" and message.ahead_of is None:
        return f"{message.page_id}:{message.purpose}"
    return str(message.ahead_of or message.id)


def _end(times: Sequence[datetime], cap: Cap, now: datetime) -> datetime | None:
    """When a span has room again; None if it has."""
    recent = [at for at in times if at > now - cap.span]
    span: timedelta = cap.span
    return recent[len(recent) - cap.most] + span if len(recent) >= cap.most else None


def _went(is_postgresql: bool) -> Executable:
    told = rows_of({"id": BigInteger()}, is_postgresql=is_postgresql)
    what = (Message.channel, Message.ahead_of, Message.page_id, Message.purpose)
    return (
        select(
            Message.id,
            Message.customer_id,
            Message.message_class,
            *what,
            func.min(Attempt.started_at, type_=UtcDateTime()).label("went_at"),
        )
        .join(Attempt, Attempt.message_id == Message.id)
        .where(
            Message.customer_id.in_(select(told.c.id)),
            Message.is_asked_for.is_(False),
            Attempt.started_at > bindparam("since", type_=UtcDateTime()),
            or_(Attempt.result.is_(None), Attempt.result.not_in(_NOTHING_WENT)),
        )
        .group_by(Message.id)
    )


_WENT = Prepared(_went)
