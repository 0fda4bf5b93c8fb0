"""A result from a laboratory: shown to whoever knows the patient number, again after half an hour of silence."""

from __future__ import annotations

from datetime import timedelta

from selfservice.kit import (
    Action,
    Case,
    Check,
    Digits,
    Do,
    Facts,
    Form,
    HandOff,
    Line,
    Outcome,
    Person,
    Situation,
    Step,
    fact,
)

TEAM = "reception"


class Result(Facts):
    """What is known of one result."""

    patient: Digits = fact("Patient number", example="20114417")
    test: Line = fact("Test", example="Iron in the blood")
    value: Line = fact("Result", example="All is well")
    by: Person | None = fact("Who looked at it", example="Jo Ek", default=None)


def seen(_facts: Result, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="seen")


def dispute(_facts: Result, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="told", hand_off=HandOff(TEAM, "Somebody did not take this test.", urgent=True))


SITUATION = Situation(
    facts=Result,
    expires=lambda _facts, now: now + timedelta(days=7),
    team=TEAM,
    icon="note",
    sensitivity="sensitive",
    check=Check("last4", "patient"),
    actions=(
        Action(key="seen", perform=seen, said="Has seen the result"),
        Action(key="dispute", perform=dispute, said="Did not take this test", protective=True, closing=False),
    ),
    steps=(
        Step(key="ask", buttons=(Do("seen", icon="check"), Do("dispute", tone="quiet"))),
        Step(key="seen", header="good", buttons=(Do("dispute", tone="quiet"),)),
        Step(key="told", header="good", buttons=(Do("seen", icon="check"),)),
    ),
)
