"""A bill that is due: pay it where the organisation takes payments, promise a day, say it is paid, or ask for a plan.

Nothing is paid here: the page leads to the organisation's own payment address. What is owed is shown after a check.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Literal

from selfservice.kit import (
    Action,
    Amount,
    Case,
    Change,
    Check,
    Day,
    Digits,
    Do,
    Facts,
    Follow,
    Form,
    Go,
    HandOff,
    Line,
    Link,
    Outcome,
    Situation,
    Step,
    Table,
    Variant,
    Whole,
    fact,
    is_past,
    pick,
    prose,
)

TEAM = "billing"
OPEN_FOR = timedelta(days=30)


class Bill(Facts):
    """What is known of one bill."""

    amount: Amount = fact("Amount", example="64.20 GBP")
    due_on: Day = fact("Due on", example="2026-11-27")
    what: Line = fact("What it is for", hint="As the customer knows it.", example="Electricity, October", max_length=60)
    usage: Line | None = fact("How much was used", example="212 kWh at your meter", default=None, max_length=60)
    compared: Line | None = fact("Compared with last time", example="£8.10 less than in September", default=None)
    lines: Table = fact("What it is made of", example="For | Price", default=[])
    pay_url: Link = fact("Where to pay", example="https://pay.example/bill/4417")
    bill_url: Link | None = fact("The whole bill", example="https://bills.example/4417.pdf", default=None)
    promise_days: Whole = fact(
        "Days that paying may wait", hint="Counted from the day it is due.", example="10", default=7, ge=0, le=28
    )
    account: Digits | None = fact(
        "Last four digits of the account number",
        hint="Asked before the amount is shown. Without them we text a code.",
        example="4417",
        default=None,
        min_length=4,
        max_length=4,
    )

    @property
    def last_day(self) -> date:
        """Until when paying may wait."""
        return self.due_on + timedelta(days=self.promise_days)


def days_to_pay(facts: Bill, case: Case) -> list[date]:
    """The days that paying may wait: tomorrow at the earliest, and the last 14 of them."""
    wait = (facts.last_day - case.today).days
    return [case.today + timedelta(days=days) for days in range(1, wait + 1)][-14:]


class Promise(Form):
    """Which day they will pay on."""

    pay_on: Day = pick(days_to_pay)


class Plan(Form):
    """In how many parts they could pay, and what we should know."""

    parts: Literal["two", "three", "six", "pause"]
    situation: str = prose(300, required=False)


def check(facts: Bill, now: datetime) -> dict[str, str]:
    problems = {}
    if facts.amount.amount <= 0:
        problems["amount"] = "The amount is not above zero; write what is owed."
    if facts.due_on + OPEN_FOR <= now.date():
        problems["due_on"] = "It was due more than a month ago; take it up with the customer in another way."
    return problems


def promise(_facts: Bill, _form: Promise, _case: Case) -> Outcome:
    return Outcome(shows="promised")


def say_paid(_facts: Bill, _form: Form, _case: Case) -> Outcome:
    return Outcome(shows="said_paid", hand_off=HandOff(TEAM, "The customer says that a bill is paid: look for it."))


def ask_plan(_facts: Bill, form: Plan, _case: Case) -> Outcome:
    return Outcome(shows="plan_asked", hand_off=HandOff(TEAM, ASKED[form.parts], urgent=form.parts == "pause"))


ASKED = {
    "two": "The customer asks to pay a bill in two parts.",
    "three": "The customer asks to pay a bill in three parts.",
    "six": "The customer asks to pay a bill in six parts.",
    "pause": "The customer cannot pay a bill at all now.",
}


def promised_day_has_come(_facts: Bill, answers: Mapping[str, Form], now: datetime) -> bool:
    promised = answers.get("promise")
    return isinstance(promised, Promise) and promised.pay_on <= now.date()


def end_of(facts: Bill, now: datetime) -> datetime:
    """The page outlives whatever day may be promised."""
    return datetime.combine(facts.last_day, time(), now.tzinfo) + OPEN_FOR


PAY = Follow("pay_url", icon="card", said="Went to the payment page")

SITUATION = Situation(
    facts=Bill,
    check_facts=check,
    expires=end_of,
    team=TEAM,
    icon="receipt",
    sensitivity="sensitive",
    check=Check("last4", "account"),
    actions=(
        Action(key="promise", perform=promise, form=Promise, said="Promised a day to pay"),
        Action(key="paid", perform=say_paid, said="Says that it is paid"),
        Action(key="plan", perform=ask_plan, form=Plan, said="Asked for a payment plan"),
    ),
    steps=(
        Step(
            key="ask",
            buttons=(
                PAY,
                Go("later", icon="calendar", when=lambda facts: facts.promise_days > 0),
                Do("paid"),
                Go("hard", icon="message", row=True),
                Follow("bill_url", icon="receipt", row=True, said="Went to the whole bill"),
            ),
            variants=(
                Variant("overdue", lambda facts, _answers, now: is_past(facts.due_on, now)),
                Variant("today", lambda facts, _answers, now: facts.due_on == now.date()),
            ),
        ),
        Step(key="later", buttons=(Do("promise"), Go("ask", word="back"))),
        Step(key="hard", buttons=(Do("plan"), Go("ask", word="back"))),
        Step(
            key="promised",
            header="good",
            buttons=(PAY, Do("paid"), Change(), Go("hard_after_all", word="go_hard", icon="message", row=True)),
            variants=(Variant("due", promised_day_has_come, header="brand"),),
        ),
        Step(key="hard_after_all", buttons=(Do("plan"), Go("promised", word="back"))),
        Step(key="said_paid", header="good", buttons=(Change("undo_paid"),)),
        Step(key="plan_asked", header="good", buttons=(PAY, Change())),
    ),
)
