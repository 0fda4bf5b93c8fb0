"""What a page shows at a time: steps with their buttons, declared once and laid out by the layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from selfservice.kit.actions import When
from selfservice.kit.facts import Facts, Form
from selfservice.kit.tracing import call

Tone = Literal["plain", "quiet", "danger"]
Header = Literal["brand", "good", "closed"]


@dataclass(frozen=True)
class Do:
    """A button that performs an action; its words are `[buttons] ACTION` unless `word` names others.

    `tone`: "danger" is red, only where something is lost at once; "quiet" is never the primary button. Words under
    `ACTION_chosen`, if there are any, replace the button's once something is picked: "Move to {chosen}".
    """

    action: str
    word: str = ""
    icon: str = ""
    tone: Tone = "plain"
    when: When | None = None

    @property
    def words(self) -> str:
        """The key of its words under `[buttons]`."""
        return self.word or self.action


@dataclass(frozen=True)
class Go:
    """A button that shows another step and changes nothing; its words are `[buttons] go_STEP` unless `word` says.

    `row` draws it as a row of its own below the buttons, for what is needed now and then ("Report a problem").
    """

    step: str
    word: str = ""
    icon: str = ""
    when: When | None = None
    row: bool = False

    @property
    def words(self) -> str:
        """The key of its words under `[buttons]`."""
        return self.word or f"go_{self.step}"


@dataclass(frozen=True)
class Change:
    """Takes the answer back, as long as it can be, and shows the first step.

    Its words are `[buttons] change`, shared by all types, unless `word` names others ("Undo: keep 10:20 am"). It is
    never the primary button.
    """

    word: str = ""
    icon: str = ""

    @property
    def words(self) -> str:
        """The key of its words under `[buttons]`."""
        return self.word or "change"


@dataclass(frozen=True)
class Follow:
    """A link to the web address in the fact `fact`: where to pay, the whole bill. Left out where the fact is empty.

    Its words are `[buttons] follow_FACT` unless `word` says; the host it leads to stands below them. It changes
    nothing here, and needs a signal: what the organisation makes of it comes back as new facts. `said` is what staff
    read on the timeline once somebody has tapped it. `row` as with Go.
    """

    fact: str
    word: str = ""
    icon: str = ""
    when: When | None = None
    row: bool = False
    said: str = "Followed the link"

    @property
    def words(self) -> str:
        """The key of its words under `[buttons]`."""
        return self.word or f"follow_{self.fact}"


@dataclass(frozen=True)
class AddToCalendar:
    """Links to the page's calendar file (.ics). Its words are `[buttons] calendar`, shared by all types."""

    @property
    def words(self) -> str:
        """The key of its words under `[buttons]`."""
        return "calendar"


Control = Do | Go | Follow | Change | AddToCalendar


@dataclass(frozen=True)
class Hero:
    """The top of a step as it is drawn now: `words` is where pill, headline and line stand in the copy file."""

    words: str
    header: Header


@dataclass(frozen=True)
class Variant:
    """Other words for a step while `when(facts, answers, now)` holds; they stand under `[steps.STEP.KEY]`.

    `answers` are the forms of the actions in force; `now` has the zone of the page, so that its date is the day there.
    """

    key: str
    when: Callable[[Any, Mapping[str, Form], datetime], bool]
    header: Header | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One face of a page: its words are `[steps.KEY]` (pill, headline, line), of which the headline is always there.

    The first of its buttons is primary unless it is quiet, a Change or a row. A `Do` whose action has a form shows
    its fields above the buttons. `header` is the colour of the top: the brand's, green for good news, grey for a thing
    called off. The first of `variants` that holds gives other words.
    """

    key: str
    buttons: tuple[Control, ...] = ()
    header: Header = "brand"
    variants: tuple[Variant, ...] = ()

    def hero(self, facts: Facts, answers: Mapping[str, Form], now: datetime) -> Hero:
        """The words and the colour of the top for these facts and answers at `now`."""
        for variant in self.variants:
            if call(variant.when, facts, answers, now):
                return Hero(f"steps.{self.key}.{variant.key}", variant.header or self.header)
        return Hero(f"steps.{self.key}", self.header)
