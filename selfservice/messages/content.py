"""Content: what may not be in a text, whoever composed it: a card's number, a public short link, too many parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

from selfservice import config
from selfservice import text as texts
from selfservice.errors import Invalid

Medium = Literal["sms", "email"]
FIELD = "sms"
_CARD = re.compile(r"(?<![\w+])\d(?:[ \u00a0\u202f.\-\u2010-\u2013]?\d){12,18}(?![\w])")
_LINK = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.IGNORECASE)
_SHOWN = 4


def check(body: str, message_class: str, medium: Medium = "sms") -> None:
    """Raise Invalid, with a sentence that says what to change, for a body that may not leave.

    Only a text has parts; how many, its class decides (see `courtesy`).
    """
    if any(_find_cards(body)):
        raise _invalid(
            "The text would show a card number: name its last four digits at most, and leave the rest on the page."
        )
    shortener = _find_shortener(body)
    if shortener is not None:
        raise _invalid(
            f"The text holds a link of {shortener}, which anybody can make and networks filter: use the page's link."
        )
    if medium == "sms":
        _check_parts(body, message_class)


def masked(body: str) -> str:
    """The body with all but the last four digits of card numbers left out, where nobody is there to be refused."""
    while found := next(_find_cards(body), None):  # What is left of one may make another with what stands beside it.
        body = body.replace(found, f"...{re.sub(r'[^0-9]', '', found)[-_SHOWN:]}")
    return body


def _check_parts(body: str, message_class: str) -> None:
    limit = config.current().courtesy.of(message_class).parts
    measured = texts.measure(texts.compose(body))
    if measured.segments > limit:
        raise _invalid(
            f"The text would take {measured.segments} parts in {measured.encoding}; at most {limit} are allowed for "
            f"{message_class} messages. Shorten what it says."
        )


def _find_cards(body: str) -> Iterator[str]:
    """Runs of 13 to 19 digits, spaces, dots and dashes between, that pass the check of ISO/IEC 7812 (Luhn).

    Links are left out: what looks like digits there is a name. A number with + in front is a phone number.
    """
    for found in _CARD.finditer(_LINK.sub(" ", body)):
        if _passes_luhn([int(digit) for digit in found[0] if digit.isdecimal()]):
            yield found[0]


def _passes_luhn(digits: list[int]) -> bool:
    doubled = (digit if place % 2 == 0 else digit * 2 for place, digit in enumerate(reversed(digits)))
    return len(set(digits)) > 1 and sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _find_shortener(body: str) -> str | None:
    known = _shorteners()
    for host in _HOST.findall(body):
        parts = host.lower().split(".")
        for start in range(len(parts) - 1):
            name = ".".join(parts[start:])
            if name in known:
                return name
    return None


@cache
def _shorteners() -> frozenset[str]:
    lines = Path(__file__).with_name("shorteners.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _invalid(sentence: str) -> Invalid:
    return Invalid(sentence, fields={FIELD: sentence})
