"""Photos from their coming to their going, on both databases; whatever fails in between leaves nothing behind."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, update

from selfservice import config
from selfservice.db import db
from selfservice.errors import Unavailable
from selfservice.events.models import Event
from selfservice.media import developing, kinds, leftovers, preparing, queries, reading, service, stores
from selfservice.media.models import Medium
from tests.media import photos, scenes
from tests.media.bucket import Service, serving


@pytest.fixture
def page_id(app: Flask) -> Iterator[int]:
    """A page, in an application context that stays open."""
    with app.app_context():
        yield scenes.page()


class TestReceiving:
    def test_what_came_waits_in_quarantine(self, page_id: int) -> None:
        medium = scenes.medium(scenes.receive(page_id))

        assert (medium.state, medium.kind, medium.source, medium.sent_by) == ("received", "jpeg", "mms", "customer")
        assert (medium.size, medium.made_as, medium.preview_key) == (len(photos.jpeg()), None, None)
        assert scenes.files() == [medium.key]
        assert (medium.key or "").startswith("quarantine/")
        assert scenes.told(page_id) == ["media.received"]
        assert scenes.count_leftovers() == 0

    def test_events_name_no_person(self, page_id: int) -> None:
        scenes.show(page_id)

        found = db.session.scalars(select(Event.data).where(Event.type.startswith("media."))).all()

        assert [sorted(data) for data in found] == [["medium", "source"], ["medium"]]

    def test_what_is_no_photo_leaves_nothing(self, page_id: int) -> None:
        with pytest.raises(kinds.NotTaken):
            service.receive(page_id, b"<html>", source="upload", sender="customer")

        assert (scenes.files(), scenes.told(page_id), queries.list_for_page(page_id)) == ([], [], [])

    def test_what_was_not_taken_can_be_told(self, page_id: int) -> None:
        service.refuse(page_id, source="mms", sender="customer", reason="pdf", size=70)
        db.session.commit()

        (medium,) = queries.list_for_page(page_id)
        assert (medium.state, medium.reason, medium.key) == ("refused", "pdf", None)
        assert scenes.told(page_id) == ["media.received", "media.refused"]

    def test_a_page_takes_so_many_and_no_more(self, page_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "MOST_PER_PAGE", 2)
        for _ in range(2):
            scenes.receive(page_id)

        with pytest.raises(kinds.NotTaken) as caught:
            scenes.receive(page_id)

        assert caught.value.reason == "too_many"
        assert len(scenes.files()) == 2

    def test_a_store_that_is_away_takes_nothing(self, page_id: int) -> None:
        moody = scenes.make_moody(lambda call, _folder: call == "put")

        with pytest.raises(Unavailable):
            scenes.receive(page_id)

        assert (scenes.files(), scenes.told(page_id), queries.list_for_page(page_id)) == ([], [], [])
        moody.fails = lambda *_call: False
        scenes.work()
        assert scenes.count_leftovers() == 0

    def test_what_nobody_committed_is_deleted(self, page_id: int) -> None:
        service.receive(page_id, photos.jpeg(), source="mms", sender="customer")
        db.session.rollback()  # As if the process had died here.
        scenes.work()
        assert len(scenes.files()) == 1

        scenes.pass_time(hours=2)
        scenes.work()

        assert (scenes.files(), scenes.count_leftovers(), queries.list_for_page(page_id)) == ([], 0, [])

    def test_what_is_being_deleted_is_not_taken_into_use(self, page_id: int) -> None:
        key = leftovers.intend("quarantine")
        db.session.commit()
        scenes.make_moody(lambda call, _folder: call == "delete")
        scenes.pass_time(hours=2)
        leftovers.clear_due()

        assert not leftovers.adopt([key])


class TestPreparing:
    @pytest.mark.parametrize("body", [photos.jpeg(), photos.HEIC], ids=["jpeg", "heic"])
    def test_a_photo_becomes_ready_and_what_came_goes(self, page_id: int, body: bytes) -> None:
        medium = scenes.medium(scenes.show(page_id, body))

        assert (medium.state, medium.made_as) == ("ready", "jpeg")
        assert (medium.width, medium.height) == ((64, 48) if body is not photos.HEIC else (48, 64))
        assert scenes.files() == sorted([medium.key or "", medium.preview_key or ""])
        assert scenes.told(page_id) == ["media.received", "media.ready"]
        assert scenes.count_leftovers() == 0
        photo = reading.read(medium)
        assert (photo.mimetype, photo.name) == ("image/jpeg", "photo.jpg")
        assert b"Harbour" in body
        assert b"Harbour" not in photo.body
        assert hashlib.sha256(photo.body).hexdigest() == medium.sha256

    def test_what_cannot_be_made_is_refused_and_goes(self, page_id: int) -> None:
        medium = scenes.medium(scenes.show(page_id, photos.bomb()))

        assert (medium.state, medium.reason, medium.key) == ("refused", "too_many_pixels", None)
        assert (scenes.files(), scenes.count_leftovers()) == ([], 0)
        assert scenes.told(page_id) == ["media.received", "media.refused"]

    def test_one_that_breaks_the_darkroom_does_not_stop_the_next(
        self, page_id: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program = config.current().instance / "darkroom.py"
        program.parent.mkdir(exist_ok=True)
        program.write_text("import os; os.abort()")
        first = scenes.receive(page_id)
        with monkeypatch.context() as patch:
            patch.setattr(developing, "PROGRAM", program)
            scenes.work()
        second = scenes.show(page_id)

        assert (scenes.medium(first).state, scenes.medium(first).reason) == ("refused", "too_hard")
        assert scenes.medium(second).state == "ready"

    @pytest.mark.parametrize("folder", ["quarantine", "photo", "preview"])
    def test_a_store_that_goes_away_is_waited_for(self, page_id: int, folder: str) -> None:
        medium_id = scenes.receive(page_id)
        moody = scenes.make_moody(lambda call, where: call != "delete" and where == folder)
        scenes.work()
        assert (scenes.medium(medium_id).state, len(scenes.files())) == ("received", 1)

        moody.fails = lambda *_call: False
        scenes.pass_time(minutes=1)
        scenes.work()

        assert scenes.medium(medium_id).state == "ready"
        assert (len(scenes.files()), scenes.count_leftovers()) == (2, 0)

    def test_a_worker_that_dies_over_it_is_followed_by_another(
        self, page_id: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(*_arguments: object) -> None:
            raise KeyboardInterrupt

        medium_id = scenes.receive(page_id)
        with monkeypatch.context() as patch:
            patch.setattr(developing, "develop", die)
            with pytest.raises(KeyboardInterrupt):
                preparing.prepare_next()
        assert not preparing.prepare_next()

        scenes.pass_time(minutes=4)
        scenes.work()

        assert scenes.medium(medium_id).state == "ready"

    def test_a_photo_over_which_three_workers_died_is_refused(
        self, page_id: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        medium_id = scenes.receive(page_id)
        monkeypatch.setattr(preparing, "_prepare", lambda _row: None)
        for _ in range(4):
            assert preparing.prepare_next()
            scenes.pass_time(minutes=4)

        assert (scenes.medium(medium_id).state, scenes.medium(medium_id).reason) == ("refused", "too_hard")
        scenes.work()
        assert scenes.files() == []

    @pytest.mark.parametrize(("body", "reason"), [(None, "lost"), (b"\xff\xd8\xffsomething else", "broken")])
    def test_bytes_that_are_not_those_that_came_are_not_shown(
        self, page_id: int, body: bytes | None, reason: str
    ) -> None:
        medium_id = scenes.receive(page_id)
        key = scenes.medium(medium_id).key or ""
        stores.current().delete(key)
        if body:
            stores.current().put(key, body)
        scenes.work()

        assert (scenes.medium(medium_id).state, scenes.medium(medium_id).reason) == ("refused", reason)

    def test_a_picture_that_was_changed_is_not_shown(self, page_id: int) -> None:
        medium = scenes.medium(scenes.show(page_id))
        stores.current().put(medium.key or "", photos.png())

        with pytest.raises(Unavailable, match="other bytes"):
            reading.read(medium)


class TestForgetting:
    def test_everything_goes(self, page_id: int) -> None:
        ids = [scenes.show(page_id), scenes.receive(page_id), scenes.show(page_id, photos.bomb(200)[:90])]
        other = scenes.show(scenes.issue(phone="+12025550124").page.id)

        assert service.forget(page_id) == 3
        db.session.commit()
        for medium_id in ids:
            medium = scenes.medium(medium_id)
            assert medium.state == "forgotten"
            assert {medium.key, medium.preview_key, medium.sha256, medium.kind, medium.width, medium.reason} == {None}
        scenes.work()

        kept = scenes.medium(other)
        assert scenes.files() == sorted([kept.key or "", kept.preview_key or ""])
        assert scenes.count_leftovers() == 0

    def test_twice_is_once(self, page_id: int) -> None:
        scenes.show(page_id)
        for _ in range(2):
            service.forget(page_id)
            db.session.commit()
        scenes.work()

        assert scenes.files() == []

    def test_a_store_is_asked_until_it_is_empty(self, page_id: int) -> None:
        scenes.show(page_id)
        moody = scenes.make_moody(lambda call, _folder: call == "delete")
        service.forget(page_id)
        db.session.commit()
        for _ in range(4):
            scenes.work()
            scenes.pass_time(hours=1)
        assert (len(scenes.files()), scenes.count_leftovers()) == (2, 2)

        moody.fails = lambda *_call: False
        scenes.work()

        assert (scenes.files(), scenes.count_leftovers()) == ([], 0)

    def test_what_is_being_prepared_goes_as_well(self, page_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
        medium_id = scenes.receive(page_id)
        develop = developing.develop

        def forget_meanwhile(kind: str, photo: bytes) -> developing.Made:
            service.forget(page_id)
            db.session.commit()
            return develop(kind, photo)

        monkeypatch.setattr(developing, "develop", forget_meanwhile)
        scenes.work()

        assert scenes.medium(medium_id).state == "forgotten"
        assert (scenes.files(), scenes.count_leftovers()) == ([], 0)
        assert scenes.told(page_id) == ["media.received"]


class TestAtAService:
    @pytest.fixture
    def bucket(self, app: Flask) -> Iterator[Service]:
        with serving() as service, app.app_context():
            settings = config.current().model_copy(update={"media": service.setting})
            app.extensions["selfservice.settings"] = settings
            yield service

    def test_a_photo_comes_is_shown_and_goes(self, bucket: Service) -> None:
        page_id = scenes.page()
        medium = scenes.medium(scenes.show(page_id))
        assert sorted(bucket.objects) == sorted([f"/photos/{medium.key}", f"/photos/{medium.preview_key}"])
        assert reading.read(medium).mimetype == "image/jpeg"

        service.forget(page_id)
        db.session.commit()
        scenes.work()

        assert bucket.objects == {}
        assert scenes.files() == []

    def test_no_transaction_is_open_while_it_is_called(
        self, app: Flask, bucket: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_ones: list[bool] = []
        call = stores.S3._call

        def look(*arguments: object, **options: object) -> object:
            open_ones.append(db.session().in_transaction())
            return call(*arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(stores.S3, "_call", look)
        page_id = scenes.page()
        scenes.show(page_id)
        service.forget(page_id)
        db.session.commit()
        scenes.work()

        assert len(open_ones) > 8
        assert not any(open_ones)

    def test_a_deletion_that_was_only_said_is_repeated(self, bucket: Service) -> None:
        page_id = scenes.page()
        scenes.show(page_id)
        service.forget(page_id)
        db.session.commit()
        bucket.faults.append("kept")
        scenes.work()
        assert (len(bucket.objects), scenes.count_leftovers()) == (1, 1)

        scenes.pass_time(hours=1)
        scenes.work()

        assert (bucket.objects, scenes.count_leftovers()) == ({}, 0)

    def test_a_dead_service_leaves_nothing_half_written(self, bucket: Service) -> None:
        page_id = scenes.page()
        medium_id = scenes.receive(page_id)
        bucket.faults.extend(["", "", "busy"])  # The original and the picture, and then not the preview.
        scenes.work()
        assert scenes.medium(medium_id).state == "received"

        scenes.pass_time(hours=1)
        scenes.work()

        medium = scenes.medium(medium_id)
        assert medium.state == "ready"
        assert sorted(bucket.objects) == sorted([f"/photos/{medium.key}", f"/photos/{medium.preview_key}"])


def test_the_database_refuses_a_row_that_makes_no_sense(page_id: int) -> None:
    medium_id = scenes.show(page_id)

    with pytest.raises(Exception, match=r"(?i)check|constraint"):
        db.session.execute(update(Medium).where(Medium.id == medium_id).values(key=None))
    db.session.rollback()
