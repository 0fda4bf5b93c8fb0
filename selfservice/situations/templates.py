"""The templates of customers' pages: one environment a language, strict about what is missing, stripped of spaces."""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    FunctionLoader,
    StrictUndefined,
    Template,
    pass_context,
)
from jinja2.ext import Extension
from jinja2.runtime import Context

from selfservice.brands.face import logo_address
from selfservice.kit import Facts, Shown
from selfservice.kit.facts import show
from selfservice.kit.formats import FORMATS, Reader, month, number, short_day, time
from selfservice.kit.kinds import Sized
from selfservice.kit.tracing import call, traceable
from selfservice.situations.drawing import link
from selfservice.situations.icons import icon
from selfservice.situations.presence import absence
from selfservice.situations.remembering import of_our_files
from selfservice.situations.speaking import sentence

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
_COMPONENTS = TEMPLATES / "components"
_BLOCK = (
    "html|head|body|meta|title|link|style|script|header|main|section|footer|div|p|h1|h2|ul|ol|li|dl|dt|dd|form|fieldset|"
    "legend|label|input|textarea|button|details|summary|small|!doctype"
)
_JINJA = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})", re.DOTALL)
_LINES = re.compile(r"[ \t]*\n\s*")
_TAG_BEFORE = re.compile(rf"</?(?:{_BLOCK})\b[^<>]*>$", re.IGNORECASE)
_TAG_AFTER = re.compile(rf"</?(?:{_BLOCK})\b", re.IGNORECASE)
_TEXT_FILTERS = (
    "capitalize", "center", "float", "format", "indent", "int", "join", "lower", "replace", "round", "string",
    "striptags", "title", "trim", "truncate", "upper", "urlencode", "wordcount", "wordwrap",
)  # fmt: skip
"""Jinja's own filters that make a text or a number of values that they have to know."""


class Stripped(Extension):
    """Leaves out the line breaks that only make a template readable, once, when it is compiled."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The same template without spaces around block tags; a mistake in it is still told with its own line."""
        parts = _JINJA.split(source)
        text = "\0".join(parts[::2])
        stripped = _LINES.sub(lambda match: _space_for(match, text), text)
        jinja = [_only_lines(part) if part.startswith("{#") else part for part in parts[1::2]]
        return "".join(part for pair in zip(stripped.split("\0"), [*jinja, ""], strict=True) for part in pair)


def _space_for(match: re.Match[str], text: str) -> str:
    """What a line break comes to: nothing beside a block tag, a space elsewhere."""
    start, end = match.span()
    is_beside_tag = _TAG_BEFORE.search(text, max(0, start - 400), start) or _TAG_AFTER.match(text, end)
    is_first = not text[:start].strip("\0")
    return ("" if is_beside_tag or is_first else " ") + _only_lines(match[0])


def _only_lines(text: str) -> str:
    """A comment as many lines long: it writes nothing and keeps the count."""
    lines = "\n" * text.count("\n")
    return f"{{#{lines}#}}" if lines else ""


@of_our_files
@lru_cache(maxsize=64)
def environment(language: str) -> Environment:
    """The templates for one language; every component is there under its name."""
    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        extensions=[Stripped],
        loader=ChoiceLoader([FileSystemLoader(TEMPLATES), FunctionLoader(_page_of_type)]),
        auto_reload=False,
        cache_size=-1,
    )
    made.globals.update(
        absence=absence,
        icon=traceable(icon),
        link=link,
        logo=logo_address,
        language=language,
        shown=_shown,
        verify=f"/verify?lang={language}",
    )
    made.filters.update({name: _for_reader(form) for name, form in FORMATS.items() if name})
    made.filters.update(leaf=_for_reader(_leaf), stamp=_for_reader(_stamp), listed=_for_reader(_listed))
    made.filters.update(sentence=sentence, paragraphs=_paragraphs)
    made.filters.update({name: traceable(made.filters[name]) for name in _TEXT_FILTERS})
    for path in sorted(_COMPONENTS.glob("*.html")):
        made.globals[path.stem] = _component(made, path)
    return made


def _component(made: Environment, path: Path) -> Callable[..., Any]:
    """The macro of one component, taken when it is first called: by then it can call all the others."""

    @cache
    def macro() -> Any:
        return getattr(made.get_template(f"components/{path.name}").module, path.stem)

    def called(*arguments: Any, **keywords: Any) -> Any:
        return macro()(*arguments, **keywords)

    return called


def page_of(folder: Path, language: str) -> Template:
    """The page.html of a page type."""
    return environment(language).get_template(_page_name(folder))


def forget_page(folder: Path, languages: Iterable[str]) -> None:
    """Let go of a type's page.html, which has changed or gone; the templates of all pages stay compiled."""
    for made in map(environment, languages):
        assert made.loader is not None
        assert made.cache is not None
        made.cache.pop((weakref.ref(made.loader), _page_name(folder)), None)  # The key that Jinja gives it.


def _page_name(folder: Path) -> str:
    return str(folder / "page.html")


def _page_of_type(name: str) -> tuple[str, str, None] | None:
    path = Path(name)
    if not path.is_absolute() or not path.is_file():
        return None
    return path.read_text(encoding="utf-8"), str(path), None


def _for_reader(form: Callable[[Any, Reader], Any]) -> Callable[[Context, Any], Any]:
    @pass_context
    def shown(context: Context, value: Any, reader: Reader | None = None) -> Any:
        return call(form, value, context["reader"] if reader is None else reader)

    return shown


@pass_context
def _shown(context: Context, name: str) -> Shown | None:
    """The fact called `name` as a row has it, by its kind; None where it is empty."""
    return call(_with_picture, context["facts"], name, context["reader"], context["view"].pictures)


def _with_picture(facts: Facts, name: str, reader: Reader, pictures: Mapping[str, Sized]) -> Shown | None:
    found = show(facts, name, reader)
    return replace(found, image=pictures.get(found.picture)) if found is not None and found.picture else found


@traceable
def _paragraphs(text: str) -> list[str]:
    """The lines of a text that hold something."""
    return [line for line in text.splitlines() if line.strip()]


def _leaf(value: datetime | date, reader: Reader) -> tuple[str, str]:
    """NOV and 24: the calendar leaf of a key fact."""
    return month(value, reader), number(value, reader)


def _stamp(value: datetime, reader: Reader) -> str:
    """10:20 am today, Tue 24 Nov on another day: the edge of a timeline."""
    zone = reader.zone
    is_today = value.astimezone(zone).date() == reader.now.astimezone(zone).date()
    return time(value, reader) if is_today else short_day(value, reader)


def _listed(values: list[str | None], reader: Reader) -> str:
    """Check-up, 15 minutes: those that are known."""
    return reader.customs.comma.join(value for value in values if value)
