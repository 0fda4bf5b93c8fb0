"""The inbox: customers who wait for a person, by team; taking that work and marking it done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from selfservice import clock, phone, tokens
from selfservice.brands import queries as brands
from selfservice.conversations import queries, service
from selfservice.conversations.models import Conversation
from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.errors import Forbidden
from selfservice.media import queries as media
from selfservice.pages.models import Page
from selfservice.situations import registry
from selfservice.staff import queries as staff
from selfservice.web import live
from selfservice.web.console import door, photo_words
from selfservice.web.console.times import Times, initials

Row = TypeVar("Row", Page, Customer)


@dataclass(frozen=True, kw_only=True)
class Work:
    """One customer who waits, as a card."""

    id: str
    title: str
    who: str
    initials: str
    reason: str
    note: str
    team: str
    number: str
    dial: str
    page_id: str
    what: str
    is_urgent: bool
    is_late: bool
    is_mine: bool
    taken_by: str
    due: str
    asked: str
    photos: Sequence[Photo]


@dataclass(frozen=True)
class Photo:
    """What came with a text about no page: in small if it `is_shown`, else why not."""

    id: str
    is_shown: bool
    why: str


def show_inbox() -> ResponseReturnValue:
    """Who waits: for the signed-in person's team, or for the team asked for by those who see all."""
    who = door.here()
    team = request.args.get("team", "") if who.sees_all_teams else who.team
    cursor = live.here_and_now()
    found = queries.list_waiting(team or None)
    return door.page(
        "console/inbox.html",
        works=_works(found),
        team=team,
        teams=staff.list_teams() if who.sees_all_teams else (),
        cursor=cursor,
    )


def take(conversation_id: str) -> ResponseReturnValue:
    """Take waiting work; a colleague who was first is named by the refusal."""
    service.take(permitted(conversation_id), door.here().user_id)
    db.session.commit()
    return _back()


def finish(conversation_id: str) -> ResponseReturnValue:
    """Mark work as done."""
    service.close(permitted(conversation_id), door.here().user_id)
    db.session.commit()
    return _back()


def permitted(conversation_id: str) -> int:
    """The id of a conversation this member of staff may work on; raises NotFound, Forbidden."""
    conversation = queries.get(tokens.decode_id(conversation_id))
    if not door.here().may_work_for(conversation.team):
        raise Forbidden("This work is for another team; ask them, or somebody who sees all teams.")
    return conversation.id


def _back() -> ResponseReturnValue:
    """To the screen the button was on."""
    came_from = urlsplit(request.referrer or "").path
    return redirect(came_from if came_from.startswith("/console/pages/") else url_for("console.show_inbox"), 303)


def _works(found: Iterable[Conversation]) -> list[Work]:
    found = list(found)
    pages = _by_id(Page, (one.page_id for one in found))
    people = _by_id(Customer, (one.customer_id for one in found))
    names = staff.names_of(one.user_id for one in found if one.user_id)
    teams = {team.key: team.name for team in staff.list_teams()}
    times = Times(brands.get_for("").timezone)
    sent = _photos(found)
    return [
        _work(
            one,
            page=pages.get(one.page_id or 0),
            customer=people.get(one.customer_id or 0),
            names=names,
            team=teams.get(one.team, one.team.capitalize()),
            times=times,
            photos=sent[one.id],
        )
        for one in found
    ]


def _work(
    one: Conversation,
    *,
    page: Page | None,
    customer: Customer | None,
    names: dict[int, str],
    team: str,
    times: Times,
    photos: Sequence[Photo],
) -> Work:
    name = customer.name if customer else None
    loaded = registry.current().find(page.situation, page.version) if page else None
    return Work(
        id=tokens.encode_id(one.id),
        title=_TITLES.get(one.kind, "Needs a person"),
        who=name or "No name",
        initials=initials(name),
        reason="" if one.kind == "callback" else one.reason,  # The title says it.
        note=one.note,
        team=team,
        number=phone.display(one.phone) if one.phone else "",
        dial=one.phone or "",
        page_id=tokens.encode_id(page.id) if page else "",
        what=loaded.name if loaded else "",
        is_urgent=one.urgent,
        is_late=one.due_at < clock.now(),
        is_mine=one.user_id == door.here().user_id,
        taken_by=names.get(one.user_id or 0, "") if one.state != "waiting" else "",
        due=times.within(one.due_at),
        asked=times.within(one.created_at),
        photos=photos,
    )


def _photos(found: Iterable[Conversation]) -> Mapping[int, list[Photo]]:
    """What came with texts about no page, by the work they made."""
    sent: dict[int, list[Photo]] = defaultdict(list)
    for medium in media.list_for_work([one.id for one in found if one.page_id is None]):
        words = photo_words.told(medium, sender="", ending="")
        why = ": ".join(part for part in (words.title, *words.details) if part)
        sent[medium.conversation_id or 0].append(Photo(tokens.encode_id(medium.id), words.is_shown, why))
    return sent


_TITLES = {
    "callback": "Wants to be called",
    "call": "Chose a time for a call",
    "wrong_number": "Wrong number",
    "reply": "Sent a text",
    "unanswered": "Nobody has answered",
}


def _by_id(model: type[Row], ids: Iterable[int | None]) -> dict[int, Row]:
    wanted = {one for one in ids if one}
    return {row.id: row for row in db.session.scalars(select(model).where(model.id.in_(wanted)))} if wanted else {}
