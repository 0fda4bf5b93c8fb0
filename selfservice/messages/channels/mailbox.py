"""The development handset's e-mail: a provider that "delivers" into a table, and what /phone shows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from selfservice import clock
from selfservice.db import db
from selfservice.messages.channels.contract import Email, Found, Outgoing, Submitted, Uncertain
from selfservice.messages.models import HandsetEmail


class Mailbox:
    """Takes every e-mail at once, shows it at /phone, and delivers it on the spot. The same id arrives once."""

    name = "mailbox"
    parallel = 4
    tells_receipts = True

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._writer = writer
        self._reader = reader

    def send(self, outgoing: Outgoing) -> Submitted:
        """Store the e-mail in a transaction of its own, as a provider would."""
        email = outgoing.content
        assert isinstance(email, Email)
        row = {
            "client_ref": outgoing.id,
            "address": outgoing.to,
            "sender": email.sender_name,
            "subject": email.subject,
            "text": email.text,
            "html": email.html,
            "unsubscribe_url": email.unsubscribe_url,
            "at": clock.now(),
        }
        try:
            with self._writer.begin() as connection:
                connection.execute(insert(HandsetEmail).values(**row))
        except IntegrityError:
            pass  # It was here before: the sender did not hear our answer and asks again.
        except DBAPIError as error:
            raise Uncertain("The handset's database did not answer.") from error
        return Submitted(outgoing.id)

    def find(self, id: str) -> Found | None:  # noqa: A002 - the contract's word
        """Whether the handset has the e-mail; what it has, it has delivered."""
        query = select(HandsetEmail.id).where(HandsetEmail.client_ref == id)
        try:
            with self._reader.connect() as connection:
                found = connection.execute(query).first()
        except DBAPIError as error:
            raise Uncertain("The handset's database did not answer.") from error
        return None if found is None else Found(id, "delivered")


@dataclass(frozen=True)
class Inbox:
    """One address on the handset: its latest e-mail and how many there are."""

    address: str
    sender: str
    subject: str
    at: datetime
    count: int


def list_inboxes(limit: int = 100) -> Sequence[Inbox]:
    """The addresses that have e-mails, latest first."""
    last = (
        select(HandsetEmail.address, func.max(HandsetEmail.id).label("id"), func.count().label("count"))
        .group_by(HandsetEmail.address)
        .subquery()
    )
    query = select(HandsetEmail.address, HandsetEmail.sender, HandsetEmail.subject, HandsetEmail.at, last.c.count).join(
        last, HandsetEmail.id == last.c.id
    )
    return [Inbox(*row) for row in db.session.execute(query.order_by(HandsetEmail.id.desc()).limit(limit))]


def list_emails(address: str, limit: int = 50) -> Sequence[HandsetEmail]:
    """The latest e-mails to one address, newest first."""
    query = select(HandsetEmail).where(HandsetEmail.address == address).order_by(HandsetEmail.id.desc()).limit(limit)
    return db.session.scalars(query).all()


def find(email_id: int) -> HandsetEmail | None:
    """One e-mail."""
    return db.session.get(HandsetEmail, email_id)


def last_id() -> int:
    """A number that grows with every e-mail, 0 while there is none."""
    return db.session.scalar(select(func.max(HandsetEmail.id))) or 0
