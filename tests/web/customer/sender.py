"""Whoever sends photos from a page: the page, the browser it is open in, and what the server has of it."""

from __future__ import annotations

import io
import uuid
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from selfservice.db import db
from selfservice.events.models import Event
from selfservice.media import queries as media
from selfservice.media import uploads as parts
from selfservice.pages import queries, uploads
from selfservice.pages.models import Page
from tests.factories import issue, soon
from tests.media import scenes
from tests.web.customer.test_door import answer_path, post_json

POSTCODE = "SW1A 1AA"
JSON = {"Accept": "application/json"}


class Sender:
    """A page that takes photos, and the browser of its customer, who has shown who they are."""

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
            self.show_who_they_are()

    def show_who_they_are(self) -> None:
        """Pass the check of a page that asks who looks."""
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
        field = {"send": "papers", "note": "pictures", "send_again": "again"}[self.action]
        address = answer_path(self.app, self.path, self.action)
        body = {"input": {field: ",".join(names), **form}, "revision": self.page().revision, "step": step}
        return self.client.post(address, json=body, headers={"Idempotency-Key": str(uuid.uuid4())})

    def take_back(self) -> TestResponse:
        """Take the answer back by script."""
        path = answer_path(self.app, self.path, "change")
        return post_json(self.client, path, revision=self.page().revision)

    def page(self) -> Page:
        with self.app.app_context():
            return queries.get(self.id)

    def write(self, **values: Any) -> None:
        with self.app.app_context():
            db.session.execute(update(Page).where(Page.id == self.id).values(**values))
            db.session.commit()

    def is_due(self) -> bool:
        """Whether the worker has anything to do with photos."""
        with self.app.app_context():
            return media.is_anything_due()

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


def form_of(*bodies: bytes, **fields: str) -> dict[str, Any]:
    """A plain form with files, as a browser without script sends it."""
    files = [(io.BytesIO(body), f"IMG_{number}.HEIC") for number, body in enumerate(bodies)]
    return {"revision": "1", "step": "ask", "papers": files, **fields}
