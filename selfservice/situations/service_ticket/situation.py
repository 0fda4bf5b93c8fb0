"""Something does not work and is being seen to: where it stands, whether it is fixed, what else there is to say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from selfservice.kit import (
    Action,
    Address,
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
    Photos,
    Situation,
    Step,
    Timeline,
    Variant,
    fact,
    is_past,
    photos,
    prose,
)

TEAM = "support"
OPEN_FOR = timedelta(days=14)
STAGES = "2026-11-24 13:50 | You reported it\n2026-11-24 14:24 | Engineer on the way\nPower back"


class Ticket(Facts):
    """What is known of one fault."""

    ticket: Line = fact("Ticket number", example="4417", max_length=30)
    fault: Line = fact(
        "What is wrong", hint="As the customer would say it.", example="Your power is off", max_length=50
    )
    cause: Line | None = fact("Why", example="A cable was damaged on Mill Lane.", default=None)
    affected: Line | None = fact("Who else", example="140 homes are off", default=None, max_length=60)
    stages: Timeline = fact("Stages", example=STAGES, min_length=1, max_length=8)
    fixed_by: Moment | None = fact("Expected to work by", example="2026-11-24 18:30", default=None)
    place: Address | None = fact("Where", example="Flat 3, 9 Mill Lane", default=None)

    @property
    def is_over(self) -> bool:
        """Whether every stage has happened."""
        return all(stage.at for stage in self.stages)

    @property
    def expected(self) -> datetime:
        """When it should work again; when it began where nobody said."""
        return self.fixed_by or self.stages[0].at or datetime.max.replace(tzinfo=UTC)


class Broken(Form):
    """What still does not work."""

    still: str = prose(500, required=False)


class Note(Form):
    """What the team should know, and what it looks like."""

    note: str = prose(500)
    pictures: Photos = photos(most=3, required=False)


class Again(Form):
    """Photos in place of those that could not be read."""

    again: Photos = photos(most=3)


def check(facts: Ticket, now: datetime) -> dict[str, str]:
    if facts.stages[0].at is None:
        return {"stages": "The first stage has no time; write when it happened."}
    if len(facts.stages) == 1 and is_past(facts.stages[0].at, now):
        return {"stages": ONLY_OVER}
    return {}


def say_fixed(_facts: Ticket, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="fixed")


def say_broken(_facts: Ticket, _form: Broken, _case: Case) -> Outcome:
    return Outcome(shows="told", hand_off=HandOff(TEAM, "The customer says that it is not fixed.", urgent=True))


def add_note(_facts: Ticket, _form: Note, _case: Case) -> Outcome:
    return Outcome(shows="noted", hand_off=HandOff(TEAM, "The customer added a note to a ticket."))


def send_again(_facts: Ticket, _form: Again, _case: Case) -> Outcome:
    return Outcome(shows="sent", hand_off=HandOff(TEAM, "The customer sent photos for a ticket again."))


ONLY_OVER = (
    "Stages has one line, and that has happened, so the page would ask if it works again; "
    "write what is still to come below it, without a time."
)
NOTE = Go("note", icon="note", row=True)
BACK = Go("track", word="back")

SITUATION = Situation(
    facts=Ticket,
    check_facts=check,
    expires=lambda facts, now: max(now, facts.fixed_by or now) + OPEN_FOR,
    team=TEAM,
    icon="alert",
    seal="device",
    tells_early=True,
    actions=(
        Action(key="fixed", perform=say_fixed, said="Says that it is fixed"),
        Action(key="broken", perform=say_broken, form=Broken, said="Says that it is not fixed", closing=False),
        Action(key="note", perform=add_note, form=Note, said="Added a note", closing=False, again="again"),
        Action(
            key="send_again", perform=send_again, form=Again, said="Sent photos again", closing=False, again="again"
        ),
    ),
    steps=(
        Step(
            key="track",
            buttons=(Do("fixed", icon="check"), Go("broken"), NOTE),
            variants=(
                Variant("over", lambda facts, _answers, _now: facts.is_over, header="good"),
                Variant("late", lambda facts, _answers, now: facts.fixed_by is not None and facts.fixed_by < now),
                Variant("expected", lambda facts, _answers, _now: facts.fixed_by is not None),
            ),
        ),
        Step(key="broken", buttons=(Do("broken"), BACK)),
        Step(key="note", buttons=(Do("note"), BACK)),
        Step(key="again", buttons=(Do("send_again", icon="send"), BACK)),
        Step(key="told", header="good", buttons=(BACK, NOTE)),
        Step(key="noted", header="good", buttons=(BACK, Go("note", word="note_again"))),
        Step(key="sent", header="good", buttons=(BACK, NOTE)),
        Step(key="fixed", header="good", buttons=(Change("reopen"),)),
    ),
)
