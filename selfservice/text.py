"""What a text costs: alphabet, units and parts of an SMS (3GPP TS 23.038, TS 23.040), and how to write it cheaper.

Bodies are measured as they are sent: composed (Unicode NFC). Wording and limits of a page type live with the type.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Encoding = Literal["GSM-7", "UCS-2"]

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet (TS 23.038 section 6.2.1) without its escape, which is no character of its own."""

EXTENSION = "\f^{}\\[~]|€"
"""The extension table (section 6.2.1.1): an escape and a character, two units."""

_GSM = frozenset(BASIC + EXTENSION)
_DOUBLE = frozenset(EXTENSION)

# Units in a text that stands alone, and in each part of a longer one, whose header takes the rest.
_SIZES: dict[Encoding, tuple[int, int]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}

# What looks like the character and is in the basic alphabet; what has no entry is taken apart by Unicode.
_PLAIN = {
    **dict.fromkeys("‘’‚‛′`´ʼ‹›", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−•·", "-"),
    **dict.fromkeys("[{", "("),
    **dict.fromkeys("]}", ")"),
    "×": "x",
    "~": "-",
    "^": "'",
    "|": "/",
    "\\": "/",
    "\t": " ",
    "⁄": "/",
    "。": ".",
    "،": ",",
    "؛": ";",
    "؟": "?",
}
_LETTERS_AND_MARKS = frozenset("LM")


@dataclass(frozen=True)
class Measured:
    """One body, measured.

    `units` are septets (GSM-7) or UTF-16 code units (UCS-2), `per_segment_left` those still free in the last part.
    `offenders` are the characters that force UCS-2, in order, each once. `swaps` maps those characters that could
    be written otherwise to what to write ("" is to leave out), and `swapped_segments` counts the parts then.
    """

    encoding: Encoding
    units: int
    segments: int
    per_segment_left: int
    offenders: tuple[str, ...] = ()
    swaps: tuple[tuple[str, str], ...] = ()
    swapped_segments: int = 0


def compose(body: str) -> str:
    """The body in the form in which it is measured, stored and sent: NFC, where é is one character."""
    return unicodedata.normalize("NFC", body)


def measure(body: str) -> Measured:
    """Measure a body; an empty one has no segments."""
    body = compose(body)
    offenders = tuple(dict.fromkeys(character for character in body if character not in _GSM))
    encoding, units, segments, left = _count(body)
    swaps = _swaps(_costly(body, offenders))
    table = str.maketrans(dict(swaps))
    swapped = _count(body.translate(table))[2] if swaps else segments
    return Measured(encoding, units, segments, left, offenders, swaps, swapped)


def warning(measured: Measured) -> str | None:
    """One sentence when other characters would make a body fewer texts: which ones, and what to write; else None."""
    if measured.swapped_segments >= measured.segments:
        return None
    swaps = tuple(swap for swap in measured.swaps if not _joins(swap[0])) or measured.swaps
    makes = "makes" if len(swaps) == 1 else "make"
    cost = f"{measured.segments} texts instead of {measured.swapped_segments}"
    names = _listed([_name(character) for character, _ in swaps])
    return f"The {names} in this text {makes} it {cost}. {_advice(swaps)}"


def _count(body: str) -> tuple[Encoding, int, int, int]:
    encoding: Encoding = "GSM-7" if all(character in _GSM for character in body) else "UCS-2"
    width = _septets if encoding == "GSM-7" else _code_units
    alone, part = _SIZES[encoding]
    units = sum(map(width, body))
    if units <= alone:
        return encoding, units, 1 if units else 0, alone - units
    return encoding, units, *_pack(body, width, part)


def _pack(body: str, width: Callable[[str], int], size: int) -> tuple[int, int]:
    """(parts, units left in the last): two units of one character share a part, so dividing is not enough."""
    parts, left = 1, size
    for character in body:
        units = width(character)
        if units > left:
            parts, left = parts + 1, size
        left -= units
    return parts, left


def _septets(character: str) -> int:
    return 2 if character in _DOUBLE else 1


def _code_units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1


def _costly(body: str, offenders: tuple[str, ...]) -> Iterable[str]:
    return offenders or dict.fromkeys(character for character in body if character in _DOUBLE)


def _swaps(costly: Iterable[str]) -> tuple[tuple[str, str], ...]:
    possible = [(character, _swap(character)) for character in costly]
    needs_them_all = any(swap is None and character not in _DOUBLE for character, swap in possible)
    if needs_them_all:  # Arabic stays UCS-2 whatever its commas are: there only a sign less makes it shorter.
        return tuple((character, "") for character, swap in possible if swap == "" and not _joins(character))
    return tuple((character, swap) for character, swap in possible if swap is not None)


def _swap(character: str) -> str | None:
    """What to write instead, from the basic alphabet; "" for a sign that says nothing; None for a letter we need."""
    if character == "€":
        return None  # "EUR" would cost more.
    if character in _PLAIN:
        return _PLAIN[character]
    if unicodedata.category(character) == "Zs":
        return " "
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.decimal(character))
    apart = "".join(part for part in unicodedata.normalize("NFKD", character) if unicodedata.category(part) != "Mn")
    if apart and all(part in BASIC for part in apart):
        return apart
    is_word = unicodedata.category(character)[0] in _LETTERS_AND_MARKS and not _joins(character)
    return None if is_word else ""


def _joins(character: str) -> bool:
    """Whether a character is unseen and only shapes the sign beside it (variation selectors, joiners, skin tones)."""
    return (
        unicodedata.category(character) == "Cf"
        or "\ufe00" <= character <= "\ufe0f"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


def _name(character: str) -> str:
    if unicodedata.category(character)[0] in "ZC":
        return unicodedata.name(character, f"control character {ord(character)}").lower()
    return character


def _spelt(swap: str) -> str:
    return "an ordinary space" if swap == " " else swap


def _advice(swaps: tuple[tuple[str, str], ...]) -> str:
    written = [(character, swap) for character, swap in swaps if swap]
    dropped = [_name(character) for character, swap in swaps if not swap]
    sentences = []
    if written and len(swaps) == 1:
        sentences.append(f"Write {_spelt(written[0][1])} instead.")
    elif written:
        pairs = [f"{_spelt(swap)} instead of {_name(character)}" for character, swap in written]
        sentences.append(f"Write {_listed(pairs)}.")
    if dropped:
        sentences.append(f"Leave out {_listed(dropped)}." if len(swaps) > 1 else "Leave it out.")
    return " ".join(sentences)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
