"""A permit that ends soon: renew it, or say that it is no longer needed."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Annotated, Literal

from selfservice.kit import (
    Action,
    Amount,
    Case,
    Change,
    Day,
    Do,
    Facts,
    Form,
    Go,
    HandOff,
    Line,
    Outcome,
    OwnKind,
    Situation,
    Step,
    fact,
    is_past,
)

TEAM = "parking"
_PLATE = re.compile(r"[A-Z0-9]{2,8}")


class PlateKind(OwnKind):
    """A number plate, however it is spaced: kept in capitals, in two parts where it is a British one."""

    wants = "a number plate such as AB12 CDE"

    def clean(self, text: str, /) -> str:
        letters = re.sub(r"[\s-]", "", text).upper()
        if not _PLATE.fullmatch(letters):
            raise ValueError(f"Write {self.wants}")
        return f"{letters[:4]} {letters[4:]}" if len(letters) == 7 else letters


Plate = Annotated[str, PlateKind()]


class Permit(Facts):
    """What is known of one permit."""

    plate: Plate = fact("Number plate", example="AB12 CDE")
    zone: Line = fact("Zone", hint="As the signs have it.", example="Zone K", max_length=30)
    ends: Day = fact("Last day", example="2026-11-30")
    price: Amount = fact("Price of a year", example="84.00 GBP")
    space: Line | None = fact("Space", hint="Where one is kept free.", example="Bay 14", default=None, max_length=30)


class Ending(Form):
    """Why the permit is no longer needed."""

    reason: Literal["sold", "moved", "other"]


def check(facts: Permit, now: datetime) -> dict[str, str]:
    return {"ends": "Last day has passed; write a day to come."} if is_past(facts.ends, now) else {}


def renew(_facts: Permit, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="renewed", hand_off=HandOff(TEAM, "The customer wants the permit renewed."))


def give_up(_facts: Permit, _form: Ending, _case: Case) -> Outcome:
    return Outcome(shows="given_up")


def end_of(facts: Permit, now: datetime) -> datetime:
    """The page works until the permit has ended, to the minute in the page's zone."""
    return datetime.combine(facts.ends + timedelta(days=1), time(), now.tzinfo)


SITUATION = Situation(
    facts=Permit,
    check_facts=check,
    expires=end_of,
    team=TEAM,
    icon="tag",
    actions=(
        Action(key="renew", perform=renew, said="Wants the permit renewed", in_notification=True),
        Action(key="give_up", perform=give_up, form=Ending, said="Needs the permit no longer"),
    ),
    steps=(
        Step(key="ask", buttons=(Do("renew", icon="check"), Go("why"))),
        Step(key="why", buttons=(Do("give_up"), Go("ask", word="back"))),
        Step(key="renewed", header="good", buttons=(Change(),)),
        Step(key="given_up", header="closed", buttons=(Change(),)),
    ),
)
