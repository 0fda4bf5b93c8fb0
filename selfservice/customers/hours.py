"""Quiet hours: when a person may be written to, by the clock where they are or may be. Decides; reads no database."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from selfservice import phone as phones
from selfservice import windows
from selfservice.courtesy import DAY
from selfservice.windows import Window

CHOICES = ("09:00-18:00", "10:00-20:00", "12:00-14:00", "17:00-21:00")
"""What a customer may choose from on their own page, beside the usual hours."""

_FOLDER = Path(__file__).parent


def possible_zones(timezone: str | None, phone: str | None, fallback: Callable[[], str]) -> tuple[str, ...]:
    """Where a person may be (IANA names): the zone that is known of them, else all zones of their number's country.

    `fallback` gives the zone of people of whom neither is known, and of numbers of no single country.
    """
    if timezone:
        return (timezone,)
    region = phones.find_region(phone) if phone else None
    return _zones().get(region or "") or (fallback(),)


def next_moment(
    at: datetime,
    hours: Window,
    *,
    zones: tuple[str, ...],
    phone: str | None,
    message_class: str,
    wish: str = "",
) -> datetime:
    """The first moment from `at` on at which a message of this class may arrive; `at` itself if that is now.

    Inside our own `hours`, inside those of the country, and inside those that the person wishes, in every zone where
    they may be. Where these leave nothing in a week, the wish gives way first, then our own hours to the usual ones
    (8:00 to 21:00), which every country's zones have in common.
    """
    country = country_window(phone, message_class)
    law = (country,) if country is not None else ()
    narrow = (windows.read(wish),) if wish else ()
    for wanted in ((hours, *law, *narrow), (hours, *law), (DAY, *law), (DAY,)):
        found = windows.next_open(at, zones, wanted)
        if found is not None:
            return found
    raise AssertionError("the usual hours are open somewhere in every week, in all zones of any one country")


def country_window(phone: str | None, message_class: str) -> Window | None:
    """What the country of a number asks of this class of messages, where we know of something."""
    rules = _rules().get(message_class)
    region = phones.find_region(phone) if rules and phone else None
    found = rules.get(region or "") if rules else None
    return windows.read(found["hours"], frozenset(found["days"])) if found else None


@cache
def _zones() -> dict[str, tuple[str, ...]]:
    data = tomllib.loads((_FOLDER / "zones.toml").read_text("utf-8"))["zones"]
    return {region: tuple(names) for region, names in data.items()}


@cache
def _rules() -> dict[str, dict[str, Any]]:
    return tomllib.loads((_FOLDER / "countries.toml").read_text("utf-8"))
