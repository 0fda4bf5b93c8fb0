"""Every button and every field that there is, a step for each; nobody is sent this."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from selfservice.kit import (
    Action,
    Address,
    AddToCalendar,
    CalendarEntry,
    Case,
    Change,
    Day,
    Days,
    Do,
    Facts,
    Follow,
    Form,
    Go,
    Image,
    Line,
    Lines,
    Link,
    Moment,
    Moments,
    Outcome,
    Person,
    Phone,
    Photos,
    Prose,
    Situation,
    Step,
    Table,
    Timeline,
    fact,
    line,
    photos,
    pick,
    prose,
    rate,
)


class Specimen(Facts):
    """What there is to show and to choose from."""

    at: Moment = fact("When", example="2026-11-24 10:20")
    times: Moments = fact("Times", default=[])
    days: Days = fact("Days", default=[])
    places: Lines = fact("Places", default=[])
    place: Address | None = fact("Where", default=None)
    who: Person | None = fact("Who", default=None)
    seen: Person | None = fact("Who, with a picture", default=None)
    picture: Image | None = fact("Picture", default=None)
    ring: Phone | None = fact("Call", default=None)
    reference_of: Line | None = fact("Reference", default=None)
    text: Prose | None = fact("Text", default=None)
    sums: Table = fact("Bill", default=[])
    stages: Timeline = fact("Stages", default=[])
    readings: Table = fact("Readings", default=[])
    pay: Link | None = fact("Where to pay", default=None)


class Slots(Form):
    """A time."""

    slot: Moment = pick("times")


class SomeDays(Form):
    """A day."""

    day: Day = pick("days")


class Places(Form):
    """A line of a list."""

    place: Line = pick("places")


class Choice(Form):
    """One of a few words."""

    word: Literal["late", "damaged", "other"]


class Faces(Form):
    """A rating by faces."""

    face: int = rate(1, 5)


class Scale(Form):
    """A rating in numbers."""

    score: int = rate(0, 10)


class Written(Form):
    """One line."""

    reference: str = line(40)


class Note(Form):
    """Several lines."""

    note: str = prose(300)


class Papers(Form):
    """Photos."""

    papers: Photos = photos(most=3)


def done(_facts: Specimen, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="done")


def call_off(_facts: Specimen, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="off")


FORMS: dict[str, type[Form]] = {
    "slots": Slots,
    "days": SomeDays,
    "places": Places,
    "choice": Choice,
    "faces": Faces,
    "scale": Scale,
    "line": Written,
    "prose": Note,
    "upload": Papers,
}

AGAIN = {"upload": "upload"}
"""The step that asks once more for what cannot be read."""

SITUATION = Situation(
    facts=Specimen,
    check_facts=lambda _facts, _now: {},
    expires=lambda facts, _now: facts.at,
    team="reception",
    icon="grid",
    calendar=lambda facts, _answers: CalendarEntry(starts_at=facts.at, duration=timedelta(minutes=15)),
    actions=(
        Action(key="yes", perform=done, said="Said yes"),
        Action(key="no", perform=done, said="Said no"),
        Action(key="stop", perform=call_off, said="Called it off"),
        *(
            Action(key=f"send_{key}", perform=done, form=form, said="Sent a form", again=AGAIN.get(key, ""))
            for key, form in FORMS.items()
        ),
    ),
    steps=(
        Step(key="ask", buttons=(Do("yes", icon="check"), Go("one"), Go("sure"), Follow("pay", icon="card", row=True))),
        Step(key="one", buttons=(Do("yes", word="alone"), Go("pair"))),
        Step(key="pair", buttons=(Do("yes"), Do("no"), Go("link"))),
        Step(key="sure", buttons=(Do("stop", tone="danger"), Go("ask", word="back"))),
        Step(key="link", buttons=(Follow("pay", icon="card"), *(Go(key, row=True, icon="edit") for key in FORMS))),
        *(Step(key=key, buttons=(Do(f"send_{key}", word="send"), Go("ask", word="back"))) for key in FORMS),
        Step(key="done", header="good", buttons=(AddToCalendar(), Change(icon="undo"))),
        Step(key="off", header="closed"),
    ),
)
