"""One question with a yes and a no. It runs as it is; change what it knows, asks and says bit by bit."""

from __future__ import annotations

from datetime import datetime

from selfservice.kit import (
    Action,
    Case,
    Change,
    Do,
    Facts,
    Form,
    Go,
    HandOff,
    Line,
    Moment,
    Outcome,
    Situation,
    Step,
    fact,
    prose,
)

TEAM = "reception"


class Skeleton(Facts):
    """What is known of one case: the fields of the staff form, the columns of a CSV file, the keys of the API."""

    what: Line = fact("What it is about", hint="As the customer knows it.", example="Boiler service", max_length=60)
    at: Moment = fact("When", example="2026-11-24 10:20")
    where: Line | None = fact("Where", example="14 Harbour Street", default=None, max_length=80)


class Reason(Form):
    """Why not, in the customer's own words."""

    reason: str = prose(300, required=False)


def check(facts: Skeleton, now: datetime) -> dict[str, str]:
    return {"at": "When has passed; write a time to come."} if facts.at <= now else {}


def accept(_facts: Skeleton, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="accepted")


def decline(_facts: Skeleton, form: Reason, _case: Case) -> Outcome:
    reason = "The customer said no and why." if form.reason else "The customer said no."
    return Outcome(shows="declined", hand_off=HandOff(TEAM, reason))


SITUATION = Situation(
    facts=Skeleton,
    check_facts=check,
    expires=lambda facts, _now: facts.at,
    team=TEAM,
    icon="calendar",
    actions=(
        Action(key="accept", perform=accept, said="Said yes", in_notification=True),
        Action(key="decline", perform=decline, form=Reason, said="Said no"),
    ),
    steps=(
        Step(key="ask", buttons=(Do("accept", icon="check"), Go("why", icon="cross"))),
        Step(key="why", buttons=(Do("decline"), Go("ask", word="back"))),
        Step(key="accepted", header="good", buttons=(Change(),)),
        Step(key="declined", header="closed", buttons=(Change(),)),
    ),
)
