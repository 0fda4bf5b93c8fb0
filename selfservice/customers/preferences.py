"""Preferences: at which hours and on what first a customer wants to be written to. Callers commit."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.dialects import postgresql, sqlite

from selfservice import clock
from selfservice.customers import hours as quiet
from selfservice.customers.models import Preference
from selfservice.db import db, is_postgresql
from selfservice.errors import Invalid
from selfservice.kit.channels import CHANNELS


@dataclass(frozen=True)
class Wishes:
    """`hours` is one of `hours.CHOICES`, `first_channel` one of CHANNELS; empty is as usual."""

    hours: str = ""
    first_channel: str = ""


NONE = Wishes()


def find(customer_id: int) -> Wishes:
    """What a customer wishes; the usual if they never said."""
    row = db.session.get(Preference, customer_id, populate_existing=True)
    return Wishes(row.hours, row.first_channel) if row is not None else NONE


def keep(customer_id: int, wishes: Wishes) -> None:
    """Keep what a customer wishes; raises Invalid for what cannot be chosen."""
    if wishes.hours and wishes.hours not in quiet.CHOICES:
        raise _invalid("hours", f"These hours cannot be chosen: take one of {', '.join(quiet.CHOICES)}.")
    if wishes.first_channel and wishes.first_channel not in CHANNELS:
        raise _invalid("first_channel", f"This cannot go first: take one of {', '.join(CHANNELS)}.")
    values = {"hours": wishes.hours, "first_channel": wishes.first_channel, "updated_at": clock.now()}
    dialect = postgresql if is_postgresql() else sqlite
    db.session.execute(
        dialect.insert(Preference)
        .values(customer_id=customer_id, **values)
        .on_conflict_do_update(index_elements=["customer_id"], set_=values)
    )


def _invalid(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={field: sentence})
