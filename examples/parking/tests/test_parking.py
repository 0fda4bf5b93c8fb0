"""What is this type's own: its field and its pages. That it fulfils the contract, `--situations` tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from selfservice.errors import Invalid
from selfservice.kit.facts import facts_from_texts

NOW = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)
PERMIT = {"zone": "Zone K", "ends": "2026-11-30", "price": {"amount": "84.00", "currency": "GBP"}}


@pytest.mark.parametrize(
    ("written", "kept"),
    [("ab12cde", "AB12 CDE"), ("AB12 CDE", "AB12 CDE"), (" wx-4410 ", "WX4410"), ("7 UP", "7UP")],
)
def test_plate_is_kept_in_one_way_however_it_comes(situations: Any, written: str, kept: str) -> None:
    situation = situations.get("parking_permit").situation
    texts = {"plate": written, "zone": "Zone K", "ends": "2026-11-30", "price": "84 GBP"}

    from_json = situation.accept({**PERMIT, "plate": written}, NOW)
    from_form = situation.accept(facts_from_texts(situation.facts, texts, ZoneInfo("Europe/London")), NOW)

    assert from_json.plate == from_form.plate == kept


@pytest.mark.parametrize("written", ["A", "AB12 CDE FGH", "ÄB 12", "AB\t\x0012"])
def test_what_is_no_plate_is_refused_with_what_to_write(situations: Any, written: str) -> None:
    with pytest.raises(Invalid, match=r"Number plate.*[Ww]rite a number plate such as AB12 CDE"):
        situations.get("parking_permit").situation.accept({**PERMIT, "plate": written}, NOW)


@pytest.mark.parametrize("hours", [0, 23])
def test_page_works_until_the_last_day_is_over_where_it_is(situations: Any, hours: int) -> None:
    situation = situations.get("parking_permit").situation
    midnight = datetime(2026, 11, 30, tzinfo=ZoneInfo("America/Los_Angeles"))

    permit = situation.accept({**PERMIT, "plate": "AB12 CDE"}, midnight + timedelta(hours=hours))

    assert situation.expires(permit, midnight + timedelta(hours=hours)) == midnight + timedelta(days=1)


def test_pages_speak_both_languages(draw: Any) -> None:
    assert "Maria, renew your parking permit?" in draw("parking_permit", "soon")
    assert "AB12 CDE" in draw("parking_permit", "soon")
    assert "Przedłużymy zezwolenie" in draw("parking_permit", "soon", "renewed", language="pl")
    assert "Bay 14" not in draw("parking_permit", "last_day")
