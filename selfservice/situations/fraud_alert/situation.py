"""A payment held because it looks wrong: was it the customer? The protective answer comes first and is never too late.

"Yes" lets money go, so it is asked who says it; "no" never is. The text asks without a link, as banks do: what tells
the customer which payment is meant and a stranger nothing of use: merchant, amount, the last digits of the card.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from selfservice.kit import (
    Action,
    Amount,
    Case,
    Check,
    Digits,
    Do,
    Escalate,
    Facts,
    Form,
    HandOff,
    Line,
    Moment,
    NextChannel,
    Outcome,
    Situation,
    Step,
    fact,
)

TEAM = "fraud"
ANSWER_WITHIN = timedelta(hours=4)
LONGEST = timedelta(days=7)


class Payment(Facts):
    """What is known of one payment that is being held."""

    merchant: Line = fact(
        "Merchant",
        hint="As the statement shows it; a text has 22 characters of it.",
        example="ELECTRO-HUB ONLINE",
        max_length=60,
    )
    amount: Amount = fact("Amount", example="428.00 GBP")
    card_ending: Digits = fact(
        "Last digits of the card", hint="Four, as on a receipt, or two.", example="8817", min_length=2, max_length=4
    )
    at: Moment | None = fact("When it was tried", example="2026-11-24 14:14", default=None)
    where: Line | None = fact("Where", example="Online", default=None, max_length=60)
    answer_by: Moment | None = fact(
        "Answer by", hint="Four hours from now if left empty.", example="2026-11-24 18:14", default=None
    )
    account_ending: Digits | None = fact(
        "Last four digits of the account number",
        hint="Asked before “Yes, it was me”. Without them we text a code.",
        example="4417",
        default=None,
        min_length=4,
        max_length=4,
    )


def check(facts: Payment, now: datetime) -> dict[str, str]:
    problems = {}
    if facts.amount.amount <= 0:
        problems["amount"] = "The amount is not above zero; write what was to be paid."
    if facts.account_ending is not None and facts.account_ending == facts.card_ending:
        problems["account_ending"] = (
            "The account number ends like the card, which the text names: leave it empty, and we text a code instead."
        )
    if facts.at is not None and facts.at > now:
        problems["at"] = "When it was tried is still to come; write when it happened."
    if facts.answer_by is not None and not now < facts.answer_by <= now + LONGEST:
        problems["answer_by"] = "Answer by must lie within the next seven days; write another moment or leave it empty."
    return problems


def was_not_me(_facts: Payment, _form: Form, case: Case) -> Outcome:
    # After a "yes" the money may have left, so nothing is promised any more.
    changed = "yes" in case.answers
    hand_off = HandOff(TEAM, NOT_ME_AFTER_ALL if changed else NOT_ME, urgent=True)
    return Outcome(shows="no_after_yes" if changed else "no", hand_off=hand_off)


def was_me(_facts: Payment, _form: Form, case: Case) -> Outcome:
    # The team may already be acting on a "no": it has to hear that this has changed.
    changed = "no" in case.answers
    return Outcome(shows="yes", hand_off=HandOff(TEAM, ME_AFTER_ALL, urgent=True) if changed else None)


NOT_ME = "The customer says that a payment was not theirs."
IS_IT_YOU = Check("last4", "account_ending")
SILENT = "A payment is held, and the customer has not said whether it was theirs."
NOT_ME_AFTER_ALL = "The customer first knew a payment and now says that it was not theirs."
ME_AFTER_ALL = "The customer first said that a payment was not theirs and now says that it was."

SITUATION = Situation(
    facts=Payment,
    check_facts=check,
    expires=lambda facts, now: facts.answer_by or now + ANSWER_WITHIN,
    team=TEAM,
    icon="card",
    message_class="urgent",
    asks_in_text=True,
    segments={"GSM-7": 2, "UCS-2": 2},
    forgets_when_answered=True,
    follow_ups=(
        NextChannel(after=timedelta(minutes=5)),
        Escalate(after=timedelta(minutes=10), reason=SILENT, urgent=True),
    ),
    actions=(
        Action(
            key="no",
            perform=was_not_me,
            said="Said that the payment was not theirs",
            accepts_late=True,
            in_notification=True,
        ),
        Action(key="yes", perform=was_me, said="Said that the payment was theirs", check=IS_IT_YOU),
    ),
    steps=(
        Step(key="ask", buttons=(Do("no", icon="cross"), Do("yes", icon="check"))),
        Step(key="no", header="good", buttons=(Do("yes", word="mistake_yes", tone="quiet"),)),
        Step(key="no_after_yes", header="good", buttons=(Do("yes", word="mistake_yes", tone="quiet"),)),
        Step(key="yes", header="good", buttons=(Do("no", word="mistake_no", tone="quiet"),)),
    ),
)
