"""The last check before a message leaves, and the attempt row that is committed before any provider is called."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from sqlalchemy import BigInteger, Integer, Select, and_, select
from sqlalchemy.exc import DBAPIError

from selfservice import clock
from selfservice.customers import subscriptions
from selfservice.customers.models import PushSubscription
from selfservice.errors import ConfigError
from selfservice.messages import batches, manners, moves, policy, reviews
from selfservice.messages.batches import Begun
from selfservice.messages.channels.contract import Channel, Email, Outgoing, Push, Text, Urgency
from selfservice.messages.channels.registry import Channels
from selfservice.messages.models import Message
from selfservice.messages.moves import Claimed
from selfservice.prepared import Prepared, rows_of
from selfservice.tokens import decode_id, encode_id

MOST_FAILURES = 5
_URGENCIES: Mapping[str, Urgency] = {"urgent": "high", "service": "normal", "marketing": "low"}
_LONGEST_PAUSE = 300.0


@dataclass(frozen=True)
class Departure:
    """A message that may leave now: its attempt row is written, and from the commit on the provider may be called.

    Its channel `has_others` that could take it if this one does not.
    """

    message_id: int
    fence: int
    not_after: datetime
    channel: Channel
    outgoing: Outgoing
    has_others: bool = False

    @property
    def lane(self) -> str:
        """The provider by its name: each has calls of its own."""
        return self.channel.name

    @property
    def is_push(self) -> bool:
        """Whether it goes to a device rather than to a number or an address."""
        return isinstance(self.outgoing.content, Push)

    @property
    def host(self) -> str:
        """Where a push goes; empty for a text, which goes wherever its provider is."""
        content = self.outgoing.content
        return urlsplit(content.endpoint).hostname or "" if isinstance(content, Push) else ""


class NowhereToGo(Exception):
    """The recipient has given up the address that the message was for."""


Route = Callable[[Message], Channel | None]
"""Gives a message its provider; None where the one that it is bound to is configured no more."""


def clear(
    claimed: Iterable[Claimed], *, owner: str, channels: Channels, lease: timedelta, route: Route | None = None
) -> list[Departure]:
    """Check claimed messages for the last time and begin to send those that pass. The caller commits, then calls.

    Each goes to the provider that `route` gives it, without one to the first of its channel.

    The rows stay locked from the check to the commit, so somebody who stops a number or closes a page comes wholly
    before or wholly after. Messages whose lease was lost meanwhile are left alone.
    """
    now = clock.now()
    departures: list[Departure] = []
    claimed = list(claimed)
    manners.lock_people(one.id for one in claimed)
    messages = _hold(claimed)
    suppressed = reviews.find_suppressed(messages)
    gathered = manners.Gathered(messages, now)
    subscribed = _subscriptions_of(messages)
    for message in messages:
        try:
            standing = policy.Standing(
                message.not_after, message.stopping, message.id in suppressed, manners=gathered.of(message)
            )
            decision = policy.decide(standing, now)
            if decision.verdict != "ready":
                _keep_back(message, decision)
                continue
            departures.append(_prepare(message, _find(message, channels, route), subscribed, now))
            gathered.note(message)
        except NowhereToGo:
            moves.move(message.id, "cancelled", sources=("leased",), reason="unsubscribed")
        except DBAPIError:
            raise  # The database's trouble is not the message's.
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not hold up the other messages
            count_failure(message, error)
    begun = [Begun(departure.message_id, departure.fence, departure.lane) for departure in departures]
    batches.begin(begun, owner=owner, lease=lease)
    return departures


def _keep_back(message: Message, decision: policy.Decision) -> None:
    looks = {"next_look_at": min(decision.next_look_at, message.not_after)} if decision.next_look_at else {}
    moves.move(message.id, decision.verdict, sources=("leased",), reason=decision.reason, **looks)


def count_failure(message: Message, error: Exception) -> None:
    """Note that our own code failed over a message: later again, and dead after the same exception five times."""
    name = type(error).__name__
    is_leased = message.state == "leased"
    # What is held keeps the reason why, so that its failures are counted whatever they are.
    failures = message.failures + 1 if message.reason == name or not is_leased else 1
    if failures >= MOST_FAILURES:
        moves.move(message.id, "dead", fence=message.fence, reason=name, failures=failures)
        structlog.get_logger().error("message.dead", message=encode_id(message.id), exc_info=error)
        return
    pause = next_try(failures, message.not_after)
    if is_leased:
        moves.move(message.id, "ready", fence=message.fence, reason=name, failures=failures, next_look_at=pause)
    else:
        moves.put_off(message.id, until=pause, reason=message.reason, failures=failures)


def next_try(tries: int, not_after: datetime, retry_after: timedelta | None = None) -> datetime:
    """When to try again after so many tries: full jitter over a doubling pause, never before `retry_after`.

    No later than `not_after`, so that a message whose time is over is closed on time.
    """
    pause = timedelta(seconds=random.uniform(0, min(_LONGEST_PAUSE, 2.0 ** min(tries, 16))))  # noqa: S311 - no secret
    return min(clock.now() + (retry_after or timedelta()) + pause, not_after)


def _hold(claimed: Iterable[Claimed]) -> Sequence[Any]:
    """The messages that are still ours, locked, always in the same order: rows with the names of a Message."""
    return _HELD.run({"told": [(one.id, one.fence) for one in claimed]})


def _subscriptions_of(messages: Iterable[Message]) -> Mapping[int, PushSubscription]:
    """Where the devices that pushes are for take them, by device."""
    devices = [decode_id(message.recipient) for message in messages if message.channel == "push"]
    return subscriptions.list_for(devices) if devices else {}


def _find(message: Message, channels: Channels, route: Route | None) -> tuple[Channel, bool]:
    """The provider for a message, and whether there are others."""
    those = channels.of(message.channel)
    channel = those[0] if route is None else route(message)
    if channel is None:
        raise ConfigError(
            f"The provider {message.provider} may have the message already and is set no more: set it again in "
            f"SELFSERVICE_{message.channel.upper()}."
        )
    return channel, len(those) > 1


def _prepare(
    message: Message, found: tuple[Channel, bool], subscribed: Mapping[int, PushSubscription], now: datetime
) -> Departure:
    outgoing = Outgoing(
        id=encode_id(message.id),
        to=message.recipient,
        content=_content(message, subscribed),
        ttl=message.not_after - now,
    )
    channel, has_others = found
    return Departure(message.id, message.fence, message.not_after, channel, outgoing, has_others)


def _content(message: Message, subscribed: Mapping[int, PushSubscription]) -> Text | Push | Email:
    if message.channel == "push":
        return _push(message, subscribed)
    if message.channel == "email":
        return Email(text=message.body, sender_name=message.sender, **(message.payload or {}))
    return Text(message.body, message.sender)


def _push(message: Message, subscribed: Mapping[int, PushSubscription]) -> Push:
    place = subscribed.get(decode_id(message.recipient))
    if place is None:
        raise NowhereToGo
    return Push(
        payload=message.payload or {},
        endpoint=place.endpoint,
        p256dh=place.p256dh,
        auth=place.auth,
        topic=encode_id(message.page_id or message.id),
        urgency=_URGENCIES[message.message_class],
    )


def _held(is_postgresql: bool) -> Select[Any]:
    claimed = rows_of({"id": BigInteger(), "fence": Integer()}, is_postgresql=is_postgresql)
    return (
        select(*_READ)
        .join(claimed, and_(claimed.c.id == Message.id, claimed.c.fence == Message.fence))
        .where(Message.state == "leased")
        .order_by(Message.id)
        .with_for_update(key_share=True, of=Message)
    )


_READ = (
    Message.id,
    Message.page_id,
    Message.customer_id,
    Message.purpose,
    Message.channel,
    Message.message_class,
    Message.recipient,
    Message.sender,
    Message.body,
    Message.payload,
    Message.state,
    Message.reason,
    Message.not_after,
    Message.failures,
    Message.resends,
    Message.stopping,
    Message.fence,
    Message.provider,
    Message.ahead_of,
    Message.is_asked_for,
    Message.created_at,
)
_HELD = Prepared(_held)
