"""The page-type contract: all that a `situation.py` may import beside the standard library. No database here."""

from selfservice.kit.actions import Action, Case, Claim, HandOff, Outcome, Refused
from selfservice.kit.checks import Check
from selfservice.kit.facts import Facts, Form, fact
from selfservice.kit.fields import (
    Amount,
    Day,
    Days,
    Digits,
    Line,
    Lines,
    Link,
    Milestone,
    Moment,
    Moments,
    Money,
    Prose,
    Span,
    Timeline,
    Whole,
)
from selfservice.kit.forms import Input, Option, pick, prose
from selfservice.kit.situation import CalendarEntry, Situation
from selfservice.kit.steps import AddToCalendar, Change, Do, Go, Hero, Step, Variant

__all__ = [
    "Action",
    "AddToCalendar",
    "Amount",
    "CalendarEntry",
    "Case",
    "Change",
    "Check",
    "Claim",
    "Day",
    "Days",
    "Digits",
    "Do",
    "Facts",
    "Form",
    "Go",
    "HandOff",
    "Hero",
    "Input",
    "Line",
    "Lines",
    "Link",
    "Milestone",
    "Moment",
    "Moments",
    "Money",
    "Option",
    "Outcome",
    "Prose",
    "Refused",
    "Situation",
    "Span",
    "Step",
    "Timeline",
    "Variant",
    "Whole",
    "fact",
    "pick",
    "prose",
]
