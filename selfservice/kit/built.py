"""Built: the Situation that a recipe describes, so that a type which staff composed is one like any other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import create_model
from pydantic_core import PydanticUndefined

from selfservice.kit.actions import Action, Case, HandOff, Outcome
from selfservice.kit.checks import Check
from selfservice.kit.facts import Facts, Form, fact, facts_from_texts, validate
from selfservice.kit.fields import (
    Address,
    Amount,
    Day,
    Days,
    Image,
    Line,
    Lines,
    Link,
    Moment,
    Moments,
    Person,
    Phone,
    Prose,
    Table,
    Timeline,
    Whole,
)
from selfservice.kit.follow_ups import Remind
from selfservice.kit.forms import Photos, line, photos, pick, prose, rate
from selfservice.kit.recipe import LISTS, Answer, Ask, FactKind, KnownFact, Recipe
from selfservice.kit.situation import Situation
from selfservice.kit.steps import Change, Control, Do, Follow, Go, Step

FILE = "recipe.json"
BACK = "back"
LONGEST = 300
"""Letters that a customer may write where the recipe says nothing."""
MOST_PHOTOS = 3

_FIELDS: Mapping[FactKind, Any] = {
    "line": Line,
    "prose": Prose,
    "moment": Moment,
    "day": Day,
    "money": Amount,
    "whole": Whole,
    "phone": Phone,
    "address": Address,
    "person": Person,
    "link": Link,
    "table": Table,
    "timeline": Timeline,
    "image": Image,
    "moments": Moments,
    "days": Days,
    "lines": Lines,
}
_PICKED: Mapping[str, Any] = {"moments": Moment, "days": Day, "lines": Line}
_NO_ZONE = ZoneInfo("UTC")
_EMPTY_LISTS = LISTS | {"table", "timeline"}


@dataclass(frozen=True)
class Until:
    """When a page ends: at the moment in the fact `fact` where it is known, else so long after it was made."""

    fact: str
    after: timedelta

    def __call__(self, facts: Facts, now: datetime) -> datetime:
        """The end of a page of these facts that is made now."""
        known = getattr(facts, self.fact, None) if self.fact else None
        return known if isinstance(known, datetime) else now + self.after


def situation_of(file: str) -> Situation:
    """The type whose recipe lies beside `file`; raises pydantic's ValidationError for one that is none."""
    text = Path(file).with_name(FILE).read_text(encoding="utf-8")
    return build(Recipe.model_validate_json(text))


def build(recipe: Recipe) -> Situation:
    """The declaration of the type that a recipe describes."""
    facts = facts_of(recipe)
    links = tuple(Follow(one.key, icon="link", row=True) for one in recipe.links)
    return Situation(
        facts=facts,
        check_facts=_Ahead(tuple((one.key, one.label) for one in recipe.facts if one.key == recipe.ends_at)),
        expires=Until(recipe.ends_at, timedelta(days=recipe.open_days)),
        team=recipe.team,
        icon=recipe.icon,
        check=Check(recipe.check, recipe.compared.key if recipe.compared else "") if recipe.check else None,
        actions=tuple(_action(answer, recipe) for answer in recipe.answers),
        steps=(_ask_step(recipe, links), *_own_steps(recipe), *_after(recipe, links)),
        follow_ups=(Remind(after=timedelta(hours=recipe.remind_after_hours)),) if recipe.remind_after_hours else (),
    )


def facts_of(recipe: Recipe) -> type[Facts]:
    """The model of what is known of each case."""
    fields: dict[str, Any] = {one.key: _field(one) for one in recipe.facts}
    return create_model("Composed", __base__=Facts, __doc__=recipe.summary, **fields)


def step_of(answer: Answer) -> str:
    """The step that asks what an answer takes."""
    return f"ask_{answer.key}"


def done_step(answer: Answer) -> str:
    """The step that a page shows after an answer."""
    return f"done_{answer.key}"


@dataclass(frozen=True)
class _Ahead:
    """Refuses moments that have passed: facts with their labels."""

    facts: tuple[tuple[str, str], ...]

    def __call__(self, facts: Facts, now: datetime) -> dict[str, str]:
        return {
            key: f"{label} has passed; write a time to come."
            for key, label in self.facts
            if (known := getattr(facts, key)) is not None and known <= now
        }


