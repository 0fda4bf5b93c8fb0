"""What the development handset shows of e-mails: the addresses that have any, and one address's e-mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from selfservice.messages.channels import mailbox
from selfservice.messages.models import HandsetEmail
from selfservice.web.phone import shown


@dataclass(frozen=True)
class Mailbox:
    """One address in the list."""

    address: str
    sender: str
    tint: int
    subject: str
    time: str
    at: datetime
    count: int


@dataclass(frozen=True)
class Letter:
    """One e-mail of an address; `is_open` is the one that is shown."""

    id: int
    sender: str
    subject: str
    time: str
    at: datetime
    unsubscribe_url: str
    is_open: bool


def list_mailboxes(zone: ZoneInfo, now: datetime) -> list[Mailbox]:
    """The addresses that have e-mails, the latest first."""
    return [
        Mailbox(
            address=found.address,
            sender=found.sender,
            tint=shown.tint_of(found.address),
            subject=found.subject,
            time=shown.moment(found.at, zone, now),
            at=found.at,
            count=found.count,
        )
        for found in mailbox.list_inboxes()
    ]


def list_letters(address: str, chosen: int, zone: ZoneInfo, now: datetime) -> list[Letter]:
    """The e-mails of one address, newest first; the one called `chosen` is open, else the newest."""
    rows = mailbox.list_emails(address)
    opened = next((row.id for row in rows if row.id == chosen), rows[0].id if rows else 0)
    return [_letter(row, zone, now, is_open=row.id == opened) for row in rows]


def find_open(letters: Sequence[Letter]) -> Letter | None:
    """The e-mail that is shown."""
    return next((letter for letter in letters if letter.is_open), None)


def _letter(row: HandsetEmail, zone: ZoneInfo, now: datetime, *, is_open: bool) -> Letter:
    time = shown.moment(row.at, zone, now)
    return Letter(row.id, row.sender, row.subject, time, row.at, row.unsubscribe_url, is_open)
