"""What the machines about pages share: a present moment of their own, one transaction a step, and a clean end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import update

from selfservice import clock
from selfservice.db import db
from selfservice.pages.models import Page
from selfservice.pages.states import LIVE
from tests.harness.stateful import Machine

BEGINNING = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


class PageMachine(Machine):
    """A machine whose clock stands at `now` until a rule sets it on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGINNING

    def teardown(self) -> None:
        """Leave nothing that the clock of the next example would turn."""
        db.session.rollback()
        db.session.execute(update(Page).where(Page.state.in_(LIVE)).values(state="revoked"))
        db.session.commit()

    @contextmanager
    def step(self) -> Iterator[None]:
        """One transaction at the present moment of this machine."""
        with clock.at(self.now):
            try:
                yield
            except BaseException:
                db.session.rollback()
                raise
            db.session.commit()
