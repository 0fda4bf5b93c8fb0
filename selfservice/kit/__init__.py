"""The page-type contract: all that a `situation.py` may import beside the standard library. No database here."""

from selfservice.kit.actions import Action, Case, Claim, Consent, HandOff, Outcome, Refused
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
from selfservice.kit.follow_ups import Escalate, FollowUp, NextChannel, Remind
from selfservice.kit.forms import Input, Option, line, pick, prose, rate
from selfservice.kit.opening import Opening
from selfservice.kit.own import OwnKind
from selfservice.kit.situation import CalendarEntry, Situation
from selfservice.kit.steps import AddToCalendar, Change, Do, Follow, Go, Hero, Step, Variant

__all__ = [
    "Action",
    "AddToCalendar",
    "Amount",
    "CalendarEntry",
    "Case",
    "Change",
    "Check",
    "Claim",
    "Consent",
    "Day",
    "Days",
    "Digits",
    "Do",
    "Escalate",
    "Facts",
    "Follow",
    "FollowUp",
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
    "NextChannel",
    "Opening",
    "Option",
    "Outcome",
    "OwnKind",
    "Prose",
    "Refused",
    "Remind",
    "Situation",
    "Span",
    "Step",
    "Timeline",
    "Variant",
    "Whole",
    "fact",
    "line",
    "pick",
    "prose",
    "rate",
]
