"""Customs: how a language puts days and times together where CLDR has nothing, or not what people say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Customs:
    """What one language does in its own way; patterns are those of Unicode TR35.

    `day` and `short_day` are empty where CLDR's own will do. `near` are the words for the days around today by their
    distance, `on` puts a day into a sentence ("on Tuesday") and `on_weekdays`, Monday first, does that where the day's
    name changes with it. `hours` and `days` go from one to another, `moment` joins a day and a time, `comma` a list.
    `unit` is the length in which CLDR has its units.
    """

    day: str = ""
    short_day: str = ""
    time: str = "short"
    near: Mapping[int, str] = field(default_factory=dict)
    on: str = "{}"
    on_weekdays: tuple[str, ...] = ()
    hours: str = "{} – {}"
    days: str = "{} – {}"
    moment: str = "{}, {}"
    comma: str = ", "
    unit: Literal["long", "short"] = "long"


CUSTOMS = {
    # English-speaking readers know "10:20 am" everywhere; all others follow the custom of their country.
    "en": Customs(
        day="EEEE d MMMM",
        short_day="EEE d MMM",
        time="h:mm a",
        near={-1: "yesterday", 0: "today", 1: "tomorrow"},
        on="on {}",
        hours="{} to {}",
        days="{} to {}",
    ),
    "es": Customs(
        day="EEEE d 'de' MMMM",
        short_day="EEE d MMM",
        near={-1: "ayer", 0: "hoy", 1: "mañana"},
        on="el {}",
        hours="de {} a {}",
        days="del {} al {}",
    ),
    "ar": Customs(
        day="EEEE d MMMM",
        short_day="EEEE d MMMM",
        near={-1: "أمس", 0: "اليوم", 1: "غدًا"},
        on="يوم {}",
        hours="من {} إلى {}",
        days="من {} إلى {}",
        moment="{}، {}",
        comma="، ",
    ),
    "pl": Customs(
        day="EEEE, d MMMM",
        short_day="EEE d MMM",
        near={-1: "wczoraj", 0: "dziś", 1: "jutro"},
        on_weekdays=("w poniedziałek", "we wtorek", "w środę", "w czwartek", "w piątek", "w sobotę", "w niedzielę"),
        hours="od {} do {}",
        days="od {} do {}",
    ),
    "zh": Customs(
        day="M月d日EEEE",
        short_day="M月d日EEE",
        near={-1: "昨天", 0: "今天", 1: "明天"},
        hours="{}至{}",
        days="{}至{}",
        moment="{} {}",
        comma="，",
        unit="short",
    ),
    # The same word is yesterday and tomorrow: the verb beside it tells which. A part of the day tells 10 from 22.
    "hi": Customs(
        day="EEEE, d MMMM",
        short_day="EEE d MMMM",
        time="B h:mm",
        near={-1: "कल", 0: "आज", 1: "कल"},
        on="{} को",
        hours="{} से {} तक",
        days="{} से {} तक",
    ),
}
_OTHER = Customs()


def customs(language: str) -> Customs:
    """The customs of a language; plain ones for a language that nobody has written any for."""
    return CUSTOMS.get(language, _OTHER)
