"""What a customer can do: an action is a pure function from facts and a form to an Outcome that `pages` applies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from selfservice.kit.checks import Check
from selfservice.kit.facts import Form
from selfservice.kit.opening import Opening

When = Callable[[Any], bool]
"""Whether something is there, by the page's facts alone."""
ConsentClass = Literal["service", "marketing", "urgent"]


@dataclass(frozen=True)
class Claim:
    """Something that can run out: `amount` of what `name` names, of `capacity` in all.

    Won or lost as the answer lands. `name` stays within 200 characters and holds nothing about the customer.
    """

    name: str
    amount: int = 1
    capacity: int = 1


@dataclass(frozen=True)
class HandOff:
    """Tell a team that a person is needed; `reason` is a sentence for staff without personal data.

    With `call_at` a person is to ring the customer then: it waits among the team's calls until that time.
    """

    team: str
    reason: str
    urgent: bool = False
    call_at: datetime | None = None


@dataclass(frozen=True)
class Consent:
    """What a customer allows, or allows no longer: texts of one class, in the words of the copy file under `wording`.

    The exact sentence that was shown is kept as evidence, in the language in which it was read.
    """

    message_class: ConsentClass
    wording: str
    given: bool = True


@dataclass(frozen=True)
class Outcome:
    """What an action leads to. `shows` names the step the customer sees next.

    `claims` are won in the same transaction or the answer is refused as lost; `says` names texts of the copy file
    (`[texts]`) to send; `consents` are kept as evidence; `expires_at` moves the page's end. `final` means that the
    answer cannot be taken back; `changeable_until` is when that begins to be so, because something then happens that
    nobody can undo (the parcel leaves, the payment is made), and never a mere timer.
    """

    shows: str
    claims: tuple[Claim, ...] = ()
    says: tuple[str, ...] = ()
    hand_off: HandOff | None = None
    consents: tuple[Consent, ...] = ()
    expires_at: datetime | None = None
    final: bool = False
    changeable_until: datetime | None = None


@dataclass(frozen=True)
class Case:
    """What an action may know beside the facts: the moment, the page's zone, the form of each action in force, and when
    people of the organisation are there (None if nobody said).
    """

    now: datetime
    zone: ZoneInfo
    answers: Mapping[str, Form] = field(default_factory=dict)
    opening: Opening | None = None

    @property
    def today(self) -> date:
        """The day it is in the page's zone."""
        return self.now.astimezone(self.zone).date()


class Refused(Exception):
    """The form cannot be used: `word` names the sentence under `[problems]` that tells the customer why.

    `problems` holds all of them by field, the first included.
    """

    def __init__(self, name: str, word: str) -> None:
        super().__init__(f"{name}: {word}")
        self.field = name
        self.word = word
        self.problems: Mapping[str, str] = {name: word}

    @classmethod
    def of(cls, problems: Mapping[str, str]) -> Refused:
        """One refusal for several fields; `problems` is not empty."""
        refused = cls(*next(iter(problems.items())))
        refused.problems = dict(problems)
        return refused


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing a customer can do on a page.

    `closing`: the page becomes answered; otherwise it stays open and the action can be done again. `accepts_late`:
    taken even after the page has ended, as work for staff. `said` is what staff read on the timeline. `check` is asked
    before the answer is taken. An answer that only protects ("it wasn't me") is `protective`: no check, not even the
    type's own, ever stands before it, nor before one that accepts to be late. `until_taken`: it can be
    changed only until a person has taken the work that it led to, which is called off with it. `again`: the step that
    asks once more for photos that turned out to be unreadable. `in_notification`: it can be done from a
    notification, in one tap and without the page, under the words `[push] KEY` or else its button's. It can be done
    only `when` the facts allow it, whatever button is for it.
    """

    key: str
    perform: Callable[[Any, Any, Case], Outcome]
    said: str
    form: type[Form] = Form
    closing: bool = True
    accepts_late: bool = False
    check: Check | None = None
    protective: bool = False
    until_taken: bool = False
    again: str = ""
    in_notification: bool = False
    when: When | None = None

    @property
    def needs_no_check(self) -> bool:
        """Whether the answer only protects, so that anybody who holds the link may give it."""
        return self.protective or self.accepts_late
