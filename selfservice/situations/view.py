"""View: all that a page's template may know, gathered once by `pages` and by the console's preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal
from zoneinfo import ZoneInfo

from selfservice.brands.face import Face
from selfservice.kit import Case, Facts, Form
from selfservice.kit.formats import Reader
from selfservice.kit.kinds import Sized
from selfservice.situations.asking import Ask
from selfservice.situations.values import Standard, standard_values

State = Literal["scheduled", "open", "answered", "expired", "revoked", "superseded", "retired"]
Theme = Literal["", "light", "dark"]


@dataclass(frozen=True, kw_only=True)
class View:
    """One look at one page.

    `situation` and `version` find the type; `step` is the step shown first; `answers` are the latest forms by action.
    `token` is the link's token, empty in a preview (forms are inert then); `answer_tokens` maps actions to the tokens
    the script posts to. `problems` maps form fields to keys of the copy file, `notice` is a key under `notices`.
    `taken` names the claims that are gone. `push_key` is what a browser subscribes to pushes with, empty if they are
    off. `pictures` are those that its facts name, by id, as far as they are there. `theme` and `large` are set by the
    console's preview alone. While there is something to `ask`, or once the page `is_disowned`, nothing of its
    customer's is in the view.
    """

    situation: str
    version: int
    state: State
    step: str
    facts: Facts
    brand: Face
    language: str
    timezone: str
    now: datetime
    expires_at: datetime
    revision: int
    team: str
    first_name: str = ""
    ending: str = ""
    token: str = ""
    answer_tokens: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Form] = field(default_factory=dict)
    entered: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""
    taken: frozenset[str] = frozenset()
    answered_at: datetime | None = None
    can_change: bool = False
    change_until: datetime | None = None
    callback_at: datetime | None = None
    host: str = ""
    push_key: str = ""
    pictures: dict[str, Sized] = field(default_factory=dict)
    ask: Ask | None = None
    is_disowned: bool = False
    theme: Theme = ""
    large: bool = False

    def with_notice(self, notice: str) -> View:
        """The same view with a notice on top: a key under `notices` of the shared words."""
        return replace(self, notice=notice)

    def with_problems(self, problems: Mapping[str, str], entered: Mapping[str, str]) -> View:
        """The same view after a refused form: what is wrong with each field, and what was entered."""
        return replace(self, problems=dict(problems), entered=dict(entered))

    def with_pictures(self, pictures: dict[str, Sized]) -> View:
        """The same view with its pictures elsewhere."""
        return replace(self, pictures=pictures)

    def blind(self, *, answer_tokens: Mapping[str, str] = MappingProxyType({}), **changes: Any) -> View:
        """The same view without anything that is known of its customer: no facts, no answers, no name."""
        return replace(
            self,
            step="",
            facts=Facts(),
            first_name="",
            answers={},
            answer_tokens=dict(answer_tokens),
            answered_at=None,
            can_change=False,
            change_until=None,
            push_key="",
            pictures={},
            taken=frozenset(),
            **changes,
        )

    @property
    def local_now(self) -> datetime:
        """The moment by the clock on the customer's wall, so that its date is the day it is there."""
        return self.now.astimezone(ZoneInfo(self.timezone))

    @property
    def reader(self) -> Reader:
        """How values read for this page's customer."""
        return Reader(self.language, ZoneInfo(self.timezone), self.now, self.brand.country)

    @property
    def case(self) -> Case:
        """What forms and actions may know of this page beside its facts."""
        return Case(self.now, ZoneInfo(self.timezone), self.answers, self.brand.opening)

    def values(self, *, link: str = "") -> dict[str, Any]:
        """All that a sentence on this page may name; `link` is for texts only."""
        standard = Standard(
            name=self.first_name,
            brand=self.brand.name,
            team=self.team,
            until=self.expires_at,
            phone=self.brand.phone_shown or self.brand.phone,
            ending=self.ending,
            host=self.host,
            link=link,
        )
        return standard_values(standard, self.facts, self.answers)
