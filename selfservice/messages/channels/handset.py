"""The development handset: a provider that "delivers" into a table, and what the phone at /phone shows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from selfservice import clock
from selfservice.db import db
from selfservice.messages.channels.contract import Found, Outgoing, Submitted, Text, Uncertain
from selfservice.messages.models import HandsetText

SCHEME = "handset"
_NOBODY = "Text"


class Handset:
    """Takes every text at once, shows it at /phone, and delivers it on the spot. The same id arrives once."""

    name = SCHEME
    parallel = 4
    tells_receipts = True

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._writer = writer
        self._reader = reader

    def send(self, outgoing: Outgoing) -> Submitted:
        """Store the text in a transaction of its own, as a provider would."""
        assert isinstance(outgoing.content, Text)
        row = {
            "client_ref": outgoing.id,
            "number": outgoing.to,
            "sender": outgoing.content.sender or _NOBODY,
            "body": outgoing.content.body,
            "direction": "out",
            "at": clock.now(),
        }
        try:
            with self._writer.begin() as connection:
                connection.execute(insert(HandsetText).values(**row))
        except IntegrityError:
            pass  # It was here before: the sender did not hear our answer and asks again.
        except DBAPIError as error:
            raise Uncertain("The handset's database did not answer.") from error
        return Submitted(outgoing.id)

    def find(self, id: str) -> Found | None:  # noqa: A002 - the contract's word
        """Whether the handset has the text; what it has, it has delivered."""
        query = select(HandsetText.id).where(HandsetText.client_ref == id)
        try:
            with self._reader.connect() as connection:
                found = connection.execute(query).first()
        except DBAPIError as error:
            raise Uncertain("The handset's database did not answer.") from error
        return None if found is None else Found(id, "delivered")


@dataclass(frozen=True)
class Thread:
    """One number on the phone: its latest text and how many there are."""

    number: str
    sender: str
    body: str
    direction: str
    at: datetime
    count: int


def list_threads(limit: int = 100) -> Sequence[Thread]:
    """The numbers that have texts, latest first."""
    last = (
        select(HandsetText.number, func.max(HandsetText.id).label("id"), func.count().label("count"))
        .group_by(HandsetText.number)
        .subquery()
    )
    query = select(HandsetText, last.c.count).join(last, HandsetText.id == last.c.id)
    rows = db.session.execute(query.order_by(HandsetText.id.desc()).limit(limit))
    return [Thread(text.number, text.sender, text.body, text.direction, text.at, count) for text, count in rows]


def list_texts(number: str, limit: int = 200) -> Sequence[HandsetText]:
    """The latest texts to and from one number, oldest first."""
    query = select(HandsetText).where(HandsetText.number == number).order_by(HandsetText.id.desc()).limit(limit)
    return db.session.scalars(query).all()[::-1]


def last_id() -> int:
    """A number that grows with every text, 0 on a new phone."""
    return db.session.scalar(select(func.max(HandsetText.id))) or 0


def reply(number: str, *, sender: str, body: str) -> HandsetText:
    """Keep what was typed on the phone as a text to `sender`. The caller commits."""
    text = HandsetText(number=number, sender=sender, body=body, direction="in", at=clock.now())
    db.session.add(text)
    db.session.flush()
    return text
