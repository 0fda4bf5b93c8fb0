"""What a text costs, counted by hand from TS 23.038 and TS 23.040, and the advice to write it cheaper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfservice import text
from selfservice.text import Measured, measure, warning


@pytest.mark.parametrize(
    ("body", "encoding", "units", "segments", "left"),
    [
        ("", "GSM-7", 0, 0, 160),
        ("a", "GSM-7", 1, 1, 159),
        ("a" * 160, "GSM-7", 160, 1, 0),
        ("a" * 161, "GSM-7", 161, 2, 145),
        ("a" * 306, "GSM-7", 306, 2, 0),
        ("a" * 307, "GSM-7", 307, 3, 152),
        ("ñÑ¿¡àèéùìòÇØøÅåΔΩßÆæ£¥§¤\n\r", "GSM-7", 26, 1, 134),
        ("€" * 80, "GSM-7", 160, 1, 0),
        ("[]{}\\^~|€\f", "GSM-7", 20, 1, 140),
        # An escape and its character share a part: 152 and one unit of waste in the first.
        ("a" * 152 + "€" + "a" * 8, "GSM-7", 162, 2, 143),
        ("á", "UCS-2", 1, 1, 69),
        ("’" + "a" * 69, "UCS-2", 70, 1, 0),
        ("’" + "a" * 70, "UCS-2", 71, 2, 63),
        ("مرحبا", "UCS-2", 5, 1, 65),
        ("م" * 134, "UCS-2", 134, 2, 0),
        ("م" * 135, "UCS-2", 135, 3, 66),
        ("🙂" * 35, "UCS-2", 70, 1, 0),
        # A pair of surrogates shares a part: 66 and one unit of waste in the first.
        ("م" * 66 + "🙂" + "م" * 4, "UCS-2", 72, 2, 61),
        ("\x1b", "UCS-2", 1, 1, 69),
        # Composed before it is counted: one letter, and in the alphabet.
        ("e\u0301", "GSM-7", 1, 1, 159),
    ],
)
def test_a_body_is_counted(body: str, encoding: str, units: int, segments: int, left: int) -> None:
    measured = measure(body)

    assert (measured.encoding, measured.units, measured.segments, measured.per_segment_left) == (
        encoding,
        units,
        segments,
        left,
    )


def test_the_alphabet_is_complete() -> None:
    assert (len(text.BASIC), len(set(text.BASIC)), len(text.EXTENSION)) == (127, 127, 10)


def test_offenders_are_named_once_in_order() -> None:
    assert measure("“Hi” – “you”").offenders == ("“", "”", "–")
    assert measure("plain €").offenders == ()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("’" + "a" * 100, "The ’ in this text makes it 2 texts instead of 1. Write ' instead."),
        (
            "“a” – " + "a" * 100,
            (
                "The “, ” and – in this text make it 2 texts instead of 1. "
                'Write " instead of “, " instead of ” and - instead of –.'
            ),
        ),
        ("a" * 80 + "🙂", "The 🙂 in this text makes it 2 texts instead of 1. Leave it out."),
        (
            "a" * 80 + "…\u00a0🙂",
            (
                "The …, no-break space and 🙂 in this text make it 2 texts instead of 1. "
                "Write ... instead of … and an ordinary space instead of no-break space. Leave out 🙂."
            ),
        ),
        ("[" + "a" * 159, "The [ in this text makes it 2 texts instead of 1. Write ( instead."),
        ("a" * 100 + "\u200b", "The zero width space in this text makes it 2 texts instead of 1. Leave it out."),
        ("a" * 100 + "👍🏽", "The 👍 in this text makes it 2 texts instead of 1. Leave it out."),
        ("café con leché mañana á " + "a" * 80, "The á in this text makes it 2 texts instead of 1. Write a instead."),
        ("م" * 69 + "🙂", "The 🙂 in this text makes it 2 texts instead of 1. Leave it out."),
    ],
)
def test_a_warning_names_the_cost_and_what_to_write(body: str, sentence: str) -> None:
    assert warning(measure(body)) == sentence


@pytest.mark.parametrize(
    "body",
    [
        "Short ’ and sweet",  # One text either way.
        "a" * 161,  # Nothing to write otherwise.
        "€" * 81,  # "EUR" would cost more.
        "م" * 80,  # Arabic needs its letters,
        "م" * 80 + "،",  # and its comma costs nothing beside them,
        "می\u200cخواهم" * 20,  # and Persian needs its joiners.
        "",
    ],
)
def test_what_cannot_be_cheaper_is_not_warned_of(body: str) -> None:
    assert warning(measure(body)) is None


@given(st.text(max_size=400))
def test_the_parts_hold_the_units(body: str) -> None:
    measured = measure(body)
    alone, part = (160, 153) if measured.encoding == "GSM-7" else (70, 67)

    assert measured.segments == (measured.units > 0) or measured.units > alone
    assert measured.units <= (alone if measured.segments <= 1 else part * measured.segments)
    assert measured.segments <= 1 or measured.units > (part - 1) * (measured.segments - 1)
    assert isinstance(measured, Measured)


@given(st.text(alphabet=st.sampled_from(text.BASIC + text.EXTENSION + "’“🙂áم…\u200d"), max_size=400))
def test_what_the_advice_promises_is_so(body: str) -> None:
    measured = measure(body)

    rewritten = text.compose(body).translate(str.maketrans(dict(measured.swaps)))

    assert measure(rewritten).segments == measured.swapped_segments
