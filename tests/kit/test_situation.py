"""The declaration: which buttons there are, where they lead, what they allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from selfservice.errors import Invalid
from selfservice.kit import (
    Action,
    AddToCalendar,
    Case,
    Change,
    Claim,
    Do,
    Facts,
    Follow,
    Form,
    Go,
    Hero,
    Link,
    Moment,
    Moments,
    Outcome,
    Refused,
    Situation,
    Step,
    Variant,
    fact,
    pick,
)

UTC_ZONE = ZoneInfo("UTC")
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
LATER = [NOW + timedelta(hours=hours) for hours in (1, 2)]


class Visit(Facts):
    at: Moment = fact("When")
    offered: Moments = fact("Offered", default=[])


class Billed(Visit):
    bill: Link | None = fact("Bill", default=None)


class Move(Form):
    slot: Moment = pick("offered")


def shows(step: str) -> Action:
    return Action(key=step, perform=lambda _facts, _form, _case: Outcome(shows=step), said="Did it")


def offers(facts: Visit, _case: Case) -> Mapping[datetime, Claim]:
    return {slot: Claim(f"slot:{slot.isoformat()}") for slot in facts.offered}


def check(facts: Visit, now: datetime) -> dict[str, str]:
    return {"at": "When has passed; write a time to come."} if facts.at <= now else {}


SITUATION = Situation(
    facts=Visit,
    expires=lambda facts, _now: facts.at,
    team="reception",
    icon="calendar",
    check_facts=check,
    offers=offers,
    actions=(shows("yes"), Action(key="move", perform=lambda *_: Outcome(shows="yes"), form=Move, said="Moved")),
    steps=(
        Step(key="ask", buttons=(Do("yes"), Go("other", when=lambda facts: bool(facts.offered)))),
        Step(key="other", buttons=(Do("move"), Go("ask", word="keep"))),
        Step(
            key="yes",
            header="good",
            buttons=(AddToCalendar(), Change()),
            variants=(
                Variant("over", lambda facts, _answers, now: facts.at <= now, header="closed"),
                Variant("moved", lambda _facts, answers, _now: "move" in answers),
            ),
        ),
    ),
)
CASE = Case(NOW, UTC_ZONE)
BARE = Visit(at=LATER[0])
OFFERING = Visit(at=LATER[0], offered=LATER)


def test_page_carries_the_steps_its_buttons_lead_to() -> None:
    assert [step.key for step in SITUATION.reachable("ask", OFFERING)] == ["ask", "other"]
    assert [step.key for step in SITUATION.reachable("ask", BARE)] == ["ask"]
    assert SITUATION.reachable("gone", BARE) == ()


def test_only_what_a_button_does_is_allowed() -> None:
    assert SITUATION.allows("move", "ask", OFFERING)
    assert not SITUATION.allows("move", "ask", BARE)
    assert not SITUATION.allows("yes", "yes", OFFERING)


def test_action_that_the_facts_do_not_allow_has_no_button_and_is_not_taken() -> None:
    paid = replace(shows("paid"), when=lambda facts: bool(facts.offered))
    situation = replace(SITUATION, actions=(paid,), steps=(Step(key="ask", buttons=(Do("paid"), Follow("bill"))),))

    assert situation.visible(situation.steps[0], Billed(at=LATER[0])) == ()
    billed = Billed(at=LATER[0], offered=LATER, bill="https://pay.example/4417")
    assert situation.visible(situation.steps[0], billed) == (Do("paid"), Follow("bill"))
    assert (situation.allows("paid", "ask", billed), situation.allows("paid", "ask", Billed(at=LATER[0]))) == (
        True,
        False,
    )


def test_buttons_without_a_condition_are_always_there() -> None:
    assert SITUATION.visible(SITUATION.steps[2], BARE) == (AddToCalendar(), Change())


def test_buttons_say_what_the_copy_file_holds() -> None:
    words = [button.words for step in SITUATION.steps for button in step.buttons]

    assert words == ["yes", "go_other", "move", "keep", "calendar", "change"]
    assert Change("undo").words == "undo"


def test_first_variant_that_holds_gives_the_words() -> None:
    step = SITUATION.steps[2]

    assert step.hero(BARE, {}, NOW) == Hero("steps.yes", "good")
    assert step.hero(BARE, {"move": Move(slot=LATER[1])}, NOW) == Hero("steps.yes.moved", "good")
    assert step.hero(BARE, {"move": Move(slot=LATER[1])}, LATER[0]) == Hero("steps.yes.over", "closed")


def test_facts_are_accepted_only_if_they_make_sense_now() -> None:
    assert SITUATION.accept({"at": LATER[0].isoformat()}, NOW) == BARE

    with pytest.raises(Invalid) as caught:
        SITUATION.accept({"at": LATER[0].isoformat()}, LATER[1])

    assert caught.value.fields == {"at": "When has passed; write a time to come."}


def test_taken_slots_are_not_drawn() -> None:
    taken = frozenset({f"slot:{LATER[0].isoformat()}"})

    inputs = SITUATION.inputs("move", OFFERING, CASE, taken)

    assert [option.shown for option in inputs[0].options] == [LATER[1]]
    assert SITUATION.inputs("yes", OFFERING, CASE) == ()
    assert SITUATION.inputs("gone", OFFERING, CASE) == ()


def test_form_is_read_in_the_pages_zone() -> None:
    action = SITUATION.action("move")
    assert action is not None

    form = SITUATION.read(action, OFFERING, {"slot": LATER[1].isoformat()}, CASE)

    assert form == Move(slot=LATER[1])
    with pytest.raises(Refused):
        SITUATION.read(action, OFFERING, {}, CASE)


def test_refusal_of_several_fields_keeps_the_first_at_hand() -> None:
    refused = Refused.of({"slot": "slot_missing", "text": "text_long"})

    assert (refused.field, refused.word) == ("slot", "slot_missing")
    assert refused.problems == {"slot": "slot_missing", "text": "text_long"}
    assert Refused("text", "text_needed").problems == {"text": "text_needed"}


def test_case_holds_no_answers_unless_told() -> None:
    assert Case(NOW, UTC_ZONE).answers == {}
