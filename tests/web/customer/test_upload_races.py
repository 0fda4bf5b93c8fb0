"""Photos from a page when two things happen at once, through the doors: one photo, one effect, nothing left behind."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert
from werkzeug.test import TestResponse

from selfservice import clock, tokens
from selfservice.conversations import service as conversations
from selfservice.conversations.models import Conversation
from selfservice.db import db, is_postgresql
from selfservice.media import service
from selfservice.media import uploads as parts
from selfservice.media.models import Medium
from selfservice.pages import sight
from tests.harness.threads import is_somebody_waiting
from tests.media import photos, scenes
from tests.messages.scenes import run_until
from tests.web.console.desk import Desk
from tests.web.customer.sender import JSON, Sender

SECONDS = 20
Ask = Callable[[], TestResponse]


class Asking(threading.Thread):
    """A request of somebody else, sent beside the test's own."""

    def __init__(self, ask: Ask, name: str = "other") -> None:
        super().__init__(name=name)
        self._ask = ask
        self._answer: TestResponse | None = None
        self.start()

    def run(self) -> None:
        self._answer = self._ask()

    @property
    def answer(self) -> TestResponse:
        self.join(SECONDS)
        assert self._answer is not None
        return self._answer


@pytest.fixture
def ticket(app: Flask) -> Iterator[Sender]:
    """A page that asks nobody who they are, and takes photos with each of many notes."""
    yield Sender(app, situation="service_ticket")
    app.extensions.pop("selfservice.media", None)


def at_calls(app: Flask, act: Callable[[str, str], object]) -> None:
    """Have `act` done before each call of the photos' store; it gets the verb and the folder."""
    with app.app_context():
        scenes.make_moody(lambda verb, folder: act(verb, folder) is NotImplemented)


def meet_at(app: Flask, verb: str, folder: str) -> None:
    """Let the first two who make this call of the store make it at the same moment."""
    both = threading.Barrier(2)
    places = iter(range(2))

    def wait(called: str, where: str) -> None:
        if (called, where) == (verb, folder) and next(places, None) is not None:
            both.wait(SECONDS)

    at_calls(app, wait)


def is_held_up(other: Asking) -> bool:
    """Whether somebody has come as far as they can beside us; on SQLite nobody comes anywhere beside one who writes."""
    return not is_postgresql() or not other.is_alive() or is_somebody_waiting()


def fill(sender: Sender, count: int) -> None:
    """Have so many photos on the page already."""
    now = clock.now()
    values = {"page_id": sender.id, "source": "mms", "sent_by": "customer", "state": "ready", "size": 1, "tries": 0}
    rows = [
        {**values, "id": tokens.new_id(), "key": f"photo/{number}", "created_at": now, "next_look_at": now}
        for number in range(count)
    ]
    with sender.app.app_context():
        for row in rows:
            db.session.execute(insert(Medium).values(row))
        db.session.commit()


def adding(sender: Sender, name: str, offset: int, part: bytes) -> Ask:
    client, query = sender.app.test_client(), {**sender.query, "offset": str(offset)}
    return lambda: client.post(f"{sender.place}/{name}", data=part, query_string=query, headers=JSON)


def noting(sender: Sender, words: str) -> Ask:
    """A note with a photo, from a plain form."""
    client = sender.app.test_client()
    form = {"revision": "1", "step": "note", "note": words, "pictures": (io.BytesIO(photos.jpeg()), "a.jpg")}
    return lambda: client.post(f"{sender.path}/note", data=form)


def beginning(sender: Sender, client: FlaskClient) -> TestResponse:
    return client.post(sender.place, json={"size": 100}, query_string=sender.query, headers=JSON)


def assert_one_photo(sender: Sender, name: str, *, beside: int = 0) -> None:
    """What was uploaded is one photo, is sent once, and the store has nothing else once the hour of grace is over."""
    assert sender.look(name).json["state"] == "received"  # type: ignore[index]
    assert sender.send(name, note="Look.").json["status"] == "applied"  # type: ignore[index]
    sender.work()
    with sender.app.app_context():
        scenes.pass_time(hours=2)
    sender.work()
    assert len(sender.rows(Medium)) == beside + 1
    assert [file.partition("/")[0] for file in sender.files()] == ["photo", "preview"]
    assert sender.told().count("media.received") == 1
    with sender.app.app_context():
        assert scenes.count_leftovers() == 0


class TestLastPart:
    def test_sent_twice_at_once(self, ticket: Sender) -> None:
        body = photos.jpeg()
        name = ticket.begin(len(body)).json["id"]  # type: ignore[index]
        ticket.add(name, 0, body[:700])
        meet_at(ticket.app, "put", "part")

        other = Asking(adding(ticket, name, 700, body[700:]))
        mine = ticket.add(name, 700, body[700:])

        assert sorted([mine.status_code, other.answer.status_code]) == [200, 409]
        assert ticket.add(name, len(body), b"").json["state"] == "received"  # type: ignore[index]
        assert_one_photo(ticket, name)

    @pytest.mark.parametrize("already", [0, service.MOST_PER_PAGE - 1])
    def test_finished_twice_at_once(self, ticket: Sender, already: int) -> None:
        name, size = all_there(ticket)
        fill(ticket, already)
        meet_at(ticket.app, "put", "quarantine")

        other = Asking(adding(ticket, name, size, b""))
        mine = ticket.add(name, size, b"")

        assert [reply.json["state"] for reply in (mine, other.answer)] == ["received"] * 2  # type: ignore[index]
        assert_one_photo(ticket, name, beside=already)

    @pytest.mark.parametrize("already", [0, service.MOST_PER_PAGE - 1])
    def test_finished_by_somebody_else_whose_parts_are_gone_already(self, ticket: Sender, already: int) -> None:
        name, size = all_there(ticket)
        fill(ticket, already)
        is_late, may_go_on = threading.Event(), threading.Event()

        def be_late(verb: str, folder: str) -> None:
            if (verb, folder) == ("get", "part") and threading.current_thread().name == "late":
                is_late.set()
                assert may_go_on.wait(SECONDS)

        at_calls(ticket.app, be_late)
        other = Asking(adding(ticket, name, size, b""), "late")
        assert is_late.wait(SECONDS)
        mine = ticket.add(name, size, b"")
        with ticket.app.app_context():
            scenes.leftovers.clear_due()
        may_go_on.set()

        assert [reply.json["state"] for reply in (mine, other.answer)] == ["received"] * 2  # type: ignore[index]
        assert_one_photo(ticket, name, beside=already)


