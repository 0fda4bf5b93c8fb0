"""Pages, answers and facts in the words staff read; pure, from rows that others have read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from selfservice import kit
from selfservice.kit import Milestone, Money, formats
from selfservice.kit.facts import FactField
from selfservice.kit.formats import Reader
from selfservice.kit.forms import UPLOAD, control_of, highest, is_rating
from selfservice.kit.parts_kinds import PicturedKind
from selfservice.pages import sight
from selfservice.pages.models import Page
from selfservice.situations.registry import Loaded
from selfservice.web.console.times import Times


class Tone(StrEnum):
    """How something is coloured: quiet, a point of note, good, in need of a look, gone wrong."""

    QUIET = ""
    NOTE = "acc"
    GOOD = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Condition:
    """A page's state in plain words."""

    words: str
    tone: Tone


@dataclass(frozen=True)
class Said:
    """One answer in words. `details` are what was chosen or written with it, `photos` the ids of what was sent."""

    words: str
    details: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()
    at: datetime | None = None
    is_closing: bool = True
    tone: Tone = Tone.QUIET


@dataclass(frozen=True)
class Teller:
    """Tells values of one page to staff, in English and in the page's zone."""

    reader: Reader
    times: Times = field(compare=False)

    @classmethod
    def at(cls, timezone: str, now: datetime) -> Teller:
        """For a page of this zone."""
        return cls(Reader("en", ZoneInfo(timezone), now), Times(timezone))

    def fact(self, field: FactField, value: Any) -> str:
        """One fact by its kind, as many lines as it has."""
        if field.kind.control == "choice":
            return str(value).replace("_", " ").capitalize()
        if isinstance(value, list):
            return "\n".join(" · ".join(part) if isinstance(part, list) else self.value(part) for part in value)
        shown = field.kind.show(value, self.reader)
        is_link = shown.address.startswith("https:")
        text = shown.address if is_link and shown.text in shown.address else shown.text
        return "\n".join(filter(None, (text, shown.small, shown.address if is_link and text != shown.address else "")))

    def value(self, value: Any) -> str:
        """One value of a form, or of a list of facts."""
        # A datetime is a date too, so it goes first.
        ways: dict[type, Callable[[Any, Reader], str]] = {
            datetime: formats.moment,
            date: formats.day,
            Money: formats.money,
            Milestone: self._milestone,
        }
        way = next((way for kind, way in ways.items() if isinstance(value, kind)), formats.plain)
        return way(value, self.reader)

    def _milestone(self, value: Milestone, _reader: Reader) -> str:
        return f"{self.times.short(value.at)}: {value.label}" if value.at else f"{value.label} (to come)"


def type_name(situation: str, loaded: Loaded | None) -> str:
    """What a type is called; one that is served no more, or whose page says nothing any more, by its key."""
    return loaded.name if loaded else situation.replace("_", " ").capitalize()


def condition(page: Page, now: datetime) -> Condition:
    """What a page is doing now."""
    state = sight.state_at(page, now)
    if page.disowned_at is not None:
        return Condition("Wrong number", Tone.BAD)
    if state == "open" and page.answers:
        return Condition("Replied, still open", Tone.NOTE)
    if state == "open":
        words = "Opened, no answer yet" if page.opened_at else "Not opened yet"
        return Condition(words, Tone.WARN if page.opened_at else Tone.QUIET)
    if state == "expired":
        answer = "Answered, then ended" if page.answered_at else "Replied, then ended" if page.answers else ""
        return Condition(answer or "Ended without an answer", Tone.QUIET)
    return _CONDITIONS[state]


def answers(page: Page, loaded: Loaded, teller: Teller) -> tuple[Said, ...]:
    """The answers in force, the closing one last: it is the one that counts."""
    told = [
        said(
            loaded,
            key,
            answer["form"],
            teller,
            version=answer.get("version", page.version),
            at=datetime.fromisoformat(answer["at"]),
            step=page.step,
        )
        for key, answer in page.answers.items()
    ]
    return tuple(sorted(told, key=lambda one: (one.is_closing, one.at)))


def said(
    loaded: Loaded,
    action_key: str,
    form: Mapping[str, Any],
    teller: Teller,
    *,
    version: int,
    at: datetime,
    step: str = "",
) -> Said:
    """One answer in words, given under `version`; one whose action the type no longer has is told by its key.

    `step` is what it led the customer to: a closing answer has the colour that the page's top has there.
    """
    action = loaded.situation.action(action_key)
    if action is None:
        return Said(action_key.replace("_", " ").capitalize(), at=at)
    read = loaded.situation.restore_answer(action_key, form, version)
    details = tuple(_details(loaded, read, teller)) if read is not None else ()
    tone = tone_of(loaded, step) if action.closing else Tone.NOTE
    return Said(action.said, details, _photos(read), at, action.closing, tone)


def tone_of(loaded: Loaded, step: str) -> Tone:
    """The colour of what led to a step: green for good news, grey for a thing called off, blue for the rest."""
    found = loaded.situation.step(step)
    return _HEADERS[found.header] if found else Tone.NOTE


def facts(loaded: Loaded, model: kit.Facts, teller: Teller) -> list[tuple[str, str, str]]:
    """The facts as staff gave them: label, value and the id of a picture, those left empty left out."""
    told = []
    for item in loaded.fields():
        value = getattr(model, item.name)
        if isinstance(item.kind, PicturedKind) and value is not None:
            words, picture = item.kind.apart(item.kind.to_text(value, teller.reader.zone))
            told.append((item.label, words.replace(" | ", "\n"), picture))
        elif value not in (None, "", [], ()):
            told.append((item.label, teller.fact(item, value), ""))
    return told


def _details(loaded: Loaded, form: BaseModel, teller: Teller) -> list[str]:
    words = loaded.words["en"]
    told = []
    for name, form_field in type(form).model_fields.items():
        value = getattr(form, name)
        if value in (None, "", ()):
            continue
        if control_of(form_field) == UPLOAD:
            told.append("1 photo" if len(value) == 1 else f"{len(value)} photos")
            continue
        choice = words.get(f"choices.{name}_{value}", "")
        if is_rating(form_field):
            score = f"{value} of {highest(form_field)}"
            told.append(f"{choice} · {score}" if choice else score)
            continue
        is_prose = isinstance(value, str) and not choice
        told.append(choice or (f"“{value}”" if is_prose else teller.value(value)))
    return told


def _photos(form: BaseModel | None) -> tuple[str, ...]:
    fields = type(form).model_fields.items() if form is not None else ()
    return tuple(one for name, info in fields if control_of(info) == UPLOAD for one in getattr(form, name))


_HEADERS = {"good": Tone.GOOD, "closed": Tone.QUIET, "brand": Tone.NOTE}
_CONDITIONS = {
    "scheduled": Condition("Waits to be sent", Tone.QUIET),
    "answered": Condition("Answered", Tone.GOOD),
    "revoked": Condition("Closed by us", Tone.BAD),
    "superseded": Condition("Replaced by a newer page", Tone.QUIET),
    "retired": Condition("No longer active", Tone.QUIET),
}
