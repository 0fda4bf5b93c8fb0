"""Phone numbers: reading what people type into E.164 (ITU-T E.164), and showing it again; nothing is stored here.

The metadata of every country's numbers takes 0.2 s and 10 MB to load, so each function imports it when first called:
a page view never needs it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from selfservice.errors import Invalid

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

FIELD = "phone"
_LETTER = re.compile(r"[^\W\d_]")
_ENDING = 3

# Ranges kept free for stories and tests: no operator's plan has them, so the metadata calls them wrong.
_FICTION = re.compile(r"\+1\d{3}55501\d\d|\+447700900\d{3}", re.ASCII)


def normalise(text: str, region: str | None = None) -> str:
    """`text` as E.164 (`+12025550123`); raises Invalid, whose field is `phone`.

    `region` (ISO 3166, "US") is the country of numbers typed without a leading +.
    """
    import phonenumbers  # noqa: PLC0415 - heavy, see the module's docstring

    written = text.strip()
    if not written:
        raise _invalid("There is no phone number: write it with + and the country code, +12025550123.")
    if _LETTER.search(written):
        raise _invalid("The phone number has letters in it: write digits only, without an extension.")
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            raise _invalid(
                "The phone number has no country code that exists: write it with + in front, like +12025550123."
            ) from None
        raise _invalid("That is not a phone number: write it with + and the country code, +12025550123.") from None
    if number.extension:
        raise _invalid("A text cannot reach an extension: write the phone number without it.")
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not (phonenumbers.is_valid_number(number) or _FICTION.fullmatch(e164)):
        raise _invalid(_what_is_wrong(number))
    return e164


@lru_cache(maxsize=4096)
def find_region(e164: str) -> str | None:
    """The country (ISO 3166, "US") a number belongs to; None for numbers of no single country."""
    import phonenumbers  # noqa: PLC0415 - heavy, see the module's docstring

    number = _parse(e164)
    region = phonenumbers.region_code_for_number(number)
    if region is None:  # One of the invented ones: its country code says enough.
        region = phonenumbers.region_code_for_country_code(number.country_code or 0)
    return region if region.isalpha() and region != "ZZ" else None  # "001" stands for no country.


def display(e164: str) -> str:
    """The number as it is written between countries: "+1 202-555-0123"."""
    import phonenumbers  # noqa: PLC0415 - heavy, see the module's docstring

    return phonenumbers.format_number(_parse(e164), phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def ending(e164: str) -> str:
    """The last three digits: enough for its owner to know the number, not enough for anybody else."""
    return e164[-_ENDING:]


def _parse(e164: str) -> PhoneNumber:
    import phonenumbers  # noqa: PLC0415 - heavy, see the module's docstring

    try:
        return phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        raise _invalid("The stored phone number is not in the form +12025550123.") from None


def _what_is_wrong(number: PhoneNumber) -> str:
    import phonenumbers  # noqa: PLC0415 - heavy, see the module's docstring

    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason in {phonenumbers.ValidationResult.TOO_SHORT, phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY}:
        return "The phone number is too short: a digit or the area code is missing."
    if reason == phonenumbers.ValidationResult.TOO_LONG:
        return "The phone number is too long: it has a digit too many."
    return "No such phone number is in use in its country: check it digit by digit."


def _invalid(sentence: str) -> Invalid:
    return Invalid(sentence, fields={FIELD: sentence})
