"""The list of pages: search, filters, and rows that say who, what, how far and with which answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from selfservice import clock, phone, tokens
from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.messages.models import Message
from selfservice.pages import queries
from selfservice.pages.models import Page
from selfservice.pages.queries import Place
from selfservice.pages.states import STATES
from selfservice.situations import registry
from selfservice.web import live
from selfservice.web.console import door, wording
from selfservice.web.console.times import Times, initials
from selfservice.web.console.wording import Condition, Teller, Tone

ROWS = 50
_LONGEST_SEARCH = 80
_ENDING_DIGITS = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the list is narrowed to, as its address says it."""

    search: str = ""
    state: str = ""
    situation: str = ""
    mine: bool = False

    @property
    def any(self) -> bool:
        """Whether anything is left out."""
        return bool(self.search or self.state or self.situation or self.mine)

    def address(self, **more: str) -> str:
        """The address of the list narrowed like this."""
        values = {"search": self.search, "state": self.state, "type": self.situation, "mine": "1" if self.mine else ""}
        query = urlencode({name: value for name, value in {**values, **more}.items() if value})
        return f"{url_for('console.list_pages')}?{query}" if query else url_for("console.list_pages")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One page as a row."""

    id: str
    who: str
    initials: str
    ending: str
    what: str
    case_ref: str
    condition: Condition
    sent_at: datetime | None
    unsent: Condition
    opened_at: datetime | None
    answered_at: datetime | None
    answer: str


def home() -> ResponseReturnValue:
    """The console begins with its pages."""
    return redirect(url_for("console.list_pages"), 303)


def list_pages() -> ResponseReturnValue:
    """The pages, newest first."""
    filters = _read(request.args)
    place = _read_place(request.args.get("below", ""))
    cursor = live.here_and_now()
    found = queries.list_pages(
        search=filters.search,
        state=filters.state,
        situation=filters.situation,
        created_by=door.actor() if filters.mine else "",
        below=place,
        limit=ROWS + 1,
    )
    rows = found[:ROWS]
    return door.page(
        "console/pages.html",
        filters=filters,
        lines=lines_of(rows),
        older=filters.address(below=_write_place(rows[-1][0])) if len(found) > ROWS else "",
        is_first=place is None,
        types=registry.current().all(),
        states=[(state, _STATE_NAMES[state]) for state in STATES],
        cursor=cursor,
        times=Times(_timezone(rows)),
    )


def find_pages() -> ResponseReturnValue:
    """Lead to the list that was asked for; a POST, so that no number stands in an address."""
    filters = _read(request.form)
    return redirect(filters.address(), 303)


def lines_of(rows: Sequence[tuple[Page, Customer]]) -> list[Line]:
    """Rows for the list, with one more statement for all of them."""
    now = clock.now()
    sent = _sent([page.id for page, _ in rows])
    return [_line(page, customer, sent.get(page.id), now) for page, customer in rows]


def _line(page: Page, customer: Customer, sent: Message | None, now: datetime) -> Line:
    loaded = registry.current().find(page.situation, page.version)
    teller = Teller.at(page.timezone, now)
    told = wording.answers(page, loaded, teller) if loaded else ()
    sent_at, unsent = _sending(sent)
    return Line(
        id=tokens.encode_id(page.id),
        who=customer.name or "No name",
        initials=initials(customer.name),
        ending=phone.ending(customer.phone) if customer.phone else "",
        what=wording.type_name(page.situation, loaded),
        case_ref=page.case_ref or "",
        condition=wording.condition(page, now),
        sent_at=sent_at,
        unsent=unsent,
        opened_at=page.opened_at,
        answered_at=page.answered_at or (told[-1].at if told else None),
        answer=" · ".join((told[-1].words, *told[-1].details)) if told else "",
    )


def _sent(page_ids: Iterable[int]) -> dict[int, Message]:
    """For each page the message that tells most: the first that left, else the last that did not."""
    query = select(Message).where(Message.page_id.in_(list(page_ids))).order_by(Message.created_at, Message.id)
    best: dict[int, Message] = {}
    for message in db.session.scalars(query):
        assert message.page_id is not None
        known = best.get(message.page_id)
        if known is None or known.submitted_at is None:
            best[message.page_id] = message
    return best


def _sending(message: Message | None) -> tuple[datetime | None, Condition]:
    """When the text left; where it did not, or did not arrive, what became of it."""
    if message is None:
        return None, Condition("No text", Tone.QUIET)
    if message.submitted_at is not None and message.state not in ("undelivered_permanent", "failed"):
        return message.submitted_at, Condition("Sent", Tone.QUIET)
    if message.is_unsent or message.state == "sending":
        return None, Condition("On its way", Tone.QUIET)
    return None, Condition("Not sent" if message.submitted_at is None else "Not delivered", Tone.BAD)


def _read(values: object) -> Filters:
    get = values.get  # type: ignore[attr-defined]
    state, situation = get("state", ""), get("type", "")
    return Filters(
        search=_shorten(get("search", "")),
        state=state if state in STATES else "",
        situation=situation if registry.current().find(situation) else "",
        mine=bool(get("mine", "")),
    )


def _shorten(search: str) -> str:
    """A search as it may stand in an address: of a whole phone number only the digits it ends with."""
    search = " ".join(search.split())[:_LONGEST_SEARCH]
    digits = re.sub(r"\D", "", search)
    is_number = len(digits) > _ENDING_DIGITS and not re.search(r"[^\W\d_]", search)
    return digits[-_ENDING_DIGITS:] if is_number else search


def _write_place(page: Page) -> str:
    return f"{(page.created_at - _EPOCH) // timedelta(microseconds=1)}.{tokens.encode_id(page.id)}"


def _read_place(text: str) -> Place | None:
    micros, _, page_id = text.partition(".")
    if not (micros.isdecimal() and len(micros) < 18):
        return None
    try:
        return Place(_EPOCH + timedelta(microseconds=int(micros)), tokens.decode_id(page_id))
    except tokens.BadToken:
        return None


def _timezone(rows: Sequence[tuple[Page, Customer]]) -> str:
    return rows[0][0].timezone if rows else "UTC"


_STATE_NAMES = {
    "scheduled": "Waits to be sent",
    "open": "Waits for an answer",
    "answered": "Answered",
    "expired": "Ended",
    "revoked": "Closed by us",
    "superseded": "Replaced",
    "retired": "No longer active",
}