def _field(one: KnownFact) -> tuple[Any, Any]:
    kind = _type_of(one)
    is_list = one.kind in _EMPTY_LISTS
    limits: dict[str, Any] = {"min_length": 1} if is_list and one.is_needed else {}
    default: Any = PydanticUndefined if one.is_needed else usual_of(one) if one.usual else [] if is_list else None
    asked = fact(one.label, hint=one.hint, example=one.example, default=default, **limits)
    return kind if one.is_needed or is_list else kind | None, asked


def _type_of(one: KnownFact) -> Any:
    return Literal[one.choices] if one.kind == "choice" else _FIELDS[one.kind]


def usual_of(one: KnownFact) -> Any:
    """What a fact is where it is left empty; raises ValueError with a sentence for a text that cannot be read."""
    facts = create_model("Usual", __base__=Facts, usual=(_type_of(one), fact(one.label)))
    texts = facts_from_texts(facts, {"usual": one.usual}, _NO_ZONE)
    return vars(validate(facts, texts))["usual"]


def _action(answer: Answer, recipe: Recipe) -> Action:
    ask = answer.ask
    return Action(
        key=answer.key,
        perform=_performing(answer, recipe.team),
        said=answer.said,
        form=_form(ask, recipe) if ask is not None else Form,
        again=_again(answer, recipe) if ask is not None and ask.kind == "photos" else "",
        in_notification=ask is None and not recipe.check,
    )


def _performing(answer: Answer, team: str) -> Callable[[Any, Any, Case], Outcome]:
    reason = f"A customer answered: {answer.said}."
    handed = HandOff(team, reason, urgent=answer.hand_on == "urgent") if answer.hand_on != "no" else None
    outcome = Outcome(shows=done_step(answer), hand_off=handed, final=not answer.is_changeable)
    return lambda _facts, _form, _case: outcome


def _again(answer: Answer, recipe: Recipe) -> str:
    return step_of(answer) if recipe.has_own_step(answer) else "ask"


def _form(ask: Ask, recipe: Recipe) -> type[Form]:
    asked: dict[str, Any] = {ask.key: _asked(ask, recipe)}
    return create_model(f"Form_{ask.key}", __base__=Form, **asked)


def _asked(ask: Ask, recipe: Recipe) -> tuple[Any, Any]:
    needed = ask.is_needed
    if ask.kind == "choice":
        words: Any = Literal[tuple(option.key for option in ask.options)]
        return (words, ...) if needed else (words | None, None)
    if ask.kind == "pick":
        source = recipe.fact(ask.source)
        picked = _PICKED[source.kind if source is not None else ""]
        return picked if needed else picked | None, pick(ask.source, required=needed)
    if ask.kind == "photos":
        return Photos, photos(most=ask.most or MOST_PHOTOS, required=needed)
    if ask.kind in ("faces", "scale"):
        rating = rate(1, 5, required=needed) if ask.kind == "faces" else rate(0, 10, required=needed)
        return (int if needed else int | None), rating
    limit = ask.most or LONGEST
    return str, line(limit, required=needed) if ask.kind == "line" else prose(limit, required=needed)


def _ask_step(recipe: Recipe, links: tuple[Control, ...]) -> Step:
    buttons = [
        Go(step_of(answer), icon=answer.icon) if recipe.has_own_step(answer) else Do(answer.key, icon=answer.icon)
        for answer in recipe.answers
    ]
    return Step(key="ask", buttons=(*buttons, *links))


def _own_steps(recipe: Recipe) -> tuple[Step, ...]:
    return tuple(
        Step(key=step_of(answer), buttons=(Do(answer.key, word=f"send_{answer.key}"), Go("ask", word=BACK)))
        for answer in recipe.answers
        if recipe.has_own_step(answer)
    )


def _after(recipe: Recipe, links: tuple[Control, ...]) -> tuple[Step, ...]:
    return tuple(
        Step(
            key=done_step(answer),
            header=answer.tone,
            buttons=(*((Change(),) if answer.is_changeable else ()), *links),
        )
        for answer in recipe.answers
    )
