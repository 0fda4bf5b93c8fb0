"""Phone numbers: what people type becomes E.164, or one sentence about what is wrong with it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from selfservice import phone
from selfservice.errors import Invalid


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+12025550123", None, "+12025550123"),
        ("  +1 (202) 555-0123 ", None, "+12025550123"),
        ("+1.202.555.0123", None, "+12025550123"),
        ("202-555-0123", "US", "+12025550123"),
        ("0044 7700 900123", "GB", "+447700900123"),
        ("07700 900123", "GB", "+447700900123"),
        ("612 34 56 78", "ES", "+34612345678"),
        ("+34 612 34 56 78", "US", "+34612345678"),
        ("٠٥٠ ١٢٣ ٤٥٦٧", "AE", "+971501234567"),
        ("+1 555 555 0100", None, "+15555550100"),
    ],
)
def test_normalise_writes_e164(text: str, region: str | None, number: str) -> None:
    assert phone.normalise(text, region) == number
    assert phone.normalise(number) == number


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "There is no phone number: write it with + and the country code, +12025550123."),
        ("   ", "There is no phone number: write it with + and the country code, +12025550123."),
        ("+", "That is not a phone number: write it with + and the country code, +12025550123."),
        ("+1202555", "The phone number is too short: a digit or the area code is missing."),
        ("+1202555012345", "The phone number is too long: it has a digit too many."),
        ("+1 123 456 7890", "No such phone number is in use in its country: check it digit by digit."),
        ("+12025550123 ext 5", "The phone number has letters in it: write digits only, without an extension."),
        ("+12025550123;5", "A text cannot reach an extension: write the phone number without it."),
        ("+1800FLOWERS", "The phone number has letters in it: write digits only, without an extension."),
        (
            "3105550199",
            "The phone number has no country code that exists: write it with + in front, like +12025550123.",
        ),
        (
            "+999 12345678",
            "The phone number has no country code that exists: write it with + in front, like +12025550123.",
        ),
    ],
)
def test_a_wrong_number_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        phone.normalise(text)

    assert (caught.value.message, caught.value.fields) == (sentence, {"phone": sentence})
    assert text.strip() == "" or len(text) < 3 or text not in sentence


def test_a_number_has_a_region_a_display_and_an_ending() -> None:
    assert [phone.find_region(number) for number in ("+12025550123", "+447700900123", "+34612345678")] == [
        "US",
        "GB",
        "ES",
    ]
    assert phone.find_region("+80012345678") is None
    assert phone.display("+12025550123") == "+1 202-555-0123"
    assert phone.ending("+12025550123") == "123"


def test_the_metadata_is_loaded_by_the_first_call_alone() -> None:
    script = (
        "import sys\nfrom selfservice import phone\nbefore = 'phonenumbers' in sys.modules\n"
        "phone.ending('+12025550123')\nmiddle = 'phonenumbers' in sys.modules\nphone.normalise('+12025550123')\n"
        "print(before, middle, 'phonenumbers' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False", "True"]
