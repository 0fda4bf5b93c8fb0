"""What staff and CSV files write reads back as it was."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfservice.errors import Invalid
from selfservice.kit.facts import Facts, fact, show, validate
from selfservice.kit.fields import (
    Address,
    Amount,
    Day,
    Days,
    Line,
    Link,
    Milestone,
    Moment,
    Person,
    Phone,
    Place,
    Somebody,
    Table,
)
from selfservice.kit.formats import Reader
from selfservice.kit.kinds import DigitsKind, Kind, LineKind, MoneyKind, Shown, WholeKind
from selfservice.kit.list_kinds import ListKind, TableKind, TimelineKind
from selfservice.kit.parts_kinds import PersonKind, PlaceKind
from selfservice.kit.time_kinds import DayKind, MomentKind
from selfservice.kit.values import Money

LONDON = ZoneInfo("Europe/London")
MILLENNIUM = datetime(2001, 1, 1, tzinfo=UTC)
ZONES = st.sampled_from([ZoneInfo(name) for name in ("Europe/London", "America/New_York", "Asia/Kathmandu", "UTC")])
LINES = (
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters=";|"), max_size=40)
    .map(str.strip)
    .filter(bool)
)
PUNCTUATED = (
    st.text(st.sampled_from("aT;| -"), min_size=1, max_size=12).map(str.strip).filter(lambda text: text.strip(";| "))
)


def moments_in(zone: ZoneInfo) -> st.SearchStrategy[datetime]:
    """Minutes that the zone's clock shows exactly once."""
    minutes = st.integers(0, 50_000_000).map(lambda minute: MILLENNIUM + timedelta(minutes=minute))
    return minutes.map(lambda moment: moment.astimezone(zone)).filter(lambda moment: not _is_repeated(moment))


def _is_repeated(moment: datetime) -> bool:
    return moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()


@given(st.data(), ZONES)
def test_moment_reads_back_to_the_minute(data: st.DataObject, zone: ZoneInfo) -> None:
    moment = data.draw(moments_in(zone))

    assert MomentKind().from_text(MomentKind().to_text(moment, zone), zone) == moment


@given(st.data(), ZONES)
def test_moments_read_back_from_a_list(data: st.DataObject, zone: ZoneInfo) -> None:
    moments = data.draw(st.lists(moments_in(zone), max_size=5))
    kind = ListKind(each=MomentKind())

    assert kind.from_text(kind.to_text(moments, zone), zone) == moments


@given(st.dates())
def test_day_reads_back(day: date) -> None:
    assert DayKind().from_text(DayKind().to_text(day, LONDON), LONDON) == day


@given(st.integers(-(10**12), 10**12))
def test_whole_number_reads_back(number: int) -> None:
    assert WholeKind().from_text(WholeKind().to_text(number, LONDON), LONDON) == number


@given(st.decimals(0, 10**9, places=2))
def test_money_reads_back(amount: Decimal) -> None:
    money = Money(amount=amount, currency="GBP")

    assert MoneyKind().from_text(MoneyKind().to_text(money, LONDON), LONDON) == money.model_dump()


@given(st.lists(LINES | PUNCTUATED, max_size=5))
def test_lines_read_back_from_a_list(lines: list[str]) -> None:
    kind = ListKind(each=LineKind())

    assert kind.from_text(kind.to_text(lines, LONDON), LONDON) == lines


@given(st.lists(st.tuples(st.none() | moments_in(LONDON), LINES | PUNCTUATED), max_size=4))
def test_timeline_reads_back(entries: list[tuple[datetime | None, str]]) -> None:
    stages = [Milestone(at=at, label=label) for at, label in entries]
    kind = TimelineKind()

    read = [Milestone(**raw) for raw in kind.from_text(kind.to_text(stages, LONDON), LONDON)]

    assert read == stages


def test_cell_of_one_line_holds_several_between_semicolons() -> None:
    kind = ListKind(each=MomentKind())

    read = kind.from_text("2026-11-25 14:30; 2026-11-27 09:20;", LONDON)

    assert read == [datetime(2026, 11, 25, 14, 30, tzinfo=LONDON), datetime(2026, 11, 27, 9, 20, tzinfo=LONDON)]


def test_moment_without_an_offset_is_in_the_pages_zone() -> None:
    read = MomentKind().from_text("2026-07-01 09:00", ZoneInfo("America/New_York"))

    assert read.astimezone(UTC) == datetime(2026, 7, 1, 13, 0, tzinfo=UTC)


