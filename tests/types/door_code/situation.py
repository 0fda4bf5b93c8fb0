"""The code of a door: shown on the phone that opened the link first, elsewhere after a texted code."""

from __future__ import annotations

from datetime import timedelta

from selfservice.kit import Action, Case, Do, Facts, Form, Line, Outcome, Situation, Step, fact


class Door(Facts):
    """What is known of one door."""

    code: Line = fact("Code", example="Blue 44")


def got(_facts: Door, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="got")


SITUATION = Situation(
    facts=Door,
    expires=lambda _facts, now: now + timedelta(days=7),
    team="reception",
    icon="key",
    asks_new_devices=True,
    actions=(Action(key="got", perform=got, said="Has the code"),),
    steps=(Step(key="ask", buttons=(Do("got", icon="check"),)), Step(key="got", header="good")),
)
