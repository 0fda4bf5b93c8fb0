"""May we text you? A yes or a no of their own, kept as evidence with the exact words that they read."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from selfservice.kit import (
    Action,
    Case,
    Consent,
    Do,
    Facts,
    Form,
    Line,
    Outcome,
    Situation,
    Step,
    fact,
)

OPEN_FOR = timedelta(days=30)


class Request(Facts):
    """What the customer is asked to allow."""

    topic: Line = fact(
        "What about",
        hint="Completes: texts about ... Without “your”: it stands in the customer’s own sentence, too.",
        example="offers and news",
        max_length=34,
    )
    how_often: Line = fact("How often at most", example="4 texts a month", max_length=40)
    message_class: Literal["marketing", "service"] = fact(
        "Kind of messages", hint="Marketing for offers, service for what they have with you.", default="marketing"
    )


def agree(facts: Request, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="agreed", consents=(Consent(facts.message_class, "consent.wording"),))


def decline(facts: Request, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="declined", consents=(Consent(facts.message_class, "consent.wording", given=False),))


SITUATION = Situation(
    facts=Request,
    expires=lambda _facts, now: now + OPEN_FOR,
    team="care",
    icon="check",
    actions=(
        Action(key="agree", perform=agree, said="Said yes to texts"),
        Action(key="decline", perform=decline, said="Said no to texts"),
    ),
    steps=(
        Step(key="ask", buttons=(Do("agree", icon="check"), Do("decline", icon="cross"))),
        Step(key="agreed", header="good", buttons=(Do("decline", word="stop", tone="quiet"),)),
        Step(key="declined", header="closed", buttons=(Do("agree", word="agree_after", tone="quiet"),)),
    ),
)
