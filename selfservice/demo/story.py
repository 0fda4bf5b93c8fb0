"""One page's story: who does what with it and when, as deeds for the past. What it is about is in the other files."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from selfservice import clock
from selfservice.conversations import queries as conversation_queries
from selfservice.conversations import service as conversations
from selfservice.demo import checking
from selfservice.demo.past import Past
from selfservice.messages import queries as message_queries
from selfservice.messages.models import Message
from selfservice.pages import answering, queries, requests, unanswered
from selfservice.pages import service as pages
from selfservice.pages.service import NewPage

DAYS = 14
ZONE = ZoneInfo("Europe/London")
MINUTE = timedelta(minutes=1)
TAKEN_AFTER = 6 * MINUTE
CLOSED_AFTER = 25 * MINUTE


@dataclass
class Teller:
    """What stories share: the past they are told into, chance (always the same), and who works for each team."""

    past: Past
    chance: random.Random
    staff: Mapping[str, int]

    def key(self) -> str:
        """An idempotency key as a browser makes one."""
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def starts(self, count: int, *, on_weekends: bool) -> list[datetime]:
        """When so many stories begin, earliest first: in working hours, spread over the days of the past."""
        until = self.past.until.astimezone(ZONE)
        days = [until.date() - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
        days = [day for day in days if on_weekends or day.weekday() < 5]
        moments = [
            datetime.combine(days[place * len(days) // count], time(8, 5), ZONE) + self.chance.randrange(625) * MINUTE
            for place in range(count)
        ]
        latest = until - 5 * MINUTE
        # Early in the day, today's are told of the hours before.
        return sorted(moment if moment < latest else latest - self.chance.randrange(300) * MINUTE for moment in moments)


class Story:
    """A page from its issue on. `page_id` is known once it has been issued; moments count from `starts_at`."""

    def __init__(self, teller: Teller, starts_at: datetime, new: NewPage, *, team: str) -> None:
        self.starts_at = starts_at
        self.page_id = 0
        self._teller = teller
        self._team = team
        self._new = replace(new, actor=f"staff:{teller.staff[team]}")
        self.issue(0, new.facts)
        if new.send_at is not None:
            teller.past.open_pages(new.send_at)

    def issue(self, minutes: float, facts: Mapping[str, Any]) -> Story:
        """Issue the page; with other facts for the same case, bring it up to date or supersede it."""
        return self._then(minutes, partial(self._issue, facts))

    def opened(self, minutes: float) -> Story:
        """The customer looks at the page."""
        return self._then(minutes, lambda: requests.opened(self.page_id))

    def act(self, minutes: float, action: str, form: Mapping[str, Any] | None = None) -> Story:
        """The customer does an action; staff see to what it hands over."""
        return self._then(minutes, partial(self._act, action, form or {}))

    def mistype(self, minutes: float, action: str) -> Story:
        """Somebody does not know what is asked before an action, and is asked no more."""
        return self._then(minutes, lambda: checking.mistype(queries.get(self.page_id), action))

    def call_back(self, minutes: float, note: str = "") -> Story:
        """The customer asks to be called; staff do."""
        return self._then(minutes, partial(self._call_back, note))

    def stop(self, minutes: float) -> Story:
        """The customer stops the texts."""
        return self._then(minutes, lambda: requests.stop_texts(self.page_id))

    def resend(self, minutes: float) -> Story:
        """Staff send the text once more."""
        return self._then(minutes, lambda: self._send([pages.resend(self.page_id, actor=self._new.actor)]))

    def revoke(self, minutes: float) -> Story:
        """Staff close the page."""
        return self._then(minutes, lambda: pages.revoke(self.page_id, actor=self._new.actor))

    def then(self, minutes: float, deed: Callable[[int], object]) -> Story:
        """Something else happens to the page, which `deed` is told by its id."""
        return self._then(minutes, lambda: deed(self.page_id))

    def _then(self, minutes: float, deed: Callable[[], object]) -> Story:
        self._teller.past.at(self.starts_at + minutes * MINUTE, deed)
        return self

    def _send(self, messages: Sequence[Message]) -> None:
        if any(message.state == "ready" for message in messages):
            self._teller.past.send_texts(clock.now())

    def _issue(self, facts: Mapping[str, Any]) -> None:
        issued = pages.issue(replace(self._new, facts=facts))
        self.page_id = issued.page.id
        self._teller.past.end_pages(issued.page.expires_at)
        self._send(issued.messages)
        self._await_answer()

    def _await_answer(self) -> None:
        """Let the clock go round when something is due because nobody has answered."""
        at = queries.get(self.page_id).follow_up_at
        if at is not None and at > clock.now():
            self._teller.past.at(at, self._follow_up)

    def _follow_up(self) -> None:
        unanswered.do_due()
        self._send(message_queries.list_unsent_for_page(self.page_id))
        if any(one.state == "waiting" for one in conversation_queries.list_for_page(self.page_id)):
            self._see_to_it()
        self._await_answer()

    def _act(self, action: str, form: Mapping[str, Any]) -> None:
        page = queries.get(self.page_id)
        device_id = checking.show(page, action)
        key = self._teller.key()
        answering.act(page.id, action, form=form, revision=page.revision, key=key, who=lambda: device_id)
        self._teller.past.end_pages(queries.get(self.page_id).expires_at)
        self._send(message_queries.list_unsent_for_page(self.page_id))
        self._see_to_it()
        self._await_answer()

    def _call_back(self, note: str) -> None:
        requests.ask_callback(self.page_id, note=note)
        self._see_to_it()

    def _see_to_it(self) -> None:
        """Somebody of the team takes what waits, and has done it a little later."""
        taken_at = clock.now() + TAKEN_AFTER
        self._teller.past.at(taken_at, self._take)
        self._teller.past.at(taken_at + CLOSED_AFTER, self._close)

    def _take(self) -> None:
        for conversation in conversation_queries.list_for_page(self.page_id):
            if conversation.state == "waiting":
                conversations.take(conversation.id, self._teller.staff[self._team])

    def _close(self) -> None:
        for conversation in conversation_queries.list_for_page(self.page_id):
            if conversation.state == "open":
                conversations.close(conversation.id, self._teller.staff[self._team])
