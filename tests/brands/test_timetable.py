"""Opening hours as staff write them."""

from __future__ import annotations

import pytest

from selfservice.brands import timetable


@pytest.mark.parametrize(
    ("lines", "week", "exceptions"),
    [
        (["mon-wed 08:00-18:30"], {"mon": ["08:00-18:30"], "tue": ["08:00-18:30"], "wed": ["08:00-18:30"]}, {}),
        (["Sat-Sun 09:00–12:00, 14:00-17:00"], {key: ["09:00-12:00", "14:00-17:00"] for key in ("sat", "sun")}, {}),
        (["sun-mon 08:00-12:00"], {key: ["08:00-12:00"] for key in ("mon", "sun")}, {}),
        (["daily 00:00-24:00", "sun closed"], {key: ["00:00-24:00"] for key in timetable.WEEKDAYS[:6]}, {}),
        (["2026-12-25 closed", "2026-12-24 08:00-12:00"], {}, {"2026-12-24": ["08:00-12:00"], "2026-12-25": []}),
    ],
)  # fmt: skip
def test_lines_are_read_and_given_again(
    lines: list[str], week: dict[str, list[str]], exceptions: dict[str, list[str]]
) -> None:
    data = timetable.read(lines)

    assert data == {"week": week, "exceptions": exceptions}
    assert timetable.read(timetable.lines(data)) == data


def test_nothing_is_nothing() -> None:
    assert timetable.read(["", "  "]) == {}
    assert timetable.lines({}) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("mon-fry 08:00-18:30", "“mon-fry” is neither a day nor days in a row"),
        ("mon", "A line has a day and no hours"),
        ("mon 8-12", "not spelt like"),
        ("mon 08:00-12:00, 11:00-13:00", "overlap"),
        ("2026-02-30 closed", "There is no day 2026-02-30"),
    ],
)
def test_a_line_that_cannot_be_read_is_said(line: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        timetable.read([line])
