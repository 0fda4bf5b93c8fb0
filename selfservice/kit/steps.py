"""What a page shows at a time: steps with their buttons, declared once and laid out by the layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


When = Callable[[Any], bool]
Tone = Literal["plain", "danger"]


@dataclass(frozen=True)
class Do:
    """A button that performs an action; its words are `[buttons] ACTION` unless `word` names others."""

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
    """A button that shows another step and changes nothing; its words are `[buttons] go_STEP` unless `word` says."""

    step: str
    word: str = ""
    icon: str = ""
    when: When | None = None

    @property
    def words(self) -> str:
        """The key of its words under `[buttons]`."""
        return self.word or f"go_{self.step}"


@dataclass(frozen=True)
class Change:
    """ "Change my answer": takes the answer back, as long as it can be. Its words are shared by all types."""


@dataclass(frozen=True)
class AddToCalendar:
    """Links to the page's calendar file (.ics). Its words are shared by all types."""


Control = Do | Go | Change | AddToCalendar


@dataclass(frozen=True, kw_only=True)
class Step:
    """One face of a page: its words are `[steps.KEY]` (pill, headline, line), its buttons in order, the first primary.

    `header` is the colour of the top: the brand's, green for good news, grey for a thing called off.
    """

    key: str
    buttons: tuple[Control, ...] = ()
    header: Literal["brand", "good", "closed"] = "brand"
