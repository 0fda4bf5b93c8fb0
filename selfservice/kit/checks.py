"""Checks: how a page type asks whether it is the right person, and what counts as the right answer."""

from __future__ import annotations

import hmac
import unicodedata
from dataclasses import dataclass
from typing import Literal

from selfservice.kit.facts import Facts

CheckKind = Literal["last4", "postcode", "birth_year", "otp"]

CODE_DIGITS = 6
_DIGITS = {"last4": 4, "birth_year": 4, "otp": CODE_DIGITS}
_POSTCODE = (3, 10)
_WANTED = {"last4": "at least four digits", "postcode": "a postcode", "birth_year": "a year of four digits"}


@dataclass(frozen=True)
class Check:
    """What is asked before a page shows its facts, or before it takes an answer.

    "last4", "postcode" and "birth_year" compare what is typed with the fact called `fact`, which staff give. That is a
    misdelivery check, not authentication: it finds out a wrong number or a link passed on, and whoever knows the
    customer well may pass it. "otp" asks for six digits that are texted to the number on file.

    Where the fact was left empty, `otherwise` is asked: a texted code, or nothing at all.
    """

    kind: CheckKind
    fact: str = ""
    otherwise: Literal["otp", "none"] = "otp"

    def kind_for(self, facts: Facts) -> CheckKind | None:
        """What is asked on a page of these facts; None for nothing."""
        if self.kind == "otp" or self._known(facts):
            return self.kind
        return "otp" if self.otherwise == "otp" else None

    def is_answered_by(self, typed: str, facts: Facts) -> bool:
        """Whether what was typed is the fact, compared in constant time; always False for a code."""
        if self.kind == "otp":
            return False
        known = self._known(facts)
        return bool(known) and hmac.compare_digest(read_typed(self.kind, typed).encode(), known.encode())

    def problem(self, facts: Facts) -> str:
        """What to write instead of a fact that nobody could ever be asked for; empty if it is fine or left empty."""
        if self.kind == "otp" or getattr(facts, self.fact, None) is None or self._known(facts):
            return ""
        label = type(facts).model_fields[self.fact].title or self.fact
        return f"{label} is asked of the customer and cannot be compared; write {_WANTED[self.kind]}."

    def _known(self, facts: Facts) -> str:
        value = getattr(facts, self.fact, None)
        return "" if value is None else read_typed(self.kind, str(value))


def read_typed(kind: CheckKind, text: str) -> str:
    """What was typed as it is compared: digits of any script as 0 to 9, letters alike; empty if it cannot be right.

    Of a longer number given for "last4" the last four count.
    """
    plain = "".join(_plain(character) for character in unicodedata.normalize("NFKC", text[:200]))
    if kind == "postcode":
        return plain if _POSTCODE[0] <= len(plain) <= _POSTCODE[1] else ""
    digits = "".join(character for character in plain if character.isdigit())
    if kind == "last4":
        return digits[-4:] if len(digits) >= _DIGITS[kind] else ""
    return digits if len(digits) == _DIGITS[kind] else ""


def _plain(character: str) -> str:
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    return character.casefold() if character.isalpha() else ""
