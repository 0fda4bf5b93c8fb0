"""The gallery: every page type with every sample in every stage, language, theme and size, as its files are now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from flask import request, url_for

from selfservice import clock, tokens
from selfservice.brands import queries as brands
from selfservice.errors import Invalid
from selfservice.pages import pictures, texts
from selfservice.situations import asides
from selfservice.situations.languages import LANGUAGES, language_names
from selfservice.situations.loading import Loaded
from selfservice.situations.problem import Problem
from selfservice.situations.samples import Sample
from selfservice.situations.stages import CHECK, blame, stages
from selfservice.situations.view import Theme, View
from selfservice.web import encoding
from selfservice.web.console import glance, preview

HEAVY_BYTES = 10_000
WIDTHS = (("360", "360 px"), ("320", "320 px"), ("desk", "Desktop"))
THEMES: tuple[tuple[Theme, str], ...] = (("light", "Light"), ("dark", "Dark"))
SIZES = (("", "100%"), ("on", "200% text"))
_NOBODY = 0


@dataclass(frozen=True)
class Looks:
    """How pages are to be looked at: what the address of a gallery screen says."""

    language: str
    theme: Theme
    large: bool
    width: str

    @classmethod
    def read(cls) -> Looks:
        """What the address of this request says, each with what is usual where it says nothing known."""
        asked = request.args
        language, width = asked.get("language", ""), asked.get("width", "")
        return cls(
            language if language in LANGUAGES else LANGUAGES[0],
            "dark" if asked.get("theme") == "dark" else "light",
            asked.get("large") == "on",
            width if width in dict(WIDTHS) else WIDTHS[0][0],
        )

    @property
    def arguments(self) -> dict[str, str]:
        """The same as an address has it."""
        large = {"large": "on"} if self.large else {}
        return {"language": self.language, "theme": self.theme, "width": self.width, **large}

    def changed(self, **changes: str) -> dict[str, str]:
        """The arguments with one of them changed; an empty one is left out."""
        return {name: value for name, value in {**self.arguments, **changes}.items() if value}


def choices() -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    """What can be chosen of looks: the name of each in an address, what it is called, its values and their words."""
    return (
        ("width", "Width", WIDTHS),
        ("theme", "Theme", THEMES),
        ("large", "Text size", SIZES),
        ("language", "Language", language_names()),
    )


@dataclass(frozen=True)
class Weight:
    """What a first view weighs in zstd."""

    size: int

    @property
    def text(self) -> str:
        """5.9 kB."""
        return f"{self.size / 1000:.1f} kB"

    @property
    def tone(self) -> str:
        """How that is: the name of a pill."""
        return "ok" if self.size <= encoding.HEAVY else "warn" if self.size <= HEAVY_BYTES else "bad"


@dataclass(frozen=True)
class Picture:
    """One stage of one sample: where it is shown, and what it weighs."""

    name: str
    address: str
    weight: Weight


@dataclass(frozen=True)
class Shown:
    """One sample of a type in every stage, and the text that it would be sent with; or why it cannot be shown."""

    name: str
    pictures: tuple[Picture, ...] = ()
    text: str = ""
    meter: str = ""
    problem: Problem | None = None

    @property
    def face(self) -> Picture:
        """What the page is about, behind the question who is there."""
        return next(picture for picture in self.pictures if not picture.name.startswith(CHECK))


def fullest(loaded: Loaded) -> Sample | None:
    """The sample that says most: what a type is recognised by."""
    return max(loaded.samples.values(), key=lambda sample: len(str(sample.raw)), default=None)


def show(loaded: Loaded, sample: Sample, looks: Looks) -> Shown:
    """A sample as the gallery shows it."""
    try:
        fresh = fresh_view(loaded, sample, looks.language)
        pictures = tuple(_pictures(loaded, sample, fresh, looks))
        return Shown(sample.name, pictures, *_text(loaded, fresh))
    except Exception as error:
        problem = find_problem(error, loaded, sample)
        if problem is None:
            raise
        return Shown(sample.name, problem=problem)


def find_problem(error: Exception, loaded: Loaded, sample: Sample) -> Problem | None:
    """What of a type's files an error is about, if it is about them at all."""
    if isinstance(error, Invalid):
        return Problem(sample.path, None, error.message)
    return blame(error, loaded.folder)


def fresh_view(loaded: Loaded, sample: Sample, language: str) -> View:
    """A page that has just been made from a sample, for Maria; raises Invalid if the sample is none."""
    spoken = loaded.choose_language(language)
    face = brands.face(brands.get_for(loaded.key).id, spoken)
    now = clock.now()
    facts = loaded.facts_of(sample, zone=ZoneInfo(face.timezone), now=now)
    return preview.fresh(loaded, facts, face, language=spoken, name="Maria Santos", ending="123")


def _pictures(loaded: Loaded, sample: Sample, fresh: View, looks: Looks) -> Iterator[Picture]:
    arguments = {name: value for name, value in looks.arguments.items() if name != "width"}
    for name, view in stages(loaded, fresh):
        values: dict[str, Any] = {**arguments, "key": loaded.key, "sample": sample.name, "stage": name}
        address = url_for("console.preview_sample", **values)
        yield Picture(name, address, weigh(view, loaded))


def weigh(view: View, loaded: Loaded) -> Weight:
    """What a customer's browser would get, with addresses as hard to compress as real ones, that open nothing."""
    actions = {action.key for action in loaded.situation.actions}
    keyring = tokens.current()
    signed = {} if view.ask is not None else {"answer_tokens": keyring.sign_answers(_NOBODY, actions)}
    token = keyring.sign_page(_NOBODY)
    real: dict[str, Any] = {"token": token, "pictures": pictures.sized(view.facts, token), **signed}
    return Weight(len(encoding.ENCODERS["zstd"](asides.show(replace(view, **real)).encode())))


def _text(loaded: Loaded, fresh: View) -> tuple[str, str]:
    composed = texts.compose_invitation(fresh, loaded, texts.specimen_url())
    return composed.body.replace(texts.specimen_url(), "LINK"), glance.meter_of(composed.measured)
