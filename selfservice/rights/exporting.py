"""Exporting: all that is kept about one person, as plain data for them to take away. Reads, never writes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from selfservice.conversations.models import Conversation
from selfservice.customers import consents, preferences
from selfservice.customers import queries as customers
from selfservice.customers.models import Customer, DevicePage, Following, PageFollowing
from selfservice.db import Base, db
from selfservice.events.models import Event
from selfservice.media import pictures
from selfservice.media.models import Medium
from selfservice.messages.models import Message
from selfservice.pages import texts
from selfservice.pages.models import Answer, Page
from selfservice.rights import finding
from selfservice.rights.finding import Traces
from selfservice.tokens import encode_id

CODE = "A code of six digits."
"""What stands for a text with a code: it let in whoever knew it."""

_PERSON = ("ref", "name", "phone", "email", "locale", "timezone", "created_at", "updated_at")
_PAGE = ("situation", "state", "facts", "answers", "locale", "case_ref", "created_at", "opened_at", "answered_at")
_ANSWER = ("action", "status", "form", "at")
_MESSAGE = ("channel", "message_class", "purpose", "recipient", "locale", "body", "state", "reason", "submitted_at")
_IN = ("sender", "recipient", "body", "meaning", "received_at")
_WORK = ("kind", "state", "team", "phone", "note", "created_at", "closed_at")
_PICTURE = ("made_as", "width", "height", "created_at")
_PHOTO = ("source", "state", "kind", "width", "height", "created_at")


def export(customer: Customer) -> dict[str, Any]:
    """All that is kept about a customer: names to values that JSON has; moments are ISO 8601 in UTC."""
    traces = finding.trace(customer)
    of_pages = traces.page_ids
    messages = _rows(Message, Message.customer_id == customer.id, order=Message.created_at)
    return {
        "customer": {"id": encode_id(customer.id), **_pick(customer, _PERSON)},
        "preferences": _preferences(customer.id),
        "consents": [_consent(known) for known in consents.list_for(customer.id, consents.addresses_of(customer))],
        "stopped": sorted(customers.suppressed_among(traces.numbers))
        + sorted(customers.suppressed_among(traces.addresses, "email")),
        "pages": [_with_id(row, _PAGE) for row in _rows(Page, Page.id.in_(of_pages), order=Page.created_at)],
        "answers": [
            {"page": encode_id(row.page_id), **_pick(row, _ANSWER)}
            for row in _rows(Answer, Answer.page_id.in_(of_pages), order=Answer.at)
        ],
        "messages": [_message(row) for row in messages],
        "texts_in": [_with_id(row, _IN) for row in traces.texts_in()],
        "conversations": [
            _with_id(row, _WORK) for row in _rows(Conversation, traces.is_work, order=Conversation.created_at)
        ],
        "photos": [_with_id(row, _PHOTO) for row in _photos(traces)],
        "pictures": [_with_id(row, _PICTURE) for row in pictures.list_for(of_pages)],
        "devices": [
            {"since": row.at.isoformat()}
            for table in (Following, PageFollowing)
            for row in _rows(table, table.customer_id == customer.id, order=table.at)
        ],
        "looked_at": [
            {"page": encode_id(row.page_id), "at": row.at.isoformat()}
            for row in _rows(DevicePage, DevicePage.page_id.in_(of_pages), order=DevicePage.at)
        ],
        "happened": [
            {"type": row.type, "actor": _actor(row.actor), "at": row.at.isoformat()}
            for row in _rows(Event, Event.page_id.in_(of_pages), order=Event.id)
        ],
    }


def _rows(model: type[Base], condition: Any, *, order: Any) -> Iterable[Any]:
    return db.session.scalars(select(model).where(condition).order_by(order))


def _photos(traces: Traces) -> Iterable[Medium]:
    """Those sent for their pages, and with texts about none."""
    of_work = select(Conversation.id).where(traces.is_work)
    theirs = or_(Medium.page_id.in_(traces.page_ids), Medium.conversation_id.in_(of_work))
    return _rows(Medium, theirs, order=Medium.id)


def _pick(row: Any, names: Iterable[str]) -> dict[str, Any]:
    values = ((name, getattr(row, name)) for name in names)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values}


def _with_id(row: Any, names: Iterable[str]) -> dict[str, Any]:
    return {"id": encode_id(row.id), **_pick(row, names)}


def _message(row: Message) -> dict[str, Any]:
    data = _with_id(row, _MESSAGE)
    return {**data, "body": CODE} if row.purpose == texts.CODE else data


def _consent(known: consents.Known) -> dict[str, Any]:
    named = ("channel", "message_class", "is_given", "source", "at")
    return {**_pick(known.consent, named), "wording": known.wording, "locale": known.locale}


def _preferences(customer_id: int) -> dict[str, Any]:
    wishes = preferences.find(customer_id)
    return {"hours": wishes.hours, "channels": list(wishes.channels), "channels_left_out": list(wishes.left_out)}


def _actor(actor: str) -> str:
    """Who did it, without saying which member of staff."""
    return actor.partition(":")[0]
