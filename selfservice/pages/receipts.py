"""Receipts: the code that proves that we took an answer, short enough to read out, and checked without a database.

A code is 100 bits in Crockford's base 32 (no I, L, O, U), five groups of four: the organisation (12), the minute of the
answer (26), a mark of what was answered (14), and 48 bits of a MAC over these under the keyring's own purpose. It says
nothing about the page or its customer; whoever has the receipt itself can compare the minute.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from selfservice import tokens
from selfservice.tokens import BadToken

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 20
GROUP = 4
_PURPOSE = "receipt"
_BRAND, _MINUTES, _MARK, _MAC = 12, 26, 14, 48
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_READ_AS = str.maketrans("ILO", "110")


@dataclass(frozen=True)
class Issued:
    """What a code says: whose it is (0 for an organisation whose number has no room) and when the answer was given."""

    brand_id: int
    at: datetime


def code_of(page_id: int, brand_id: int, answers: Mapping[str, Any]) -> str:
    """The code for the answers in force on a page, as `Page.answers` has them, the same each time."""
    minute = int((answered_at(answers) - _EPOCH) / timedelta(minutes=1)) % (1 << _MINUTES)
    brand = brand_id if brand_id < 1 << _BRAND else 0
    digest = hashlib.sha256(json.dumps([page_id, answers], sort_keys=True).encode()).digest()
    mark = int.from_bytes(digest[:4], "big") % (1 << _MARK)
    said = (brand << _MINUTES | minute) << _MARK | mark
    return _written(said << _MAC | _macs(said)[0])


def read(text: str) -> Issued:
    """What a code says, however its groups are parted; raises BadToken for one that we never gave."""
    value = 0
    letters = letters_of(text)
    if len(letters) != LENGTH:
        raise BadToken
    for letter in letters:
        value = value << 5 | ALPHABET.index(letter)
    said, mac = value >> _MAC, value & (1 << _MAC) - 1
    matches = [hmac.compare_digest(f"{mac:x}", f"{known:x}") for known in _macs(said)]
    if not any(matches):
        raise BadToken
    minute = said >> _MARK & (1 << _MINUTES) - 1
    return Issued(said >> _MARK + _MINUTES, _EPOCH + timedelta(minutes=minute))


def letters_of(text: str) -> str:
    """A text as the letters of a code: what people write for another letter read as that; empty if it is none."""
    plain = unicodedata.normalize("NFKC", text).upper().translate(_READ_AS)
    letters = []
    for letter in plain:
        digit = unicodedata.digit(letter, None)
        letters.append(str(digit) if digit is not None else letter)
    kept = "".join(letter for letter in letters if letter.isalnum())
    return kept if all(letter in ALPHABET for letter in kept) else ""


def answered_at(answers: Mapping[str, Any]) -> datetime:
    """When the last of the answers was given."""
    return max(datetime.fromisoformat(answer["at"]) for answer in answers.values())


def _macs(said: int) -> list[int]:
    return tokens.current().short_macs(_PURPOSE, str(said), _MAC)


def _written(value: int) -> str:
    letters = "".join(ALPHABET[value >> 5 * place & 31] for place in reversed(range(LENGTH)))
    return "-".join(letters[start : start + GROUP] for start in range(0, LENGTH, GROUP))
