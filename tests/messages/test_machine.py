"""Messages in any order of all that can happen to them: every move of the table is made, and no other."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from selfservice.config import Settings
from selfservice.messages import joining, moves, results, reviews, upkeep
from selfservice.messages.departures import Departure
from selfservice.messages.states import TRANSITIONS
from tests.harness import stateful
from tests.harness.application import make_settings
from tests.messages.machine import Outbox, Pair

TABLE = {(transition.source, transition.target) for transition in TRANSITIONS}


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Rules of hours of our own."""
    return make_settings(database_url, tmp_path, COURTESY=str(Path(__file__).with_name("by_day.toml")))


@pytest.mark.database("sqlite")
def test_every_move_of_the_table_is_made_and_no_other(session: Any) -> None:
    make_moves(rounds=20)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_thousands_of_moves_are_all_of_the_table(session: Any) -> None:
    make_moves(rounds=50, is_short=False)


def make_moves(*, rounds: int, is_short: bool = True) -> None:
    """What was not made yet is sought: by chance alone, one move or another would be missing now and then."""
    seen: set[Pair] = set()

    def begin() -> Any:
        return partial(Outbox, seen, frozenset(TABLE - seen))

    stateful.run(begin, rounds=rounds, is_enough=lambda: is_short and seen >= TABLE)

    missing = sorted(TABLE - seen)
    assert not missing, f"{len(missing)} of {len(TABLE)} moves were never made: {missing}"
    assert seen == TABLE


def send_blindly(row: Any, *, is_there: bool) -> None:
    moves.move(row.id, "ready", sources=("uncertain",), reason="sent_again")


def write_over(departure: Departure, target: str, **options: Any) -> None:
    moves.move(departure.message_id, target, sources=("sending", "uncertain"), **options)


BROKEN = {
    "what comes to wait again on a closed page": (moves, "mark", lambda _ids, **_: None),
    "a stop at the last check": (reviews, "find_suppressed", lambda _messages: frozenset()),
    "a doubt before a message is sent again": (upkeep, "_give_up", send_blindly),
    "the attempt before this one": (joining, "leave_open", lambda _message_id: None),
    "the fence": (results, "_move", write_over),
}


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.database("sqlite")
@pytest.mark.parametrize("forgotten", BROKEN)
def test_a_product_that_forgets_something_is_noticed(
    session: Any, monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    monkeypatch.setattr(*BROKEN[forgotten])

    with pytest.raises(AssertionError):
        make_moves(rounds=50, is_short=False)
