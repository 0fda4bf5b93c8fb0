"""PostgreSQL is restarted, every other time as after a crash, while texts leave and pages are issued and answered.

The worker and the web process are started once and have to find their database again by themselves.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select

from selfservice import db as databases
from selfservice import tokens
from selfservice.config import Settings
from selfservice.db import db
from selfservice.pages.models import Answer, Page
from tests.factories import issue
from tests.faults.judge import Verdict, are_settled, judge, read_states
from tests.faults.provider import ProviderProcess
from tests.faults.serving import Door, Reply, serving
from tests.faults.working import Job, working
from tests.harness.application import make_app, make_settings
from tests.harness.databases import driver_url, migrate
from tests.harness.postgresql import Server
from tests.messages.scenes import accept_many, committed, run_until
from tests.web.console.desk import Desk
from tests.web.console.test_new import form

RESTARTS = [2, pytest.param(10, marks=[pytest.mark.long, pytest.mark.timeout(900)])]
MESSAGES_EACH = 100
"""How many messages are queued for each restart."""


@dataclass
class Caller:
    """Somebody who posts one thing after another, and each again until it is taken."""

    post: Callable[[int], Reply]
    stop: Event
    taken: int = 0
    statuses: Counter[int] = field(default_factory=Counter)

    def work(self) -> None:
        while not self.stop.is_set():
            try:
                status = self.post(self.taken).status
            except (OSError, HTTPException):
                status = 0
            self.statuses[status] += 1
            if status in (200, 303):
                self.taken += 1
            else:
                time.sleep(0.1)


@contextmanager
def calling(*callers: Caller) -> Iterator[None]:
    threads = [Thread(target=caller.work) for caller in callers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for caller in callers:
            caller.stop.set()
        for thread in threads:
            thread.join(60)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server(is_durable=True)
    yield server
    server.stop()


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> Settings:
    """Those of a database of our own server."""
    name = f"restarts_{uuid.uuid4().hex}"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
    url = driver_url(server.url(), name)
    migrate(url)
    return make_settings(url, tmp_path)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = make_app(settings)
    yield app
    with app.app_context():
        databases.dispose()


def issuing(app: Flask, door: Door, page_ids: list[int]) -> Caller:
    """Staff who make page after page; what they make is noted before they send it."""
    desk = Desk(app, "ana@example.com", name="Ana Silva", role="supervisor", team="reception")
    staff = desk.client.get_cookie("staff")
    assert staff is not None
    cookie, filled = f"staff={staff.value}", form(do="send", csrf_token=desk.csrf)

    def post(number: int) -> Reply:
        if number == len(page_ids):
            page_ids.append(tokens.new_id())
        fields = {"page_id": tokens.encode_id(page_ids[number]), "phone": f"+1202555{number + 1000}"}
        return door.post_form("/console/new", {**filled, **fields}, cookie=cookie)

    return Caller(post, Event())


def answering(door: Door, paths: list[str]) -> Caller:
    """Customers who answer page after page, as long as there are any."""
    keys = [str(uuid.uuid4()) for _ in paths]

    def post(number: int) -> Reply:
        place = min(number, len(paths) - 1)  # The last is answered again and again, and stays one answer.
        return door.post_json(paths[place], {"input": {}, "revision": 1}, key=keys[place])

    return Caller(post, Event())


@pytest.mark.parametrize("restarts", RESTARTS)
def test_restarts_of_the_database_lose_and_repeat_nothing(
    app: Flask, settings: Settings, server: Server, restarts: int
) -> None:
    made: list[int] = []
    with app.app_context(), ProviderProcess(milliseconds=50) as provider:
        waiting = [issue(phone=f"+1202555{2000 + number}", channels=()).page.id for number in range(20 * restarts)]
        accept_many(MESSAGES_EACH * restarts)
        paths = ["/a/" + tokens.current().sign_answer(page_id, "confirm") for page_id in waiting]
        with working(settings, Job(provider.port)) as worker, serving(settings) as door:
            staff, customers = issuing(app, door, made), answering(door, paths)
            with calling(staff, customers):
                for number in range(restarts):
                    before = (provider.total(), staff.taken, customers.taken)
                    assert run_until(lambda before=before: _are_all_beyond(provider, staff, customers, before))  # type: ignore[misc]
                    server.restart("immediate" if number % 2 else "fast")
                after = (provider.total(), staff.taken, customers.taken)
                assert run_until(lambda: _are_all_beyond(provider, staff, customers, after))
            assert run_until(are_settled)
            worker.require_running()
            assert door.faults() == []

        db.session.rollback()
        assert judge(read_states(), provider.counts()) == Verdict(lost=0, duplicates=0, in_doubt=0)
        pages = set(committed(select(Page.id))) - set(waiting)
        assert set(made[: staff.taken]) <= pages <= set(made)
        answered = min(customers.taken, len(waiting))
        assert set(waiting[:answered]) <= set(committed(select(Page.id).where(Page.state == "answered")))
        assert set(Counter(committed(select(Answer.page_id))).values()) == {1}
        assert set(staff.statuses) | set(customers.statuses) <= {0, 200, 303, 503}
    print(f"{restarts} restarts, {len(pages)} pages, {answered} answers, {staff.statuses}, {customers.statuses}")


def _are_all_beyond(provider: ProviderProcess, staff: Caller, customers: Caller, before: tuple[int, int, int]) -> bool:
    now = (provider.total(), staff.taken, customers.taken)
    return all(then < one for then, one in zip(before, now, strict=True))
