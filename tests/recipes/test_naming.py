"""Keys come from names, and mean nothing else whatever a block is called."""

from __future__ import annotations

import pytest

from selfservice.recipes.naming import named
from selfservice.situations.making import keys
from tests.recipes.recipes import complaints, small

TAKEN = ("Body", "Step", "Revision", "Other", "One", "Map", "Back", "Link", "Brand", "Change", "Open", "Copy", "Class")


def key_of_answer(name: str) -> str:
    """The key that an answer gets from its button."""
    return str(named({"answers": [{"button": {"en": name}}]})["answers"][0]["key"])


@pytest.mark.parametrize(
    "name", [*TAKEN, "Price low", "Price high", "Model number", "Send it", "Follow up", "Go ask him"]
)
def test_key_is_never_one_that_means_something_else(name: str) -> None:
    key = key_of_answer(name)
    plain = name.lower().replace(" ", "_")

    assert keys.is_taken(plain)
    assert not keys.is_taken(key)
    assert key in (f"{plain}_2", f"answer_{plain}")


def test_key_of_any_name_leaves_room_for_what_its_steps_are_called() -> None:
    answers = [
        {**one, "key": "", "button": {"en": "Acknowledgement understood completely"}} for one in small()["answers"]
    ]
    draft = named(small(answers=[answers[0], {**answers[1], "line": {}}]))

    assert [one["key"] for one in draft["answers"]] == [
        "acknowledgement_understood_com",
        "acknowledgement_understood_com_2",
    ]
    assert complaints({**draft, "answers": [{**one, "by_text": {}} for one in draft["answers"]]}) == []


def test_many_of_one_name_have_a_key_each() -> None:
    draft = named({"facts": [{"label": "Date"} for _ in range(1200)]})

    assert len({fact["key"] for fact in draft["facts"]}) == 1200
