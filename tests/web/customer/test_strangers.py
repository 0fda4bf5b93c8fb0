"""A stranger with somebody's link: what they do before they have shown who they are counts for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from selfservice.config import Settings
from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.events.models import Event
from selfservice.pages.models import Page
from tests.factories import fraud
from tests.harness.application import make_settings
from tests.web.customer.test_check import DOOR, RESULT, TYPES, code_sent, path_of


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Demo settings with two page types more, that ask who looks."""
    return make_settings(database_url, tmp_path, SITUATIONS=str(TYPES))


def languages(app: Flask) -> tuple[str | None, str | None, int]:
    """The page's, the customer's, and how often one was chosen."""
    with app.app_context():
        chosen = db.session.scalar(sa.select(sa.func.count()).where(Event.type == "page.language"))
        return db.session.scalar(sa.select(Page.locale)), db.session.scalar(sa.select(Customer.locale)), chosen or 0


class TestNewDevices:
    def test_one_that_only_saw_the_question_is_never_the_first(self, app: Flask) -> None:
        path = path_of(app, "door_code", DOOR)
        ana, eve = app.test_client(), app.test_client()
        ana.post(f"{path}/-/opened")
        eve.post(f"{path}/-/opened")

        ana.post("/device/forget")

        assert "zebra" not in eve.get(path).text
        eve.post(f"{path}/-/opened")
        assert "zebra" not in eve.get(path).text

    def test_one_that_passed_is_trusted_as_before(self, app: Flask) -> None:
        path = path_of(app, "door_code", DOOR)
        ana, ben = app.test_client(), app.test_client()
        ana.post(f"{path}/-/opened")
        ben.post(f"{path}/-/check", data={"send": "code"})
        ben.post(f"{path}/-/check", data={"typed": code_sent(app)})
        ben.post(f"{path}/-/opened")

        ana.post("/device/forget")

        assert "Blue zebra 44" in ben.get(path).text

    @pytest.mark.parametrize(("situation", "facts"), [("door_code", DOOR), ("lab_result", RESULT)])
    def test_a_page_that_was_not_shown_is_in_no_list(
        self, app: Flask, client: FlaskClient, situation: str, facts: dict[str, str]
    ) -> None:
        path = path_of(app, situation, facts)
        if situation == "door_code":
            app.test_client().post(f"{path}/-/opened")

        client.post(f"{path}/-/opened")

        assert path not in client.get("/inbox").text

    def test_a_page_that_was_shown_is_in_the_list(self, app: Flask, client: FlaskClient) -> None:
        path = path_of(app, "lab_result", RESULT)
        client.post(f"{path}/-/check", data={"typed": "4417"})

        client.post(f"{path}/-/opened")

        assert path in client.get("/inbox").text


class TestLanguage:
    @pytest.mark.parametrize("place", ["-/check", "-/opened", "-/callback", "-/preferences", "dispute"])
    def test_is_not_chosen_before_the_check(self, app: Flask, client: FlaskClient, place: str) -> None:
        path = path_of(app, "lab_result", RESULT)
        before = languages(app)

        client.post(f"{path}/{place}?lang=es", data={"typed": "0000", "revision": "1"})

        assert languages(app) == before

    def test_is_not_chosen_by_a_wrong_answer_to_the_check_of_an_action(self, app: Flask, client: FlaskClient) -> None:
        path = path_of(app, "fraud_alert", fraud(account_ending="4417"))
        before = languages(app)

        client.post(f"{path}/-/check?lang=es", data={"action": "yes", "revision": "1", "typed": "0000"})
        client.post(f"{path}/-/check?lang=es", data={"action": "yes", "revision": "1", "typed": "x"})
        client.post(f"{path}/yes?lang=es", data={"revision": "1"})

        assert languages(app) == before

    def test_is_not_chosen_by_whoever_says_that_it_is_not_theirs(self, app: Flask, client: FlaskClient) -> None:
        path = path_of(app, "fraud_alert", fraud())
        before = languages(app)

        client.post(f"{path}/-/wrong-number?lang=es")

        assert languages(app) == before

    def test_is_chosen_with_the_right_answer(self, app: Flask, client: FlaskClient) -> None:
        path = path_of(app, "lab_result", RESULT)

        client.post(f"{path}/-/check?lang=es", data={"typed": "4417"})

        assert languages(app) == ("es", "es", 1)

    def test_is_chosen_with_the_right_answer_of_an_action(self, app: Flask, client: FlaskClient) -> None:
        path = path_of(app, "fraud_alert", fraud(account_ending="4417"))

        client.post(f"{path}/-/check?lang=es", data={"action": "yes", "revision": "1", "typed": "4417"})

        assert languages(app) == ("es", "es", 1)
