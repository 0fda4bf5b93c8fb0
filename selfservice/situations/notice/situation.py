"""A plain message made of blocks, for what no other type fits: heading, text, details, a link, choices."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from selfservice.kit import (
    Action,
    Case,
    Change,
    Do,
    Facts,
    Follow,
    Form,
    HandOff,
    Image,
    Line,
    Lines,
    Link,
    Moment,
    Outcome,
    Prose,
    Situation,
    Step,
    Table,
    fact,
    pick,
)

TEAM = "care"
OPEN_FOR = timedelta(days=14)


class Notice(Facts):
    """The blocks, in the order in which they stand on the page."""

    heading: Line = fact(
        "Heading", hint="It stands in the text, too: nothing private.", example="We move on 1 December", max_length=50
    )
    text: Prose = fact("Text", example="From 1 December you find us at 9 Mill Lane.")
    picture: Image | None = fact("Picture", hint="Under the text.", example="Our new door", default=None)
    details: Table = fact("Details", example="When | Monday 9 am", default=[])
    more_url: Link | None = fact("Link", example="https://example.com/move", default=None)
    more_name: Line | None = fact("What the link is called", example="How to get there", default=None, max_length=30)
    choices: Lines = fact("Choices", hint="One a line; the customer takes one.", default=[], max_length=6)
    give_on: Literal["no", "yes"] = fact("Give the choice to the team", default="no")
    shown_until: Moment | None = fact(
        "Show until", hint="14 days if left empty.", example="2026-12-01 18:00", default=None
    )

    @property
    def more_words(self) -> str:
        """What the link is called, empty if nobody said."""
        return self.more_name or ""


class Choice(Form):
    """Which of the choices."""

    choice: Line = pick("choices")


def check(facts: Notice, now: datetime) -> dict[str, str]:
    problems = {}
    if len(facts.choices) == 1:
        problems["choices"] = "One choice alone is none; write another, or leave them out."
    if facts.more_name and not facts.more_url:
        problems["more_url"] = "The link has a name and no address; write the address, or take the name out."
    if facts.shown_until is not None and facts.shown_until <= now:
        problems["shown_until"] = "Show until has passed; write a time to come."
    return problems


def choose(facts: Notice, _form: Choice, _case: Case) -> Outcome:
    wanted = HandOff(TEAM, "A customer answered a notice.") if facts.give_on == "yes" else None
    return Outcome(shows="chosen", hand_off=wanted)


def read(_facts: Notice, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="read")


LINKS = (
    Follow("more_url", word="more_named", icon="link", when=lambda facts: bool(facts.more_name), row=True),
    Follow("more_url", word="more_plain", icon="link", when=lambda facts: not facts.more_name, row=True),
)

SITUATION = Situation(
    facts=Notice,
    check_facts=check,
    expires=lambda facts, now: facts.shown_until or now + OPEN_FOR,
    team=TEAM,
    icon="info",
    seal="device",
    actions=(
        Action(key="choose", perform=choose, form=Choice, said="Made a choice", when=lambda facts: bool(facts.choices)),
        Action(
            key="read", perform=read, said="Has read it", when=lambda facts: not facts.choices, in_notification=True
        ),
    ),
    steps=(
        Step(key="ask", buttons=(Do("choose"), Do("read", icon="check"), *LINKS)),
        Step(key="chosen", header="good", buttons=(Change(), *LINKS)),
        Step(key="read", header="good", buttons=LINKS),
    ),
)
