"""Preferences: at which hours, and on which channels in which order, a customer is written to. Callers commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.dialects import postgresql, sqlite

from selfservice import clock
from selfservice.customers import hours as quiet
from selfservice.customers.models import Preference
from selfservice.db import db, is_postgresql
from selfservice.errors import Invalid
from selfservice.kit.channels import CHANNELS

_LEFT_OUT = "-"


@dataclass(frozen=True)
class Wishes:
    """`hours` is one of `hours.CHOICES`; `channels` are of CHANNELS, first to last, `left_out` those to be left alone.

    Empty is as usual; a channel that is in neither stands behind those that are.
    """

    hours: str = ""
    channels: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def arrange(self, channels: Iterable[str]) -> tuple[str, ...]:
        """These channels in the order that is wished, without those left out."""
        kept = [channel for channel in channels if channel not in self.left_out]
        return tuple(sorted(kept, key=self._place))

    def precedes(self, one: str, other: str) -> bool:
        """Whether one channel is to be tried before another: only if that was said."""
        return self._place(one) < self._place(other)

    def _place(self, channel: str) -> int:
        return self.channels.index(channel) if channel in self.channels else len(self.channels)


NONE = Wishes()


def find(customer_id: int) -> Wishes:
    """What a customer wishes; the usual if they never said."""
    row = db.session.get(Preference, customer_id, populate_existing=True)
    if row is None:
        return NONE
    said = (row.first_channel if row.channels is None else row.channels).split(",")
    return Wishes(
        row.hours,
        tuple(word for word in said if word and not word.startswith(_LEFT_OUT)),
        tuple(word.removeprefix(_LEFT_OUT) for word in said if word.startswith(_LEFT_OUT)),
    )


def keep(customer_id: int, wishes: Wishes) -> None:
    """Keep what a customer wishes; raises Invalid for what cannot be chosen."""
    if wishes.hours and wishes.hours not in quiet.CHOICES:
        raise _invalid("hours", f"These hours cannot be chosen: take one of {', '.join(quiet.CHOICES)}.")
    named = (*wishes.channels, *wishes.left_out)
    if len(set(named)) < len(named) or not set(named) <= set(CHANNELS):
        raise _invalid("channels", f"This is no order: name each of {', '.join(CHANNELS)} once at most.")
    values = {
        "hours": wishes.hours,
        "first_channel": next(iter(wishes.channels), ""),
        "channels": ",".join([*wishes.channels, *(_LEFT_OUT + channel for channel in wishes.left_out)]),
        "updated_at": clock.now(),
    }
    dialect = postgresql if is_postgresql() else sqlite
    db.session.execute(
        dialect.insert(Preference)
        .values(customer_id=customer_id, **values)
        .on_conflict_do_update(index_elements=["customer_id"], set_=values)
    )


def _invalid(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={field: sentence})
