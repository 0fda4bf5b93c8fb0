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
    name changes with it. `hours` and `days` go from one to another, `moment` joins a day and a time, `comma` a list and
    `stop` what has commas of its own. `at` puts a time behind a day inside a sentence ("tomorrow at 8 am"). `unit` is
    the length in which CLDR has its units.

    Of opening hours: `weekdays` goes from one weekday to another, whose names are then `weekday_names`, Monday first,
    where they change with it; `every_day` and `all_day` are what they are called that never end.
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
    stop: str = "; "
    at: str = "{}, {}"
    weekdays: str = "{} – {}"
    weekday_names: tuple[str, ...] = ()
    every_day: str = ""
    all_day: str = "24 h"
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
        at="{} at {}",
        weekdays="{} to {}",
        every_day="every day",
        all_day="24 hours",
    ),
    "es": Customs(
        day="EEEE d 'de' MMMM",
        short_day="EEE d MMM",
        near={-1: "ayer", 0: "hoy", 1: "mañana"},
        on="el {}",
        hours="de {} a {}",
        days="del {} al {}",
        at="{} a las {}",
        weekdays="de {} a {}",
        every_day="todos los días",
        all_day="24 horas",
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
        stop="؛ ",
        at="{} الساعة {}",
        weekdays="من {} إلى {}",
        every_day="كل يوم",
        all_day="على مدار 24 ساعة",
    ),
    "pl": Customs(
        day="EEEE, d MMMM",
        short_day="EEE d MMM",
        near={-1: "wczoraj", 0: "dziś", 1: "jutro"},
        on_weekdays=("w poniedziałek", "we wtorek", "w środę", "w czwartek", "w piątek", "w sobotę", "w niedzielę"),
        hours="od {} do {}",
        days="od {} do {}",
        at="{} o {}",
        weekdays="od {} do {}",
        weekday_names=("poniedziałku", "wtorku", "środy", "czwartku", "piątku", "soboty", "niedzieli"),
        every_day="codziennie",
        all_day="całą dobę",
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
        stop="；",
        at="{} {}",
        weekdays="{}至{}",
        every_day="每天",
        all_day="24小时",
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
        at="{} {} बजे",
        weekdays="{} से {}",
        every_day="हर दिन",
        all_day="24 घंटे",
    ),
}
_OTHER = Customs()


def customs(language: str) -> Customs:
    """The customs of a language; plain ones for a language that nobody has written any for."""
    return CUSTOMS.get(language, _OTHER)
