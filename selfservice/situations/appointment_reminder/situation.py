"""An appointment to come: the customer confirms it, takes another time, calls it off or adds a note."""

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
    Link,
    Moment,
    Moments,
    NextChannel,
    Outcome,
    Remind,
    Situation,
    Step,
    Whole,
    fact,
    pick,
    prose,
)

TEAM = "reception"


class Appointment(Facts):
    """What is known of one appointment."""

    at: Moment = fact("When", example="2026-11-24 10:20")
    person: Line = fact("With whom", hint="As the customer knows them.", example="Dr Amina Okafor", max_length=60)
    place: Line = fact("Where", example="14 Harbour Street", max_length=80)
    place_hint: Line | None = fact(
        "How to find it", hint="Floor, entrance, lift.", example="Second floor, lift available", default=None
    )
    map_url: Link | None = fact("Link to a map", example="https://maps.example/?q=14+Harbour+Street", default=None)
    purpose: Line | None = fact("What for", hint="Never in the text.", example="Check-up", default=None)
    duration_minutes: Whole = fact("Minutes", example="15", default=30, ge=1, le=1440)
    bring: Line | None = fact("What to bring", example="Your current medicines", default=None)
    offered: Moments = fact("Other times to offer", example="2026-11-25 14:30", default=[], max_length=24)


class Move(Form):
    """Which of the offered times."""

    slot: Moment = pick("offered")


class Note(Form):
    """A word to the team."""

    note: str = prose(300)


def has_offers(facts: Appointment) -> bool:
    return bool(facts.offered)


def check(facts: Appointment, now: datetime) -> dict[str, str]:
    problems = {}
    if facts.at <= now:
        problems["at"] = "When has passed; write a time to come."
    if facts.at in facts.offered:
        problems["offered"] = "One of the other times is the appointment itself; take it out."
    return problems


def slot_claims(facts: Appointment, _case: Case) -> dict[datetime, Claim]:
    """One person sees one customer at a time in one place, whichever page offers that time."""
    scope = " ".join(f"{facts.person}/{facts.place}".casefold().split())[:150]
    return {slot: Claim(f"slot:{scope}:{slot.astimezone(UTC):%Y-%m-%dT%H:%MZ}") for slot in facts.offered}


def confirm(_facts: Appointment, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="confirmed")


def move(facts: Appointment, form: Move, case: Case) -> Outcome:
    claim = slot_claims(facts, case)[form.slot]
    return Outcome(shows="moved", claims=(claim,), says=("moved",), expires_at=form.slot)


def cancel(_facts: Appointment, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="cancelled")


def add_note(_facts: Appointment, _form: Note, _case: Case) -> Outcome:
    return Outcome(shows="noted", hand_off=HandOff(TEAM, "The customer added a note to an appointment."))


def entry(facts: Appointment, answers: Mapping[str, Form]) -> CalendarEntry:
    moved = answers.get("move")
    return CalendarEntry(
        starts_at=moved.slot if isinstance(moved, Move) else facts.at,
        duration=timedelta(minutes=facts.duration_minutes),
        location=facts.place,
    )


ANSWERS = (Do("confirm", icon="check"), Go("choose", icon="clock", when=has_offers), Go("sure", icon="cross"))

SITUATION = Situation(
    facts=Appointment,
    check_facts=check,
    expires=lambda facts, _now: facts.at,
    team=TEAM,
    icon="calendar",
    offers=slot_claims,
    calendar=entry,
    follow_ups=(NextChannel(after=timedelta(hours=6)), Remind(before_end=timedelta(hours=24))),
    actions=(
        Action(key="confirm", perform=confirm, said="Confirmed the appointment", in_notification=True),
        Action(key="move", perform=move, form=Move, said="Took another time"),
        Action(key="cancel", perform=cancel, said="Called the appointment off", in_notification=True),
        Action(key="note", perform=add_note, form=Note, said="Added a note", closing=False),
    ),
    steps=(
        Step(key="ask", buttons=(*ANSWERS, Go("note", icon="note", row=True))),
        Step(key="choose", buttons=(Do("move"), Go("ask", word="keep"))),
        Step(
            key="sure",
            buttons=(Do("cancel", tone="danger"), Go("choose", when=has_offers), Go("ask", word="keep_it")),
        ),
        Step(key="note", buttons=(Do("note"), Go("ask", word="back"))),
        Step(key="noted", buttons=(*ANSWERS, Go("note", icon="note", word="note_again", row=True))),
        Step(key="confirmed", header="good", buttons=(AddToCalendar(), Change())),
        Step(key="moved", header="good", buttons=(AddToCalendar(), Change())),
        Step(
            key="cancelled",
            header="closed",
            buttons=(Go("rebook", icon="calendar", when=has_offers), Change("undo", icon="undo")),
        ),
        Step(key="rebook", buttons=(Do("move"), Go("cancelled", word="back"))),
    ),
)
