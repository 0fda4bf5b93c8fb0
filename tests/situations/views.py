"""Views to look at: every state that the types' samples can be brought into, at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from selfservice.brands.face import Face
from selfservice.kit.kinds import Sized
from selfservice.kit.opening import Opening
from selfservice.kit.pictures import pictures_of
from selfservice.situations.contract import rehearsal
from selfservice.situations.loading import Loaded
from selfservice.situations.registry import Registry
from selfservice.situations.view import View

ZONE = ZoneInfo("Europe/London")
OFFICE = Opening.read({"week": {"mon": ["08:00-18:30"]}}, ZONE)
LOGO = "8f3a61c9d2740be5"
NOW = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)
# Tokens as hard to compress as real ones, the same in every run.
TOKEN = "1k8TzQ0mVx3Lr9Yc5Hs7Wd2Nf6Bg4Jp1Ea"
ANSWER_TOKENS = (
    "a9VbL3nQxT7cRm2WkE5yHs8ZdJ4fPg6Ue1",
    "bX2kF8vM4zNq7LtS1wYc9RhG5jBd3Tp6Ao",
    "cQ5gW1rJ7hZy3KvD9nPb2MsX8tFa4Le6Iu",
)
PUSH_KEY = "BOhQmT4xZ1uVw9kR7cYsLp3eD8nJg6fAaXiKbU2oE5vHqMt0rWzCyNjPlSdFhG4BxIkQmTuVw9kR7cYsLp3eD8n"
NAMES = {"en": "Maria", "es": "María", "ar": "مريم", "pl": "Maria", "zh": "玛丽", "hi": "मारिया"}
BRANDS = {
    "en": "Harbour Street Health Centre",
    "es": "Centro de Salud Harbour Street",
    "ar": "مركز هاربر ستريت الصحي",
    "pl": "Centrum Zdrowia Harbour Street",
    "zh": "海港街健康中心",
    "hi": "हार्बर स्ट्रीट स्वास्थ्य केंद्र",
}


def face(language: str = "en", **changes: Any) -> Face:
    """An organisation with everything a page may show."""
    values: dict[str, Any] = {
        "id": 1,
        "key": "harbour",
        "name": BRANDS[language],
        "mark": "H",
        "colour": "#0b5c66",
        "colour_dark": "#6fd3d0",
        "phone": "+442079460000",
        "phone_shown": "+44 20 7946 0000",
        "country": "GB",
        "timezone": "Europe/London",
        "hours": "Every day, 8 am to 8 pm",
        "privacy_url": "https://harbour.example/privacy",
    }
    return Face(**{**values, **changes})


def view(loaded: Loaded, sample: str, language: str = "en", **changes: Any) -> View:
    """A fresh page of one sample; `changes` are fields of View."""
    situation = loaded.situation
    facts = situation.accept(loaded.samples[sample].facts(zone=ZONE, now=NOW), NOW)
    actions = [*(action.key for action in situation.actions), "change"]
    values: dict[str, Any] = {
        "situation": loaded.key,
        "version": situation.version,
        "state": "open",
        "step": situation.steps[0].key,
        "facts": facts,
        "brand": face(language),
        "language": language,
        "timezone": "Europe/London",
        "now": NOW,
        "expires_at": situation.expires(facts, NOW),
        "revision": 3,
        "team": "Reception",
        "first_name": NAMES[language],
        "ending": "417",
        "token": TOKEN,
        "answer_tokens": {key: ANSWER_TOKENS[number % 3][number:] for number, key in enumerate(actions)},
        "host": "go.harbourstreet.example",
        "push_key": PUSH_KEY,
        "pictures": {one: _at(one) for one in pictures_of(facts).values()},
    }
    return View(**{**values, **changes})


def _at(picture: str) -> Sized:
    address = f"/p/{TOKEN}/-/picture/{picture}"
    return Sized(address, f"{address}/small", 900, 600)


def states(loaded: Loaded, sample: str, language: str = "en") -> Iterator[tuple[str, View]]:
    """Every state of a page of one sample, with a name for it: played through, refused, ended."""
    fresh = view(loaded, sample, language)
    for scene in rehearsal.scenes(loaded, fresh.facts, NOW):
        is_answered = any((loaded.situation.action(key) or _Open).closing for key in scene.answers)
        played = replace(
            fresh,
            step=scene.step,
            answers=scene.answers,
            state="answered" if is_answered else "open",
            can_change=is_answered,
            answered_at=NOW if is_answered else None,
        )
        name = "-".join((scene.step, *sorted(scene.answers)))
        yield name, played
        for step in loaded.situation.reachable(scene.step, fresh.facts)[1:]:
            yield f"{name}-at-{step.key}", replace(played, step=step.key)
    yield from _refused(loaded, fresh)
    yield from _ended(fresh)


def each_step_once(loaded: Loaded, sample: str, language: str = "en") -> Iterator[tuple[str, View]]:
    """The states of a page of one sample without those that only come to the same step by another way."""
    seen: set[tuple[object, ...]] = set()
    for name, shown in states(loaded, sample, language):
        way = (shown.step, shown.state, shown.notice, bool(shown.problems), bool(shown.taken), shown.token)
        if way not in seen or "-" not in name:
            seen.add(way)
            yield name, shown


def every_state(registry: Registry, *, wholly: bool) -> Iterator[tuple[str, View]]:
    """Every state of every sample of every type in English, and of one sample of each in every other language.

    Not wholly: every state of the first sample in English; each once more with one of the other samples and once more
    in one of the other languages, in turns; the beginning in all of them.
    """
    for loaded in registry:
        first, *others = loaded.languages
        sample, *more = loaded.samples
        for name, shown in states(loaded, sample, first):
            yield f"{loaded.key} {sample} {first} {name}", shown
        for looks in ([(one, first) for one in more], [(sample, one) for one in others]):
            for turn, (one, language) in enumerate(looks):
                for number, (name, shown) in enumerate(states(loaded, one, language)):
                    if wholly or not number or number % len(looks) == turn:
                        yield f"{loaded.key} {one} {language} {name}", shown


class _Open:
    closing = False


def _refused(loaded: Loaded, fresh: View) -> Iterator[tuple[str, View]]:
    for step in loaded.situation.reachable(fresh.step, fresh.facts):
        for action in loaded.situation.actions:
            if not any(getattr(button, "action", "") == action.key for button in step.buttons):
                continue
            inputs = loaded.situation.inputs(action.key, fresh.facts, fresh.case)
            wrong = {item.name: f"{item.name}_wrong" for item in inputs}
            if wrong:
                at_step = replace(fresh, step=step.key)
                yield f"{step.key}-refused", at_step.with_problems(wrong, dict.fromkeys(wrong, "?"))
                yield f"{step.key}-lost", at_step.with_notice("lost_claim")
                taken = frozenset().union(*loaded.situation.on_offer(fresh.facts, fresh.case).values())
                yield f"{step.key}-gone", replace(at_step, taken=taken)


def _ended(fresh: View) -> Iterator[tuple[str, View]]:
    yield "changed", fresh.with_notice("changed")
    yield "conflict", fresh.with_notice("conflict")
    yield "callback", replace(fresh, callback_at=NOW + timedelta(hours=2))
    yield "away", replace(fresh, brand=replace(fresh.brand, opening=OFFICE))
    yield "preview", replace(fresh, token="", answer_tokens={})
    yield "nameless", replace(fresh, first_name="", ending="", host="")
    for state in ("expired", "revoked", "superseded", "retired"):
        yield state, replace(fresh, state=state)
    yield "expired-late", replace(fresh, state="expired").with_notice("late")
    yield "expired-needs-human", replace(fresh, state="expired").with_notice("needs_human")
    yield "expired-answered", replace(fresh, state="expired", answered_at=NOW)
    yield "type-gone", replace(fresh, state="retired", situation="no_such_type", step="")
