"""When shall we call? A time while people are there, so that nobody waits on hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain, islice

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
    HandOff,
    Line,
    Moment,
    Outcome,
    Person,
    Situation,
    Step,
    Whole,
    fact,
    pick,
    prose,
    work_days,
)

TEAM = "care"
SOONEST = timedelta(minutes=30)
SHARE = timedelta(minutes=5)
"""What a call takes of its caller's time is told apart so finely, from each full hour on."""
MOST_TIMES = 24


class Call(Facts):
    """What the call is about, and when there could be one."""

    about: Line = fact("What about", hint="Completes: We call about ...", example="order 20-4417", max_length=40)
    days: Whole = fact("Days to choose from", default=3, ge=1, le=14)
    minutes: Whole = fact(
        "Minutes for each call", hint="Multiples of 5 leave no gaps between calls.", default=30, ge=10, le=120
    )
    callers: Whole = fact("Calls at the same time", default=1, ge=1, le=200)
    queue: Line = fact(
        "Who calls", hint="Pages with the same name share the times.", example="Customer care", max_length=60
    )
    caller: Person | None = fact(
        "Who is on the phone", hint="If it is known.", example="Lee Ortiz | Customer care", default=None
    )
    password: Line | None = fact(
        "Words our caller says", hint="So that they know it is you.", example="copper lantern", default=None
    )


def times_to_call(facts: Call, case: Case) -> tuple[datetime, ...]:
    """Each time at which a call can begin, within the organisation's hours; on work days from 9 to 5 if it set none."""
    opening = case.opening or work_days(case.zone)
    every, soon = timedelta(minutes=facts.minutes), case.now + SOONEST
    days = (opening.starts(case.today + timedelta(days=day), every=every) for day in range(31))
    times = ([start for start in _spread(starts, MOST_TIMES // facts.days) if start >= soon] for starts in days)
    return tuple(chain.from_iterable(islice(filter(None, times), facts.days)))


def _spread(starts: tuple[datetime, ...], most: int) -> tuple[datetime, ...]:
    """As many times of a day as leave room for the others, evenly; the same ones whatever the hour is now."""
    return starts[:: max(1, -(-len(starts) // most))]


class Time(Form):
    """When they want to be called, and what they want to say before."""

    time: Moment = pick(times_to_call)
    before: str = prose(300, required=False)


def claims(facts: Call, case: Case) -> Mapping[datetime, tuple[Claim, ...]]:
    """Only so many can call at a time, whichever page offers it and however long its calls are."""
    queue, length = " ".join(facts.queue.casefold().split()), timedelta(minutes=facts.minutes)
    return {start: _shares(queue, start.astimezone(UTC), length, facts.callers) for start in times_to_call(facts, case)}


# Every view of every page of a queue asks for the same ones.
@lru_cache(maxsize=1024)
def _shares(queue: str, start: datetime, length: timedelta, callers: int) -> tuple[Claim, ...]:
    """What a call takes of a caller's time, the share in which it starts first."""
    begins = start - (start - start.replace(minute=0)) % SHARE
    many = -((begins - start - length) // SHARE)
    shares = (begins + number * SHARE for number in range(many))
    return tuple(Claim(f"call:{queue}:{share:%Y-%m-%dT%H:%MZ}", capacity=callers) for share in shares)


def choose(facts: Call, form: Time, case: Case) -> Outcome:
    return Outcome(
        shows="chosen",
        claims=claims(facts, case)[form.time],
        hand_off=HandOff(TEAM, "The customer chose a time for a call.", call_at=form.time),
        changeable_until=form.time,
        expires_at=form.time + timedelta(minutes=facts.minutes),
    )


def decline(_facts: Call, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="declined")


def entry(facts: Call, answers: Mapping[str, Form]) -> CalendarEntry | None:
    chosen = answers.get("choose")
    if not isinstance(chosen, Time):
        return None
    return CalendarEntry(chosen.time, timedelta(minutes=facts.minutes))


SITUATION = Situation(
    facts=Call,
    expires=lambda facts, now: now + timedelta(days=facts.days + 4),
    team=TEAM,
    icon="callback",
    offers=claims,
    calendar=entry,
    actions=(
        Action(key="choose", perform=choose, form=Time, said="Chose a time for a call"),
        Action(key="decline", perform=decline, said="Needs no call any more"),
    ),
    steps=(
        Step(key="ask", buttons=(Do("choose"), Do("decline", tone="quiet"))),
        Step(key="chosen", header="good", buttons=(AddToCalendar(), Change("change_time"))),
        Step(key="declined", header="closed", buttons=(Change("undo", icon="undo"),)),
    ),
)
