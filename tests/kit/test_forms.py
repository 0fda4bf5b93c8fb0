"""What customers fill in: the fields to draw, and what is made of what they send."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest

from selfservice.kit import (
    Case,
    Days,
    Facts,
    Form,
    Input,
    Line,
    Lines,
    Moment,
    Moments,
    Option,
    Refused,
    fact,
    line,
    pick,
    prose,
    rate,
)
from selfservice.kit.fields import Day
from selfservice.kit.forms import inputs_of, read_form

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CASE = Case(NOW, ZoneInfo("UTC"))
EARLY, LATE = NOW + timedelta(hours=1), NOW + timedelta(days=2)


class Offer(Facts):
    slots: Moments = fact("Slots", default=[LATE, NOW, EARLY])
    days: Days = fact("Days", default=[date(2026, 11, 23), date(2026, 11, 20), date(2026, 11, 21)])
    places: Lines = fact("Places", default=["Shed", "Porch"])


class Picks(Form):
    slot: Moment = pick("slots")
    day: Day | None = pick("days", required=False)
    place: Line | None = pick("places", required=False)


class Rates(Form):
    score: int = rate(1, 5)
    likely: int | None = rate(0, 10, required=False)
    name: str = line(10, required=False, autocomplete="name")


def next_hours(_facts: Facts, case: Case) -> list[datetime]:
    return [case.now + timedelta(hours=hours) for hours in (-1, 1, 2)]


class Call(Form):
    call: Moment = pick(next_hours)


class Words(Form):
    problem: Literal["late", "lost"]
    text: str = prose(10, required=False)
    note: str = prose(20)


def refusal(form: type[Form], raw: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Refused) as caught:
        read_form(form, Offer(), raw, CASE)
    return dict(caught.value.problems)


def test_picks_are_drawn_in_order_without_what_is_past() -> None:
    assert inputs_of(Picks, Offer(), CASE) == (
        Input(
            "slot",
            "slots",
            required=True,
            options=(Option("2026-11-21T10:00:00Z", EARLY), Option("2026-11-23T09:00:00Z", LATE)),
        ),
        Input(
            "day",
            "days",
            required=False,
            options=(Option("2026-11-21", date(2026, 11, 21)), Option("2026-11-23", date(2026, 11, 23))),
        ),
        Input("place", "places", required=False, options=(Option("Shed", "Shed"), Option("Porch", "Porch"))),
    )


def test_what_is_gone_is_left_out_and_nothing_left_is_said() -> None:
    slot = inputs_of(Picks, Offer(), CASE, {EARLY, LATE})[0]

    assert slot.options == ()
    assert slot.is_exhausted


def test_words_and_texts_are_drawn_with_their_limits() -> None:
    assert inputs_of(Words, Offer(), CASE) == (
        Input(
            "problem",
            "choice",
            required=True,
            options=(
                Option("late", "late", "choices.problem_late"),
                Option("lost", "lost", "choices.problem_lost"),
            ),
        ),
        Input("text", "prose", required=False, max_length=10),
        Input("note", "prose", required=True, max_length=20),
    )


def test_ratings_and_lines_are_drawn_as_such() -> None:
    score, likely, name = inputs_of(Rates, Offer(), CASE)

    assert (score.control, likely.control, name.control) == ("faces", "scale", "line")
    assert score.options[0] == Option("1", "1", "choices.score_1")
    assert [option.shown for option in likely.options] == list(range(11))
    assert (name.max_length, name.autocomplete, name.is_exhausted) == (10, "name", False)


def test_rating_and_line_are_read() -> None:
    raw = {"score": "4", "likely": "10", "name": "Maria\n  S"}

    assert read_form(Rates, Offer(), raw, CASE) == Rates(score=4, likely=10, name="Maria S")
    assert refusal(Rates, {"score": "6", "name": "Maria Silva"}) == {"score": "score_wrong", "name": "name_long"}
    assert refusal(Rates, {}) == {"score": "score_missing"}


def test_what_a_function_gives_is_chosen_from_it_alone() -> None:
    call = inputs_of(Call, Offer(), CASE)[0]

    assert (call.control, [option.shown for option in call.options]) == ("slots", next_hours(Offer(), CASE)[1:])
    assert read_form(Call, Offer(), {"call": call.options[1].value}, CASE).call == NOW + timedelta(hours=2)
    assert refusal(Call, {"call": NOW.isoformat()}) == {"call": "call_wrong"}


def test_forms_have_a_schema() -> None:
    assert set(Rates.model_json_schema()["properties"]) == {"score", "likely", "name"}
    assert set(Call.model_json_schema()["properties"]) == {"call"}


def test_form_is_read_from_what_its_options_send() -> None:
    raw = {item.name: item.options[0].value for item in inputs_of(Picks, Offer(), CASE)}

    assert read_form(Picks, Offer(), raw, CASE) == Picks(slot=EARLY, day=date(2026, 11, 21), place="Shed")


def test_texts_are_cleaned_and_unknown_names_passed_over() -> None:
    form = read_form(Words, Offer(), {"problem": "late", "note": " a\r\nb\x00\ud800 ", "text": "  ", "x": "y"}, CASE)

    assert form == Words(problem="late", note="a\nb", text="")


@pytest.mark.parametrize(
    ("form", "raw", "problems"),
    [
        (Picks, {}, {"slot": "slot_missing"}),
        (Picks, {"slot": ""}, {"slot": "slot_missing"}),
        (Picks, {"slot": "tomorrow"}, {"slot": "slot_wrong"}),
        (Picks, {"slot": NOW.isoformat()}, {"slot": "slot_wrong"}),
        (Picks, {"slot": (LATE + timedelta(minutes=1)).isoformat()}, {"slot": "slot_wrong"}),
        (Picks, {"slot": EARLY.isoformat(), "place": "Roof"}, {"place": "place_wrong"}),
        (Picks, {"slot": EARLY.isoformat(), "day": "2026-11-20"}, {"day": "day_wrong"}),
        (Picks, {"slot": {"$gt": ""}}, {"slot": "slot_wrong"}),
        (Words, {"problem": "odd", "note": " "}, {"problem": "problem_wrong", "note": "note_missing"}),
        (Words, {"problem": "late", "note": "x" * 21}, {"note": "note_long"}),
        (Words, {"problem": "late", "note": ["x"]}, {"note": "note_wrong"}),
    ],
)
def test_form_that_cannot_be_used_names_the_words_for_each_field(
    form: type[Form], raw: dict[str, Any], problems: dict[str, str]
) -> None:
    assert refusal(form, raw) == problems


def test_equal_moment_in_another_zone_is_the_same_slot() -> None:
    form = read_form(Picks, Offer(), {"slot": "2026-11-21T12:00:00+02:00"}, CASE)

    assert form.slot == EARLY
