"""Pages and answers in any order of all that can happen to them: every move of their tables is made, and no other."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from selfservice.messages import service as messages
from selfservice.pages import answer_states, answering, claims, late_answers, moves, standing, states
from tests.harness import stateful
from tests.pages.answers import Answers
from tests.pages.life import Pages, Pair

LIFE = {(transition.source, transition.target) for transition in states.TRANSITIONS}
ANSWERED = {(transition.source, transition.target) for transition in answer_states.TRANSITIONS}
ASKED = ("none", "asked")
"""Nothing is refused yet: the page asks who is there."""


@pytest.mark.database("sqlite")
def test_pages_make_every_move_of_the_table_and_no_other(session: Any) -> None:
    live(rounds=12)


@pytest.mark.database("sqlite")
def test_every_answer_of_the_table_is_given_and_no_other(session: Any) -> None:
    answer(rounds=12)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_thousands_of_moves_of_pages_are_all_of_the_table(session: Any) -> None:
    live(rounds=40, is_short=False)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_thousands_of_answers_are_all_of_the_table(session: Any) -> None:
    answer(rounds=40, is_short=False)


def live(*, rounds: int, is_short: bool = True) -> None:
    seen: set[Pair] = set()

    def begin() -> Any:
        return partial(Pages, seen, frozenset(LIFE - seen))

    stateful.run(begin, rounds=rounds, is_enough=lambda: is_short and seen >= LIFE)

    assert_all_were_made(seen, LIFE)


def answer(*, rounds: int, is_short: bool = True) -> None:
    seen: set[Pair] = set()

    stateful.run(lambda: partial(Answers, seen), rounds=rounds, is_enough=lambda: is_short and seen >= ANSWERED)

    assert_all_were_made(seen - {ASKED}, ANSWERED)


def assert_all_were_made(seen: set[Pair], table: set[Pair]) -> None:
    missing = sorted(table - seen)
    assert not missing, f"{len(missing)} of {len(table)} moves were never made: {missing}"
    assert seen == table


def apply_anyway(scene: Any, form: Any, _revision: int, key: str) -> Any:
    answering._apply(scene, form, key)
    return "applied"


BROKEN = {
    "what an ended page has not sent": (messages, "cancel_for_page", lambda _page_id, **_: None, live),
    "that a page has ended": (moves, "sources_of", lambda _target: states.STATES, live),
    "which sight was answered": (late_answers, "meet", apply_anyway, answer),
    "the answer before this one": (standing, "undo_closing", lambda _page, _situation: [], answer),
    "who was first": (claims, "win", lambda _page_id, _wanted: None, answer),
}


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.database("sqlite")
@pytest.mark.parametrize("forgotten", BROKEN)
def test_a_product_that_forgets_something_is_noticed(
    session: Any, monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    place, name, instead, do = BROKEN[forgotten]
    monkeypatch.setattr(place, name, instead)

    with pytest.raises(AssertionError):
        do(rounds=12, is_short=False)
