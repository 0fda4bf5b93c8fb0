"""The bank's stories: payments held because they look wrong, known or not known by the customer, in time or late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from selfservice.demo.story import MINUTE, Story, Teller
from selfservice.pages.service import NewPage, Person

SITUATION = "fraud_alert"
TEAM = "fraud"

TRIED = (
    ("ELECTRO-HUB ONLINE", "428.00", "Online"),
    ("GLOBE AIR TICKETS", "1189.40", "Online"),
    ("MEGA GAMES STORE", "59.99", "Online"),
    ("CITY CASH MACHINE", "300.00", "At a cash machine"),
    ("LUXE WATCHES", "2450.00", "Online"),
    ("FAST FUEL 24", "92.15", "In a shop"),
    ("TOP UP DIRECT", "25.00", "Online"),
    ("HOTEL BELLAVISTA", "640.80", "In another country"),
)


class Payments:
    """Tells the stories of fraud alerts, one after the other."""

    def __init__(self, teller: Teller, people: Iterator[Person], *, stopping: Person, landline: Person) -> None:
        self._teller = teller
        self._chance = teller.chance
        self._people = people
        self._stopping = stopping
        self._landline = landline

    def tell(self) -> None:
        """All of them."""
        kinds = [kind for kind, count in PLAN.items() for _ in range(count)]
        self._chance.shuffle(kinds)
        for kind, starts_at in zip(kinds, self._teller.starts(len(kinds), on_weekends=True), strict=True):
            kind(self, starts_at)
        self.just_denied(self._teller.past.until - 9 * MINUTE)
        self.just_asked(self._teller.past.until - 5 * MINUTE)

    def denied(self, starts_at: datetime) -> None:
        looked = self._chance.randint(1, 40)
        self._begin(starts_at).opened(looked).act(looked + 1, "no")

    def known(self, starts_at: datetime) -> None:
        looked = self._chance.randint(1, 90)
        self._begin(starts_at).opened(looked).act(looked + 1, "yes")

    def silent(self, starts_at: datetime) -> None:
        self._begin(starts_at)

    def looked_at(self, starts_at: datetime) -> None:
        self._begin(starts_at).opened(self._chance.randint(5, 200))

    def denied_late(self, starts_at: datetime) -> None:
        looked = self._chance.randint(260, 900)
        self._begin(starts_at).opened(looked).act(looked + 1, "no")

    def known_then_denied(self, starts_at: datetime) -> None:
        self._begin(starts_at).opened(3).act(4, "yes").act(19, "no")

    def denied_then_known(self, starts_at: datetime) -> None:
        self._begin(starts_at).opened(2).act(3, "no").act(5, "yes")

    def mistyped(self, starts_at: datetime) -> None:
        self._begin(starts_at).opened(4).mistype(5, "yes")

    def revoked(self, starts_at: datetime) -> None:
        self._begin(starts_at).revoke(12)

    def called_back(self, starts_at: datetime) -> None:
        self._begin(starts_at).opened(2).call_back(3, "")

    def unreachable(self, starts_at: datetime) -> None:
        self._begin(starts_at, self._landline)

    def stopped(self, starts_at: datetime) -> None:
        self._begin(starts_at, self._stopping).opened(30).stop(31)

    def just_asked(self, starts_at: datetime) -> None:
        self._begin(starts_at).opened(2)

    def just_denied(self, starts_at: datetime) -> None:
        self._begin(starts_at).opened(4).act(5, "no")

    def _begin(self, starts_at: datetime, person: Person | None = None) -> Story:
        new = NewPage(
            situation=SITUATION, facts=self._facts(starts_at), customer=person or next(self._people), actor=""
        )
        return Story(self._teller, starts_at, new, team=TEAM)

    def _facts(self, starts_at: datetime) -> dict[str, Any]:
        merchant, amount, where = self._chance.choice(TRIED)
        card, account = self._chance.sample(range(10_000), 2)  # The text names the one, a check asks for the other.
        return {
            "merchant": merchant,
            "amount": {"amount": amount, "currency": "GBP"},
            "card_ending": f"{card:04d}",
            "account_ending": f"{account:04d}",
            "at": (starts_at - self._chance.randint(2, 25) * MINUTE).isoformat(),
            "where": where,
        }


PLAN: dict[Callable[[Payments, datetime], None], int] = {
    Payments.denied: 11,
    Payments.known: 17,
    Payments.silent: 5,
    Payments.looked_at: 2,
    Payments.mistyped: 1,
    Payments.denied_late: 4,
    Payments.known_then_denied: 2,
    Payments.denied_then_known: 1,
    Payments.revoked: 2,
    Payments.called_back: 1,
    Payments.unreachable: 1,
    Payments.stopped: 1,
}
"""How many stories of each kind: 48, and two of the last minutes."""
