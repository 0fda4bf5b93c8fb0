"""Photos from a page, through its door: in parts that go on where they stopped, or whole with a plain form."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from selfservice import clock, tokens
from selfservice.conversations import service as conversations
from selfservice.conversations.models import Conversation
from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.errors import Unavailable
from selfservice.events.models import Event
from selfservice.media import kinds
from selfservice.media import uploads as parts
from selfservice.media.models import Leftover, Medium, Upload
from selfservice.messages.models import Message
from selfservice.pages import queries, service, uploads
from selfservice.pages.models import Page
from selfservice.rights import erasing, exporting
from selfservice.staff import service as staff
from selfservice.web.customer import uploads as door
from tests.factories import PHONE, issue, soon
from tests.media import photos, scenes
from tests.web.customer.test_door import answer_path, post_json, snapshot

POSTCODE = "SW1A 1AA"
JSON = {"Accept": "application/json"}
IPHONE = photos.HEIC


class Desk:
    """A page that asks for documents, and the browser of its customer, who has shown who they are."""

    def __init__(self, app: Flask, *, is_let_in: bool = True, situation: str = "document_request") -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        facts: dict[str, Any] = {
            "document_request": {
                "needed": ["Your licence"],
                "why": "To go on.",
                "needed_by": soon(days=3).isoformat(),
                "postcode": POSTCODE,
            },
            "service_ticket": {
                "ticket": "1",
                "fault": "No power",
                "stages": [{"at": soon(hours=-2).isoformat(), "label": "Reported"}, {"label": "Mended"}],
            },
        }[situation]
        with app.app_context():
            issued = issue(situation, facts)
            self.id, self.path = issued.page.id, "/p/" + issued.url.rpartition("/")[2]
        self.action = "send" if situation == "document_request" else "note"
        self.place = f"{self.path}/-/upload"
        if is_let_in and situation == "document_request":
            assert self.client.post(f"{self.path}/-/check", data={"typed": POSTCODE}).status_code == 303

    @property
    def query(self) -> dict[str, str]:
        return {"action": self.action}

    def begin(self, size: int) -> TestResponse:
        return self.client.post(self.place, json={"size": size}, query_string=self.query, headers=JSON)

    def add(self, name: str, offset: int, part: bytes) -> TestResponse:
        query = {**self.query, "offset": str(offset)}
        return self.client.post(f"{self.place}/{name}", data=part, query_string=query, headers=JSON)

    def look(self, name: str) -> TestResponse:
        return self.client.get(f"{self.place}/{name}", headers=JSON)

    def drop(self, name: str) -> TestResponse:
        return self.client.delete(f"{self.place}/{name}", query_string=self.query, headers=JSON)

    def upload(self, body: bytes, size: int = parts.MOST_PART) -> str:
        """The id of a photo that is whole."""
        name: str = self.begin(len(body)).json["id"]  # type: ignore[index]
        for offset in range(0, len(body), size):
            assert self.add(name, offset, body[offset : offset + size]).status_code == 200
        return name

    def send(self, *names: str, step: str = "", **form: str) -> TestResponse:
        """Answer by script."""
        field = "papers" if self.action == "send" else "pictures"
        address = answer_path(self.app, self.path, self.action)
        body = {"input": {field: ",".join(names), **form}, "revision": self.page().revision, "step": step}
        return self.client.post(address, json=body, headers={"Idempotency-Key": str(uuid.uuid4())})

    def page(self) -> Page:
        with self.app.app_context():
            return queries.get(self.id)

    def rows(self, table: Any) -> list[Any]:
        with self.app.app_context():
            return list(db.session.scalars(select(table).order_by(table.id)).all())

    def told(self) -> list[str]:
        return [event.type for event in self.rows(Event) if event.page_id == self.id]

    def work(self) -> None:
        """What the worker does."""
        with self.app.app_context():
            scenes.work()
            uploads.ask_again()
            parts.sweep()
            scenes.work()

    def files(self) -> list[str]:
        with self.app.app_context():
            return scenes.files()


@pytest.fixture
def desk(app: Flask) -> Desk:
    return Desk(app)


def form_of(*bodies: bytes, **fields: str) -> dict[str, Any]:
    """A plain form with files, as a browser without script sends it."""
    files = [(io.BytesIO(body), f"IMG_{number}.HEIC") for number, body in enumerate(bodies)]
    return {"revision": "1", "step": "ask", "papers": files, **fields}


class TestParts:
    def test_a_photo_in_parts_is_one_photo(self, desk: Desk) -> None:
        body = photos.jpeg((800, 600))
        name = desk.upload(body, 1000)
        whole = desk.look(name).json
        desk.work()
        answer = desk.send(name)
        shown = desk.client.get(f"{desk.path}/-/media/{name}")

        assert whole == {
            "id": name,
            "size": len(body),
            "offset": len(body),
            "part": parts.MOST_PART,
            "state": "received",
        }
        assert answer.json["status"] == "applied"  # type: ignore[index]
        assert (desk.page().state, desk.page().step) == ("answered", "sent")
        assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
        assert not any(secret in shown.data for secret in (b"Harbour", b"home", b"GPS", b"Exif"))
        assert [file.partition("/")[0] for file in desk.files()] == ["photo", "preview"]

    def test_it_goes_on_where_it_stopped(self, desk: Desk) -> None:
        body = photos.jpeg()
        name = desk.begin(len(body)).json["id"]  # type: ignore[index]
        desk.add(name, 0, body[:500])

        again = desk.add(name, 0, body[:500])
        ahead = desk.add(name, 900, body[900:])
        where = desk.look(name).json["offset"]  # type: ignore[index]
        last = desk.add(name, where, body[where:])
        repeated = desk.add(name, where, body[where:])

        assert [again.status_code, ahead.status_code] == [409, 409]
        assert again.json["code"] == "offset"  # type: ignore[index]
        assert where == 500
        assert [reply.json["state"] for reply in (last, repeated)] == ["received", "received"]  # type: ignore[index]
        assert [(row.size, row.source, row.answer_id) for row in desk.rows(Medium)] == [(len(body), "upload", None)]

    def test_what_died_before_it_was_whole_is_asked_for_once_more(self, desk: Desk) -> None:
        body = photos.jpeg()
        name = desk.begin(len(body)).json["id"]  # type: ignore[index]
        with desk.app.app_context():
            scenes.make_moody(lambda call, folder: (call, folder) == ("put", "quarantine"))
        cut = desk.add(name, 0, body)
        with desk.app.app_context():
            desk.app.extensions.pop("selfservice.media")

        state = desk.look(name).json
        whole = desk.add(name, len(body), b"")

        assert cut.status_code == 503
        assert (state["state"], state["offset"]) == ("coming", len(body))  # type: ignore[index]
        assert whole.json["state"] == "received"  # type: ignore[index]

    @pytest.mark.parametrize("call", ["part", "quarantine"])
    def test_nothing_half_written_stays(self, desk: Desk, call: str) -> None:
        name = desk.begin(9000).json["id"]  # type: ignore[index]
        desk.add(name, 0, photos.jpeg()[:900])
        with desk.app.app_context():
            scenes.make_moody(lambda verb, folder: (verb, folder) == ("put", call))
        desk.add(name, 900, photos.jpeg()[900:1200])
        with desk.app.app_context():
            desk.app.extensions.pop("selfservice.media")
            db.session.execute(update(Upload).values(created_at=clock.now() - timedelta(days=2)))
            db.session.commit()
        desk.work()
        with desk.app.app_context():
            scenes.pass_time(hours=2)
        desk.work()

        assert (desk.files(), desk.rows(Upload)) == ([], [])
        with desk.app.app_context():
            assert scenes.count_leftovers() == 0
        assert desk.look(name).status_code == 404

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"%PDF-1.7 of a letter", "pdf"),
            (b"MZ a program of some kind", "unknown_kind"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unknown_kind"),
        ],
    )
    def test_what_is_no_photo_is_refused_with_its_first_part(self, desk: Desk, body: bytes, code: str) -> None:
        name = desk.begin(9_000_000).json["id"]  # type: ignore[index]

        refused = desk.add(name, 0, body)

        assert (refused.status_code, refused.json["code"]) == (422, code)  # type: ignore[index]
        assert desk.look(name).status_code == 404
        assert desk.files() == []

    def test_limits(self, desk: Desk) -> None:
        name = desk.begin(2000).json["id"]  # type: ignore[index]

        assert desk.begin(10 * 1024 * 1024 + 1).json["code"] == "too_large"  # type: ignore[index]
        assert desk.begin(0).json["code"] == "empty"  # type: ignore[index]
        assert desk.client.post(desk.place, json={}, query_string=desk.query, headers=JSON).status_code == 422
        assert desk.add(name, 0, photos.jpeg()[:2001] + b"x" * 2000).status_code == 422
        assert desk.add(name, 0, b"x" * (parts.MOST_PART + 1)).status_code == 422
        codes = [desk.begin(100).status_code for _ in range(20)]
        assert codes == [201] * 19 + [422]

    def test_an_hour_has_its_limit(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parts, "MOST_AN_HOUR", 3)
        for _ in range(3):
            desk.drop(desk.begin(100).json["id"])  # type: ignore[index]

        over = desk.begin(100)
        plain = desk.client.post(f"{desk.path}/send", data=form_of(photos.jpeg()))

        assert (over.status_code, over.headers["Retry-After"]) == (429, "600")
        assert plain.status_code == 429

    def test_what_is_dropped_is_gone(self, desk: Desk) -> None:
        whole, coming = desk.upload(photos.jpeg()), desk.begin(900).json["id"]  # type: ignore[index]

        assert [desk.drop(name).status_code for name in (whole, coming, whole, "0" * 11)] == [204] * 4
        desk.work()

        assert [desk.look(name).status_code for name in (whole, coming)] == [404, 404]
        assert desk.files() == []
        assert desk.send(whole).json["fields"] == {"papers": "papers_wrong"}  # type: ignore[index]


class TestWho:
    def test_only_who_may_answer_may_upload(self, app: Flask) -> None:
        stranger = Desk(app, is_let_in=False)
        before = snapshot(app)

        codes = [
            stranger.begin(100).status_code,
            stranger.add("0" * 11, 0, b"x").status_code,
            stranger.look("0" * 11).status_code,
            stranger.drop("0" * 11).status_code,
            stranger.client.post(f"{stranger.path}/send", data=form_of(photos.jpeg())).status_code,
        ]

        assert codes == [403] * 5
        assert snapshot(app) == before

    def test_a_photo_of_another_page_is_no_photo_of_this_one(self, app: Flask, desk: Desk) -> None:
        other = Desk(app)
        name = other.upload(photos.jpeg())

        assert desk.look(name).status_code == 404
        assert desk.add(name, 0, b"x").status_code == 404
        desk.drop(name)
        assert desk.send(name).json["fields"] == {"papers": "papers_wrong"}  # type: ignore[index]
        assert other.look(name).json["state"] == "received"  # type: ignore[index]

    @pytest.mark.parametrize("action", ["cannot", "nothing", "", "change"])
    def test_an_action_without_photos_takes_none(self, desk: Desk, action: str) -> None:
        desk.action = action

        assert desk.begin(100).status_code == 404

    def test_a_page_that_is_over_takes_none(self, desk: Desk) -> None:
        name = desk.begin(100).json["id"]  # type: ignore[index]
        with desk.app.app_context():
            service.revoke(desk.id, actor="staff:1")
            db.session.commit()

        codes = [desk.begin(100).status_code, desk.add(name, 0, b"x").status_code, desk.look(name).status_code]
        assert codes == [410, 410, 410]

    def test_looking_writes_nothing(self, desk: Desk) -> None:
        name = desk.upload(photos.jpeg())
        before = snapshot(desk.app)

        for method in ("GET", "HEAD", "OPTIONS"):
            assert desk.client.open(f"{desk.place}/{name}", method=method, headers=JSON).status_code == 200

        assert snapshot(desk.app) == before


class TestAnswers:
    def test_a_photo_goes_with_one_answer(self, app: Flask) -> None:
        desk = Desk(app, situation="service_ticket")
        name = desk.upload(photos.jpeg())

        first = desk.send(name, note="Look.")
        second = desk.send(name, note="Look again.")

        assert first.json["status"] == "applied"  # type: ignore[index]
        assert second.json["fields"] == {"pictures": "pictures_wrong"}  # type: ignore[index]
        assert desk.told().count("media.received") == 1

    def test_staff_hear_of_it_when_it_is_sent(self, desk: Desk) -> None:
        name = desk.upload(photos.jpeg())
        desk.work()
        before = desk.told()
        desk.send(name)

        assert not [what for what in before if what.startswith("media.")]
        assert "media.received" in desk.told()
        assert [row.reason for row in desk.rows(Conversation)] == ["The customer sent documents."]

    def test_too_many_and_none(self, desk: Desk) -> None:
        names = [desk.upload(photos.jpeg()) for _ in range(9)]

        assert desk.send(*names).json["fields"] == {"papers": "papers_many"}  # type: ignore[index]
        assert desk.send().json["fields"] == {"papers": "papers_missing"}  # type: ignore[index]
        assert desk.send("../../etc/pwd").json["fields"] == {"papers": "papers_wrong"}  # type: ignore[index]
        assert desk.send(*names[:8]).json["status"] == "applied"  # type: ignore[index]

    def test_what_is_refused_keeps_its_photos_for_the_next_try(self, app: Flask) -> None:
        desk = Desk(app, situation="service_ticket")
        name = desk.upload(photos.jpeg())

        refused = desk.send(name, step="note", note="")

        assert f'name="pictures" value="{name}"' in refused.json["page"]["html"]  # type: ignore[index]
        assert desk.send(name, note="Now.").json["status"] == "applied"  # type: ignore[index]

    def test_it_can_be_changed_until_somebody_has_taken_it(self, desk: Desk) -> None:
        first = desk.upload(photos.jpeg())
        desk.send(first)
        undone = post_json(desk.client, answer_path(desk.app, desk.path, "change"), revision=desk.page().revision)
        desk.work()
        gone = desk.files()
        desk.send(desk.upload(photos.jpeg()))
        with desk.app.app_context():
            ben = staff.add("ben@example.com", name="Ben", password="correct horse battery")
            waiting = db.session.scalars(select(Conversation).where(Conversation.state == "waiting")).one()
            conversations.take(waiting.id, ben.id)
            db.session.commit()
        late = post_json(desk.client, answer_path(desk.app, desk.path, "change"), revision=desk.page().revision)

        assert undone.json["status"] == "applied"  # type: ignore[index]
        assert gone == []
        assert late.status_code == 410
        assert "others" not in desk.client.get(desk.path).text
        assert desk.page().state == "answered"

    def test_unreadable_photos_are_asked_for_again(self, desk: Desk) -> None:
        good, bad = desk.upload(photos.jpeg()), desk.upload(photos.jpeg()[:400] + b"\0" * 500)
        assert desk.send(good, bad).json["status"] == "applied"  # type: ignore[index]

        desk.work()
        page, shown = desk.page(), desk.client.get(desk.path).text

        assert (page.state, page.step) == ("open", "again")
        assert "We can’t read one of your photos" in shown
        assert desk.told().count("answer.unreadable") == 1
        assert [row.state for row in desk.rows(Conversation)] == ["waiting"]
        assert [row.purpose for row in desk.rows(Message)].count("unreadable") == 1
        assert sorted(row.state for row in desk.rows(Medium)) == ["ready", "refused"]
        assert desk.send(desk.upload(photos.jpeg())).json["status"] == "applied"  # type: ignore[index]

    def test_unreadable_before_it_is_sent_is_said_on_the_page(self, desk: Desk) -> None:
        bad, bomb = desk.upload(photos.jpeg()[:400] + b"\0" * 500), desk.upload(photos.bomb())
        desk.work()

        assert desk.look(bad).json["reason"] == "broken"  # type: ignore[index]
        assert desk.look(bomb).json["reason"] == "too_many_pixels"  # type: ignore[index]
        refused = desk.send(bad)
        assert refused.json["fields"] == {"papers": "upload_unreadable"}  # type: ignore[index]
        assert "We can’t read one of the photos" in refused.json["page"]["html"]  # type: ignore[index]
        assert not [what for what in desk.told() if what.startswith("media.")]

    def test_what_is_not_sent_goes_after_a_day(self, desk: Desk) -> None:
        kept, lost = desk.upload(photos.jpeg()), desk.upload(photos.jpeg())
        desk.work()
        desk.send(kept)
        with desk.app.app_context():
            db.session.execute(update(Medium).values(created_at=clock.now() - timedelta(hours=25)))
            db.session.execute(update(Upload).values(created_at=clock.now() - timedelta(hours=25)))
            db.session.commit()
        desk.work()

        states = {tokens.encode_id(row.id): row.state for row in desk.rows(Medium)}
        assert states == {kept: "ready", lost: "forgotten"}
        assert len(desk.files()) == 2


class TestPlainForm:
    def test_it_works_without_script(self, desk: Desk) -> None:
        answer = desk.client.post(f"{desk.path}/send", data=form_of(IPHONE, photos.jpeg()))
        desk.work()

        assert answer.status_code == 303
        assert (desk.page().state, [row.state for row in desk.rows(Medium)]) == ("answered", ["ready", "ready"])
        assert "2 photos" in desk.client.get(desk.path).text

    @pytest.mark.parametrize(
        ("bodies", "sentence"),
        [
            ((), "Add at least one photo first."),
            ((b"%PDF-1.7 of a letter",), "PDF files don’t work here."),
            ((photos.jpeg(), b"MZ no photo at all"), "We can’t read that file as a photo."),
            ((photos.jpeg(),) * 9, "You can send up to 8 photos."),
        ],
    )
    def test_why_a_file_is_not_taken_is_said_in_words(
        self, desk: Desk, bodies: tuple[bytes, ...], sentence: str
    ) -> None:
        answer = desk.client.post(f"{desk.path}/send", data=form_of(*bodies))
        desk.work()

        assert answer.status_code == 422
        assert sentence in answer.text
        assert desk.files() == []
        assert desk.page().state == "open"

    def test_photos_outlive_a_mistake_in_another_field(self, app: Flask) -> None:
        desk = Desk(app, situation="service_ticket")
        files = [(io.BytesIO(photos.jpeg()), "a.jpg")]
        form = {"revision": "1", "step": "note", "pictures": files, "note": ""}
        refused = desk.client.post(f"{desk.path}/note", data=form)
        name = tokens.encode_id(desk.rows(Medium)[0].id)
        kept = {"revision": "1", "note": "Now with words.", "pictures": name}
        taken = desk.client.post(f"{desk.path}/note", data=kept, content_type="multipart/form-data")

        assert (refused.status_code, taken.status_code) == (422, 303)
        assert f'name="pictures" value="{name}"' in refused.text
        assert desk.rows(Medium)[0].answer_id is not None

    def test_more_than_can_ever_fit_is_not_read(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kinds, "MOST_BYTES", 100)
        large = desk.client.post(f"{desk.path}/send", data=form_of(photos.jpeg()))
        monkeypatch.setattr(door, "BESIDE_FILES", 0)
        larger = desk.client.post(f"{desk.path}/send", data=form_of(photos.jpeg()))

        for answer in (large, larger):
            assert answer.status_code == 422
            assert "That photo is larger than 10 MB." in answer.text

    def test_a_store_that_is_away_is_said_so(self, desk: Desk) -> None:
        with desk.app.app_context():
            scenes.make_moody(lambda call, _folder: call == "put")

        assert desk.client.post(f"{desk.path}/send", data=form_of(photos.jpeg())).status_code == 503
        assert desk.page().state == "open"


class TestRights:
    def test_erasing_takes_what_is_coming_too(self, desk: Desk) -> None:
        desk.send(desk.upload(photos.jpeg()))
        name = desk.begin(5000).json  # type: ignore[union-attr]
        half = Desk(desk.app)
        coming = half.begin(5000).json["id"]  # type: ignore[index]
        half.add(coming, 0, photos.jpeg()[:900])
        with desk.app.app_context():
            customer = db.session.scalars(select(Customer).where(Customer.phone == PHONE)).one()
            assert [photo["source"] for photo in exporting.export(customer)["photos"]] == ["upload"]
            erasing.erase(customer, actor="cli")
            db.session.commit()
        desk.work()

        assert name is not None
        assert (desk.files(), desk.rows(Upload)) == ([], [])
        assert half.add(coming, 900, b"x").status_code == 410

    def test_a_part_that_comes_in_while_it_is_erased_leaves_nothing(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = desk.begin(5000).json["id"]  # type: ignore[index]
        keep: Callable[..., Any] = parts.leftovers.adopt

        def erased_first(keys: Any) -> bool:
            db.session.rollback()
            customer = db.session.scalars(select(Customer).where(Customer.phone == PHONE)).one()
            erasing.erase(customer, actor="cli")
            db.session.commit()
            return bool(keep(keys))

        monkeypatch.setattr(parts.leftovers, "adopt", erased_first)
        late = desk.add(name, 0, photos.jpeg()[:900])
        monkeypatch.undo()
        desk.work()

        assert late.status_code == 409
        assert (desk.files(), desk.rows(Upload)) == ([], [])


def test_no_leftover_is_forgotten(desk: Desk) -> None:
    desk.send(desk.upload(photos.jpeg()))
    desk.work()

    with desk.app.app_context():
        assert db.session.scalars(select(Leftover)).all() == []
    assert Unavailable.status == 503
