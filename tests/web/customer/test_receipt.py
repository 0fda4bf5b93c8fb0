"""Receipts: what was answered, when and to whom, with a code that proves it and tells nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from selfservice import clock, tokens
from selfservice.pages import queries, receipts
from selfservice.tokens import BadToken
from tests.factories import appointment, issue

_CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){4}\b")


@pytest.fixture
def link(app: Flask) -> str:
    """The path of an appointment that can be moved."""
    with app.app_context():
        return "/p/" + issue(facts=appointment()).url.rpartition("/")[2]


def code_on(client: FlaskClient, link: str) -> str:
    return _CODE.findall(client.get(f"{link}/-/receipt").text)[0]


def test_an_answered_page_offers_it(client: FlaskClient, link: str) -> None:
    before = client.get(link).text
    client.post(f"{link}/confirm", data={"revision": "1"})

    assert "/-/receipt" not in before
    assert f'href="{link}/-/receipt?lang=en">Receipt</a>' in client.get(link).text


def test_it_says_what_was_answered_when_and_to_whom(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(f"{link}/note", data={"revision": "1", "note": "I bring <a friend>"})
    client.post(f"{link}/confirm", data={"revision": "2"})

    shown = client.get(f"{link}/-/receipt?lang=en")

    assert shown.status_code == 200
    with app.app_context():
        answers = queries.get(tokens.current().read_page(link[3:])).answers
    assert list(answers) == ["note", "confirm"]
    for text in ("This is what you told us", "Yes, I’ll be there", "I bring &lt;a friend&gt;", "Dr Amina Okafor"):
        assert text in shown.text
    assert "Given to Our organisation" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("language", ["en", "es", "ar", "pl", "zh", "hi"])
def test_it_speaks_every_language(client: FlaskClient, link: str, language: str) -> None:
    client.post(f"{link}/confirm", data={"revision": "1"})

    shown = client.get(f"{link}/-/receipt?lang={language}")

    assert shown.status_code == 200
    assert _CODE.search(shown.text)


def test_without_an_answer_there_is_none(client: FlaskClient, link: str) -> None:
    answer = client.get(f"{link}/-/receipt?lang=es")

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{link}?lang=es")


def test_once_the_page_has_closed_it_tells_nothing_more(client: FlaskClient, link: str) -> None:
    client.post(f"{link}/confirm", data={"revision": "1"})

    with time_machine.travel(clock.now() + timedelta(days=30), tick=False):
        assert client.get(f"{link}/-/receipt").status_code == 303


class TestCodes:
    def test_it_is_the_same_each_time_and_another_after_another_answer(self, client: FlaskClient, link: str) -> None:
        client.post(f"{link}/confirm", data={"revision": "1"})
        first = [code_on(client, link), code_on(client, link)]
        client.post(f"{link}/change", data={"revision": "2"})
        client.post(f"{link}/cancel", data={"revision": "3"})

        assert first[0] == first[1] != code_on(client, link)

    def test_it_is_read_however_it_is_written(self, app: Flask, client: FlaskClient, link: str) -> None:
        client.post(f"{link}/confirm", data={"revision": "1"})
        code = code_on(client, link)

        with app.app_context():
            said = receipts.read(code)
            spelt = (
                code.lower(),
                code.replace("-", " "),
                code.replace("-", ""),
                code.replace("0", "o").replace("1", "l"),
            )

            assert {receipts.read(text) for text in spelt} == {said}
            assert abs(said.at - clock.now()) < timedelta(minutes=2)
            assert said.brand_id == 1

    def test_a_changed_letter_is_never_ours(self, app: Flask, client: FlaskClient, link: str) -> None:
        client.post(f"{link}/confirm", data={"revision": "1"})
        letters = receipts.letters_of(code_on(client, link))

        with app.app_context():
            for place, letter in enumerate(letters):
                other = receipts.ALPHABET[(receipts.ALPHABET.index(letter) + 1) % 32]
                with pytest.raises(BadToken):
                    receipts.read(letters[:place] + other + letters[place + 1 :])

    @pytest.mark.parametrize("text", ["", "0000-0000-0000-0000-0000", "0" * 19, "UUUU-UUUU-UUUU-UUUU-UUUU", "é" * 20])
    def test_anything_else_is_not_ours(self, app: Flask, text: str) -> None:
        with app.app_context(), pytest.raises(BadToken):
            receipts.read(text)
