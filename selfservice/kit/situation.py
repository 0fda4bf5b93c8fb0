"""Situation: the declaration of one page type, from which forms, columns, schema, page and checks all follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from selfservice.kit.actions import Action, Claim
from selfservice.kit.facts import Facts, Form
from selfservice.kit.steps import Control, Do, Go, Step


MessageClass = Literal["service", "marketing", "urgent"]
Sensitivity = Literal["ordinary", "sensitive"]
GSM_SEGMENTS = 1
UCS2_SEGMENTS = 3


@dataclass(frozen=True)
class CalendarEntry:
    """What "Add to calendar" writes; texts in the customer's language come from `[calendar]` of the copy file."""

    starts_at: datetime
    duration: timedelta
    location: str = ""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """One page type. The first step is what a new page asks; `expires` says when a page of these facts ends.

    `offers` names what can run out (slots) so that the page leaves out what is gone. `upgrade` brings stored facts of
    an older `version` forward. `segments` limits a text's parts for each encoding. `team` is who answers for it.
    """

    facts: type[Facts]
    actions: tuple[Action, ...]
    steps: tuple[Step, ...]
    expires: Callable[[Any, datetime], datetime]
    team: str
    icon: str
    version: int = 1
    sensitivity: Sensitivity = "ordinary"
    check: Literal["none"] = "none"
    message_class: MessageClass = "service"
    channels: tuple[str, ...] = ("sms",)
    segments: Mapping[str, int] = field(
        default_factory=lambda: {"GSM-7": GSM_SEGMENTS, "UCS-2": UCS2_SEGMENTS}
    )
    offers: Callable[[Any, ZoneInfo], Mapping[Any, Claim]] | None = None
    calendar: Callable[[Any, Mapping[str, Form]], CalendarEntry | None] | None = None
    upgrade: Callable[[dict[str, Any], int], dict[str, Any]] = lambda facts, version: facts

    def action(self, key: str) -> Action | None:
        """The action called `key`, if the type has it."""
        return next((action for action in self.actions if action.key == key), None)

    def step(self, key: str) -> Step | None:
        """The step called `key`, if the type has it."""
        return next((step for step in self.steps if step.key == key), None)

    def reachable(self, start: str, facts: Facts) -> tuple[Step, ...]:
        """The step `start` and all that its buttons lead to without an answer: what one page view carries."""
        found: list[Step] = []
        waiting = [start]
        while waiting:
            step = self.step(waiting.pop(0))
            if step is None or step in found:
                continue
            found.append(step)
            waiting += [button.step for button in visible(step, facts) if isinstance(button, Go)]
        return tuple(found)

    def allows(self, action: str, shown: str, facts: Facts) -> bool:
        """Whether a customer looking at the step `shown` can find a button for `action`."""
        return any(
            isinstance(button, Do) and button.action == action
            for step in self.reachable(shown, facts)
            for button in visible(step, facts)
        )


def visible(step: Step, facts: Facts) -> tuple[Control, ...]:
    """A step's buttons that these facts call for."""
    return tuple(
        button for button in step.buttons if getattr(button, "when", None) is None or button.when(facts)
    )  # type: ignore[union-attr,misc]
