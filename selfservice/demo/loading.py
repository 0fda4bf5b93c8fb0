"""Filling an empty installation with the demo: once, wholly or not at all, and never in production."""

from __future__ import annotations

import itertools
import random
from typing import NamedTuple

from sqlalchemy import func, select

from selfservice import clock, config
from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.demo import organisation, sign_in
from selfservice.demo.appointments import Appointments
from selfservice.demo.orders import Orders
from selfservice.demo.past import Past
from selfservice.demo.payments import Payments
from selfservice.demo.people import list_people
from selfservice.demo.sign_in import SignIn
from selfservice.demo.story import Teller
from selfservice.errors import ConfigError, Conflict
from selfservice.pages.models import Page

SEED = 20


class Loaded(NamedTuple):
    """What there is now."""

    customers: int
    pages: int


def is_loaded() -> bool:
    """Whether there are pages or customers already, of the demo or real ones."""
    return bool(count())


def count() -> Loaded | None:
    """How many customers and pages there are; None when there is nobody and nothing."""
    found = Loaded(
        db.session.scalar(select(func.count()).select_from(Customer)) or 0,
        db.session.scalar(select(func.count()).select_from(Page)) or 0,
    )
    return found if any(found) else None


def load() -> Loaded:
    """Load the demo and commit. Raises ConfigError in production, Conflict when there are pages or customers."""
    settings = config.current()
    if settings.is_production:
        raise ConfigError("The demo is not loaded in production, where its people would stand among yours.")
    if is_loaded():
        raise Conflict("There are customers or pages already: the demo wants an empty database, so nothing was added.")
    kept = sign_in.find(settings) or SignIn(organisation.JO.email, sign_in.make_password())
    staff = organisation.set_up(kept.password)
    # Pages read their brand on a connection of its own, which sees what is committed.
    db.session.commit()
    sign_in.keep(settings, kept)
    _tell(staff)
    db.session.commit()
    found = count()
    assert found is not None
    return found


def _tell(staff: dict[str, int]) -> None:
    *people, stopping, landline = list_people()
    past = Past(clock.now(), landlines=frozenset([landline.phone or ""]))
    teller = Teller(past, random.Random(SEED), staff)  # noqa: S311 - the same demo each time, no secret
    crowd = itertools.cycle(people)
    Appointments(teller, crowd).tell()
    Payments(teller, crowd, stopping=stopping, landline=landline).tell()
    Orders(teller, crowd, stopped=stopping).tell()
    past.play()
