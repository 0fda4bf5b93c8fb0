"""Situation: the declaration of one page type, from which forms, columns, schema, page and checks all follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal

from selfservice.courtesy import MessageClass
from selfservice.errors import Invalid
from selfservice.kit.actions import Action, Case, Claim, When
from selfservice.kit.channels import CHANNELS
from selfservice.kit.checks import Check
from selfservice.kit.facts import Facts, Form, validate
from selfservice.kit.follow_ups import FollowUp
from selfservice.kit.forms import Input, asked_of, inputs_of, read_form
from selfservice.kit.sense import problems_of
from selfservice.kit.steps import Control, Do, Follow, Go, Step
from selfservice.kit.tracing import call

Sensitivity = Literal["ordinary", "sensitive"]
Seal = Literal["none", "link", "device"]
KEPT_FOR = timedelta(days=30)
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
    """One page type. The first step is what a new page asks; `expires` says when a page of these facts ends. Each `now`
    has the zone of the page, so that its date is the day there.

    `offers` names what can run out (slots), with the claim that each needs or with several, so that the page leaves out
    what is gone; `gone` is the step that a page shows while others have taken all of it, of which its customer is told
    (`[sms] gone`) once nothing is left of any of the claims. `upgrade` brings
    stored facts of an older `version` forward. `check_facts` gives a sentence for each fact that makes no sense at the
    moment of issue (a time in the past), beside those that `kit.sense` finds in any type; it is not asked again later.
    `upgrade_answer` does the same as `upgrade` for the stored form of the action it names. Of a `retired` type no pages
    are made any more; those that are out run to their end. `segments` limits a text's parts for each encoding. `team`
    is who answers for it. `check` is asked before the page shows anything, on each device once (again after half an
    hour without a sign of life if the type is "sensitive"); `asks_new_devices` asks for a texted code, or for `check`
    if there is one, on every device but the one that opened the page first. `seal` is how a phone may keep the page for
    when it is offline: so that only its link opens it ("link", the default), so that the list of pages on the phone
    opens it too ("device"), or not at all ("none", the default of a type that asks who looks); `forgets_when_answered`
    takes it back once it is answered. `tells_early` offers to tell of news on the phone before there is an answer.
    `asks_in_text` puts the question into the text itself (`[sms] question`), without a link: the answer comes as a
    text, and who writes "more" gets the link. Of a text and an e-mail the first in `channels` goes for which there is
    an address. `follow_ups` is what is done while nobody answers. `kept_for` is how long what a page says is kept after
    it has ended.
    """

    facts: type[Facts]
    actions: tuple[Action, ...]
    steps: tuple[Step, ...]
    expires: Callable[[Any, datetime], datetime]
    team: str
    icon: str
    version: int = 1
    retired: bool = False
    sensitivity: Sensitivity = "ordinary"
    check: Check | None = None
    asks_new_devices: bool = False
    seal: Seal | None = None
    forgets_when_answered: bool = False
    tells_early: bool = False
    asks_in_text: bool = False
    kept_for: timedelta = KEPT_FOR
    message_class: MessageClass = "service"
    channels: tuple[str, ...] = CHANNELS
    follow_ups: tuple[FollowUp, ...] = ()
    segments: Mapping[str, int] = field(default_factory=lambda: {"GSM-7": GSM_SEGMENTS, "UCS-2": UCS2_SEGMENTS})
    offers: Callable[[Any, Case], Mapping[Any, Claim | tuple[Claim, ...]]] | None = None
    gone: str = ""
    calendar: Callable[[Any, Mapping[str, Form]], CalendarEntry | None] | None = None
    upgrade: Callable[[dict[str, Any], int], dict[str, Any]] = lambda facts, _version: facts
    upgrade_answer: Callable[[str, dict[str, Any], int], dict[str, Any]] = lambda _action, form, _version: form
    check_facts: Callable[[Any, datetime], Mapping[str, str]] = lambda _facts, _now: {}

    @property
    def sealed(self) -> Seal:
        """How a phone may keep a page of this type; a page that asks who looks is kept only if the type says so."""
        if self.seal is not None:
            return self.seal
        return "none" if self.check is not None or self.asks_new_devices else "link"

    def accept(self, raw: Mapping[str, Any], now: datetime) -> Facts:
        """The facts of a page about to be issued or updated; raises Invalid with a sentence for each wrong fact."""
        facts = validate(self.facts, raw)
        problems = {**problems_of(facts, self._offered, now), **self.check_facts(facts, now)}
        problems |= {check.fact: sentence for check in self.checks if (sentence := check.problem(facts))}
        if problems:
            raise Invalid(" ".join(problems.values()), fields=problems)
        return facts

    def restore(self, stored: Mapping[str, Any], version: int) -> Facts:
        """Facts as a page was issued with them under `version`; raises Invalid, or what `upgrade` raises."""
        raw = dict(stored)
        return validate(self.facts, raw if version == self.version else self.upgrade(raw, version))

    def restore_answer(self, key: str, stored: Mapping[str, Any], version: int) -> Form | None:
        """What was sent with the action `key` under `version`, as its form is now: a field that has gone is left out.

        None if the type has no such action any more, or its form cannot be made of what was sent.
        """
        action = self.action(key)
        if action is None:
            return None
        raw = dict(stored)
        try:
            raw = raw if version == self.version else self.upgrade_answer(key, raw, version)
            known = action.form.model_fields
            return action.form.model_validate({name: value for name, value in raw.items() if name in known})
        except Exception:  # noqa: BLE001 - whatever an upgrade stumbles over, the page goes on without this answer
            return None

    def inputs(self, action: str, facts: Facts, case: Case, taken: frozenset[str] = frozenset()) -> tuple[Input, ...]:
        """The fields to draw for an action, without what is past or already `taken` (names of claims)."""
        found = self.action(action)
        if found is None:
            return ()
        gone = call(self._gone, facts, case, taken) if taken else frozenset()
        return inputs_of(found.form, facts, case, gone)

    def on_offer(self, facts: Facts, case: Case) -> dict[Any, frozenset[str]]:
        """What can run out: each value with the names of all the claims that it needs; empty without `offers`."""
        offers = self.offers(facts, case) if self.offers else {}
        needed = {value: claims if isinstance(claims, tuple) else (claims,) for value, claims in offers.items()}
        return {value: frozenset(claim.name for claim in claims) for value, claims in needed.items()}

    def _gone(self, facts: Facts, case: Case, taken: frozenset[str]) -> frozenset[Any]:
        return frozenset(value for value, names in self.on_offer(facts, case).items() if names & taken)

    def read(self, action: Action, facts: Facts, raw: Mapping[str, Any], case: Case) -> Form:
        """What a customer sent with an action; raises Refused with the words for each field that cannot be used."""
        return read_form(action.form, facts, raw, case)

    def action(self, key: str) -> Action | None:
        """The action called `key`, if the type has it."""
        return self._actions.get(key)

    def step(self, key: str) -> Step | None:
        """The step called `key`, if the type has it."""
        return self._steps.get(key)

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Every check that the type or one of its actions declares, each once."""
        declared = (self.check, *(action.check for action in self.actions))
        return tuple(dict.fromkeys(check for check in declared if check is not None))

    @cached_property
    def _offered(self) -> frozenset[str]:
        """The facts that customers choose from."""
        fields = (info for action in self.actions for info in action.form.model_fields.values())
        return frozenset(source for info in fields if isinstance(source := asked_of(info).source, str) and source)

    @cached_property
    def is_guarded(self) -> bool:
        """Whether looking at a page may ask who looks; nothing of its facts is told elsewhere then."""
        return self.check is not None or self.asks_new_devices

    @cached_property
    def links(self) -> Mapping[str, str]:
        """What staff read once somebody has gone to the address in a fact, by the facts that buttons are for."""
        buttons = (button for step in self.steps for button in step.buttons)
        return {button.fact: button.said for button in buttons if isinstance(button, Follow)}

    @cached_property
    def _actions(self) -> dict[str, Action]:
        return {action.key: action for action in self.actions}

    @cached_property
    def _steps(self) -> dict[str, Step]:
        return {step.key: step for step in self.steps}

    def reachable(self, start: str, facts: Facts) -> tuple[Step, ...]:
        """The step `start` and all that its buttons lead to without an answer: what one page view carries."""
        found: dict[str, Step] = {}
        waiting = [start]
        for key in waiting:
            step = self.step(key)
            if step is None or key in found:
                continue
            found[key] = step
            waiting += [button.step for button in self.visible(step, facts) if isinstance(button, Go)]
        return tuple(found.values())

    def visible(self, step: Step, facts: Facts) -> tuple[Control, ...]:
        """A step's buttons that these facts call for."""
        if step.key in self._steps_that_are_the_same_for_all:
            return step.buttons
        return tuple(button for button in step.buttons if call(self._is_called_for, button, facts))

    def allows(self, action: str, shown: str, facts: Facts) -> bool:
        """Whether a customer looking at the step `shown` can find a button for `action`.

        Also on a page already answered: what its step offers ("Book a new time") can still be done.
        """
        return any(
            isinstance(button, Do) and button.action == action
            for step in self.reachable(shown, facts)
            for button in self.visible(step, facts)
        )

    @cached_property
    def _steps_that_are_the_same_for_all(self) -> frozenset[str]:
        return frozenset(
            step.key for step in self.steps if not any(list(self._conditions(button)) for button in step.buttons)
        )

    def _is_called_for(self, button: Control, facts: Facts) -> bool:
        return all(condition(facts) for condition in self._conditions(button))

    def _conditions(self, button: Control) -> Iterator[When]:
        """What has to be true of the facts for a button to be there."""
        if isinstance(button, Do | Go | Follow) and button.when is not None:
            yield button.when
        if isinstance(button, Follow):
            yield lambda facts: bool(getattr(facts, button.fact))
        action = self.action(button.action) if isinstance(button, Do) else None
        if action is not None and action.when is not None:
            yield action.when
