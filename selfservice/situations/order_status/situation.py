"""An order on its way: where it is, when it comes, and what the customer can still arrange."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Literal

from selfservice.kit import (
    Action,
    Case,
    Check,
    Day,
    Days,
    Do,
    Facts,
    Form,
    Go,
    HandOff,
    Line,
    Lines,
    Moment,
    Outcome,
    Refused,
    Situation,
    Span,
    Step,
    Timeline,
    Variant,
    fact,
    is_past,
    pick,
    prose,
)

TEAM = "deliveries"
KEPT = timedelta(days=7)
STAGES = "2026-11-24 08:10 | Packed\n2026-11-24 11:48 | Out for delivery\nDelivered"
# Only a place left open to all asks for it: who was passed the link may look, and may move the day.
DOOR = Check("postcode", "postcode", otherwise="none")


class Order(Facts):
    """What is known of one order."""

    order: Line = fact("Order number", example="20-4417", max_length=30)
    items: Line = fact("What it is", hint="As the customer would say it.", example="2 parcels", max_length=80)
    stages: Timeline = fact("Stages", example=STAGES, min_length=1, max_length=8)
    window_from: Moment = fact("Expected from", example="2026-11-24 13:00")
    window_to: Moment = fact("Expected until", example="2026-11-24 15:00")
    address_line: Line | None = fact("Delivered to", example="Flat 3, 9 Mill Lane", default=None, max_length=80)
    postcode: Line | None = fact(
        "Postcode", hint="If given, it is asked before a safe place.", example="ML4 2QX", default=None, max_length=10
    )
    carrier: Line | None = fact("Carrier", example="Mill Lane Couriers", default=None, max_length=60)
    delivery_days: Days = fact("Other days to offer", example="2026-11-26", default=[], max_length=7)
    safe_places: Lines = fact("Safe places to offer", example="Porch", default=[], max_length=6)

    @property
    def window(self) -> Span:
        """When it is expected."""
        return Span(self.window_from, self.window_to)

    @property
    def current_stage(self) -> str:
        """The latest stage that has happened, else the first to come."""
        return next((stage.label for stage in reversed(self.stages) if stage.at), self.stages[0].label)

    @property
    def is_delivered(self) -> bool:
        """Whether every stage has happened."""
        return all(stage.at for stage in self.stages)


class OtherDay(Form):
    """Which of the offered days."""

    day: Day = pick("delivery_days")


class SafePlace(Form):
    """Which of the offered places."""

    place: Line = pick("safe_places")


class Report(Form):
    """What is wrong; words of the customer's own are needed only where ours do not fit."""

    problem: Literal["late", "damaged", "missing", "wrong", "other"]
    text: str = prose(500, required=False)


def check(facts: Order, now: datetime) -> dict[str, str]:
    if len(facts.stages) == 1 and is_past(facts.stages[0].at, now):
        return {"stages": ONLY_DELIVERED}
    if facts.window_to <= facts.window_from:
        return {"window_to": "Expected until is not after Expected from; correct one of them."}
    if facts.window_to + KEPT <= now:
        return {"window_to": "Expected until is more than a week ago; write when the order is expected now."}
    return {}


def change_day(_facts: Order, _form: OtherDay, _case: Case) -> Outcome:
    return Outcome(shows="day_changed", hand_off=HandOff(TEAM, "The customer chose another delivery day."))


def leave(_facts: Order, _form: SafePlace, _case: Case) -> Outcome:
    return Outcome(shows="safe_set", hand_off=HandOff(TEAM, "The customer chose a safe place."))


def report(_facts: Order, form: Report, _case: Case) -> Outcome:
    if form.problem == "other" and not form.text:
        raise Refused("text", "text_needed")
    urgent = form.problem == "missing"
    return Outcome(shows="reported", hand_off=HandOff(TEAM, REPORTED[form.problem], urgent=urgent))


ONLY_DELIVERED = (
    "Stages has one line, and that has happened, so the page would say Delivered; "
    "write what is still to come below it, without a time."
)
REPORTED = {
    "late": "The customer says that an order has not come.",
    "damaged": "The customer says that an order came damaged.",
    "missing": "The customer says that an order which counts as delivered is not there.",
    "wrong": "The customer says that the wrong thing came.",
    "other": "The customer reports a problem with an order, in words of their own.",
}


def end_of(facts: Order, now: datetime) -> datetime:
    """The page outlives whatever day may be chosen."""
    days = (datetime.combine(day + timedelta(days=1), time(), now.tzinfo) for day in facts.delivery_days)
    return max([facts.window_to, *days]) + KEPT


def comes_on_chosen_day(_facts: Order, answers: Mapping[str, Form], now: datetime) -> bool:
    chosen = answers.get("change_day")
    return isinstance(chosen, OtherDay) and not is_past(chosen.day, now)


def can_move(facts: Order) -> bool:
    return bool(facts.delivery_days) and not facts.is_delivered


def can_be_left(facts: Order) -> bool:
    return bool(facts.safe_places) and not facts.is_delivered


DAY = Go("day", icon="calendar", when=can_move)
BACK = Go("track", word="back")

SITUATION = Situation(
    facts=Order,
    check_facts=check,
    expires=end_of,
    team=TEAM,
    icon="parcel",
    seal="device",
    tells_early=True,
    actions=(
        Action(key="change_day", perform=change_day, form=OtherDay, said="Chose another delivery day", closing=False),
        Action(key="leave_safe", perform=leave, form=SafePlace, said="Chose a safe place", closing=False, check=DOOR),
        Action(key="report", perform=report, form=Report, said="Reported a problem", closing=False),
    ),
    steps=(
        Step(
            key="track",
            buttons=(Go("safe", icon="home", when=can_be_left), DAY, Go("problem", icon="note", row=True)),
            variants=(
                Variant("delivered", lambda facts, _answers, _now: facts.is_delivered, header="good"),
                Variant("moved", comes_on_chosen_day),
                Variant("moved_late", lambda _facts, answers, _now: "change_day" in answers),
                Variant("late", lambda facts, _answers, now: facts.window_to < now),
            ),
        ),
        Step(key="day", buttons=(Do("change_day"), BACK)),
        Step(key="safe", buttons=(Do("leave_safe"), BACK)),
        Step(key="problem", buttons=(Do("report"), BACK)),
        Step(key="day_changed", header="good", buttons=(BACK, Go("day", word="day_again", when=can_move))),
        Step(key="safe_set", header="good", buttons=(BACK, Go("safe", word="safe_again", when=can_be_left))),
        Step(key="reported", header="good", buttons=(BACK, Go("problem", word="problem_again"))),
    ),
)
