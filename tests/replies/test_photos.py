"""Photos that come with a text: from the provider's door to the page's story, once, and told where they are lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice import tokens
from selfservice.db import db
from selfservice.media import arrivals, queries, service
from selfservice.media.models import Arrival, Medium
from selfservice.messages.channels.contract import Refused, Uncertain
from selfservice.messages.channels.registry import Channels
from selfservice.replies import photos as replies
from selfservice.web.callbacks import routes
from tests.factories import PHONE, issue
from tests.harness.post import Line, PostOffice
from tests.media import photos, scenes
from tests.messages.scenes import committed, count
from tests.web.console.desk import Desk

PICTURE = "https://post.example/pictures/1"


class Album(PostOffice):
    """A post office that keeps the pictures of the texts it brings."""

    def __init__(self, give: Callable[[], bytes]) -> None:
        super().__init__()
        self.give = give
        self.asked: list[str] = []
        self.was_open: list[bool] = []

    def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        self.was_open.append(db.session().in_transaction())
        return self.give()


@pytest.fixture
def album() -> Album:
    return Album(photos.jpeg)


@pytest.fixture
def line(app: Flask, album: Album) -> Line:
    """A line to a post office with an album, and the page of the one who writes."""
    line = Line(app)
    app.extensions[routes.CHANNELS] = Channels({"sms": [album]})
    line.channels = Channels({"sms": [album]})
    with app.app_context():
        issue()
    return line


def fetch(line: Line) -> list[Medium]:
    """Do what the worker does, and give what has come of it."""
    with line.app.app_context():
        while replies.fetch_next(line.channels):
            pass
        scenes.work()
        found = list(db.session.scalars(select(Medium).order_by(Medium.created_at)))
        db.session.expunge_all()
        return found


def send(line: Line, *urls: str, **more: str) -> None:
    line.text(PHONE, "This is what it looks like", media=[(url, "image/jpeg") for url in urls], **more)


def test_a_photo_by_text_is_in_the_story(app: Flask, line: Line, album: Album) -> None:
    ana = Desk(app, "ana@example.com", name="Ana Silva", role="supervisor", team="reception")
    send(line, PICTURE)

    (medium,) = fetch(line)

    assert (medium.state, medium.source, medium.sent_by) == ("ready", "mms", "customer")
    assert (album.asked, album.was_open) == ([PICTURE], [False])
    page_id, medium_id = tokens.encode_id(medium.page_id), tokens.encode_id(medium.id)
    assert f"/media/{medium_id}/preview" in ana.get(f"/console/pages/{page_id}").text


def test_each_of_several_is_taken(line: Line, album: Album) -> None:
    send(line, PICTURE, f"{PICTURE}0", f"{PICTURE}1")

    assert [medium.state for medium in fetch(line)] == ["ready"] * 3
    assert sorted(album.asked) == [PICTURE, f"{PICTURE}0", f"{PICTURE}1"]


def test_the_same_text_twice_is_one_photo(line: Line) -> None:
    for _ in range(2):
        send(line, PICTURE, ref="in-again")

    assert len(fetch(line)) == 1


def test_a_photo_from_nobody_we_know_is_left(line: Line, album: Album) -> None:
    line.text("+12025550177", "Hello", media=[(PICTURE, "image/jpeg")])

    assert (fetch(line), album.asked) == ([], [])


@pytest.mark.parametrize(("body", "reason"), [(b"%PDF-1.7", "pdf"), (b"BEGIN:VCARD", "unknown_kind"), (b"", "empty")])
def test_what_is_no_photo_is_told(line: Line, album: Album, body: bytes, reason: str) -> None:
    album.give = lambda: body
    send(line, PICTURE)

    (medium,) = fetch(line)

    assert (medium.state, medium.reason) == ("refused", reason)
    with line.app.app_context():
        assert count(Arrival) == 0


def test_one_that_is_gone_at_the_provider_is_told(line: Line, album: Album) -> None:
    def refuse() -> bytes:
        raise Refused("post: gone", permanent=True)

    album.give = refuse
    send(line, PICTURE)

    (medium,) = fetch(line)

    assert (medium.state, medium.reason) == ("refused", "lost")


def test_a_provider_that_keeps_nothing_is_told(app: Flask, line: Line) -> None:
    line.channels = Channels({"sms": [PostOffice()]})
    send(line, PICTURE)

    (medium,) = fetch(line)

    assert (medium.state, medium.reason) == ("refused", "lost")


@pytest.mark.parametrize("trouble", [Uncertain("post: away"), Refused("post: busy", permanent=False), OSError("bug")])
def test_a_provider_in_trouble_is_asked_again(line: Line, album: Album, trouble: Exception) -> None:
    def fail() -> bytes:
        raise trouble

    album.give = fail
    send(line, PICTURE)
    assert fetch(line) == []

    album.give = photos.jpeg
    with line.app.app_context():
        scenes.pass_time(hours=1)

    assert [medium.state for medium in fetch(line)] == ["ready"]


def test_a_provider_that_never_gives_it_is_given_up(line: Line, album: Album) -> None:
    def fail() -> bytes:
        raise Uncertain("post: away")

    album.give = fail
    send(line, PICTURE)
    for _ in range(arrivals.MOST_TRIES):
        found = fetch(line)
        with line.app.app_context():
            scenes.pass_time(hours=3)

    assert [(medium.state, medium.reason) for medium in found] == [("refused", "lost")]
    assert len(album.asked) == arrivals.MOST_TRIES


def test_a_store_that_is_away_is_waited_for(line: Line) -> None:
    send(line, PICTURE)
    with line.app.app_context():
        moody = scenes.make_moody(lambda call, _folder: call == "put")
    assert fetch(line) == []

    moody.fails = lambda *_call: False
    with line.app.app_context():
        scenes.pass_time(hours=2)

    assert [medium.state for medium in fetch(line)] == ["ready"]


def test_what_is_forgotten_is_not_fetched(line: Line, album: Album) -> None:
    send(line, PICTURE)
    with line.app.app_context():
        (page_id,) = committed(select(Arrival.page_id))
        service.forget(page_id)
        db.session.commit()
        assert queries.list_for_page(page_id) == []

    assert (fetch(line), album.asked) == ([], [])
