"""Scenes: an action about to be done on a page, with its type and all that is known now. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from selfservice import clock
from selfservice.errors import Gone, Invalid, NotFound
from selfservice.kit import Action, Case, Facts, Form, Outcome, Refused
from selfservice.pages import sight
from selfservice.pages.models import Page
from selfservice.situations import registry
from selfservice.situations.registry import Loaded


@dataclass(frozen=True)
class Scene:
    """An action about to be done: the page, its type, and what is known now."""

    page: Page
    loaded: Loaded
    action: Action
    facts: Facts
    now: datetime

    @cached_property
    def case(self) -> Case:
        """What the action may know beside the facts."""
        return sight.case_of(self.loaded, self.page, self.now)

    def read(self, form: Mapping[str, Any]) -> Form:
        """The answer that a form gives; raises Invalid whose fields hold keys of the copy file."""
        try:
            return self.loaded.situation.read(self.action, self.facts, form, self.case)
        except Refused as refusal:
            problems = refusal.problems
            raise Invalid("The answer is not complete; fill in what is marked.", fields=problems) from None

    def perform(self, form: Form) -> Outcome:
        """What the action makes of an answer; raises Invalid as `read` does."""
        try:
            return self.action.perform(self.facts, form, self.case)
        except Refused as refusal:
            problems = refusal.problems
            raise Invalid("The answer cannot be used as it is; choose again.", fields=problems) from None

    def may_answer(self, state: str) -> bool:
        """Whether the page, in this state, takes an answer by the action at the step it shows."""
        if state == "answered" and not sight.may_change(self.loaded, self.page, self.now):
            return False
        shown = sight.step_of(self.loaded, self.page, self.case.answers)
        return self.loaded.situation.allows(self.action.key, shown, self.facts)


def make(page: Page, action_key: str) -> Scene:
    """The scene of an action on a page; raises Gone where its type is no longer served, NotFound without the action."""
    loaded = registry.current().find(page.situation, page.version)
    if loaded is None:
        registry.current().refuse_broken(page.situation, page.version)
        raise Gone("This kind of page is no longer served; a person can help.", code="retired")
    action = loaded.situation.action(action_key)
    if action is None:
        raise NotFound("This page has no such action; open the page again and use its buttons.")
    return Scene(page, loaded, action, sight.facts_of(loaded, page.facts, page.version), clock.now())
