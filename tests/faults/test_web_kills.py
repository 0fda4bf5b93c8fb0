"""A web process is killed at each moment of a POST in turn: whoever sends it again with the same key has one effect."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from http.client import HTTPException
from typing import Any

from flask import Flask
from sqlalchemy import select

from selfservice import tokens
from selfservice.config import Settings
from selfservice.db import db
from selfservice.events.models import Event
from selfservice.messages.models import Message
from selfservice.pages.models import Answer, Page
from tests.factories import issue
from tests.faults.serving import Door, Reply, serving
from tests.messages.scenes import committed
from tests.web.console.desk import Desk
from tests.web.console.test_new import form, value_of

FEWEST_MOMENTS = 2
"""The beginning and the end of one commit."""

MOST_MOMENTS = 6


def post_at_every_moment(settings: Settings, post: Callable[[Door, int], Reply], look: Callable[[int], None]) -> int:
    """Post to a process that dies at its first moment, its second and so on, until one lives through it; look at what
    was left behind, then post the same to one that lives. Returns how many died.
    """
    with serving(settings) as other:
        for moment in range(1, MOST_MOMENTS + 2):
            with serving(settings, dies_at=moment) as mortal:
                try:
                    post(mortal, moment)
                except (OSError, HTTPException):
                    look(moment)
                    assert post(other, moment).status in (200, 303)
                else:
                    return moment - 1
                assert mortal.is_dead
    raise AssertionError("There is no end to its moments.")


def test_issuing_a_page_is_done_once_whenever_the_process_dies(app: Flask, settings: Settings) -> None:
    desk = Desk(app, "ana@example.com", name="Ana Silva", role="supervisor", team="reception")
    staff = desk.client.get_cookie("staff")
    assert staff is not None
    sent = [
        form(page_id=value_of(desk.get("/console/new").text, "page_id"), do="send") for _ in range(MOST_MOMENTS + 2)
    ]

    def post(door: Door, moment: int) -> Reply:
        fields = {**sent[moment], "phone": f"+1202555{moment + 300:04}", "csrf_token": desk.csrf}
        return door.post_form("/console/new", fields, cookie=f"staff={staff.value}")

    def look(_moment: int) -> None:
        assert set(committed(select(Message.page_id))) == set(committed(select(Page.id)))

    with app.app_context():
        deaths = post_at_every_moment(settings, post, look)

        made = sorted(tokens.encode_id(page_id) for page_id in committed(select(Page.id)))
        assert made == sorted(fields["page_id"] for fields in sent[1 : deaths + 2])
        assert _times(Message.page_id, Message.purpose == "invitation") == {1}
        assert _times(Event.page_id, Event.type == "page.issued") == {1}
        assert deaths >= FEWEST_MOMENTS


def test_an_answer_is_taken_once_whenever_the_process_dies(app: Flask, settings: Settings) -> None:
    with app.app_context():
        pages = [issue(phone=f"+1202555{number + 300:04}").page.id for number in range(MOST_MOMENTS + 2)]
        db.session.rollback()  # To have read an id holds the writer's place.
        keys = [str(uuid.uuid4()) for _ in pages]

        def post(door: Door, moment: int) -> Reply:
            path = "/a/" + tokens.current().sign_answer(pages[moment], "confirm")
            return door.post_json(path, {"input": {}, "revision": 1}, key=keys[moment])

        def look(moment: int) -> None:
            answers = committed(select(Answer.id).where(Answer.page_id == pages[moment]))
            states = committed(select(Page.state).where(Page.id == pages[moment]))
            assert (len(answers), states) in ((0, ["open"]), (1, ["answered"]))

        deaths = post_at_every_moment(settings, post, look)

        answered = committed(select(Page.id).where(Page.state == "answered"))
        assert sorted(answered) == sorted(pages[1 : deaths + 2])
        assert _times(Answer.page_id) == {1}
        assert _times(Event.page_id, Event.type == "page.answered") == {1}
        assert deaths >= FEWEST_MOMENTS


def _times(column: Any, *conditions: Any) -> set[int]:
    """How often the values of a column come."""
    return set(Counter(committed(select(column).where(*conditions))).values())
