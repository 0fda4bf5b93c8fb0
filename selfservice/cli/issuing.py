"""Issuing a page from the command line and saying what came of it; shared by `page issue` and `situation send`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from selfservice import phone
from selfservice.brands import queries as brands
from selfservice.cli.command import print_fields, print_json
from selfservice.db import db
from selfservice.errors import ConfigError
from selfservice.messages.models import Message
from selfservice.pages import service as pages
from selfservice.pages.service import Issued, NewPage, Person
from selfservice.situations import registry
from selfservice.situations.registry import Loaded
from selfservice.tokens import encode_id

ACTOR = "cli"


def get_type(key: str) -> Loaded:
    """The page type called `key`; raises NotFound, or ConfigError with what is wrong with its folder."""
    known = registry.current()
    problem = known.find_problem(key)
    if problem is not None:
        raise ConfigError(str(problem))
    return known.get(key)


def zone_of(key: str, brand: str = "") -> ZoneInfo:
    """The zone in which a type's facts are read where they name none: that of the brand that sends it."""
    return ZoneInfo(brands.get_for(key, brand).timezone)


def issue(
    situation: str,
    facts: Mapping[str, Any],
    person: Person,
    *,
    case_ref: str | None = None,
    brand: str = "",
    as_json: bool,
) -> None:
    """Issue a page, commit, and print what came of it."""
    new = NewPage(
        situation=situation, facts=facts, customer=person, actor=ACTOR, case_ref=case_ref or None, brand=brand
    )
    issued = pages.issue(new)
    db.session.commit()
    if as_json:
        print_json(_as_data(issued))
    else:
        print_fields(_as_texts(issued))


def _as_data(issued: Issued) -> dict[str, Any]:
    page = issued.page
    return {
        "id": encode_id(page.id),
        "url": issued.url,
        "was": issued.was,
        "situation": page.situation,
        "state": page.state,
        "expires_at": page.expires_at.isoformat(),
        "messages": [
            {
                "id": encode_id(message.id),
                "channel": message.channel,
                "state": message.state,
                "encoding": message.encoding,
                "segments": message.segments,
            }
            for message in issued.messages
        ],
    }


def _as_texts(issued: Issued) -> dict[str, str]:
    page = issued.page
    return {
        "Page": f"{encode_id(page.id)} ({issued.was})",
        "Link": issued.url,
        "Ends": f"{page.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        "Message": "; ".join(map(_told, issued.messages)) or "none was needed",
    }


def _told(message: Message) -> str:
    """What a message is, to whom, and how it stands."""
    if message.channel == "push":
        return f"a notification: {message.state}"
    if message.channel == "email":
        return f"an e-mail to {message.recipient}: {message.state}"
    parts = "1 part" if message.segments == 1 else f"{message.segments} parts"
    return f"a text to {phone.display(message.recipient)}, {parts}: {message.state}"
