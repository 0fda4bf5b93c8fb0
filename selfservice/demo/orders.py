"""The shop's stories: orders on their way, moved to another day, left in a safe place, or gone wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import update

from selfservice.db import db
from selfservice.demo.story import MINUTE, ZONE, Story, Teller
from selfservice.pages import due
from selfservice.pages.models import Page
from selfservice.pages.service import NewPage, Person

SITUATION = "order_status"
GONE = "delivery_survey"
"""A page type the shop once had: its pages open as no longer active."""

TEAM = "deliveries"
DAY = 24 * 60

ITEMS = (
    "2 parcels",
    "Garden bench, flat-packed",
    "12 lavender plants",
    "Watering can and hose",
    "1 parcel",
    "Bird table",
)
STREETS = ("9 Mill Lane", "2 Quay Street", "41 Chapel Road", "17 Orchard Close", "6 The Maltings", "88 Station Road")
PLACES = ("In the porch", "With a neighbour", "In the shed", "Behind the side gate")
PROBLEMS = ("damaged", "late", "wrong", "other", "missing")
REPORTS = {
    "en": "One of the pots is broken and there is soil all over the box.",
    "es": "Una de las macetas llegó rota y la caja está llena de tierra.",
    "ar": "وصل أحد الأصص مكسورًا والصندوق مليء بالتراب.",
    "pl": "Jedna doniczka jest pęknięta, a w całym pudełku jest ziemia.",
    "zh": "有一个花盆碎了，箱子里到处都是土。",
    "hi": "एक गमला टूटा हुआ है और डिब्बे में मिट्टी भरी है।",
}


class Orders:
    """Tells the stories of orders, one after the other."""

    def __init__(self, teller: Teller, people: Iterator[Person], *, stopped: Person) -> None:
        self._teller = teller
        self._chance = teller.chance
        self._people = people
        self._stopped = stopped
        self._number = 4400

    def tell(self) -> None:
        """All of them."""
        kinds = [kind for kind, count in PLAN.items() for _ in range(count)]
        self._chance.shuffle(kinds)
        starts = self._teller.starts(len(kinds) + 1, on_weekends=True)
        for kind, starts_at in zip(kinds, starts, strict=False):
            kind(self, starts_at)
        self.just_missing(self._teller.past.until - 40 * MINUTE)
        self.to_somebody_who_stopped(starts[-1])

    def moved_to_another_day(self, starts_at: datetime) -> None:
        facts = self._packed(starts_at)
        looked = self._chance.randint(4, 400)
        day = {"day": self._chance.choice(facts["delivery_days"])}
        self._begin(starts_at, facts).opened(looked).act(looked + 2, "change_day", day)

    def left_in_a_safe_place(self, starts_at: datetime) -> None:
        facts = self._out(starts_at)
        looked = self._chance.randint(2, 50)
        place = {"place": self._chance.choice(facts["safe_places"])}
        self._begin(starts_at, facts).opened(looked).act(looked + 1, "leave_safe", place)

    def delivered(self, starts_at: datetime) -> None:
        facts = self._out(starts_at)
        arrived = self._chance.randint(70, 170)
        stages = [*facts["stages"][:-1], {**facts["stages"][-1], "at": self._at(starts_at, arrived)}]
        story = self._begin(starts_at, facts, case_ref=facts["order"])
        story.opened(self._chance.randint(2, 60)).issue(arrived + 1, {**facts, "stages": stages})

    def reported(self, starts_at: datetime) -> None:
        person = next(self._people)
        form = {"problem": self._chance.choice(PROBLEMS), "text": REPORTS[person.locale or "en"]}
        looked = self._chance.randint(100, 600)
        self._begin(starts_at, self._out(starts_at), person).opened(looked).act(looked + 4, "report", form)

    def looked_at(self, starts_at: datetime) -> None:
        self._begin(starts_at, self._packed(starts_at)).opened(self._chance.randint(2, 300)).opened(DAY)

    def silent(self, starts_at: datetime) -> None:
        self._begin(starts_at, self._packed(starts_at))

    def called_back(self, starts_at: datetime) -> None:
        self._begin(starts_at, self._packed(starts_at)).opened(7).call_back(9, "")

    def revoked(self, starts_at: datetime) -> None:
        self._begin(starts_at, self._packed(starts_at)).revoke(30)

    def retired(self, starts_at: datetime) -> None:
        story = self._begin(starts_at, self._packed(starts_at))
        story.opened(20).then(45, _forget_type).then(60, lambda _page_id: due.retire_pages())

    def just_missing(self, starts_at: datetime) -> None:
        form = {"problem": "missing", "text": ""}
        self._begin(starts_at, self._out(starts_at)).opened(34).act(36, "report", form)

    def to_somebody_who_stopped(self, starts_at: datetime) -> None:
        self._begin(starts_at, self._packed(starts_at), self._stopped)

    def _begin(
        self,
        starts_at: datetime,
        facts: dict[str, Any],
        person: Person | None = None,
        *,
        case_ref: str | None = None,
    ) -> Story:
        customer = person or next(self._people)
        new = NewPage(situation=SITUATION, facts=facts, customer=customer, actor="", case_ref=case_ref)
        return Story(self._teller, starts_at, new, team=TEAM)

    def _packed(self, starts_at: datetime) -> dict[str, Any]:
        """Facts of an order that has left the shelf and is two days away."""
        day = starts_at.astimezone(ZONE).date() + timedelta(days=2)
        stages = [
            {"at": self._at(starts_at, -50), "label": "Packed"},
            {"label": "Out for delivery"},
            {"label": "Delivered"},
        ]
        return self._facts(stages, datetime.combine(day, time(13), ZONE))

    def _out(self, starts_at: datetime) -> dict[str, Any]:
        """Facts of an order that comes in an hour or two."""
        stages = [
            {"at": self._at(starts_at, -DAY), "label": "Packed"},
            {"at": self._at(starts_at, -20), "label": "Out for delivery"},
            {"label": "Delivered"},
        ]
        begins = starts_at + timedelta(hours=1)
        return self._facts(stages, begins.replace(minute=begins.minute // 30 * 30, second=0, microsecond=0))

    def _facts(self, stages: list[dict[str, str]], window_from: datetime) -> dict[str, Any]:
        self._number += self._chance.randint(1, 9)
        day: date = window_from.astimezone(ZONE).date()
        return {
            "order": f"20-{self._number}",
            "items": self._chance.choice(ITEMS),
            "stages": stages,
            "window_from": window_from.isoformat(),
            "window_to": (window_from + timedelta(hours=2)).isoformat(),
            "address_line": self._chance.choice(STREETS),
            "carrier": "Mill Lane Couriers",
            "delivery_days": [(day + timedelta(days=later)).isoformat() for later in (1, 2, 4)],
            "safe_places": self._chance.sample(PLACES, 3),
        }

    def _at(self, starts_at: datetime, minutes: int) -> str:
        return (starts_at + minutes * MINUTE).replace(second=0, microsecond=0).isoformat()


def _forget_type(page_id: int) -> None:
    """As if the page had been of a type that the shop has taken away since."""
    db.session.execute(update(Page).where(Page.id == page_id).values(situation=GONE))


PLAN: dict[Callable[[Orders, datetime], None], int] = {
    Orders.moved_to_another_day: 12,
    Orders.left_in_a_safe_place: 13,
    Orders.delivered: 11,
    Orders.reported: 8,
    Orders.looked_at: 10,
    Orders.silent: 6,
    Orders.called_back: 3,
    Orders.revoked: 1,
    Orders.retired: 3,
}
"""How many stories of each kind: 67, and two by themselves."""
