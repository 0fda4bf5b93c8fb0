"""Specimens: a page of a sample as an ordinary organisation would send it, to be checked without a database."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from selfservice.brands.face import Face
from selfservice.kit.opening import WEEKDAYS, Opening, read_windows
from selfservice.kit.pictures import examples_in
from selfservice.situations.loading import Loaded
from selfservice.situations.samples import Sample
from selfservice.situations.view import View

ZONE = ZoneInfo("Europe/London")
OPENING = Opening(ZONE, tuple(read_windows(["08:00-20:00"]) for _weekday in WEEKDAYS))
# As long as ordinary ones are.
BRAND = "Harbour Street Health Centre"
LINK = f"https://go.harbourstreet.example/p/{'0' * 34}"


def view_of(loaded: Loaded, sample: Sample, language: str, now: datetime) -> View:
    """A fresh page of a sample; raises Invalid if the sample is none."""
    now = now.astimezone(ZONE)
    facts = loaded.facts_of(sample, zone=ZONE, now=now)
    face = Face(
        id=1,
        key="specimen",
        name=BRAND,
        mark="H",
        colour="#000000",
        colour_dark="#ffffff",
        phone="+442079460000",
        country="GB",
        timezone=str(ZONE),
        opening=OPENING,
    )
    return View(
        situation=loaded.key,
        version=loaded.situation.version,
        state="open",
        step=loaded.situation.steps[0].key,
        facts=facts,
        brand=face,
        language=language,
        timezone=str(ZONE),
        now=now,
        expires_at=loaded.situation.expires(facts, now),
        revision=10,
        team="Reception",
        first_name="Maria",
        pictures=examples_in(facts),
    )
