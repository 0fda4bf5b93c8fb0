"""A commit whose answer is lost: nobody knows whether it was made, so nobody is told that nothing was changed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from selfservice import tokens
from selfservice.customers import service as customers
from selfservice.customers.queries import is_suppressed
from selfservice.db import db
from selfservice.kit.words import Words
from selfservice.pages.models import Page
from selfservice.situations import plain, registry
from tests.factories import PHONE, issue
from tests.messages.scenes import committed

Losing = Callable[[], AbstractContextManager[None]]
LANGUAGES = ("en", "ar", "es", "hi", "pl", "zh")


@pytest.fixture
def lose_answers(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Losing:
    """While it is entered, every commit is made, and then its connection is gone."""
    with app.app_context():
        dialect = db.engine.dialect

    def commit(connection: Any) -> None:
        connection.commit()
        raise dialect.loaded_dbapi.OperationalError("the connection was closed")

    @contextmanager
    def lose() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(dialect, "do_commit", commit)
            yield

    return lose


def test_a_script_is_told_to_send_the_same_again(app: Flask, client: FlaskClient, lose_answers: Losing) -> None:
    with app.app_context():
        answer = tokens.current().sign_answer(issue().page.id, "confirm")
    said = {"json": {"input": {}, "revision": 1}, "headers": {"Idempotency-Key": str(uuid.uuid4())}}

    with lose_answers():
        lost = client.post(f"/a/{answer}", **said)

    assert (lost.status_code, lost.headers["Retry-After"]) == (503, "5")
    assert lost.json["title"] == (
        "The database cannot be used at the moment. Perhaps this was saved and perhaps not: send the same again."
    )
    with app.app_context():
        assert committed(select(Page.state)) == ["answered"]
    assert client.post(f"/a/{answer}", **said).json["status"] == "already_applied"


def test_a_person_is_sent_to_look(app: Flask, client: FlaskClient, lose_answers: Losing) -> None:
    with app.app_context():
        token = tokens.current().sign_page(issue().page.id)

    with lose_answers():
        lost = client.post(f"/p/{token}/confirm", data={"revision": "1"})

    assert (lost.status_code, "It shows whether we have what you sent." in lost.text) == (503, True)
    assert "See you" in client.get(f"/p/{token}").text


def test_whoever_ran_a_command_is_told_to_look(app: Flask, lose_answers: Losing) -> None:
    with app.app_context():
        customers.suppress(PHONE, "preferences page")
        db.session.commit()

    with lose_answers():
        done = app.test_cli_runner().invoke(args=["customer", "allow", PHONE])

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "The database failed (the connection was closed), so part of this may be done and part not: look, then run it "
        "again.\n"
    )
    with app.app_context():
        assert not is_suppressed(PHONE)


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["unavailable", "error"])
def test_no_language_says_that_nothing_was_changed(app: Flask, language: str, kind: str) -> None:
    with app.app_context():
        words: Words = registry.current().shared[language]
        # Who asks too often, or for what there is not, is refused before anything is done: there it is true.
        claim = words["plain.too_many.line"].replace("。", ".").replace("।", ".").partition(".")[0]

        shown = plain.render_plain(kind, language=language)

    assert claim in words["plain.forbidden.line"]
    assert claim not in shown
