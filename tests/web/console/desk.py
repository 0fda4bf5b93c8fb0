"""A desk: one browser of one person at the console, signed in without a password."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from selfservice import tokens
from selfservice.brands import service as brands
from selfservice.db import db
from selfservice.staff import queries, service
from tests.factories import employ

TEAMS = {"reception": "Reception", "fraud": "Fraud", "deliveries": "Deliveries"}


class Desk:
    """One browser of one person; `post` adds the token that their forms carry."""

    def __init__(self, app: Flask, email: str = "", **details: Any) -> None:
        self.client: FlaskClient = app.test_client()
        self.csrf = ""
        self.email = email
        if email:
            self._sit_down(app, email, details)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(self, path: str, form: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.csrf, **(form or {})}, **options)

    def read(self, path: str) -> str:
        """The text of a screen, tags and blanks squeezed out."""
        return text_of(self.get(path))

    def _sit_down(self, app: Flask, email: str, details: dict[str, Any]) -> None:
        with app.app_context():
            brands.ensure_default()
            service.ensure_teams(TEAMS)
            user = employ(email, **details)
            token = service.start_session(user.id)
            db.session.commit()
            found = queries.find_session(token)
            assert found is not None
            self.user_id, self.session_id = user.id, found.session_id
            self.csrf = tokens.current().sign("csrf", found.session_id)
        self.client.set_cookie("staff", token)


def text_of(answer: TestResponse) -> str:
    """What a person reads of an answer."""
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text.replace("&#39;", "'")).split())
