"""When shall it come? The customer takes one of the times there is room for; nobody gets what is full."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from selfservice.kit import (
    Action,
    AddToCalendar,
    CalendarEntry,
    Case,
    Change,
    Claim,
    Do,
    Facts,
    Form,
    Go,
    HandOff,
    Line,
    Moment,
    Moments,
    Outcome,
    Situation,
    Span,
    Step,
    Variant,
    Whole,
    fact,
    pick,
    prose,
)

TEAM = "deliveries"


class Delivery(Facts):
    """What is to come, and when it could."""

    order: Line = fact("Order number", example="20-4417", max_length=30)
    items: Line = fact("What it is", hint="As the customer would say it.", example="1 washing machine", max_length=80)
    address_line: Line = fact("Delivered to", example="Flat 3, 9 Mill Lane", max_length=80)
    slots: Moments = fact("When it could come", hint="When each time begins, one a line.", min_length=1, max_length=24)
    hours: Whole = fact("Hours that each time lasts", default=2, ge=1, le=12)
    round: Line = fact(
        "Round", hint="Deliveries of the same round share its room.", example="North, van 4", max_length=60
    )
    room: Whole = fact("Deliveries that fit into one time", default=1, ge=1, le=200)
    notice_hours: Whole = fact("Hours before it begins that it can still be changed", default=12, ge=0, le=72)

    def span_from(self, slot: datetime) -> Span:
        """From when to when it comes, in the time that begins at `slot`."""
        return Span(slot, slot + timedelta(hours=self.hours))

    def changeable_until(self, slot: datetime) -> datetime:
        """When the van's load is fixed for the time that begins at `slot`."""
        return slot - timedelta(hours=self.notice_hours)


class Slot(Form):
    """Which of the times."""

    slot: Moment = pick("slots")


class Wish(Form):
    """When they could be at home."""

    wish: str = prose(300)


def slot_claims(facts: Delivery, _case: Case) -> Mapping[datetime, Claim]:
    """A van has so much room at a time, whichever page offers it."""
    scope = " ".join(facts.round.casefold().split())
    return {
        slot: Claim(f"delivery:{scope}:{slot.astimezone(UTC):%Y-%m-%dT%H:%MZ}", capacity=facts.room)
        for slot in facts.slots
    }


def take(facts: Delivery, form: Slot, case: Case) -> Outcome:
    until = facts.changeable_until(form.slot)
    return Outcome(
        shows="taken",
        claims=(slot_claims(facts, case)[form.slot],),
        says=("taken" if case.now < until else "taken_final",),
        changeable_until=until,
        expires_at=form.slot + timedelta(hours=facts.hours),
    )


def ask_other(_facts: Delivery, _form: Wish, _case: Case) -> Outcome:
    return Outcome(shows="asked", hand_off=HandOff(TEAM, "None of the delivery times suits the customer."))


def has_a_final_time(facts: Delivery, _answers: Mapping[str, Form], now: datetime) -> bool:
    """Whether one of the times that can still be taken is too near to be changed afterwards."""
    return any(facts.changeable_until(slot) <= now < slot for slot in facts.slots)


def entry(facts: Delivery, answers: Mapping[str, Form]) -> CalendarEntry | None:
    taken = answers.get("take")
    if not isinstance(taken, Slot):
        return None
    return CalendarEntry(taken.slot, timedelta(hours=facts.hours), facts.address_line)


OTHER = Go("other", icon="note", row=True)
BACK = Go("ask", word="back")

SITUATION = Situation(
    facts=Delivery,
    expires=lambda facts, _now: max(facts.slots),
    team=TEAM,
    icon="truck",
    seal="device",
    offers=slot_claims,
    gone="gone",
    calendar=entry,
    actions=(
        Action(key="take", perform=take, form=Slot, said="Took a delivery time"),
        Action(key="ask_other", perform=ask_other, form=Wish, said="Asked for another time", closing=False),
    ),
    steps=(
        Step(key="ask", buttons=(Do("take"), OTHER), variants=(Variant("final", has_a_final_time),)),
        Step(key="other", buttons=(Do("ask_other"), BACK)),
        Step(key="asked", header="good", buttons=(BACK,)),
        Step(key="taken", header="good", buttons=(AddToCalendar(), Change("change_time"))),
        Step(key="gone", header="closed", buttons=(Go("other_after", icon="note"),)),
        Step(key="other_after", buttons=(Do("ask_other"), Go("gone", word="back"))),
    ),
)