class TestRoom:
    """A page has room for one more photo, and two come."""

    @pytest.fixture(autouse=True)
    def _nearly_full(self, ticket: Sender) -> None:
        fill(ticket, service.MOST_PER_PAGE - 1)

    def test_with_two_forms(self, ticket: Sender) -> None:
        meet_at(ticket.app, "put", "quarantine")

        other = Asking(noting(ticket, "One."))
        mine = noting(ticket, "Another.")()
        refused = next(reply for reply in (mine, other.answer) if reply.status_code != 303)

        assert sorted([mine.status_code, other.answer.status_code]) == [303, 422]
        assert "take any more photos. Talk to us instead." in refused.text
        assert self.count(ticket) == service.MOST_PER_PAGE

    def test_with_a_form_while_one_in_parts_begins(self, ticket: Sender) -> None:
        begun: list[TestResponse] = []

        def begin_first(verb: str, folder: str) -> None:
            if (verb, folder) == ("put", "quarantine"):
                begun.append(beginning(ticket, ticket.app.test_client()))

        at_calls(ticket.app, begin_first)
        form = noting(ticket, "One.")()

        assert [begun[0].status_code, form.status_code] == [201, 422]
        assert self.count(ticket) == service.MOST_PER_PAGE - 1

    def test_with_two_in_parts(self, ticket: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
        known = parts.require_patience
        others: list[Asking] = []

        def begin_beside(page_id: int) -> None:
            if not others:
                others.append(Asking(lambda: beginning(ticket, ticket.app.test_client())))
                assert run_until(lambda: is_held_up(others[0]), seconds=SECONDS)
            known(page_id)

        monkeypatch.setattr(parts, "require_patience", begin_beside)
        mine = ticket.begin(100)

        assert [mine.status_code, others[0].answer.status_code] == [201, 422]

    def count(self, ticket: Sender) -> int:
        ticket.work()
        return sum(row.key is not None for row in ticket.rows(Medium))


@pytest.mark.parametrize("verb", ["take", "done"])
class TestTakenBack:
    """The customer takes documents back while a person takes the work, or does it: one of the two was first."""

    @pytest.fixture
    def sender(self, app: Flask) -> Sender:
        sender = Sender(app)
        assert sender.send(sender.upload(photos.jpeg())).json["status"] == "applied"  # type: ignore[index]
        sender.work()
        return sender

    @pytest.fixture
    def ben(self, app: Flask) -> Desk:
        return Desk(app, "ben@example.com", name="Ben", team="", role="supervisor")

    def test_by_the_customer_first(self, sender: Sender, ben: Desk, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
        known = sight.may_change
        others: list[Asking] = []

        def with_ben_beside(*asked: Any) -> bool:
            may = known(*asked)
            if not others:
                others.append(Asking(lambda: at_work(sender, ben, verb)))
                assert run_until(lambda: is_held_up(others[0]), seconds=SECONDS)
            return may

        monkeypatch.setattr(sight, "may_change", with_ben_beside)
        mine = sender.take_back()

        assert (mine.status_code, others[0].answer.status_code) == (200, 409)
        assert (sender.page().state, self.work(sender), sender.files()) == ("open", [("closed", None)], [])

    def test_by_staff_first(self, sender: Sender, ben: Desk, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
        known = conversations._record
        others: list[Asking] = []

        def with_the_customer_beside(*told: Any, **named: Any) -> None:
            if not others:
                others.append(Asking(sender.take_back))
                assert run_until(lambda: is_held_up(others[0]), seconds=SECONDS)
            known(*told, **named)

        monkeypatch.setattr(conversations, "_record", with_the_customer_beside)
        taken = at_work(sender, ben, verb)

        state = {"take": "open", "done": "closed"}[verb]
        assert (taken.status_code, others[0].answer.status_code) == (303, 410)
        assert (sender.page().state, self.work(sender)) == ("answered", [(state, ben.user_id)])
        assert [file.partition("/")[0] for file in sender.files()] == ["photo", "preview"]

    def work(self, sender: Sender) -> list[tuple[str, int | None]]:
        """What became of the work, once what is due to be emptied is."""
        sender.work()
        return [(row.state, row.user_id) for row in sender.rows(Conversation)]


def all_there(sender: Sender) -> tuple[str, int]:
    """An upload of which every byte is there, and that nobody has finished: its id, and its size."""
    body = photos.jpeg()
    name: str = sender.begin(len(body)).json["id"]  # type: ignore[index]
    with sender.app.app_context():
        scenes.make_moody(lambda verb, folder: (verb, folder) == ("put", "quarantine"))
    assert sender.add(name, 0, body).status_code == 503
    sender.app.extensions.pop("selfservice.media")
    return name, len(body)


def at_work(sender: Sender, ben: Desk, verb: str) -> TestResponse:
    (work,) = sender.rows(Conversation)
    return ben.post(f"/console/inbox/{tokens.encode_id(work.id)}/{verb}")
