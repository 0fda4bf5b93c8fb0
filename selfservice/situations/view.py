"""View: all that a page's template may know, gathered once by `pages` and by the console's preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from selfservice.brands.face import Face
from selfservice.kit import Facts, Form

State = Literal["scheduled", "open", "answered", "expired", "revoked", "superseded", "retired"]
Theme = Literal["", "light", "dark"]


@dataclass(frozen=True, kw_only=True)
class View:
    """One look at one page.

    `situation` and `version` find the type; `step` is the step shown first; `answers` are the latest forms by action.
    `token` is the link's token, empty in a preview (forms are inert then); `answer_tokens` maps actions to the tokens
    the script posts to. `problems` maps form fields to keys of the copy file, `notice` is a key under `notices`.
    `taken` names the claims that are gone. `theme` and `large` are set by the console's preview alone.
    """

    situation: str
    version: int
    state: State
    step: str
    facts: Facts
    brand: Face
    language: str
    timezone: str
    now: datetime
    expires_at: datetime
    revision: int
    team: str
    first_name: str = ""
    ending: str = ""
    token: str = ""
    answer_tokens: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Form] = field(default_factory=dict)
    entered: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""
    taken: frozenset[str] = frozenset()
    answered_at: datetime | None = None
    can_change: bool = False
    callback_at: datetime | None = None
    host: str = ""
    theme: Theme = ""
    large: bool = False
