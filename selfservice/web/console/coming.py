"""What is still to be done about a page that nobody answers, as staff read it, and calling one of these things off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import request
from flask.typing import ResponseReturnValue

from selfservice import clock, tokens
from selfservice.db import db
from selfservice.kit import Escalate, FollowUp
from selfservice.messages.models import Message
from selfservice.pages import follow_ups
from selfservice.pages.models import Page
from selfservice.situations.registry import Loaded
from selfservice.web.console import door, follow_up_words


@dataclass(frozen=True)
class Step:
    """One thing to come: the name it is called off by, what it is, and when."""

    name: str
    title: str
    at: datetime


def tell(page: Page, sent: Sequence[Message], loaded: Loaded | None, teams: Mapping[str, str]) -> list[Step]:
    """What comes next on a page, earliest first; `sent` are its messages, `teams` names by key."""
    now = clock.now()
    return [
        Step(
            name=one.follow_up.name,
            title=_title(one.follow_up, loaded, teams),
            # What is due and was put off comes when the page is looked at again.
            at=one.at if one.at > now else page.follow_up_at or one.at,
        )
        for one in follow_ups.list_coming(page, sent)
    ]


def call_off(page_id: str) -> ResponseReturnValue:
    """Let one of them not be done; raises Conflict when it is not to come any more."""
    follow_ups.call_off(tokens.decode_id(page_id), request.form.get("name", ""), actor=door.actor())
    db.session.commit()
    return door.to_page(page_id, "called-off")


def _title(follow_up: FollowUp, loaded: Loaded | None, teams: Mapping[str, str]) -> str:
    if isinstance(follow_up, Escalate):
        team = follow_up.team or (loaded.situation.team if loaded else "")
        return follow_up_words.handed_to(teams.get(team, ""))
    return follow_up_words.TITLES[follow_up.kind]
