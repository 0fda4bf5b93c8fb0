"""Telling the past: things done one after the other, each at its own moment, through the same services as ever.

All of it is one transaction, so that a demo is there wholly or not at all. Texts go the whole way through the outbox,
but their provider writes into this transaction, and they arrive at the moment they would have arrived.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import insert

from selfservice import clock
from selfservice.db import db
from selfservice.messages import departures, joining, moves, results, upkeep
from selfservice.messages.channels.contract import Outgoing, Refused, Submitted, Text
from selfservice.messages.channels.handset import SCHEME
from selfservice.messages.channels.registry import Channels
from selfservice.messages.models import HandsetText
from selfservice.messages.results import Result
from selfservice.pages import due

OWNER = "demo"
LEASE = timedelta(minutes=1)
SENDING_TAKES = timedelta(seconds=3)
DELIVERY_TAKES = timedelta(seconds=2)

Deed = Callable[[], object]


class Handset:
    """The development handset as `messages.channels.handset` has it, writing into the running transaction."""

    name = SCHEME
    parallel = 1

    def __init__(self, landlines: frozenset[str]) -> None:
        self._landlines = landlines

    def send(self, outgoing: Outgoing) -> Submitted:
        """Show the text on the phone; raises Refused for a number that takes none."""
        if outgoing.to in self._landlines:
            raise Refused("The number takes no texts.", permanent=True)
        assert isinstance(outgoing.content, Text)  # Nobody had a phone that took pushes then.
        row = {
            "client_ref": outgoing.id,
            "number": outgoing.to,
            "sender": outgoing.content.sender or "Text",
            "body": outgoing.content.body,
            "direction": "out",
            "at": clock.now(),
        }
        db.session.execute(insert(HandsetText).values(**row))
        return Submitted(outgoing.id)


class Past:
    """What happened until `until`; what would come later is left out."""

    def __init__(self, until: datetime, *, landlines: frozenset[str]) -> None:
        self.until = until
        self._channels = Channels({"sms": (Handset(landlines),)})
        self._deeds: list[tuple[datetime, int, Deed]] = []
        self._numbers = itertools.count()

    def at(self, moment: datetime, deed: Deed) -> None:
        """Let `deed` be done at `moment`."""
        if moment <= self.until:
            heapq.heappush(self._deeds, (moment, next(self._numbers), deed))

    def play(self) -> None:
        """Do everything in its order; a deed may add others. The caller commits."""
        while self._deeds:
            moment, _, deed = heapq.heappop(self._deeds)
            with clock.at(moment):
                deed()
            db.session.flush()
            # Services write past the objects in memory, which a commit would forget: forget them here.
            db.session.expire_all()

    def end_pages(self, expires_at: datetime) -> None:
        """Let the clock go round when a page's time is over."""
        self.at(expires_at, _end_due)

    def open_pages(self, send_at: datetime) -> None:
        """Let the clock go round when a scheduled page's time has come."""
        self.at(send_at, _open_pages)
        self.send_texts(send_at)

    def send_texts(self, after: datetime) -> None:
        """Let what is ready leave a moment later."""
        self.at(after + SENDING_TAKES, self._send)

    def _send(self) -> None:
        claimed = moves.claim(100, owner=OWNER, lease=LEASE)
        for departure in departures.clear(claimed, owner=OWNER, channels=self._channels, lease=LEASE):
            try:
                outcome: Submitted | Refused = departure.channel.send(departure.outgoing)
            except Refused as refusal:
                outcome = refusal
            results.record(Result(departure, outcome))
            if isinstance(outcome, Submitted):
                self.at(clock.now() + DELIVERY_TAKES, partial(_arrive, departure.message_id))


def _arrive(message_id: int) -> None:
    joining.apply_receipt(message_id, "delivered")


def _end_due() -> None:
    due.expire_pages()


def _open_pages() -> None:
    due.open_pages()
    upkeep.review_due()
