"""A picture as a fact: by the id of an upload in each of the three ways in, and what is said where it is none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from selfservice.errors import Invalid
from selfservice.kit import Facts, Image, Person, fact
from selfservice.kit.facts import facts_from_texts, fields_of, show, validate
from selfservice.kit.formats import Reader
from selfservice.kit.parts_kinds import PersonKind, PictureKind
from selfservice.kit.pictures import EXAMPLES, examples_in, pictures_of
from selfservice.situations.samples import resolve

UTC_ZONE = ZoneInfo("UTC")
ID = "4fQx81LbT0a"
NO_FILE = "Choose a picture; in CSV and JSON, where no file can travel, write the id that its upload gave back."


class Visit(Facts):
    """A door to find, and who opens it."""

    door: Image | None = fact("Door", default=None)
    who: Person | None = fact("Who", default=None)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (f"Our new door | {ID}", ("Our new door", ID)),
        ("Our new door", ("Our new door", "")),
        (f"| {ID}", ("", ID)),
        ("", ("", "")),
    ],
)
def test_a_form_gives_it_apart_from_its_words(text: str, written: tuple[str, str]) -> None:
    kind = PictureKind()

    assert kind.apart(text) == written
    assert kind.apart(kind.together(*written)) == written


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("Sam Reed | Engineer", f"Sam Reed | Engineer | {ID}"),
        ("Sam Reed", f"Sam Reed |  | {ID}"),
    ],
)
def test_somebody_has_it_behind_all_their_words(words: str, text: str) -> None:
    kind = PersonKind()

    assert kind.together(words, ID) == text
    assert kind.apart(text) == (words, ID)
    facts = validate(Visit, facts_from_texts(Visit, {"who": text}, UTC_ZONE))
    assert pictures_of(facts) == {"who": ID}
    assert kind.to_text(facts.who, UTC_ZONE) == text


def test_csv_and_json_carry_the_same() -> None:
    written = validate(Visit, facts_from_texts(Visit, {"door": f"Our new door | {ID}"}, UTC_ZONE))
    sent = validate(Visit, {"door": {"alt": "Our new door", "picture": ID}})

    assert written == sent
    assert pictures_of(sent) == {"door": ID}
    assert str(sent.door) == "Our new door"


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"door": {"picture": ID}}, "Door: Write what the picture shows, for those who do not see it."),
        ({"door": {"alt": "A door"}}, f"Door: {NO_FILE}"),
        ({"door": "door.jpg"}, f"Door: {NO_FILE}"),
        (
            {"door": {"alt": "A door", "picture": "https://example.org/"}},
            f"Door: This names no picture. {NO_FILE}",
        ),
        ({"who": {"name": "Sam", "picture": "sam.jpg"}}, f"Who: This names no picture. {NO_FILE}"),
    ],
)
def test_what_is_none_is_told_with_a_way_on(raw: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        validate(Visit, raw)

    assert list(refused.value.fields.values()) == [sentence]


def test_a_page_shows_words_and_initials_beside_it() -> None:
    reader = Reader("en", UTC_ZONE, datetime(2026, 11, 21, 9, tzinfo=UTC), "GB")
    facts = validate(Visit, {"door": {"alt": "A door", "picture": ID}, "who": {"name": "Dr Amina Okafor"}})

    door, who = show(facts, "door", reader), show(facts, "who", reader)

    assert door is not None
    assert who is not None
    assert (door.text, door.picture, door.initials) == ("A door", ID, "")
    assert (who.text, who.picture, who.initials) == ("Dr Amina Okafor", "", "AO")


def test_samples_show_what_every_installation_has() -> None:
    raw = resolve(
        {"door": {"alt": "A door", "picture": "example:place"}, "who": {"name": "Sam", "picture": "example:person"}},
        zone=UTC_ZONE,
        now=datetime(2026, 11, 21, 9, tzinfo=UTC),
    )
    facts = validate(Visit, raw)

    assert examples_in(facts).keys() == {EXAMPLES["place"].id, EXAMPLES["person"].id}
    assert [field.kind.takes_picture for field in fields_of(Visit)] == [True, True]
