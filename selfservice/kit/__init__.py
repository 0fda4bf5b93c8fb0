"""The page-type contract: all that a `situation.py` may import beside the standard library. No database here."""

from selfservice.kit.actions import Action, Case, Claim, Consent, HandOff, Outcome, Refused
from selfservice.kit.built import situation_of
from selfservice.kit.checks import Check
from selfservice.kit.facts import Facts, Form, fact
from selfservice.kit.fields import (
    Address,
    Amount,
    Day,
    Days,
    Digits,
    Image,
    Line,
    Lines,
    Link,
    Milestone,
    Moment,
    Moments,
    Person,
    Phone,
    Picture,
    Place,
    Prose,
    Somebody,
    Table,
    Timeline,
    Whole,
)
from selfservice.kit.follow_ups import Escalate, FollowUp, NextChannel, Remind
from selfservice.kit.formats import Reader
from selfservice.kit.forms import Input, Option, Photos, line, photos, pick, prose, rate
from selfservice.kit.kinds import Kind, Shown
from selfservice.kit.opening import Opening, work_days
from selfservice.kit.own import OwnKind
from selfservice.kit.sense import is_past
from selfservice.kit.situation import CalendarEntry, Situation
from selfservice.kit.steps import AddToCalendar, Change, Do, Follow, Go, Hero, Step, Variant
from selfservice.kit.values import Money, Span

__all__ = [
    "Action",
    "AddToCalendar",
    "Address",
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
    "Image",
    "Input",
    "Kind",
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
    "Person",
    "Phone",
    "Photos",
    "Picture",
    "Place",
    "Prose",
    "Reader",
    "Refused",
    "Remind",
    "Shown",
    "Situation",
    "Somebody",
    "Span",
    "Step",
    "Table",
    "Timeline",
    "Variant",
    "Whole",
    "fact",
    "is_past",
    "line",
    "photos",
    "pick",
    "prose",
    "rate",
    "situation_of",
    "work_days",
]
