"""The life of a page: every move of the table can be made, every other is refused and changes nothing."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import sqlalchemy as sa

from selfservice.db import db
from selfservice.events.models import Event
from selfservice.pages.models import Page
from selfservice.pages.moves import move
from selfservice.pages.states import LIVE, STATES, TRANSITIONS
from tests.factories import issue

ALLOWED = {(transition.source, transition.target) for transition in TRANSITIONS}
PAIRS = list(itertools.product(STATES, STATES))


def in_state(state: str) -> int:
    page_id = issue().page.id
    db.session.execute(sa.update(Page).where(Page.id == page_id).values(state=state))
    db.session.commit()
    return page_id


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=[f"{source}-{target}" for source, target in PAIRS])
@pytest.mark.database("sqlite")
def test_every_pair_of_states(session: Any, source: str, target: str) -> None:
    page_id = in_state(source)

    moved = move(page_id, target, actor="system")

    state = session.scalar(sa.select(Page.state).where(Page.id == page_id))
    recorded = session.scalar(
        sa.select(sa.func.count()).where(Event.type == f"page.{target}", Event.page_id == page_id)
    )
    assert moved == ((source, target) in ALLOWED)
    assert state == (target if moved else source)
    assert recorded == int(moved)


def test_the_table_is_the_one_of_the_design() -> None:
    ends = {"expired", "superseded", "retired"}
    expected = {(live, end) for live in LIVE for end in ends}
    expected |= {("scheduled", "open"), ("scheduled", "revoked"), ("open", "revoked")}
    expected |= {("open", "answered"), ("answered", "open")}

    assert expected == ALLOWED


def test_only_one_of_two_movers_wins(session: Any) -> None:
    page_id = issue().page.id

    assert move(page_id, "revoked", actor="staff:1")
    assert not move(page_id, "revoked", actor="staff:2")
