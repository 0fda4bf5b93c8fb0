"""Facts: what is accepted, and the sentence for what is not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest

from selfservice.errors import Invalid
from selfservice.kit import (
    Amount,
    Day,
    Days,
    Digits,
    Facts,
    Line,
    Lines,
    Link,
    Moment,
    Moments,
    Money,
    Prose,
    Timeline,
    Whole,
    fact,
)
from selfservice.kit.facts import facts_from_texts, fields_of, validate

LONDON = ZoneInfo("Europe/London")
NOT_MONEY = "Amount cannot be read; write an amount and a currency such as 428.00 GBP."


class Everything(Facts):
    """One fact of each kind."""

    line: Line | None = fact("Line", default=None)
    prose: Prose | None = fact("Prose", default=None)
    whole: Whole = fact("Whole", hint="How many.", example="15", default=30, ge=1, le=100)
    digits: Digits | None = fact("Digits", default=None, min_length=2, max_length=2)
    link: Link | None = fact("Link", default=None)
    moment: Moment | None = fact("Moment", default=None)
    day: Day | None = fact("Day", default=None)
    amount: Amount | None = fact("Amount", default=None)
    moments: Moments = fact("Moments", default=[], max_length=2)
    days: Days = fact("Days", default=[])
    lines: Lines = fact("Lines", default=[])
    stages: Timeline = fact("Stages", default=[])
    size: Literal["small", "large"] | None = fact("Size", default=None)


class Needed(Facts):
    """One fact that has to be there."""

    at: Moment = fact("When")


def problems(raw: dict[str, Any], facts: type[Facts] = Everything) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        validate(facts, raw)
    assert caught.value.message == " ".join(caught.value.fields.values())
    return caught.value.fields


@pytest.mark.parametrize(
    ("raw", "field", "sentence"),
    [
        ({"line": ""}, "line", "Line is empty; write it or leave it out."),
        ({"line": "two\nlines"}, "line", "Line cannot be read; write one line of text."),
        ({"line": "a\x00b"}, "line", "Line cannot be read; write one line of text."),
        ({"line": "\ud800"}, "line", "Line cannot be read; write one line of text."),
        ({"line": 5}, "line", "Line cannot be read; write one line of text."),
        ({"line": "x" * 121}, "line", "Line is too long; write at most 120 characters."),
        ({"prose": "a\x00b"}, "prose", "Prose cannot be read; write a text."),
        ({"whole": False}, "whole", "Whole: Write a whole number such as 15."),
        ({"whole": 5.5}, "whole", "Whole: Write a whole number such as 15."),
        ({"whole": "5"}, "whole", "Whole: Write a whole number such as 15."),
        ({"whole": 0}, "whole", "Whole is too small; write 1 or more."),
        ({"whole": 101}, "whole", "Whole is too large; write 100 or less."),
        ({"digits": "7"}, "digits", "Digits is too short; write at least 2 characters."),
        ({"digits": "1x"}, "digits", "Digits cannot be read; write digits only."),
        ({"digits": "٤٢"}, "digits", "Digits cannot be read; write digits only."),
        ({"link": "http://maps.example/"}, "link", "Link: Write a web address that begins with https://."),
        ({"link": "javascript:alert(1)"}, "link", "Link: Write a web address that begins with https://."),
        ({"link": "https://ana:secret@maps.example/"}, "link", "Link: Write a web address that begins with https://."),
        ({"link": 'https://maps.example/"onload='}, "link", "Link: Write a web address that begins with https://."),
        ({"link": "https://[broken"}, "link", "Link: Write a web address that begins with https://."),
        (
            {"moment": "2026-11-24T10:20:00"},
            "moment",
            "Moment has no zone; write an offset such as 2026-11-24T10:20:00+00:00.",
        ),
        (
            {"moment": 1_790_000_000},
            "moment",
            "Moment: Write a date such as 2026-11-24, with a time such as 2026-11-24T10:20:00Z where one is asked for.",
        ),
        ({"moment": "next-week"}, "moment", "Moment cannot be read; write a date and time such as 2026-11-24 10:20."),
        ({"moment": "2206-11-24T10:20:00Z"}, "moment", "Moment: The year is wrong; write one such as 2026."),
        ({"day": "0026-11-24"}, "day", "Day: The year is wrong; write one such as 2026."),
        (
            {"amount": {"amount": "x", "currency": "GBP"}},
            "amount",
            NOT_MONEY,
        ),
        (
            {"amount": {"amount": "NaN", "currency": "GBP"}},
            "amount",
            NOT_MONEY,
        ),
        (
            {"amount": {"amount": "5", "currency": "£"}},
            "amount",
            NOT_MONEY,
        ),
        ({"moments": ["2026-11-24T10:20:00Z"] * 3}, "moments", "Moments has too many entries; give at most 2."),
        (
            {"stages": [{"label": "Packed"}, {"at": "2026-11-24T10:20:00Z", "label": "Sent"}]},
            "stages",
            "Stages: A step without a time stands before one that has a time; write what is to come last.",
        ),
        (
            {"stages": [{"at": "2026-11-24T10:20:00Z", "label": "A"}, {"at": "2026-11-23T10:20:00Z", "label": "B"}]},
            "stages",
            "Stages: The steps are out of order; write the earliest first.",
        ),
        ({"size": "medium"}, "size", "Size cannot be read; write one of small, large."),
        ({"colour": "red"}, "colour", "There is no fact called colour; take it out or correct its name."),
    ],
)
def test_wrong_fact_is_answered_with_one_plain_sentence(raw: dict[str, Any], field: str, sentence: str) -> None:
    assert problems(raw) == {field: sentence}


def test_missing_fact_is_named() -> None:
    assert problems({}, Needed) == {"at": "When is missing; fill it in."}


def test_every_wrong_fact_is_named_at_once() -> None:
    assert set(problems({"line": "", "whole": 0, "colour": "red"})) == {"line", "whole", "colour"}


def test_whole_number_may_come_with_a_point() -> None:
    facts = validate(Everything, {"whole": 5.0})

    assert facts.whole == 5
    assert isinstance(facts.whole, int)


def test_money_in_json_is_also_read_as_staff_write_it() -> None:
    facts = validate(Everything, {"amount": "428.00 gbp"})

    assert facts.amount == Money(amount=Decimal("428.00"), currency="GBP")


def test_facts_survive_being_stored_as_json() -> None:
    facts = validate(
        Everything,
        {
            "line": " A line ",
            "prose": "Two\nlines",
            "digits": "07",
            "link": "https://maps.example/?q=14+Harbour+Street",
            "moment": "2026-11-24T10:20:00+01:00",
            "day": "2026-11-24",
            "amount": {"amount": "428.00", "currency": "GBP"},
            "moments": ["2026-11-25T14:30:00Z"],
            "days": ["2026-11-26"],
            "lines": ["Porch"],
            "stages": [{"at": "2026-11-24T10:20:00Z", "label": "Packed"}, {"label": "Sent"}],
            "size": "small",
        },
    )

    again = validate(Everything, facts.model_dump(mode="json"))

    assert again == facts
    assert again.line == "A line"
    assert again.amount is not None
    assert again.amount.amount == Decimal("428.00")


def test_texts_of_a_form_become_raw_facts() -> None:
    raw = facts_from_texts(
        Everything, {"whole": "5", "moment": "2026-11-24 10:20", "line": " ", "unknown": "x"}, LONDON
    )

    assert raw == {"whole": 5, "moment": datetime(2026, 11, 24, 10, 20, tzinfo=UTC)}


def test_texts_that_cannot_be_read_are_all_named() -> None:
    with pytest.raises(Invalid) as caught:
        facts_from_texts(Everything, {"whole": "five", "day": "soon", "line": "fine"}, LONDON)

    assert caught.value.fields == {
        "whole": "Write a whole number such as 15.",
        "day": "Write a date such as 2026-11-24.",
    }


def test_fields_say_what_a_staff_form_needs() -> None:
    fields = {field.name: field for field in fields_of(Everything)}

    whole = fields["whole"]
    assert (whole.label, whole.hint, whole.example, whole.required, whole.default) == (
        "Whole",
        "How many.",
        "15",
        False,
        30,
    )
    assert {name: field.kind.control for name, field in fields.items()} == {
        "line": "text",
        "prose": "prose",
        "whole": "number",
        "digits": "digits",
        "link": "link",
        "moment": "moment",
        "day": "day",
        "amount": "money",
        "moments": "list",
        "days": "list",
        "lines": "list",
        "stages": "list",
        "size": "choice",
    }
    assert fields["size"].choices == ("small", "large")
    assert [field.required for field in fields_of(Needed)] == [True]
