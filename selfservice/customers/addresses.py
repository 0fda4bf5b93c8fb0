"""Reading what is said about a customer: each value cleaned, or refused with a sentence that names its field."""

from __future__ import annotations

import re
import unicodedata
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from selfservice import phone as phones
from selfservice.errors import Invalid

_LONGEST_NAME = 120
_LONGEST_REF = 80
_LONGEST_EMAIL = 254
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def clean_name(text: str) -> str | None:
    """A name on one line; empty is None. Raises Invalid."""
    return _line(text, "name", _LONGEST_NAME)


def clean_ref(text: str) -> str | None:
    """A reference on one line; empty is None. Raises Invalid."""
    return _line(text, "ref", _LONGEST_REF)


def clean_email(text: str) -> str | None:
    """An e-mail address in small letters: one address however it is typed; empty is None. Raises Invalid."""
    address = _line(text.lower(), "email", _LONGEST_EMAIL)
    if address is not None and not _EMAIL.fullmatch(address):
        raise _invalid("email", "That is not an e-mail address: write it like name@example.com.")
    return address


def clean_locale(text: str) -> str | None:
    """A language tag (BCP 47) as CLDR knows it, canonically spelt: "es-MX"; empty is None. Raises Invalid."""
    if not text.strip():
        return None
    try:
        locale = Locale.parse(text.strip().replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError):
        raise _invalid("locale", "That is not a language we know: write its tag, like en, es-MX or ar.") from None
    return "-".join(part for part in (locale.language, locale.script, locale.territory) if part)


def clean_timezone(text: str) -> str | None:
    """The name of a zone in the IANA database; empty is None. Raises Invalid."""
    name = text.strip()
    if not name:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _invalid("timezone", "That is not a time zone: write its IANA name, like Europe/Madrid.") from None
    return name


def find_only_timezone(phone: str) -> str | None:
    """The zone of the number's country, if the country has exactly one."""
    zones = get_global("territory_zones").get(phones.find_region(phone) or "", ())
    return str(zones[0]) if len(zones) == 1 else None


def _line(text: str, field: str, longest: int) -> str | None:
    line = " ".join(text.split())
    if any(unicodedata.category(character) == "Cc" for character in line):
        raise _invalid(field, f"The {field} has a control character in it: write it again by hand.")
    if len(line) > longest:
        raise _invalid(field, f"The {field} is too long: write at most {longest} characters.")
    return line or None


def _invalid(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={field: sentence})
