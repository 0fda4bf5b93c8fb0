"""Photos from a page, through its door: in parts that go on where they stopped, or whole with a plain form."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from selfservice import clock, tokens
from selfservice.conversations import service as conversations
from selfservice.conversations.models import Conversation
from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.media import kinds
from selfservice.media import uploads as parts
from selfservice.media.models import Leftover, Medium, Upload
from selfservice.messages.models import Message
from selfservice.pages import service
from selfservice.rights import erasing, exporting
from selfservice.staff import service as staff
from selfservice.web.customer import uploads as door
from tests.factories import PHONE
from tests.media import photos, scenes
from tests.web.customer.sender import JSON, Sender, form_of
from tests.web.customer.test_door import answer_path, post_json, snapshot

IPHONE = photos.HEIC


@pytest.fixture
def sender(app: Flask) -> Sender:
    return Sender(app)


class TestParts:
    def test_a_photo_in_parts_is_one_photo(self, sender: Sender) -> None:
        body = photos.jpeg((800, 600))
        name = sender.upload(body, 1000)
        whole = sender.look(name).json
        sender.work()
        answer = sender.send(name)
        shown = sender.client.get(f"{sender.path}/-/media/{name}")

        assert whole == {
            "id": name,
            "size": len(body),
            "offset": len(body),
            "part": parts.MOST_PART,
            "state": "received",
        }
        assert answer.json["status"] == "applied"  # type: ignore[index]
        assert (sender.page().state, sender.page().step) == ("answered", "sent")
        assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
        assert not any(secret in shown.data for secret in (b"Harbour", b"home", b"GPS", b"Exif"))
        assert [file.partition("/")[0] for file in sender.files()] == ["photo", "preview"]

    def test_it_goes_on_where_it_stopped(self, sender: Sender) -> None:
        body = photos.jpeg()
        name = sender.begin(len(body)).json["id"]  # type: ignore[index]
        sender.add(name, 0, body[:500])

        again = sender.add(name, 0, body[:500])
        ahead = sender.add(name, 900, body[900:])
        where = sender.look(name).json["offset"]  # type: ignore[index]
        last = sender.add(name, where, body[where:])
        repeated = sender.add(name, where, body[where:])

        assert [again.status_code, ahead.status_code] == [409, 409]
        assert again.json["code"] == "offset"  # type: ignore[index]
        assert where == 500
        assert [reply.json["state"] for reply in (last, repeated)] == ["received", "received"]  # type: ignore[index]
        assert [(row.size, row.source, row.answer_id) for row in sender.rows(Medium)] == [(len(body), "upload", None)]

    def test_what_died_before_it_was_whole_is_asked_for_once_more(self, sender: Sender) -> None:
        body = photos.jpeg()
        name = sender.begin(len(body)).json["id"]  # type: ignore[index]
        with sender.app.app_context():
            scenes.make_moody(lambda call, folder: (call, folder) == ("put", "quarantine"))
        cut = sender.add(name, 0, body)
        with sender.app.app_context():
            sender.app.extensions.pop("selfservice.media")

        state = sender.look(name).json
        whole = sender.add(name, len(body), b"")

        assert cut.status_code == 503
        assert (state["state"], state["offset"]) == ("coming", len(body))  # type: ignore[index]
        assert whole.json["state"] == "received"  # type: ignore[index]

    @pytest.mark.parametrize("call", ["part", "quarantine"])
    def test_nothing_half_written_stays(self, sender: Sender, call: str) -> None:
        name = sender.begin(9000).json["id"]  # type: ignore[index]
        sender.add(name, 0, photos.jpeg()[:900])
        with sender.app.app_context():
            scenes.make_moody(lambda verb, folder: (verb, folder) == ("put", call))
        sender.add(name, 900, photos.jpeg()[900:1200])
        with sender.app.app_context():
            sender.app.extensions.pop("selfservice.media")
            db.session.execute(update(Upload).values(created_at=clock.now() - timedelta(days=2)))
            db.session.commit()
        sender.work()
        with sender.app.app_context():
            scenes.pass_time(hours=2)
        sender.work()

        assert (sender.files(), sender.rows(Upload)) == ([], [])
        with sender.app.app_context():
            assert scenes.count_leftovers() == 0
        assert sender.look(name).status_code == 404

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"%PDF-1.7 of a letter", "pdf"),
            (b"MZ a program of some kind", "unknown_kind"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unknown_kind"),
        ],
    )
    def test_what_is_no_photo_is_refused_with_its_first_part(self, sender: Sender, body: bytes, code: str) -> None:
        name = sender.begin(9_000_000).json["id"]  # type: ignore[index]

        refused = sender.add(name, 0, body)

        assert (refused.status_code, refused.json["code"]) == (422, code)  # type: ignore[index]
        assert sender.look(name).status_code == 404
        assert sender.files() == []

    def test_limits(self, sender: Sender) -> None:
        name = sender.begin(2000).json["id"]  # type: ignore[index]

        assert sender.begin(10 * 1024 * 1024 + 1).json["code"] == "too_large"  # type: ignore[index]
        assert sender.begin(0).json["code"] == "empty"  # type: ignore[index]
        assert sender.client.post(sender.place, json={}, query_string=sender.query, headers=JSON).status_code == 422
        assert sender.add(name, 0, photos.jpeg()[:2001] + b"x" * 2000).status_code == 422
        large = sender.begin(9_000_000).json["id"]  # type: ignore[index]
        assert sender.add(large, 0, photos.jpeg().ljust(parts.MOST_PART + 1, b"x")).status_code == 422
        codes = [sender.begin(100).status_code for _ in range(20)]
        assert codes == [201] * 18 + [422] * 2

    def test_an_hour_has_its_limit(self, sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parts, "MOST_AN_HOUR", 3)
        for _ in range(3):
            sender.drop(sender.begin(100).json["id"])  # type: ignore[index]

        over = sender.begin(100)
        plain = sender.client.post(f"{sender.path}/send", data=form_of(photos.jpeg()))

        assert (over.status_code, over.headers["Retry-After"]) == (429, "600")
        assert plain.status_code == 429

    def test_what_is_dropped_is_gone(self, sender: Sender) -> None:
        whole, coming = sender.upload(photos.jpeg()), sender.begin(900).json["id"]  # type: ignore[index]

        assert [sender.drop(name).status_code for name in (whole, coming, whole, "0" * 11)] == [204] * 4
        sender.work()

        assert [sender.look(name).status_code for name in (whole, coming)] == [404, 404]
        assert sender.files() == []
        assert sender.send(whole).json["fields"] == {"papers": "papers_wrong"}  # type: ignore[index]


class TestWho:
    def test_only_who_may_answer_may_upload(self, app: Flask) -> None:
        stranger = Sender(app, is_let_in=False)
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

    def test_a_photo_of_another_page_is_no_photo_of_this_one(self, app: Flask, sender: Sender) -> None:
        other = Sender(app)
        name = other.upload(photos.jpeg())

        assert sender.look(name).status_code == 404
        assert sender.add(name, 0, b"x").status_code == 404
        sender.drop(name)
        assert sender.send(name).json["fields"] == {"papers": "papers_wrong"}  # type: ignore[index]
        assert other.look(name).json["state"] == "received"  # type: ignore[index]
        coming = other.begin(100).json["id"]  # type: ignore[index]
        assert sender.look(coming).status_code == 404
        assert sender.add(coming, 0, photos.jpeg()[:50]).status_code == 404
        sender.drop(coming)
        assert other.look(coming).json["state"] == "coming"  # type: ignore[index]

    @pytest.mark.parametrize("action", ["cannot", "nothing", "", "change"])
    def test_an_action_without_photos_takes_none(self, sender: Sender, action: str) -> None:
        sender.action = action

        assert sender.begin(100).status_code == 404

    def test_a_page_that_is_over_takes_none(self, sender: Sender) -> None:
        name = sender.begin(100).json["id"]  # type: ignore[index]
        with sender.app.app_context():
            service.revoke(sender.id, actor="staff:1")
            db.session.commit()

        codes = [sender.begin(100).status_code, sender.add(name, 0, b"x").status_code, sender.look(name).status_code]
        assert codes == [410, 410, 410]

    def test_looking_writes_nothing(self, sender: Sender) -> None:
        name = sender.upload(photos.jpeg())
        before = snapshot(sender.app)

        for method in ("GET", "HEAD", "OPTIONS"):
            assert sender.client.open(f"{sender.place}/{name}", method=method, headers=JSON).status_code == 200

        assert snapshot(sender.app) == before


class TestAnswers:
    def test_a_photo_goes_with_one_answer(self, app: Flask) -> None:
        sender = Sender(app, situation="service_ticket")
        name = sender.upload(photos.jpeg())

        first = sender.send(name, note="Look.")
        second = sender.send(name, note="Look again.")

        assert first.json["status"] == "applied"  # type: ignore[index]
        assert second.json["fields"] == {"pictures": "pictures_wrong"}  # type: ignore[index]
        assert sender.told().count("media.received") == 1

    def test_staff_hear_of_it_when_it_is_sent(self, sender: Sender) -> None:
        name = sender.upload(photos.jpeg())
        sender.work()
        before = sender.told()
        sender.send(name)

        assert not [what for what in before if what.startswith("media.")]
        assert "media.received" in sender.told()
        assert [row.reason for row in sender.rows(Conversation)] == ["The customer sent documents."]

    def test_too_many_and_none(self, sender: Sender) -> None:
        names = [sender.upload(photos.jpeg()) for _ in range(9)]

        assert sender.send(*names).json["fields"] == {"papers": "papers_many"}  # type: ignore[index]
        assert sender.send().json["fields"] == {"papers": "papers_missing"}  # type: ignore[index]
        assert sender.send("../../etc/pwd").json["fields"] == {"papers": "papers_wrong"}  # type: ignore[index]
        assert sender.send(*names[:8]).json["status"] == "applied"  # type: ignore[index]

    def test_what_is_refused_keeps_its_photos_for_the_next_try(self, app: Flask) -> None:
        sender = Sender(app, situation="service_ticket")
        name = sender.upload(photos.jpeg())

        refused = sender.send(name, step="note", note="")

        assert f'name="pictures" value="{name}"' in refused.json["page"]["html"]  # type: ignore[index]
        assert sender.send(name, note="Now.").json["status"] == "applied"  # type: ignore[index]

    def test_it_can_be_changed_until_somebody_has_taken_it(self, sender: Sender) -> None:
        first = sender.upload(photos.jpeg())
        sender.send(first)
        undone = post_json(
            sender.client, answer_path(sender.app, sender.path, "change"), revision=sender.page().revision
        )
        sender.work()
        gone = sender.files()
        sender.send(sender.upload(photos.jpeg()))
        with sender.app.app_context():
            ben = staff.add("ben@example.com", name="Ben", password="correct horse battery")
            waiting = db.session.scalars(select(Conversation).where(Conversation.state == "waiting")).one()
            conversations.take(waiting.id, ben.id)
            db.session.commit()
        late = sender.take_back()

        assert undone.json["status"] == "applied"  # type: ignore[index]
        assert gone == []
        assert late.status_code == 410
        assert "others" not in sender.client.get(sender.path).text
        assert sender.page().state == "answered"

    def test_unreadable_photos_are_asked_for_again(self, sender: Sender) -> None:
        good, bad = sender.upload(photos.jpeg()), sender.upload(photos.jpeg()[:400] + b"\0" * 500)
        assert sender.send(good, bad).json["status"] == "applied"  # type: ignore[index]

        sender.work()
        page, shown = sender.page(), sender.client.get(sender.path).text

        assert (page.state, page.step) == ("open", "again")
        assert "We can’t read one of your photos" in shown
        assert sender.told().count("answer.unreadable") == 1
        assert [row.state for row in sender.rows(Conversation)] == ["waiting"]
        assert [row.purpose for row in sender.rows(Message)].count("unreadable") == 1
        assert sorted(row.state for row in sender.rows(Medium)) == ["ready", "refused"]
        assert sender.send(sender.upload(photos.jpeg())).json["status"] == "applied"  # type: ignore[index]

    def test_page_that_cannot_be_read_holds_up_nothing_and_asks_once_mended(self, sender: Sender) -> None:
        sender.send(sender.upload(photos.jpeg()[:400] + b"\0" * 500))
        facts = sender.page().facts
        sender.write(facts={})
        with time_machine.travel(clock.now(), tick=False) as time:
            sender.work()
            assert (sender.page().state, sender.is_due()) == ("answered", False)

            sender.write(facts=facts)
            time.shift(timedelta(minutes=10))
            assert sender.is_due()
            sender.work()

        assert (sender.page().state, sender.page().step) == ("open", "again")
        assert sender.told().count("answer.unreadable") == 1

    def test_an_unreadable_photo_of_a_note_is_asked_for_again(self, app: Flask) -> None:
        sender = Sender(app, situation="service_ticket")
        sender.send(sender.upload(photos.jpeg()[:400] + b"\0" * 500), note="The cellar is dark.")

        sender.work()
        shown = sender.client.get(sender.path).text
        (told,) = [row.body for row in sender.rows(Message) if row.purpose == "unreadable"]
        sender.action = "send_again"
        again = sender.send(sender.upload(photos.jpeg()))
        afterwards = sender.client.get(sender.path).text

        assert "We can’t read one of your photos" in shown
        assert told.startswith("Our organisation: we can’t read one of your photos. Send it again here: http")
        assert again.json["status"] == "applied", "without words"  # type: ignore[index]
        assert (sender.page().state, sender.page().step) == ("open", "sent")
        assert "We have your photos" in afterwards
        assert "The cellar is dark." in afterwards

    def test_who_is_asked_again_has_as_long_as_after_sending(self, sender: Sender) -> None:
        needed_by = sender.page().expires_at
        with time_machine.travel(needed_by - timedelta(minutes=2), tick=False):
            sender.show_who_they_are()
            sender.send(sender.upload(photos.jpeg()[:400] + b"\0" * 500))
            ends_at = sender.page().expires_at
        with time_machine.travel(needed_by + timedelta(minutes=1), tick=False):
            sender.work()
            page, shown = sender.page(), sender.client.get(sender.path).text

        assert (page.state, page.step) == ("open", "again")
        assert page.expires_at == ends_at == needed_by + timedelta(days=7, minutes=-2)
        assert "We can’t read one of your photos" in shown
        assert "Take it again and send it. Any others are with the team." in shown
        assert "<bdi>By " not in shown, "when it was needed is past"

    def test_unreadable_before_it_is_sent_is_said_on_the_page(self, sender: Sender) -> None:
        bad, bomb = sender.upload(photos.jpeg()[:400] + b"\0" * 500), sender.upload(photos.bomb())
        sender.work()

        assert sender.look(bad).json["reason"] == "broken"  # type: ignore[index]
        assert sender.look(bomb).json["reason"] == "too_many_pixels"  # type: ignore[index]
        refused = sender.send(bad)
        assert refused.json["fields"] == {"papers": "upload_unreadable"}  # type: ignore[index]
        assert "We can’t read one of the photos" in refused.json["page"]["html"]  # type: ignore[index]
        assert not [what for what in sender.told() if what.startswith("media.")]

    def test_what_is_not_sent_goes_after_a_day(self, sender: Sender) -> None:
        kept, lost = sender.upload(photos.jpeg()), sender.upload(photos.jpeg())
        sender.work()
        sender.send(kept)
        with sender.app.app_context():
            db.session.execute(update(Medium).values(created_at=clock.now() - timedelta(hours=25)))
            db.session.execute(update(Upload).values(created_at=clock.now() - timedelta(hours=25)))
            db.session.commit()
        sender.work()

        states = {tokens.encode_id(row.id): row.state for row in sender.rows(Medium)}
        assert states == {kept: "ready", lost: "forgotten"}
        assert len(sender.files()) == 2


class TestPlainForm:
    def test_it_works_without_script(self, sender: Sender) -> None:
        answer = sender.client.post(f"{sender.path}/send", data=form_of(IPHONE, photos.jpeg()))
        sender.work()

        assert answer.status_code == 303
        assert (sender.page().state, [row.state for row in sender.rows(Medium)]) == ("answered", ["ready", "ready"])
        assert "2 photos" in sender.client.get(sender.path).text

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
        self, sender: Sender, bodies: tuple[bytes, ...], sentence: str
    ) -> None:
        answer = sender.client.post(f"{sender.path}/send", data=form_of(*bodies))
        sender.work()

        assert answer.status_code == 422
        assert sentence in answer.text
        assert sender.files() == []
        assert sender.page().state == "open"

    def test_photos_outlive_a_mistake_in_another_field(self, app: Flask) -> None:
        sender = Sender(app, situation="service_ticket")
        files = [(io.BytesIO(photos.jpeg()), "a.jpg")]
        form = {"revision": "1", "step": "note", "pictures": files, "note": ""}
        refused = sender.client.post(f"{sender.path}/note", data=form)
        name = tokens.encode_id(sender.rows(Medium)[0].id)
        kept = {"revision": "1", "note": "Now with words.", "pictures": name}
        taken = sender.client.post(f"{sender.path}/note", data=kept, content_type="multipart/form-data")

        assert (refused.status_code, taken.status_code) == (422, 303)
        assert f'name="pictures" value="{name}"' in refused.text
        assert sender.rows(Medium)[0].answer_id is not None

    def test_more_than_can_ever_fit_is_not_read(self, sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kinds, "MOST_BYTES", 100)
        large = sender.client.post(f"{sender.path}/send", data=form_of(photos.jpeg()))
        monkeypatch.setattr(door, "BESIDE_FILES", 0)
        larger = sender.client.post(f"{sender.path}/send", data=form_of(photos.jpeg()))

        for answer in (large, larger):
            assert answer.status_code == 422
            assert "That photo is larger than 10 MB." in answer.text

    def test_a_store_that_is_away_is_said_so(self, sender: Sender) -> None:
        with sender.app.app_context():
            scenes.make_moody(lambda call, _folder: call == "put")

        assert sender.client.post(f"{sender.path}/send", data=form_of(photos.jpeg())).status_code == 503
        assert sender.page().state == "open"


class TestRights:
    def test_erasing_takes_what_is_coming_too(self, sender: Sender) -> None:
        sender.send(sender.upload(photos.jpeg()))
        name = sender.begin(5000).json  # type: ignore[union-attr]
        half = Sender(sender.app)
        coming = half.begin(5000).json["id"]  # type: ignore[index]
        half.add(coming, 0, photos.jpeg()[:900])
        with sender.app.app_context():
            customer = db.session.scalars(select(Customer).where(Customer.phone == PHONE)).one()
            assert [photo["source"] for photo in exporting.export(customer)["photos"]] == ["upload"]
            erasing.erase(customer, actor="cli")
            db.session.commit()
        sender.work()

        assert name is not None
        assert (sender.files(), sender.rows(Upload)) == ([], [])
        assert half.add(coming, 900, b"x").status_code == 410

    def test_a_part_that_comes_in_while_it_is_erased_leaves_nothing(
        self, sender: Sender, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = sender.begin(5000).json["id"]  # type: ignore[index]
        keep: Callable[..., Any] = parts.leftovers.adopt

        def erased_first(keys: Any) -> bool:
            db.session.rollback()
            customer = db.session.scalars(select(Customer).where(Customer.phone == PHONE)).one()
            erasing.erase(customer, actor="cli")
            db.session.commit()
            return bool(keep(keys))

        monkeypatch.setattr(parts.leftovers, "adopt", erased_first)
        late = sender.add(name, 0, photos.jpeg()[:900])
        monkeypatch.undo()
        sender.work()

        assert late.status_code == 409
        assert (sender.files(), sender.rows(Upload)) == ([], [])


def test_no_leftover_is_forgotten(sender: Sender) -> None:
    sender.send(sender.upload(photos.jpeg()))
    sender.work()

    with sender.app.app_context():
        assert db.session.scalars(select(Leftover)).all() == []
