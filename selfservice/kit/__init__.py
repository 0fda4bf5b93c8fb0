"""The page-type contract: all that a `situation.py` may import beside the standard library. No database here."""

from selfservice.kit.actions import Action, Case, Claim, HandOff, Outcome, Refused
from selfservice.kit.facts import Facts, Form, fact
from selfservice.kit.fields import (
    Amount,
    Day,
    Days,
    Line,
    Lines,
    Milestone,
    Moment,
    Moments,
    Money,
    Prose,
    Timeline,
)
from selfservice.kit.situation import CalendarEntry, Situation
from selfservice.kit.steps import AddToCalendar, Change, Do, Go, Step


__all__ = [
    "Action",
    "AddToCalendar",
    "Amount",
    "CalendarEntry",
    "Case",
    "Change",
    "Claim",
    "Day",
    "Days",
    "Do",
    "Facts",
    "Form",
    "Go",
    "HandOff",
    "Line",
    "Lines",
    "Milestone",
    "Moment",
    "Moments",
    "Money",
    "Outcome",
    "Prose",
    "Refused",
    "Situation",
    "Step",
    "Timeline",
    "fact",
]
