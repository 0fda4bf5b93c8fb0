"""A customer's phone: a real browser on a line that can be cut, the server behind it, and pages made beside that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import select

from selfservice import clock
from selfservice.application import create_app
from selfservice.config import Settings
from selfservice.customers.models import PushSubscription
from selfservice.db import db, dispose
from selfservice.events import queries as events
from selfservice.messages.models import HandsetText, Message, ProviderAlarm
from selfservice.messages.policy import PUSH_FIRST
from selfservice.pages import service as pages
from selfservice.pages.models import Page
from tests import factories
from tests.harness.numbers import fresh_number
from tests.harness.phone import Phone
from tests.harness.server import LiveServer, find_leaks
from tests.harness.waiting import PATIENCE_SECONDS, wait_until
from tests.harness.wire import Wire

T = TypeVar("T")

PAGE_ID = slice(4, 15)
"""Where a page's id stands in the path of its link."""

IN_CONTROL = "navigator.serviceWorker.controller && navigator.serviceWorker.ready.then((it) => it.active?.state)"

_READ = """
new Promise((resolve) => {
  indexedDB.open("selfservice").onsuccess = (event) => {
    const base = event.target.result;
    base.transaction(%(store)s).objectStore(%(store)s).getAll().onsuccess = (found) => {
      base.close();
      resolve(found.target.result);
    };
  };
})
"""
_WRITE = """
new Promise((resolve) => {
  indexedDB.open("selfservice").onsuccess = (event) => {
    const base = event.target.result;
    const step = base.transaction(%(store)s, "readwrite");
    step.objectStore(%(store)s).openCursor().onsuccess = (found) => {
      const cursor = found.target.result;
      if (!cursor) return;
      cursor.update((%(change)s)(cursor.value, cursor.key));
      cursor.continue();
    };
    step.oncomplete = () => resolve(base.close());
  };
})
"""


@dataclass(frozen=True)
class Ticket:
    """A page as its customer holds it: the link, and the words for whoever reads a failure."""

    id: int
    url: str
    number: str


class Office:
    """The server's database at hand: pages are made and looked at without waiting for a command each time."""

    def __init__(self, server: LiveServer) -> None:
        self.app: Flask = create_app(Settings.load(server.environ, strict=True))

    def issue(self, situation: str = "appointment_reminder", *, number: str = "", **details: Any) -> Ticket:
        """A page and its message; to the same `number` it goes to the same customer."""
        number = number or fresh_number()

        def make() -> Ticket:
            issued = factories.issue(situation, phone=number, **details)
            return Ticket(issued.page.id, issued.url, number)

        return self._ask(make)

    def answer(self, ticket: Ticket, action: str) -> None:
        """Answer the page elsewhere."""
        self._ask(lambda: factories.act(ticket.id, action))

    def revoke(self, ticket: Ticket) -> None:
        """Take the page back."""

        def take_back() -> None:
            pages.revoke(ticket.id, actor="cli")
            db.session.commit()

        self._ask(take_back)

    def state(self, ticket: Ticket) -> str:
        """The page's state."""
        return self._ask(lambda: str(db.session.get_one(Page, ticket.id).state))

    def timeline(self, ticket: Ticket) -> list[str]:
        """What happened to the page, oldest first."""
        return self._ask(lambda: [event.type for event in events.list_for_page(ticket.id)])

    def wait_for(self, ticket: Ticket, *wanted: str) -> None:
        """Until all of `wanted` is on the page's timeline."""
        wait_until(lambda: set(wanted) <= set(self.timeline(ticket)), told=lambda: self.timeline(ticket))

    def wait_for_state(self, ticket: Ticket, state: str) -> None:
        """Until the page is in `state`."""
        wait_until(lambda: self.state(ticket) == state, told=lambda: self.timeline(ticket))

    def texts(self, number: str) -> list[str]:
        """The texts that reached a number."""
        query = select(HandsetText.body).where(HandsetText.number == number).order_by(HandsetText.id)
        return self._ask(lambda: list(db.session.scalars(query)))

    def endpoints(self) -> list[str]:
        """Every endpoint that pushes are sent to."""
        return self._ask(lambda: list(db.session.scalars(select(PushSubscription.endpoint))))

    def alarms(self) -> list[int]:
        """The status of each provider that says it is not us."""
        return self._ask(lambda: list(db.session.scalars(select(ProviderAlarm.status))))

    def let_head_start_pass(self, ticket: Ticket) -> None:
        """Turn on the clock for the page's text that stands by while pushes go ahead of it."""
        waiting = select(Message).where(Message.page_id == ticket.id, Message.reason == PUSH_FIRST)

        def turn() -> bool:
            text = db.session.scalars(waiting).first()
            if text is not None:
                text.next_look_at = clock.now()
                db.session.commit()
            return text is not None

        wait_until(lambda: self._ask(turn), told=lambda: self.timeline(ticket))

    def _ask(self, work: Callable[[], T]) -> T:
        with self.app.app_context():
            try:
                return work()
            finally:
                dispose()


@dataclass(frozen=True)
class Scene:
    """All there is: `wire.url` is where the phone finds the server."""

    server: LiveServer
    wire: Wire
    office: Office
    phone: Phone

    @property
    def url(self) -> str:
        """The site's address."""
        return self.wire.url

    def visit(self, ticket: Ticket) -> None:
        """Open the page by its link, and wait until the worker is there and has kept it.

        The browser may still be clearing the site after a kill switch, and then what was kept goes as well: once more.
        """
        page = hashlib.sha256(path_of(ticket)[PAGE_ID].encode()).hexdigest()

        def is_kept() -> bool:
            return page in [record["page"] for record in self.kept("pages")]

        for seconds in (PATIENCE_SECONDS / 3, PATIENCE_SECONDS):
            self.phone.open(ticket.url)
            self.phone.wait_for(f"({IN_CONTROL}).then((state) => state == 'activated')")
            with suppress(AssertionError):
                wait_until(is_kept, seconds=seconds)
                break
        assert is_kept()

    def kept(self, store: str) -> list[dict[str, Any]]:
        """The records in one store of what the phone keeps; a page of the site has to be open."""
        records: list[dict[str, Any]] = self.phone.run(_READ % {"store": json.dumps(store)})
        return records

    def change_kept(self, store: str, change: str) -> None:
        """Put what the function `change` makes of each record and its key in its place."""
        self.phone.run(_WRITE % {"store": json.dumps(store), "change": change})


@contextmanager
def open_site(folder: Path, **variables: str) -> Iterator[tuple[LiveServer, Wire]]:
    """A fresh server behind a wire; at the end its log is searched for what no log may hold."""
    server = LiveServer(folder)
    with Wire(server.port) as wire:
        server.environ |= {"SELFSERVICE_BASE_URL": wire.url, **variables}
        server.prepare()
        server.start()
        try:
            yield server, wire
        finally:
            code = server.stop()
    assert find_leaks(server.log(), server.personal_texts()) == []
    assert code == 0


def path_of(ticket: Ticket) -> str:
    """The part of a link behind the host."""
    return urlsplit(ticket.url).path
