"""What can be said of a brand, field by field: cleaned for keeping, or refused with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from selfservice import phone
from selfservice.brands import colours
from selfservice.errors import Invalid
from selfservice.kit.fields import Link
from selfservice.kit.locales import locale
from selfservice.kit.opening import Opening

LONGEST_NAME = 60
LONGEST_HOURS = 120
LONGEST_MARK = 2
LONGEST_URL = 200
_UTC = ZoneInfo("UTC")
_KEY = re.compile(r"[a-z][a-z0-9-]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_TEAM = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LINK: TypeAdapter[str] = TypeAdapter(Link)


def clean_key(key: str) -> str:
    """The key of a new brand; raises Invalid."""
    if not _KEY.fullmatch(key):
        sentence = "Write the key in small letters, digits and hyphens, such as harbour-street; it stays as it is."
        raise Invalid(sentence, fields={"key": sentence})
    return key


def clean(values: Mapping[str, Any], *, country: str) -> dict[str, Any]:
    """The values by field, as they are kept; raises Invalid with a sentence for each that is wrong.

    A `phone` without a country code is read as one of `country`. A `colour_dark` left empty is worked out.
    """
    cleaned: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, value in values.items():
        try:
            cleaned[name] = _phone(value, cleaned.get("country", country)) if name == "phone" else _CLEAN[name](value)
        except Invalid as refusal:
            problems[name] = refusal.message
        except ValueError as refusal:
            problems[name] = str(refusal)
    if cleaned.get("colour_dark") == "":
        if "colour" in cleaned:
            cleaned["colour_dark"] = colours.propose_dark(cleaned["colour"])
        elif "colour" not in problems:
            problems.setdefault("colour_dark", "Write the colour for dark pages, or the one for light pages with it.")
    if problems:
        raise Invalid(" ".join(problems.values()), fields=problems)
    return cleaned


def _phone(value: str, country: str) -> str:
    return phone.normalise(value, country)


def _line(what: str, longest: int) -> Callable[[str], str]:
    def line(value: str) -> str:
        text = value.strip()
        if not text or len(text) > longest or not text.isprintable():
            raise ValueError(f"Write {what} on one line, with 1 to {longest} characters.")
        return text

    return line


def _by_language(what: str, longest: int) -> Callable[[Mapping[str, str]], dict[str, str]]:
    one = _line(what, longest)

    def lines(value: Mapping[str, str]) -> dict[str, str]:
        for language in value:
            if not _LANGUAGE.fullmatch(language):
                raise ValueError(f"“{language}” is no language; write its two letters, such as es.")
        return {language: one(text) for language, text in value.items() if text.strip()}

    return lines


def _teams(value: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    names = _by_language("the name of a team", LONGEST_NAME)
    for key in value:
        if not _TEAM.fullmatch(key):
            raise ValueError(f"“{key}” is no key of a team; use the one that page types name, such as reception.")
    return {key: found for key, by_language in value.items() if (found := names(by_language))}


def _colour(value: str) -> str:
    colour = colours.read(value)
    fault = colours.find_fault(colour)
    if fault:
        raise ValueError(fault)
    return colour


def _colour_dark(value: str) -> str:
    if not value.strip():
        return ""
    colour = colours.read(value)
    fault = colours.find_fault(colour, on_dark=True)
    if fault:
        raise ValueError(fault)
    return colour


def _country(value: str) -> str:
    country = value.strip().upper()
    if len(country) != 2 or country not in locale("en").territories:
        raise ValueError("Write the two letters of the country, such as GB.")
    return country


def _timezone(value: str) -> str:
    name = value.strip()
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("There is no such time zone; write one such as Europe/London.") from None
    return name


def _language(value: str) -> str:
    language = value.strip().lower()
    if not _LANGUAGE.fullmatch(language):
        raise ValueError("Write the two letters of the language, such as en.")
    return language


def _opening(value: Mapping[str, Any]) -> dict[str, Any]:
    found = Opening.read(value, _UTC)
    return found.as_data() if found else {}


def _privacy_url(value: str) -> str:
    if not value.strip():
        return ""
    try:
        url = _LINK.validate_python(value.strip())
    except ValidationError:
        url = ""
    if not url or len(url) > LONGEST_URL:
        raise ValueError(f"Write an https address of at most {LONGEST_URL} characters, or leave it empty.")
    return url


_CLEAN: dict[str, Callable[[Any], Any]] = {
    "name": _line("the name", LONGEST_NAME),
    "names": _by_language("the name", LONGEST_NAME),
    "mark": _line("one or two letters", LONGEST_MARK),
    "colour": _colour,
    "colour_dark": _colour_dark,
    "country": _country,
    "timezone": _timezone,
    "language": _language,
    "opening": _opening,
    "hours": _by_language("the hours", LONGEST_HOURS),
    "teams": _teams,
    "situations": lambda value: sorted(set(value)),
    "privacy_url": _privacy_url,
}
FIELDS = (
    *("name", "names", "mark", "colour", "colour_dark", "country", "phone"),
    *("timezone", "language", "opening", "hours", "teams", "situations", "privacy_url"),
)
"""Every field there is, in an order in which the country of a phone number comes before the number."""
