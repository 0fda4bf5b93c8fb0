"""Components: each macro that pages are made of, drawn in all its variants by `templates/specimens/NAME.html`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from selfservice.brands.face import Face
from selfservice.kit import Form
from selfservice.kit.pictures import examples_in
from selfservice.situations import registry, rendering
from selfservice.situations.drawing import Artist, Drawing
from selfservice.situations.framing import frame
from selfservice.situations.inlined import Inlined, parts, styles
from selfservice.situations.languages import Language
from selfservice.situations.loading import DEFAULT_LANGUAGE, Loaded, load_folder
from selfservice.situations.remembering import of_our_files
from selfservice.situations.rendering import Notice, Problem
from selfservice.situations.speaking import Speaker
from selfservice.situations.templates import TEMPLATES, environment
from selfservice.situations.view import Theme, View

SPECIMEN = Path(__file__).parent / "specimen"
_CAPTIONS = (
    ".variant{margin:0 0 26px}.variant>.caption{margin:0 0 8px;font-weight:600;font-size:.75rem}"
    ".variant .dock{position:static}.variant .top{border-radius:14px}main.specimen{display:block;margin-top:0;"
    "padding-top:18px;width:100%;max-width:40rem}"
)


def names() -> list[str]:
    """Every component, by the name of its macro and of its file."""
    return sorted(path.stem for path in (TEMPLATES / "components").glob("*.html"))


def sheet(face: Face, theme: Theme = "", *, large: bool = False) -> Inlined:
    """The style sheet of these pages: that of customers' pages with all its parts, and captions."""
    whole = styles(face.colour, face.colour_dark, theme, large, parts())
    return Inlined.of(f"{whole.text}{_CAPTIONS}")


def render(name: str, face: Face, now: datetime, theme: Theme = "", *, large: bool = False) -> str:
    """A page of all the variants of one component, in English; nothing on it does anything."""
    view = _view(face, now, theme, large=large)
    say = Speaker(_specimen().words[DEFAULT_LANGUAGE], view.values(), view.reader)
    drawn = {step.key: _draw(replace(view, step=step.key), say) for step in _specimen().situation.steps}
    gone = replace(view, facts=view.facts.model_copy(update={"times": [], "days": [], "places": []}))
    context: dict[str, Any] = {
        **frame(DEFAULT_LANGUAGE, face, "brand", face.colour, face.colour_dark),
        "styles": sheet(face, theme, large=large).text,
        "say": say,
        "view": view,
        "reader": view.reader,
        "facts": view.facts,
        "title": name,
        "top": None,
        "languages": [],
        "language_label": "Language",
        "body": {"class": "page"},
        "during": drawn["ask"].stage.during,
        "docks": {key: drawing.docks[0] for key, drawing in drawn.items()},
        "tops": {key: drawing.tops[0] for key, drawing in drawn.items()},
        "refused": {key: _draw(_refused(view, key), say).docks[0] for key in drawn},
        "gone": {key: _draw(replace(gone, step=key), say).docks[0] for key in ("slots", "days", "places")},
        "spoken": [Language("es", "Español", "#"), Language("ar", "العربية", "#"), Language("pl", "Polski", "#")],
        "notices": {"plain": Notice("Somebody was first.", "", "alert"), "fine": Notice("Saved.", "fine", "check")},
        "problem": Problem("Pick a time first.", "slots-slot"),
        "called": replace(view, callback_at=now + timedelta(hours=2)),
        "answered": replace(view, state="answered", answered_at=now, answers={"yes": Form()}),
    }
    html = environment(DEFAULT_LANGUAGE).get_template(f"specimens/{name}.html").render(context)
    return rendering.among_others(html)


@of_our_files
@cache
def _specimen() -> Loaded:
    return load_folder(SPECIMEN, registry.shared_words())


def _draw(view: View, say: Speaker) -> Drawing:
    return Artist(view, _specimen().situation, say).draw()


def _refused(view: View, step: str) -> View:
    form = next((action.form for action in _specimen().situation.actions if action.key == f"send_{step}"), None)
    wrong = {name: f"{name}_wrong" for name in form.model_fields} if form else {}
    return replace(view, step=step).with_problems(wrong, dict.fromkeys(wrong, "What was sent"))


def _view(face: Face, now: datetime, theme: Theme, *, large: bool) -> View:
    loaded = _specimen()
    zone = ZoneInfo(face.timezone)
    facts = loaded.facts_of(loaded.samples["all"], zone=zone, now=now)
    return View(
        situation=loaded.key,
        version=1,
        state="open",
        step="ask",
        facts=facts,
        brand=face,
        language=DEFAULT_LANGUAGE,
        timezone=face.timezone,
        now=now,
        expires_at=loaded.situation.expires(facts, now.astimezone(zone)),
        revision=1,
        team="Reception",
        first_name="Maria",
        ending="123",
        can_change=True,
        host="go.harbourstreet.example",
        theme=theme,
        large=large,
        pictures=examples_in(facts),
    )
