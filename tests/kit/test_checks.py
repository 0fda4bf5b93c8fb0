"""What counts as the same answer, however it is typed, and what is asked where a fact is missing."""

from __future__ import annotations

from typing import Any

import pytest

from selfservice.kit import Check, Digits, Facts, Line, Whole, fact
from selfservice.kit.checks import read_typed


class Known(Facts):
    """Facts of each kind that can be compared."""

    account: Digits | None = fact("Account", default=None)
    postcode: Line | None = fact("Postcode", default=None)
    year: Whole | None = fact("Year", default=None)


@pytest.mark.parametrize(
    ("kind", "typed", "read"),
    [
        ("last4", "4417", "4417"),
        ("last4", " 44 17 ", "4417"),
        ("last4", "20-11-44-17", "4417"),
        ("last4", "٤٤١٧", "4417"),
        ("last4", "４４１７", "4417"),
        ("last4", "441", ""),
        ("last4", "four", ""),
        ("postcode", "ML4 2QX", "ml42qx"),
        ("postcode", " ml4-2qx", "ml42qx"),
        ("postcode", "28013", "28013"),
        ("postcode", "--", ""),
        ("postcode", "A" * 11, ""),
        ("birth_year", "1980", "1980"),
        ("birth_year", "80", ""),
        ("birth_year", "١٩٨٠", "1980"),
        ("otp", "482 913", "482913"),
        ("otp", "48291", ""),
        ("otp", "4829134", ""),
        ("otp", "", ""),
    ],
)
def test_what_was_typed_is_read_as_it_is_meant(kind: Any, typed: str, read: str) -> None:
    assert read_typed(kind, typed) == read


@pytest.mark.parametrize(
    ("check", "facts", "right", "wrong"),
    [
        (Check("last4", "account"), Known(account="20114417"), "4417", "4418"),
        (Check("postcode", "postcode"), Known(postcode="ML4 2QX"), "ml42qx", "ml42qz"),
        (Check("birth_year", "year"), Known(year=1980), "1980", "0198"),
    ],
)
def test_the_right_answer_is_the_fact(check: Check, facts: Known, right: str, wrong: str) -> None:
    assert check.kind_for(facts) == check.kind
    assert check.is_answered_by(right, facts)
    assert not check.is_answered_by(wrong, facts)
    assert not check.is_answered_by("", facts)


def test_nothing_is_the_right_answer_to_a_fact_left_empty() -> None:
    check = Check("last4", "account")

    assert not check.is_answered_by("", Known())
    assert check.kind_for(Known()) == "otp"
    assert Check("last4", "account", otherwise="none").kind_for(Known()) is None
    assert not Check("otp").is_answered_by("123456", Known())
