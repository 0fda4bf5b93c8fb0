"""Asides: the small pages around a page (is it you, a call back, the receipt, ...), and whichever a view calls for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from selfservice import clock
from selfservice.brands.face import Face
from selfservice.kit import Do, Form
from selfservice.kit.formats import Reader, dated, day
from selfservice.kit.forms import UPLOAD, control_of
from selfservice.kit.steps import Header
from selfservice.situations import plain, registry, rendering
from selfservice.situations.asking import TYPED, Ask
from selfservice.situations.drawing import ALWAYS, Top
from selfservice.situations.languages import languages_at
from selfservice.situations.presence import absence
from selfservice.situations.rendering import Notice, Problem
from selfservice.situations.speaking import Speaker, speaker_for
from selfservice.situations.view import View

_KEYBOARDS = {
    "last4": {"inputmode": "numeric", "autocomplete": "off", "maxlength": "12"},
    "postcode": {"autocomplete": "postal-code", "autocapitalize": "characters", "maxlength": "12"},
    "birth_year": {"inputmode": "numeric", "autocomplete": "bday-year", "maxlength": "4"},
    "otp": {"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": "7"},
}


@dataclass(frozen=True)
class Given:
    """One answer on a receipt: the words of its button, what was chosen or written with it, and when."""

    words: str
    details: tuple[str, ...]
    at: datetime


Word = Literal["nothing", "unknown", "yes_link", "yes_receipt", "no_link", "no_receipt"]


@dataclass(frozen=True)
class Verdict:
    """Whether something is from us: a key under `verify` of the shared words, whose it is, and when it was given."""

    word: Word
    brand_id: int = 0
    at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether there was nothing in it that could be told."""
        return self.word in ("nothing", "unknown")


def show(view: View) -> str:
    """What somebody with this view gets to see: the page, or what stands in its place."""
    if view.is_disowned:
        return render_disowned(view)
    if view.ask is not None:
        return render_check(view, view.ask)
    return rendering.render(view)


def render_check(view: View, ask: Ask) -> str:
    """One question before the page, or before an answer is taken; `view.problems` after a wrong answer."""
    say = speaker_for(view)
    can_type = not ask.is_locked and (ask.kind != "otp" or ask.code == "sent")
    tries = say("checks.tries", count=ask.tries_left) if can_type and ask.tries_left is not None else ""
    problems = [" ".join(filter(None, (_problem(say, word), tries))) for word in view.problems.values()]
    return rendering.render_aside(
        view,
        "customer/check.html",
        _top(say, ask),
        ask=ask,
        languages=languages_at(view, _place(view, ask)),
        can_type=can_type,
        field=TYPED,
        keyboard=_KEYBOARDS[ask.kind],
        label=say(f"checks.{ask.kind}"),
        hint=say.find(f"checks.{ask.kind}_hint"),
        button=say(f"buttons.{ask.words}") if ask.words else say("checks.button"),
        tries=tries,
        problems=[Problem(problem, TYPED if can_type else "") for problem in problems],
        notice=Notice(say("notices.taken"), "fine", "check") if view.notice == "taken" else None,
    )


def render_callback(view: View) -> str:
    """The small page for being called; `view.problems` and `view.entered` after a refused form."""
    say = speaker_for(view)
    if view.callback_at:
        news = say("person.callback_by", callback_at=view.callback_at)
        top = Top(part=ALWAYS, look="good", headline=news)
    else:
        line = say("callback.line") if view.ending else say("problems.callback_no_number")
        line = " ".join(filter(None, (line, absence(say, view))))
        top = Top(part=ALWAYS, look="brand", headline=say("callback.headline"), line=line)
    problems = [Problem(say(f"problems.{word}"), "note") for word in view.problems.values()]
    return rendering.render_aside(view, "customer/callback.html", top, title=say("callback.title"), problems=problems)


def render_wrong_number(view: View) -> str:
    """Asking whether the page reached the wrong person."""
    say = speaker_for(view)
    top = Top(part=ALWAYS, look="brand", headline=say("wrong.headline"), line=say("wrong.line"))
    return rendering.render_aside(view, "customer/wrong_number.html", top)


