"""How an organisation looks and can be reached: the values a page needs, apart from the table they are kept in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Face:
    """One brand as a page shows it.

    `colour` and `colour_dark` are `#rrggbb`, already dark (light) enough for their text. `phone` is E.164 and
    `phone_shown` the same as people write it. `teams` maps a team's key to its name for customers; `hours` is a line
    such as "Every day, 8 am to 8 pm", empty if unknown.
    """

    id: int
    key: str
    name: str
    mark: str
    colour: str
    colour_dark: str
    phone: str
    country: str
    timezone: str
    phone_shown: str = ""
    language: str = "en"
    hours: str = ""
    privacy_url: str = ""
    teams: Mapping[str, str] = field(default_factory=dict, hash=False)
