"""What the development handset shows: phones with their last text, and one phone's texts as bubbles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from selfservice import phone, text
from selfservice.customers import queries as customers
from selfservice.messages.channels import handset
from selfservice.messages.channels.handset import Thread
from selfservice.messages.models import HandsetText

_LINK = re.compile(r"https?://[^\s<>\"]+")
_CLOSERS = ".,;:!?)]}'\"»،؛؟"
_TINTS = 6


class Piece(NamedTuple):
    """A run of a text: plain words, or a link to open."""

    words: str
    link: str = ""


@dataclass(frozen=True)
class Bubble:
    """One text in a conversation. `day` is its heading where a new day begins, `cost` what it took to send."""

    id: int
    is_reply: bool
    pieces: tuple[Piece, ...]
    time: str
    at: datetime
    day: str
    cost: str


@dataclass(frozen=True)
class Phone:
    """One number in the list."""

    address: str
    number: str
    name: str
    sender: str
    initial: str
    tint: int
    glimpse: str
    time: str
    at: datetime
    count: int


def list_phones(zone: ZoneInfo, now: datetime) -> list[Phone]:
    """The phones that have texts, the latest first."""
    threads = handset.list_threads()
    names = customers.names_by_phone(thread.number for thread in threads)
    return [_phone(thread, names.get(thread.number, ""), zone, now) for thread in threads]


def find_phone(phones: Sequence[Phone], address: str) -> Phone | None:
    """The phone at this address, if it is in the list."""
    return next((found for found in phones if found.address == address), None)


def list_bubbles(number: str, zone: ZoneInfo, now: datetime) -> list[Bubble]:
    """The texts of one phone, oldest first."""
    bubbles: list[Bubble] = []
    last: date | None = None
    for row in handset.list_texts(number):
        local = row.at.astimezone(zone)
        bubbles.append(_bubble(row, local, "" if local.date() == last else _day(local, now.astimezone(zone))))
        last = local.date()
    return bubbles


def split_links(body: str) -> tuple[Piece, ...]:
    """A body cut into words and links, losing nothing; a mark that ends a sentence is not part of its link."""
    pieces: list[Piece] = []
    end = 0
    for match in _LINK.finditer(body):
        link = match[0].rstrip(_CLOSERS)
        if match.start() > end:
            pieces.append(Piece(body[end : match.start()]))
        pieces.append(Piece(link, link))
        end = match.start() + len(link)
    if end < len(body):
        pieces.append(Piece(body[end:]))
    return tuple(pieces)


def tint_of(name: str) -> int:
    """Which of the list's tints a name has, always the same."""
    return sum(map(ord, name)) % _TINTS


def moment(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The time of what came today, the day of what came before."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    return _time(local) if local.date() == today.date() else _day(local, today)


def _phone(thread: Thread, name: str, zone: ZoneInfo, now: datetime) -> Phone:
    return Phone(
        address=thread.number.removeprefix("+"),
        number=phone.display(thread.number),
        name=name,
        sender=thread.sender,
        initial=name[0].upper() if name else thread.number[-2:],
        tint=tint_of(thread.number),
        glimpse=" ".join(thread.body.split()),
        time=moment(thread.at, zone, now),
        at=thread.at,
        count=thread.count,
    )


def _bubble(row: HandsetText, local: datetime, day: str) -> Bubble:
    measured = text.measure(row.body)
    parts = "1 text" if measured.segments == 1 else f"{measured.segments} texts"
    return Bubble(
        id=row.id,
        is_reply=row.direction == "in",
        pieces=split_links(row.body),
        time=_time(local),
        at=row.at,
        day=day,
        cost=f"{parts}, {measured.encoding}" if row.direction == "out" else "",
    )


def _time(local: datetime) -> str:
    return f"{local:%H:%M}"


def _day(local: datetime, today: datetime) -> str:
    if local.date() == today.date():
        return "Today"
    if local.date() == today.date() - timedelta(days=1):
        return "Yesterday"
    return f"{local:%a} {local.day} {local:%b}"
