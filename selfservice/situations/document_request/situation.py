"""Documents are needed: the customer photographs them on the page, or says why they cannot.

What is needed is private, so the page asks who looks, keeps nothing on the phone, and the text names none of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from selfservice.kit import (
    Action,
    Case,
    Change,
    Check,
    Do,
    Facts,
    Form,
    Go,
    HandOff,
    Line,
    Lines,
    Moment,
    Outcome,
    Photos,
    Situation,
    Step,
    fact,
    photos,
    prose,
)

TEAM = "care"
LONGEST = timedelta(days=90)
SEEN_FOR = timedelta(days=7)


class Wanted(Facts):
    """What is needed, what for, and until when."""

    needed: Lines = fact(
        "What is needed",
        hint="One a line, as the customer knows it.",
        example="Your driving licence, both sides",
        min_length=1,
        max_length=8,
    )
    why: Line = fact("Why", example="So that we can open your account.", max_length=160)
    needed_by: Moment = fact("Needed by", example="2026-12-04 18:00")
    postcode: Line | None = fact(
        "Postcode",
        hint="Asked before anything is shown. Without it we text a code.",
        example="SW1A 1AA",
        default=None,
        max_length=10,
    )


class Papers(Form):
    """Photos of what is needed."""

    papers: Photos = photos(most=8)


class Reason(Form):
    """Why it cannot be sent."""

    reason: str = prose(300)


def check(facts: Wanted, now: datetime) -> dict[str, str]:
    if not now < facts.needed_by <= now + LONGEST:
        return {"needed_by": "Needed by must lie within the next 90 days; write another moment."}
    return {}


def send(_facts: Wanted, _form: Papers, case: Case) -> Outcome:
    # What cannot be read is asked for again, so the page lives on a while.
    work = HandOff(TEAM, "The customer sent documents.")
    return Outcome(shows="sent", hand_off=work, expires_at=case.now + SEEN_FOR)


def say_cannot(_facts: Wanted, _form: Reason, _case: Case) -> Outcome:
    return Outcome(shows="told", hand_off=HandOff(TEAM, "The customer cannot send the documents, and says why."))


CANNOT = Go("cannot", icon="note", row=True)

SITUATION = Situation(
    facts=Wanted,
    check_facts=check,
    expires=lambda facts, _now: facts.needed_by,
    team=TEAM,
    icon="photo",
    sensitivity="sensitive",
    check=Check("postcode", "postcode"),
    seal="none",
    actions=(
        Action(key="send", perform=send, form=Papers, said="Sent documents", until_taken=True, again="again"),
        Action(key="cannot", perform=say_cannot, form=Reason, said="Cannot send the documents", closing=False),
    ),
    steps=(
        Step(key="ask", buttons=(Do("send", icon="send"), CANNOT)),
        Step(key="cannot", buttons=(Do("cannot"), Go("ask", word="back"))),
        Step(key="told", header="good", buttons=(Go("ask", word="after_all"),)),
        Step(key="sent", header="good", buttons=(Change("others"),)),
        Step(key="again", buttons=(Do("send", icon="send"), CANNOT)),
    ),
)
