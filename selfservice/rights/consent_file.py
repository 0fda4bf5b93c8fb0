"""Files of consents: reading what an organisation holds already, line by line, with what is wrong on each; pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from selfservice import phone as phones
from selfservice.courtesy import CLASSES, MessageClass
from selfservice.customers import addresses, consents
from selfservice.customers.consents import LONGEST_SOURCE, LONGEST_WORDING, Address
from selfservice.errors import Invalid

COLUMNS = ("phone", "email", "class", "said", "said_at", "wording", "language", "source")
EVERYTHING = "all"
"""The class of somebody who stopped everything; they can only have said no to it."""
MOST_LINES = 200_000
_LEAST = frozenset(COLUMNS) - {"phone", "email"}


@dataclass(frozen=True)
class Entry:
    """One line: who said yes or no to which classes, when, in answer to which words, where. `line` counts from 1."""

    line: int
    address: Address
    classes: tuple[MessageClass, ...]
    is_given: bool
    at: datetime
    wording: str
    locale: str
    source: str

    @property
    def is_stop(self) -> bool:
        """Whether they stopped everything."""
        return self.classes == CLASSES and not self.is_given


class Unreadable(Invalid):
    """A file of which lines are wrong: `problems` are pairs of a line's number and a sentence."""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        what = "a line is" if len(problems) == 1 else f"{len(problems)} lines are"
        super().__init__(f"Nothing was imported: {what} wrong.")
        self.problems = problems


def read(content: bytes, now: datetime) -> list[Entry]:
    """The entries of a CSV file in UTF-8, in its own order; commas or semicolons between.

    Raises Unreadable with every line that is wrong, and Invalid for what is no such file.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Invalid(f"Line {line} is not UTF-8: save the file as “CSV UTF-8” and import it again.") from None
    entries: list[Entry] = []
    problems: list[tuple[int, str]] = []
    for line, row in _rows(text):
        if len(entries) + len(problems) >= MOST_LINES:
            raise Invalid(f"The file has more than {MOST_LINES:,} lines: split it and import the parts one by one.")
        try:
            entries.append(_entry(line, row, now))
        except Invalid as error:
            problems.append((line, error.message))
    if problems:
        raise Unreadable(problems)
    if not entries:
        raise Invalid("The file has no line below its header: there is nothing to import.")
    return entries


def _rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Each row with the number of the line on which it begins."""
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    names: list[str] | None = None
    try:
        for fields in reader:
            if names is None:
                names = _names(fields)
            elif any(field.strip() for field in fields):
                yield begins, _named(names, fields)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise Invalid(
            f"Line {begins} is no CSV ({error}): put quotes around what has a comma, and two for one."
        ) from None
    if names is None:
        raise Invalid(f"The file is empty: begin it with the line {','.join(COLUMNS)}.")


def _names(fields: list[str]) -> list[str]:
    names = [field.strip().lower() for field in fields]
    unknown = [name for name in names if name not in COLUMNS]
    missing = [name for name in COLUMNS if name in _LEAST and name not in names]
    if unknown:
        raise Invalid(f"Line 1 names a column “{unknown[0][:40]}”: only {', '.join(COLUMNS)} are read. Take it out.")
    if len(set(names)) < len(names):
        raise Invalid("Line 1 names a column twice: take one of the two out.")
    if missing or not {"phone", "email"} & set(names):
        wanted = missing[0] if missing else "phone or email"
        raise Invalid(f"Line 1 has no column “{wanted}”: begin the file with the line {','.join(COLUMNS)}.")
    return names


def _named(names: list[str], fields: list[str]) -> Mapping[str, str]:
    """A row by its columns; one that is too short or too long shows it under the empty name."""
    found = dict(zip(names, (field.strip() for field in fields), strict=False))
    return found if len(fields) == len(names) else {"": f"{len(fields)} fields where line 1 has {len(names)}"}


def _entry(line: int, row: Mapping[str, str], now: datetime) -> Entry:
    if "" in row:
        raise Invalid(f"It has {row['']}: check its commas and quotes.")
    address = _address(row)
    is_given = _one_of(row, "said", {"yes": True, "no": False})
    classes = _one_of(row, "class", {**{name: (name,) for name in CLASSES}, EVERYTHING: CLASSES})
    if classes == CLASSES and is_given:
        raise Invalid("Nobody says yes to “all” at once: write a line for each class that they allowed.")
    wording = _text(row, "wording", LONGEST_WORDING, "the words that they were shown, exactly")
    source = _text(row, "source", LONGEST_SOURCE, "where they said it, like “web form 2024”")
    if any(consents.tells_address(address, text) for text in (wording, source)):
        raise Invalid("Its wording or source holds the address itself: take that out, because both are kept for ever.")
    return Entry(
        line=line,
        address=address,
        classes=cast(tuple[MessageClass, ...], classes),
        is_given=is_given,
        at=_moment(row["said_at"], now),
        wording=wording,
        locale=_language(row["language"]),
        source=source,
    )


def _address(row: Mapping[str, str]) -> Address:
    phone, email = row.get("phone", ""), row.get("email", "")
    if bool(phone) == bool(email):
        raise Invalid("It needs a phone or an email, and not both: write a line for each.")
    if phone:
        return Address("sms", phones.normalise(phone))
    return Address("email", addresses.clean_email(email) or "")


def _one_of(row: Mapping[str, str], column: str, values: Mapping[str, Any]) -> Any:
    try:
        return values[row[column].lower()]
    except KeyError:
        raise Invalid(f"Its {column} is not known: write one of {', '.join(values)}.") from None


def _text(row: Mapping[str, str], column: str, longest: int, what: str) -> str:
    text = row[column].replace("\r\n", "\n")
    if not text:
        raise Invalid(f"Its {column} is empty: write {what}.")
    if len(text) > longest:
        raise Invalid(f"Its {column} is too long: write at most {longest} characters.")
    if any(character < " " and character != "\n" for character in text):
        raise Invalid(f"Its {column} has a control character in it: write it again by hand.")
    return text


def _moment(text: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Invalid("Its said_at is no moment: write date, time and zone, like 2026-03-01T10:15:00+01:00.")
    if at > now:
        raise Invalid("Its said_at is still to come: write when they said it.")
    return at


def _language(text: str) -> str:
    locale = addresses.clean_locale(text)
    if locale is None:
        raise Invalid("Its language is empty: write that of the wording, like en or es-MX.")
    return locale
