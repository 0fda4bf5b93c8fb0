"""Photos that come with a text: from the provider's door to the page's story, once, and told where they are lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice import clock, tokens
from selfservice.conversations import service as conversations
from selfservice.conversations.models import Conversation
from selfservice.customers import service as customers
from selfservice.db import db
from selfservice.media import arrivals, queries, service
from selfservice.media.models import Arrival, Medium
from selfservice.messages.channels.contract import Refused, Uncertain
from selfservice.messages.channels.registry import Channels
from selfservice.pages.models import Page
from selfservice.replies import photos as replies
from selfservice.rights import erasing, exporting, forgetting
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


@pytest.fixture
def ana(app: Flask) -> Desk:
    """Sees the work of all teams."""
    return Desk(app, "ana@example.com", name="Ana Silva", role="admin")


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


def test_a_photo_by_text_is_in_the_story(ana: Desk, line: Line, album: Album) -> None:
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


STRANGER = "+12025550177"


def send_alone(line: Line, *urls: str, sender: str = STRANGER) -> None:
    """A text with photos from somebody who has no page."""
    line.text(sender, "Is this yours?", media=[(url, "image/jpeg") for url in urls])


def previews(desk: Desk) -> list[str]:
    return re.findall(r'src="(/console/inbox/[^"]+/preview)"', desk.get("/console/inbox").text)


class TestWithoutPage:
    """Photos of somebody who has no page: with their text in the inbox, for staff alone."""

    def test_is_fetched_once_and_shown_with_its_text(self, app: Flask, ana: Desk, line: Line, album: Album) -> None:
        send_alone(line, PICTURE)
        assert previews(ana) == []

        (medium,) = fetch(line)

        assert (medium.page_id, medium.state, medium.source) == (None, "ready", "mms")
        assert (album.asked, album.was_open) == ([PICTURE], [False])
        (preview,) = previews(ana)
        shown = [ana.get(path) for path in (preview, preview.removesuffix("/preview"))]
        assert [(answer.status_code, answer.mimetype) for answer in shown] == [(200, "image/jpeg")] * 2
        assert shown[0].headers["Content-Security-Policy"].startswith("default-src 'none'")

    def test_so_is_one_of_a_customer_who_has_no_page(self, app: Flask, ana: Desk, line: Line) -> None:
        with app.app_context():
            customers.find_or_make(phone="+12025550188")
            db.session.commit()

        send_alone(line, PICTURE, sender="+12025550188")
        fetch(line)

        assert len(previews(ana)) == 1

    def test_nobody_else_sees_it(self, app: Flask, ana: Desk, line: Line) -> None:
        send_alone(line, PICTURE)
        fetch(line)
        (preview,) = previews(ana)
        other = Desk(app, "eve@example.com", name="Eve", role="agent", team="deliveries")

        assert other.get(preview).status_code == 403
        assert app.test_client().get(preview).status_code == 303
        medium_id = preview.split("/")[5]
        wrong = preview.replace(preview.split("/")[3], tokens.encode_id(1))
        assert ana.get(wrong).status_code == 404
        with app.app_context():
            page = tokens.encode_id(db.session.scalars(select(Page.id)).first() or 0)
        assert ana.get(f"/console/pages/{page}/media/{medium_id}").status_code == 404

    def test_what_is_no_photo_is_told(self, ana: Desk, line: Line, album: Album) -> None:
        album.give = lambda: b"%PDF-1.7"
        send_alone(line, PICTURE)
        fetch(line)

        assert "Sent something that is not shown: It was a PDF; ask for a photo instead" in ana.read("/console/inbox")

    def test_no_more_than_a_page_would_take(self, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "MOST_PER_PAGE", 2)
        for _ in range(3):
            send_alone(line, PICTURE)

        assert sorted((one.state, one.reason or "") for one in fetch(line)) == [
            ("ready", ""),
            ("ready", ""),
            ("refused", "too_many"),
        ]

    @pytest.mark.parametrize("is_fetched", [True, False])
    def test_erasing_the_person_erases_it(self, app: Flask, ana: Desk, line: Line, *, is_fetched: bool) -> None:
        """Also what came before anybody knew whose number it is, and what nobody has fetched yet."""
        send_alone(line, PICTURE)
        if is_fetched:
            fetch(line)
        with app.app_context():
            customer = customers.find_or_make(phone=STRANGER)
            assert len(exporting.export(customer)["photos"]) == is_fetched
            erased = erasing.erase(customer, actor="cli")
            db.session.commit()

        assert [(one.state, one.key) for one in fetch(line)] == [("forgotten", None)] * is_fetched
        assert erased.photos == is_fetched
        with app.app_context():
            assert (scenes.files(), count(Arrival)) == ([], 0)

    def test_is_forgotten_when_its_work_is(self, app: Flask, line: Line) -> None:
        send_alone(line, PICTURE)
        fetch(line)
        with app.app_context():
            work = db.session.scalars(select(Conversation)).one()
            conversations.drop(work.id, actor="cli")
            work.closed_at = clock.now() - timedelta(days=31)
            db.session.commit()
            forgetting.forget_rest()

        assert [one.state for one in fetch(line)] == ["forgotten"]


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