def test_moment_with_an_offset_keeps_it() -> None:
    read = MomentKind().from_text("2026-07-01T09:00+02:00", LONDON)

    assert read.utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        (MomentKind(), "tomorrow", "Write a date and time such as 2026-11-24 10:20."),
        (MomentKind(), "2026-11-24", "Write a date and time such as 2026-11-24 10:20."),
        (MomentKind(), "today+3T10:20", "Write a date and time such as 2026-11-24 10:20."),
        (MomentKind(), "2026-13-24 10:20", "Write a date and time such as 2026-11-24 10:20."),
        (
            MomentKind(),
            "2027-03-28 01:30",
            "The clocks go forward then and this time is left out; write one an hour later.",
        ),
        (DayKind(), "24/11/2026", "Write a date such as 2026-11-24."),
        (WholeKind(), "15 minutes", "Write a whole number such as 15."),
        (WholeKind(), "5.0", "Write a whole number such as 15."),
        (MoneyKind(), "£428", "Write an amount and a currency such as 428.00 GBP."),
        (MoneyKind(), "1,000.00 GBP", "Write an amount and a currency such as 428.00 GBP."),
        (ListKind(each=DayKind()), "2026-11-24; soon", "Write a date such as 2026-11-24."),
        (
            PlaceKind(),
            "a | b | c | d",
            "There are more than 3 parts; write one such as 14 Harbour Street | Second floor.",
        ),
        (TimelineKind(), "yesterday | Packed", "Write a date and time such as 2026-11-24 10:20."),
    ],
)
def test_text_that_cannot_be_read_is_answered_with_what_to_write(kind: Kind, text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        kind.from_text(text, LONDON)


def test_digits_keep_their_zeros() -> None:
    assert DigitsKind().from_text(" 07 ", LONDON) == "07"


@pytest.mark.parametrize(
    ("kind", "text", "raw"),
    [
        (PlaceKind(), "14 Harbour Street", {"address": "14 Harbour Street"}),
        (
            PlaceKind(),
            "14 Harbour Street | | https://maps.example/h",
            {"address": "14 Harbour Street", "map_url": "https://maps.example/h"},
        ),
        (PersonKind(), "Dr Amina Okafor | Cardiologist", {"name": "Dr Amina Okafor", "role": "Cardiologist"}),
    ],
)
def test_parts_read_back(kind: Kind, text: str, raw: dict[str, str]) -> None:
    read = kind.from_text(text, LONDON)
    model = (Place if isinstance(kind, PlaceKind) else Somebody)(**read)

    assert read == raw
    assert kind.from_text(kind.to_text(model, LONDON), LONDON) == raw


def test_table_reads_back() -> None:
    rows = [["For", "Price"], ["Power", "£40.00"], ["Standing charge; 31 days", "£12.20"]]

    assert TableKind().from_text(TableKind().to_text(rows, LONDON), LONDON) == rows


class Known(Facts):
    at: Moment
    day: Day
    price: Amount
    place: Address
    doctor: Person
    number: Phone
    site: Link
    days: Days
    extras: Table = fact("Extras", default=[["For", "Price"], ["Power", "£40.00"]])
    note: Line | None = None


KNOWN = Known.model_validate(
    {
        "at": "2026-11-24T10:20:00Z",
        "day": "2026-11-24",
        "price": {"amount": "428.00", "currency": "GBP"},
        "place": {"address": "14 Harbour Street", "hint": "Second floor", "map_url": "https://maps.example/h"},
        "doctor": {"name": "Dr Amina Okafor"},
        "number": "+44 20 7946 0958",
        "site": "https://pay.example/bill/4417",
        "days": ["2026-11-24", "2026-11-25"],
    }
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("at", Shown("Tuesday 24 November, 10:20 am", icon="clock")),
        ("day", Shown("Tuesday 24 November", icon="calendar")),
        ("price", Shown("£428.00", icon="money")),
        ("place", Shown("14 Harbour Street", "Second floor", "https://maps.example/h", "pin")),
        ("doctor", Shown("Dr Amina Okafor", icon="person", initials="AO")),
        ("number", Shown("+44 20 7946 0958", address="tel:+442079460958", icon="phone")),
        ("site", Shown("pay.example", address="https://pay.example/bill/4417", icon="link")),
        ("days", Shown("Tuesday 24 November, Wednesday 25 November", icon="calendar")),
        ("note", None),
    ],
)
def test_each_kind_knows_how_a_page_shows_it(name: str, shown: Shown | None) -> None:
    reader = Reader("en", LONDON, datetime(2026, 11, 21, 9, tzinfo=UTC), "GB")

    assert show(KNOWN, name, reader) == shown


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("number", "0958", "no country code"),
        ("extras", [["For", "Price"], ["Power"]], "put a | between any two"),
        ("extras", [["1", "2", "3", "4"], ["1", "2", "3", "4"]], "two or three cells"),
        ("place", {"address": "1 High Street", "map_url": "http://maps.example"}, "Write a web address"),
    ],
)
def test_fact_that_makes_no_sense_is_told(name: str, value: object, sentence: str) -> None:
    with pytest.raises(Invalid, match=re.escape(sentence)):
        validate(Known, {**KNOWN.model_dump(), name: value})
