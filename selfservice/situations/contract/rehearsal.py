"""Checks by playing: each sample is issued and answered in every way its buttons allow, and every sentence is said."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from pathlib import Path

from selfservice.errors import AppError, Invalid
from selfservice.kit import Action, Case, Do, Facts, Form, Input, Outcome, Step
from selfservice.kit.formats import Reader
from selfservice.kit.forms import EXAMPLE_PHOTO, UPLOAD, WRITTEN
from selfservice.kit.words import Words
from selfservice.situations.contract.places import line_naming, line_of
from selfservice.situations.contract.specimens import BRAND, LINK, OPENING, ZONE
from selfservice.situations.contract.wording import copy_file
from selfservice.situations.loading import DEFAULT_LANGUAGE, Loaded
from selfservice.situations.problem import Problem
from selfservice.situations.samples import Sample
from selfservice.situations.values import Standard, standard_values
from selfservice.text import compose, measure

_SPOKEN = (
    *("title", "why.text", "check.text", "calendar.title", "calendar.description"),
    *("sms.body", "sms.question", "sms.updated", "sms.reminder", "sms.gone"),
    *("email.subject", "email.body", "email.updated", "email.reminder", "email.gone"),
)


@dataclass(frozen=True)
class Scene:
    """A page somewhere on its way: the step it shows and the forms in force."""

    step: str
    answers: Mapping[str, Form] = field(default_factory=dict)


class Stuck(Exception):
    """An action failed in a way no customer could mend; `line` is where in the type's own declaration, if there."""

    def __init__(self, sentence: str, action: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.action = action
        self.line = line


def check(loaded: Loaded, now: datetime) -> Iterator[Problem]:
    """All that goes wrong when the samples of a type are played through."""
    folder = loaded.folder
    if not loaded.samples:
        yield Problem(folder / "samples", None, "There is no sample; write one as samples/NAME.json.")
        return
    seen: set[str] = set()
    now = now.astimezone(ZONE)
    for sample in (*loaded.samples.values(), *loaded.older_samples):
        try:
            facts = loaded.facts_of(sample, zone=ZONE, now=now)
        except AppError as error:
            yield from _refused(sample, error)
            continue
        yield from _play(loaded, sample, facts, now, seen)
    for step in loaded.situation.steps:
        if step.key not in seen:
            sentence = f"No sample ever shows the step {step.key}; lead to it, add a sample that does, or take it out."
            yield Problem(folder / "situation.py", line_naming(folder / "situation.py", step.key), sentence)


def scenes(loaded: Loaded, facts: Facts, now: datetime) -> Iterator[Scene]:
    """Every state a page of these facts can be brought into by its buttons, the fresh page first.

    Raises Stuck naming what failed.
    """
    waiting = [Scene(step) for step in (loaded.situation.steps[0].key, loaded.situation.gone) if step]
    known: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        scene = waiting.pop(0)
        mark = (scene.step, frozenset(scene.answers))
        if mark in known:
            continue
        known.add(mark)
        yield scene
        for action in _actions(loaded, scene, facts):
            for form, outcome in _outcomes(loaded, action, facts, scene, now):
                waiting.append(Scene(outcome.shows, {**_lasting(loaded, scene, action), action.key: form}))
                if action.again:
                    given = {} if action.closing else {action.key: form}
                    waiting.append(Scene(action.again, {**_lasting(loaded, scene, action), **given}))


def _play(loaded: Loaded, sample: Sample, facts: Facts, now: datetime, seen: set[str]) -> Iterator[Problem]:
    file = loaded.folder / "situation.py"
    situation = loaded.situation
    if situation.expires(facts, now) <= now:
        yield Problem(sample.path, 1, "A page of this sample would have ended before it begins; move its times.")
    try:
        for scene in scenes(loaded, facts, now):
            steps = situation.reachable(scene.step, facts)
            seen.update(step.key for step in steps)
            for language in loaded.languages:
                yield from _speak(loaded, language, facts, scene, steps, now)
    except Stuck as stuck:
        line = stuck.line or line_naming(file, stuck.action)
        yield Problem(file, line, f"{stuck} (sample {sample.name})")


def _refused(sample: Sample, error: AppError) -> Iterator[Problem]:
    fields = error.fields if isinstance(error, Invalid) else {}
    what = "" if sample.version is None else "What upgrade makes of it cannot be used: "
    for name, sentence in fields.items():
        yield Problem(sample.path, line_naming(sample.path, name) or 1, f"{what}{sentence}")
    if not fields:
        yield Problem(sample.path, 1, error.message)


def _actions(loaded: Loaded, scene: Scene, facts: Facts) -> Iterator[Action]:
    for step in loaded.situation.reachable(scene.step, facts):
        for button in loaded.situation.visible(step, facts):
            action = loaded.situation.action(button.action) if isinstance(button, Do) else None
            if action is not None:
                yield action


def _lasting(loaded: Loaded, scene: Scene, action: Action) -> dict[str, Form]:
    if not action.closing:
        return dict(scene.answers)
    closing = {other.key for other in loaded.situation.actions if other.closing}
    return {key: form for key, form in scene.answers.items() if key not in closing}


def _outcomes(
    loaded: Loaded, action: Action, facts: Facts, scene: Scene, now: datetime
) -> Iterator[tuple[Form, Outcome]]:
    situation = loaded.situation
    case = Case(now, ZONE, scene.answers, OPENING)
    inputs = situation.inputs(action.key, facts, case)
    if any(item.required and item.is_exhausted for item in inputs):
        return
    for raw in _entries(inputs):
        try:
            form = situation.read(action, facts, raw, case)
            outcome = action.perform(facts, form, case)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            own = [frame.lineno for frame in frames if Path(frame.filename) == loaded.folder / "situation.py"]
            sentence = f"The action {action.key} failed: {type(error).__name__}: {error}; mend it."
            raise Stuck(sentence, action.key, own[-1] if own else None) from error
        if situation.step(outcome.shows) is None:
            raise Stuck(
                f"The action {action.key} shows {outcome.shows!r}, which is no step; correct its Outcome.", action.key
            )
        for name in outcome.says:
            if f"texts.{name}" not in loaded.words[DEFAULT_LANGUAGE]:
                raise Stuck(
                    f"The action {action.key} says {name!r}, and texts.{name} is missing; write it.", action.key
                )
        yield form, outcome


def _entries(inputs: tuple[Input, ...]) -> Iterator[dict[str, str]]:
    """Forms filled in: each word of a choice once, the first and the last of a longer list."""
    ways = [_ways(item) for item in inputs]
    for values in product(*ways):
        yield {item.name: value for item, value in zip(inputs, values, strict=True)}


def _ways(item: Input) -> list[str]:
    if item.control in WRITTEN:
        return ["A few words."]
    if item.control == UPLOAD:
        return [EXAMPLE_PHOTO]
    values = [option.value for option in item.options]
    return values if item.control in ("choice", "faces", "scale") else list(dict.fromkeys((*values[:1], *values[-1:])))


def _speak(
    loaded: Loaded, language: str, facts: Facts, scene: Scene, steps: tuple[Step, ...], now: datetime
) -> Iterator[Problem]:
    words = loaded.words[language]
    file = copy_file(loaded, language)
    reader = Reader(language, ZONE, now, "GB")
    for name in ("", "Maria"):
        standard = Standard(
            name=name,
            brand=BRAND,
            team="Reception",
            until=loaded.situation.expires(facts, now),
            phone="+44 20 7946 0000",
            ending="123",
            host="go.harbourstreet.example",
            link=LINK,
            chosen="10:20",
        )
        values = standard_values(standard, facts, scene.answers)
        for key in _keys(loaded, words, facts, scene, steps, now):
            try:
                said = words.say(key, values, reader)
            except Exception as error:  # noqa: BLE001 - whatever a format stumbles over is what is told
                why = str(error).rstrip(".") or type(error).__name__
                sentence = f"{key} cannot be said on the step {scene.step}: {why}; correct it."
                yield Problem(file, line_of(file, key), sentence)
                continue
            if key.startswith(("sms.", "texts.")):
                yield from _measured(loaded, file, key, said)


def _keys(
    loaded: Loaded, words: Words, facts: Facts, scene: Scene, steps: tuple[Step, ...], now: datetime
) -> Iterator[str]:
    wanted = [*_SPOKEN]
    for step in steps:
        hero = step.hero(facts, scene.answers, now).words
        wanted += [f"{hero}.pill", f"{hero}.headline", f"{hero}.line"]
        wanted += [f"buttons.{button.words}" for button in loaded.situation.visible(step, facts)]
    # A text is said when its action has been done, so when the form it may name is there.
    wanted += [f"texts.{key}" for key in scene.answers if f"texts.{key}" in words]
    yield from (key for key in wanted if key in words)


def _measured(loaded: Loaded, file: Path, key: str, said: str) -> Iterator[Problem]:
    measured = measure(compose(said))
    limit = loaded.situation.segments.get(measured.encoding, 1)
    if measured.segments > limit:
        yield Problem(
            file,
            line_of(file, key),
            f"{key} takes {measured.segments} parts in {measured.encoding}, at most {limit} are allowed; shorten it.",
        )
