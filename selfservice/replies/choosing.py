"""Which action of which page a text means: the newest page of the number that can be answered so; nothing is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from selfservice.kit import Action
from selfservice.pages import sight
from selfservice.pages.models import Page
from selfservice.situations import registry, replying
from selfservice.situations.registry import Loaded

LATE_FOR = timedelta(days=30)
"""How long after a page's end a protective answer to it is still understood."""


@dataclass(frozen=True)
class Choice:
    """A text, understood."""

    page: Page
    loaded: Loaded
    action: Action

    @property
    def needs_page(self) -> bool:
        """Whether it takes more than a word: a form to fill in, or showing who one is."""
        if self.action.form.model_fields:
            return True
        situation = self.loaded.situation
        return not self.action.needs_no_check and (situation.is_guarded or self.action.check is not None)


def choose(pages: Sequence[Page], text: str, now: datetime) -> Choice | None:
    """The answer that a text gives: to the newest page that waits, else to the newest answered one.

    A protective answer is understood for a page that has ended as well.
    """
    for wanted in ("open", "answered"):
        for page in pages:
            choice = _read(page, text) if sight.state_at(page, now) == wanted else None
            if choice is not None:
                return choice
    for page in pages:
        has_ended = sight.state_at(page, now) not in ("scheduled", "open", "answered")
        choice = _read(page, text) if has_ended and page.updated_at > now - LATE_FOR else None
        if choice is not None and choice.action.accepts_late:
            return choice
    return None


def newest(pages: Sequence[Page], now: datetime) -> Page | None:
    """The page that somebody most likely writes about: the newest that is live, else the newest of all."""
    live = [page for page in pages if sight.state_at(page, now) in ("open", "answered")]
    return next(iter([*live, *pages]), None)


def _read(page: Page, text: str) -> Choice | None:
    loaded = registry.current().find(page.situation, page.version)
    action = replying.find_action(loaded, page.locale, text) if loaded is not None else None
    return Choice(page, loaded, action) if loaded is not None and action is not None else None
