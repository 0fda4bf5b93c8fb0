"""How an organisation looks and can be reached: the values a page needs, apart from the table they are kept in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from selfservice.kit.opening import Opening


@dataclass(frozen=True)
class Face:
    """One brand as a page shows it.

    `colour` and `colour_dark` are `#rrggbb`, already dark (light) enough for their text. `phone` is E.164 and
    `phone_shown` the same as people write it. `teams` maps a team's key to its name for customers. `opening` is when
    people are there, None if unknown; `hours` is that as a line, "Every day, 8 am to 8 pm", or what was written in its
    place. `logo` is the digest of a picture for the place of the letters in `mark`, empty if there is none.
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
    opening: Opening | None = None
    hours: str = ""
    privacy_url: str = ""
    logo: str = ""
    teams: Mapping[str, str] = field(default_factory=dict, hash=False)


def logo_address(face: Face) -> str:
    """Where the logo of a face is, which has one; the same picture stands there for ever."""
    return f"/logo/{face.logo}.png"
