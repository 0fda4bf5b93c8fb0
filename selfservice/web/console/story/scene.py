"""One event of a page's story, who and what it names, and the entry that it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from selfservice.events.models import Event
from selfservice.media.models import Medium
from selfservice.web.console.wording import Said, Tone

AGAIN = "Looked again"
_ACTORS = {"customer": "the customer", "cli": "the command line", "api": "your system", "system": "the system"}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that happened. `id` is the event's, so that a screen can tell what is new; `photo` one to be shown."""

    id: int
    icon: str
    title: str
    at: datetime
    details: tuple[str, ...] = ()
    tone: Tone = Tone.QUIET
    times: int = 1
    photo: str = ""


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who and what the events of one page name by key or id.

    `users` are names of staff by id, `answers` the answers in words by action, oldest first, `teams` names by key,
    `tones` the colours of the steps that answers lead to, `links` what is said of going to the address in a fact,
    `photos` what was sent by id.
    """

    users: Mapping[int, str]
    answers: Mapping[str, list[Said]]
    tones: Mapping[str, Tone]
    links: Mapping[str, str]
    teams: Mapping[str, str]
    photos: Mapping[str, Medium]
    ending: str


@dataclass(frozen=True)
class Scene:
    """One event beside what is needed to tell it."""

    event: Event
    cast: Cast
    said: Said | None = None

    @property
    def actor(self) -> str:
        """Who did it, to stand after "by"."""
        name = self.event.actor
        if name.startswith("staff:"):
            return self.cast.users.get(int(name.removeprefix("staff:")), "a colleague")
        return _ACTORS.get(name, "the system")

    @property
    def is_push(self) -> bool:
        """Whether it is about a notification, not a text."""
        return bool(self.data("channel") == "push")

    @property
    def number(self) -> str:
        """Where texts went."""
        if self.is_push:
            return "To the customer’s phone"
        if self.data("channel") == "email":
            return "To the customer’s e-mail address"
        return f"To the number ending {self.cast.ending}" if self.cast.ending else ""

    def data(self, name: str) -> Any:
        return self.event.data.get(name, "")


Told = dict[str, Callable[[Scene], Entry]]


def entry(scene: Scene, icon: str, title: str, *details: str, tone: Tone = Tone.QUIET) -> Entry:
    """An entry about the scene; details that say nothing are left out."""
    kept = tuple(detail for detail in details if detail)
    return Entry(id=scene.event.id, icon=icon, title=title, at=scene.event.at, details=kept, tone=tone)


def plainly(icon: str, title: str, detail: str = "", tone: Tone = Tone.QUIET) -> Callable[[Scene], Entry]:
    """The same sentence whatever the event holds; `title` may name who did it as {by}."""

    def told(scene: Scene) -> Entry:
        return entry(scene, icon, title.format(by=scene.actor), detail, tone=tone)

    return told
