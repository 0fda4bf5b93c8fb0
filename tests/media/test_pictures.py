"""Pictures that staff show on pages: clean before they are kept, and gone with the last page that shows them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from threading import Thread

import pytest
from flask import Flask
from PIL import Image

from selfservice.db import db
from selfservice.errors import Invalid, NotFound, Unavailable
from selfservice.events.models import Event
from selfservice.media import pictures
from selfservice.media.models import Picture, PictureUse
from selfservice.pages import service
from tests.factories import PHONE, issue
from tests.harness.threads import is_somebody_waiting, on_another_thread
from tests.media import photos, scenes
from tests.messages.scenes import run_until
from tests.rights.test_forgetting import LATER, age, forget


@pytest.fixture
def _inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


pytestmark = pytest.mark.usefixtures("_inside")


def add(body: bytes = b"") -> int:
    return pictures.add(body or photos.jpeg(), actor="cli")


def page() -> int:
    return issue(phone=PHONE).page.id


def use(page_id: int, *ids: int) -> frozenset[int]:
    missing = pictures.use(page_id, ids)
    db.session.commit()
    return missing


def end(page_id: int) -> None:
    service.revoke(page_id, actor="cli")
    db.session.commit()


def count() -> tuple[int, int]:
    """How many pictures are known, and how many files there are."""
    db.session.rollback()
    scenes.work()
    return db.session.query(Picture).count(), len(scenes.files())


class TestKeeping:
    def test_what_is_kept_is_upright_clean_and_small(self) -> None:
        picture_id = add(photos.jpeg((2400, 1200), orientation=photos.SIDEWAYS))

        (kept,) = db.session.query(Picture).all()
        whole, small = pictures.read(picture_id), pictures.read(picture_id, small=True)
        assert pictures.sizes([picture_id]) == {picture_id: (480, 960)}
        assert Image.open(io.BytesIO(whole.body)).size == (480, 960)
        assert max(Image.open(io.BytesIO(small.body)).size) == 320
        for part in (whole, small):
            assert (part.mimetype, part.name) == ("image/jpeg", "photo.jpg")
            assert photos.COMMENT not in part.body
            assert photos.CAMERA.encode() not in part.body
        assert (kept.added_by, kept.made_as) == ("cli", "jpeg")
        assert scenes.count_leftovers() == 0
        assert [event.data.keys() for event in db.session.query(Event)] == [{"picture"}]

    @pytest.mark.parametrize(
        ("body", "sentence"),
        [
            (b"", "The file is empty; choose the picture again."),
            (b"%PDF-1.7", "This is no picture that can be read; save it as a JPEG or PNG and choose that."),
            (photos.jpeg()[:400], "This is no picture that can be read; save it as a JPEG or PNG and choose that."),
            (b"\xff" * (10 * 1024**2 + 1), "The file is larger than 10 MB; save the picture in a smaller size."),
            (photos.bomb(), "The picture has more than 50 megapixels; save it in a smaller size."),
        ],
    )
    def test_what_is_none_is_refused_in_words_and_leaves_nothing(self, body: bytes, sentence: str) -> None:
        with pytest.raises(Invalid) as refused:
            pictures.add(body, actor="cli")

        assert refused.value.fields == {"picture": sentence}
        assert count() == (0, 0)

    def test_a_store_that_fails_half_way_leaves_nothing(self) -> None:
        puts = iter((False, True))
        moody = scenes.make_moody(lambda call, _folder: call == "put" and next(puts))

        with pytest.raises(Unavailable):
            add()
        moody.fails = lambda _call, _folder: False

        assert count() == (0, 0)

    def test_the_examples_are_there_without_an_upload(self) -> None:
        (person, place) = sorted(pictures.sizes([1, 2]))

        assert Image.open(io.BytesIO(pictures.read(person).body)).size == pictures.sizes([person])[person]
        assert Image.open(io.BytesIO(pictures.read(place).body)).size == pictures.sizes([place])[place]
        assert use(page(), person, place) == frozenset()
        assert db.session.query(PictureUse).count() == 0


class TestGoing:
    def test_it_stays_as_long_as_one_page_shows_it(self) -> None:
        picture_id, first, second = add(), page(), page()
        assert use(first, picture_id) == use(second, picture_id) == frozenset()

        pictures.let_go([first])
        db.session.commit()
        left = count()
        pictures.let_go([second])
        db.session.commit()

        assert (left, count()) == ((1, 2), (0, 0))
        with pytest.raises(NotFound):
            pictures.read(picture_id)

    def test_what_a_page_shows_no_more_goes(self) -> None:
        old, new, page_id = add(), add(), page()
        use(page_id, old)

        use(page_id, new)

        assert pictures.sizes([old, new]).keys() == {new}
        assert count() == (1, 2)

    def test_what_is_not_there_is_named(self) -> None:
        picture_id, page_id = add(), page()

        assert use(page_id, picture_id, 4711) == {4711}

    def test_who_takes_it_back_keeps_it(self) -> None:
        picture_id, page_id = add(), page()
        use(page_id, picture_id)

        pictures.let_go([page_id])
        db.session.rollback()

        assert pictures.sizes([picture_id])
        assert count() == (1, 2)

    def test_it_goes_with_the_last_page_whose_time_is_over_and_alone_when_none_came(self) -> None:
        shown, waiting, first, second = add(), add(), page(), page()
        use(first, shown)
        use(second, shown)
        end(first)

        age(timedelta(days=29))
        forget()
        before = count()
        age(timedelta(days=2))
        forget()
        left = pictures.sizes([shown, waiting]).keys()
        end(second)
        age(LATER)
        forget()

        assert (before, left) == ((2, 4), {shown})
        assert count() == (0, 0)


@pytest.mark.database("postgresql")
def test_a_page_that_begins_to_show_it_while_its_last_one_is_emptied_keeps_it(app: Flask) -> None:
    errors: list[BaseException] = []
    picture_id, old, new = add(), page(), page()
    use(old, picture_id)

    assert pictures.use(new, [picture_id]) == frozenset()
    emptier = on_another_thread(app, lambda: pictures.let_go([old]), errors)
    assert run_until(is_somebody_waiting)
    db.session.commit()
    emptier.join(20)

    assert errors == []
    assert count() == (1, 2)


@pytest.mark.database("postgresql")
def test_pages_that_swap_pictures_do_not_wait_in_a_circle(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = add(), add()
    one, other = page(), issue(phone="+12025550124").page.id
    use(one, mine)
    use(other, theirs)
    errors: list[BaseException] = []
    others: list[Thread] = []
    delete_unused = pictures._delete_unused

    def once_the_other_waits(ids: set[int]) -> None:
        if not others:
            others.append(on_another_thread(app, lambda: use(other, mine), errors))
            assert run_until(is_somebody_waiting)
        delete_unused(ids)

    monkeypatch.setattr(pictures, "_delete_unused", once_the_other_waits)
    assert use(one, theirs) == frozenset()
    others[0].join(20)

    assert errors == []
    assert count() == (1, 2)


@pytest.mark.database("postgresql")
def test_a_page_that_comes_after_its_last_one_is_emptied_does_without(app: Flask) -> None:
    errors: list[BaseException] = []
    found: list[frozenset[int]] = []
    picture_id, old, new = add(), page(), page()
    use(old, picture_id)

    pictures.let_go([old])
    other = on_another_thread(app, lambda: found.append(pictures.use(new, [picture_id])), errors)
    assert run_until(is_somebody_waiting)
    db.session.commit()
    other.join(20)

    assert (errors, found) == ([], [frozenset({picture_id})])
    assert count() == (0, 0)
