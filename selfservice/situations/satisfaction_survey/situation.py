"""How was it? One tap is an answer that counts; what follows it depends on it, and may be left at any point."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from selfservice.kit import (
    Action,
    Case,
    Change,
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
    fact,
    prose,
    rate,
)

TEAM = "care"
OPEN_FOR = timedelta(days=7)
LOW = 2
HIGH = 4


class Experience(Facts):
    """What the customer is asked about."""

    about: Line = fact("What it was", hint="Completes: How was ...?", example="your call with us", max_length=40)
    at: Moment | None = fact("When", example="2026-11-24 14:05", default=None)
    person: Person | None = fact("With whom", example="Jo | Customer care", default=None)
    ask_likely: Literal["yes", "no"] = fact(
        "Ask whether they would recommend you", hint="Once, after the first questions.", default="no"
    )


class Score(Form):
    """From 1, very bad, to 5, very good (CSAT)."""

    score: int = rate(1, 5)


class Wrong(Form):
    """What went wrong."""

    reason: Literal["wait", "unsolved", "unfriendly", "unclear", "other"]
    better: str = prose(500, required=False)


class Right(Form):
    """What went well."""

    liked: Literal["quick", "solved", "friendly", "clear", "other"]
    praise: str = prose(500, required=False)


class Middling(Form):
    """What would have made it better."""

    wish: str = prose(500)


class Likely(Form):
    """From 0, not at all, to 10, very likely (NPS)."""

    likely: int = rate(0, 10)


def check(facts: Experience, now: datetime) -> dict[str, str]:
    return {"at": "When is still to come; ask afterwards."} if facts.at is not None and facts.at > now else {}


def score(_facts: Experience, form: Score, _case: Case) -> Outcome:
    if form.score <= LOW:
        return Outcome(shows="low", hand_off=HandOff(TEAM, "A customer was not satisfied and may be waiting to hear."))
    return Outcome(shows="high" if form.score >= HIGH else "middle")


def go_on(facts: Experience, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="likely" if facts.ask_likely == "yes" else "thanks")


def end(_facts: Experience, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="thanks")


SKIP = Do("skip", tone="quiet")

SITUATION = Situation(
    facts=Experience,
    check_facts=check,
    expires=lambda _facts, now: now + OPEN_FOR,
    team=TEAM,
    icon="face5",
    seal="device",
    actions=(
        Action(key="rate", perform=score, form=Score, said="Rated it"),
        Action(key="tell", perform=go_on, form=Wrong, said="Said what went wrong", closing=False),
        Action(key="wish_for", perform=go_on, form=Middling, said="Said what would be better", closing=False),
        Action(key="thank", perform=go_on, form=Right, said="Said what went well", closing=False),
        Action(key="skip", perform=go_on, said="Went on without a word", closing=False),
        Action(key="recommend", perform=end, form=Likely, said="Said how likely they recommend us", closing=False),
        Action(key="finish", perform=end, said="Left the last question out", closing=False),
    ),
    steps=(
        Step(key="ask", buttons=(Do("rate"),)),
        Step(key="low", buttons=(Do("tell"), SKIP, Change())),
        Step(key="middle", buttons=(Do("wish_for"), SKIP, Change())),
        Step(key="high", buttons=(Do("thank"), SKIP, Change())),
        Step(key="likely", buttons=(Do("recommend"), Do("finish", tone="quiet"))),
        Step(key="thanks", header="good", buttons=(Change(),)),
    ),
)
