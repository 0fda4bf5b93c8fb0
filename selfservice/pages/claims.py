"""Claims: winning, keeping and giving back what can run out, so that two people never get the last one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Select, String, delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from selfservice import clock, kit
from selfservice.db import db, is_postgresql
from selfservice.errors import Conflict
from selfservice.pages.models import Claim, ClaimHold, PageOffer
from selfservice.prepared import Prepared, rows_of


class LostClaim(Conflict):
    """Somebody else has just taken the last of it; nothing was changed."""

    code = "lost_claim"

    def __init__(self) -> None:
        super().__init__("What was chosen has just been taken by somebody else; choose again from what is left.")


def win(page_id: int, wanted: Iterable[kit.Claim]) -> None:
    """Win all that is wanted for a page or raise LostClaim; the caller's transaction then undoes what was won.

    Claims are taken in the order of their names, so that two answers never wait for each other in a circle.
    """
    claims = sorted(wanted, key=lambda claim: claim.name)
    if not claims:
        return
    dialect = postgresql if is_postgresql() else sqlite
    new = [{"name": claim.name, "capacity": claim.capacity, "taken": 0} for claim in claims]
    db.session.execute(dialect.insert(Claim).values(new).on_conflict_do_nothing(index_elements=["name"]))
    for claim in claims:
        left = db.session.scalar(
            update(Claim)
            .where(Claim.name == claim.name, Claim.taken + claim.amount <= Claim.capacity)
            .values(taken=Claim.taken + claim.amount)
            .returning(Claim.capacity - Claim.taken)
            .execution_options(synchronize_session=False)
        )
        if left is None:
            raise LostClaim
        if left == 0:
            _mark_exhausted(claim.name)
    holds = [{"page_id": page_id, "name": claim.name, "amount": claim.amount} for claim in claims]
    db.session.execute(insert(ClaimHold), holds)


def give_back(page_id: int) -> None:
    """Give back all that a page holds."""
    holds = db.session.execute(
        select(ClaimHold.name, ClaimHold.amount).where(ClaimHold.page_id == page_id).order_by(ClaimHold.name)
    ).all()
    for name, amount in holds:
        db.session.execute(
            update(Claim)
            .where(Claim.name == name)
            .values(taken=Claim.taken - amount)
            .execution_options(synchronize_session=False)
        )
    if holds:
        db.session.execute(delete(ClaimHold).where(ClaimHold.page_id == page_id))
        _offer_again([name for name, _amount in holds])


def hold(name: str) -> bool:
    """Let nobody win or give back this until the transaction ends; whether nothing is left of it."""
    left = select(Claim.capacity - Claim.taken).where(Claim.name == name)
    return (db.session.scalar(left.with_for_update(key_share=True)) or 0) <= 0


def taken_names(names: Collection[str]) -> frozenset[str]:
    """Those of the names of which nothing is left, on this thread's own reader connection."""
    if not names:
        return frozenset()
    return frozenset(row.name for row in _TAKEN.fetch({"names": [(name,) for name in names]}))


def taken(names: Iterable[str]) -> frozenset[str]:
    """Those of the names of which nothing is left, as the running transaction sees it."""
    return frozenset(row.name for row in _TAKEN.run({"names": [(name,) for name in names]}))


def _mark_exhausted(name: str) -> None:
    """Let the worker tell those who are offered the same, if there are any."""
    others = exists().where(PageOffer.name == name, PageOffer.gone_at.is_(None))
    db.session.execute(
        update(Claim)
        .where(Claim.name == name, others)
        .values(exhausted_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _offer_again(names: list[str]) -> None:
    """There is some of these again: whoever is offered them is told anew when they go."""
    db.session.execute(
        update(PageOffer)
        .where(PageOffer.name.in_(names), PageOffer.gone_at.is_not(None))
        .values(gone_at=None)
        .execution_options(synchronize_session=False)
    )


def _taken(is_postgresql: bool) -> Select[Any]:
    names = rows_of({"name": String()}, is_postgresql=is_postgresql, name="names")
    return select(Claim.name).where(Claim.taken >= Claim.capacity, Claim.name.in_(select(names.c.name)))


_TAKEN = Prepared(_taken)