def render_disowned(view: View) -> str:
    """Thanks for saying that it was the wrong person; nothing here is about the right one."""
    say = speaker_for(view)
    top = Top(part=ALWAYS, look="good", headline=say("wrong.done_headline"), line=say("wrong.done_line"))
    return rendering.render_aside(view, "customer/disowned.html", top)


def render_receipt(view: View, *, times: Mapping[str, datetime], code: str) -> str:
    """What was answered and when, with the cards of the page as they stand, and the `code` that proves it."""
    say = speaker_for(view)
    top = Top(
        part=ALWAYS, look="good", pill=say("receipt.pill"), headline=say("receipt.headline"), line=say("receipt.line")
    )
    given = sorted(_given(view, say, times), key=lambda one: one.at)
    return rendering.render_receipt(view, top, given=given, code=code)


def render_verify(
    verdict: Verdict | None, *, face: Face, language: str, host: str, field: str, entered: str = ""
) -> str:
    """The question whether something is from us, and once there is a `verdict` its answer."""
    values = {"brand": face.name, "host": host, "at": verdict.at if verdict else None}
    reader = Reader(language, ZoneInfo(face.timezone), clock.now(), face.country)
    say = plain.shared_speaker(language, values, reader)
    if verdict is None or verdict.is_open:
        problems = [Problem(say(f"verify.{verdict.word}"), field)] if verdict else []
        top = Top(part=ALWAYS, look="brand", headline=say("verify.headline"), line=say("verify.line"))
    else:
        problems = []
        headline = "verify.no_headline" if verdict.word.startswith("no") else f"verify.{verdict.word}_headline"
        look: Header = "closed" if verdict.word.startswith("no") else "good"
        top = Top(part=ALWAYS, look=look, headline=say(headline), line=say(f"verify.{verdict.word}"))
    context = {
        "is_asking": verdict is None or verdict.is_open,
        "problems": problems,
        "field": field,
        "entered": entered,
    }
    return plain.render_without_page("customer/verify.html", top, say, face=face, language=language, **context)


def _given(view: View, say: Speaker, times: Mapping[str, datetime]) -> Iterator[Given]:
    situation = registry.current().get(view.situation, view.version).situation
    for action, form in view.answers.items():
        buttons = (button for step in situation.steps for button in step.buttons)
        words = next(button.words for button in buttons if isinstance(button, Do) and button.action == action)
        yield Given(say(f"buttons.{words}"), tuple(_details(form, say, view.reader)), times[action])


def _details(form: Form, say: Speaker, reader: Reader) -> Iterator[str]:
    for name, info in type(form).model_fields.items():
        value = getattr(form, name)
        if control_of(info) == UPLOAD:
            if value:
                yield say("upload.count", count=len(value))
        elif isinstance(value, datetime):
            yield dated(value, reader)
        elif isinstance(value, date):
            yield day(value, reader)
        elif value not in (None, ""):
            yield say.find(f"choices.{name}_{value}") or str(value)


def _top(say: Speaker, ask: Ask) -> Top:
    look: Header = "closed" if ask.is_locked else "brand"
    if ask.is_locked:
        return Top(part=ALWAYS, look=look, headline=say("checks.locked_headline"), line=say("checks.locked_line"))
    line = "answer_line" if ask.action else "line"
    if ask.kind == "otp":
        without = "rest_line" if ask.is_resting else "no_text"
        line = "otp_sent_line" if ask.code == "sent" else "otp_line" if ask.can_send else without
    return Top(
        part=ALWAYS, look=look, pill=say("checks.pill"), headline=say("checks.headline"), line=say(f"checks.{line}")
    )


def _place(view: View, ask: Ask) -> str:
    """Where a check is asked for by a link: it often stands where an answer was sent to, which no link leads to."""
    page = f"/p/{view.token}" if view.token else ""
    return f"{page}/-/check?action={ask.action}&" if ask.action and page else f"{page}?"


def _problem(say: Speaker, word: str) -> str:
    return say(f"checks.{word}") if say.find(f"checks.{word}") else say(f"problems.{word}")
