"""Something has come free, and several people are asked at once: the first to take it gets it, the others are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from selfservice.kit import (
    Action,
    Address,
    AddToCalendar,
    CalendarEntry,
    Case,
    Change,
    Claim,
    Do,
    Facts,
    Form,
    Line,
    Moment,
    Outcome,
    Person,
    Situation,
    Step,
    Variant,
    Whole,
    fact,
)

TEAM = "reception"


class Offer(Facts):
    """What has come free, the same for all who are asked."""

    offer: Line = fact(
        "Offer number", hint="The same for all who are offered it.", example="okafor-2026-11-24-1020", max_length=60
    )
    places: Whole = fact("How many can have it", default=1, ge=1, le=500)
    what: Line = fact("What it is", example="Check-up", max_length=60)
    at: Moment = fact("When", example="2026-11-24 10:20")
    minutes: Whole = fact("How long, in minutes", default=30, ge=1, le=1440)
    person: Person | None = fact("With whom", example="Dr Amina Okafor | Cardiologist", default=None)
    place: Address | None = fact("Where", example="14 Harbour Street | Second floor", default=None)
    keep_until: Moment | None = fact(
        "Can be given back until", hint="Until it begins if left empty.", example="2026-11-23 18:00", default=None
    )


def check(facts: Offer, now: datetime) -> dict[str, str]:
    problems = {}
    if facts.at <= now:
        problems["at"] = "When has passed; write a time to come."
    if facts.keep_until is not None and facts.keep_until > facts.at:
        problems["keep_until"] = "Can be given back until is after it begins; write an earlier time."
    if facts.keep_until is not None and facts.keep_until <= now:
        problems["keep_until"] = "Can be given back until has passed; write a time to come, or leave it empty."
    return problems


def claim(facts: Offer) -> Claim:
    """One of the places, whoever is the first."""
    return Claim(f"waitlist:{facts.offer.casefold()}", capacity=facts.places)


def offers(facts: Offer, _case: Case) -> Mapping[str, Claim]:
    return {"place": claim(facts)}


def is_final(facts: Offer, _answers: Mapping[str, Form], now: datetime) -> bool:
    """Whether it can no longer be given back."""
    return (facts.keep_until or facts.at) <= now


def accept(facts: Offer, _form: Form, case: Case) -> Outcome:
    return Outcome(
        shows="accepted",
        claims=(claim(facts),),
        says=("accepted_final" if is_final(facts, {}, case.now) else "accepted",),
        changeable_until=facts.keep_until or facts.at,
    )


def decline(_facts: Offer, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="declined")


def entry(facts: Offer, _answers: Mapping[str, Form]) -> CalendarEntry:
    return CalendarEntry(facts.at, timedelta(minutes=facts.minutes), facts.place.address if facts.place else "")


SITUATION = Situation(
    facts=Offer,
    check_facts=check,
    expires=lambda facts, _now: facts.at,
    team=TEAM,
    icon="clock",
    offers=offers,
    gone="gone",
    calendar=entry,
    actions=(
        Action(key="accept", perform=accept, said="Took the offer", in_notification=True),
        Action(key="decline", perform=decline, said="Does not want it"),
    ),
    steps=(
        Step(
            key="ask",
            buttons=(Do("accept", icon="check"), Do("decline", tone="quiet")),
            variants=(Variant("final", is_final),),
        ),
        Step(key="accepted", header="good", buttons=(AddToCalendar(), Change("give_back"))),
        Step(key="declined", header="closed", buttons=(Change("undo", icon="undo"),)),
        Step(key="gone", header="closed"),
    ),
)
