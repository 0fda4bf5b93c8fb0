"""The language a customer chooses: kept by what they do on a page, for the page, its texts and all that comes later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from selfservice.customers import service as customers
from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.events.models import Event
from selfservice.messages.models import Message
from selfservice.pages import queries
from selfservice.pages import service as pages
from selfservice.pages.models import Page
from selfservice.pages.service import Issued
from tests import factories

KEY = {"Idempotency-Key": "6f2c8f3e-3b0a-4a53-9a7e-1d2f4b5c6d7e"}


@pytest.fixture
def issued(app: Flask) -> Iterator[Issued]:
    """A page in English for somebody who has chosen no language yet."""
    with app.app_context():
        yield factories.issue(language="en-GB")


def path(made: Issued) -> str:
    return "/p/" + made.url.rpartition("/p/")[2]


def languages(made: Issued) -> tuple[str, str | None]:
    """The page's and the customer's."""
    db.session.expire_all()
    page = queries.get(made.page.id)
    customer = db.session.get(Customer, page.customer_id)
    db.session.rollback()
    assert customer is not None
    return page.locale, customer.locale


def chosen(page_id: int) -> list[str]:
    events = db.session.query(Event).filter_by(page_id=page_id, type="page.language").order_by(Event.id)
    return [event.data["language"] for event in events]


def test_looking_at_a_page_in_another_language_keeps_nothing(client: FlaskClient, issued: Issued) -> None:
    response = client.get(f"{path(issued)}?lang=pl", headers={"Accept-Language": "hi"})

    assert '<html lang="pl"' in response.text
    assert languages(issued) == ("en", "en-GB")


def test_a_browsers_own_language_changes_nothing(client: FlaskClient, issued: Issued) -> None:
    client.post(f"{path(issued)}/-/opened", headers={"Accept-Language": "pl"})

    assert '<html lang="en"' in client.get(path(issued), headers={"Accept-Language": "pl"}).text
    assert languages(issued) == ("en", "en-GB")


@pytest.mark.parametrize(
    ("place", "wish"), [("-/opened", "zh-CN"), ("-/opened", "ZH_hans"), ("confirm", "zh"), ("-/callback", "zh-Hans")]
)
def test_whoever_does_something_in_a_language_has_chosen_it(
    client: FlaskClient, issued: Issued, place: str, wish: str
) -> None:
    response = client.post(f"{path(issued)}/{place}?lang={wish}", data={"revision": "1"})

    assert response.status_code in (204, 303)
    assert languages(issued) == ("zh", "zh")
    assert chosen(issued.page.id) == ["zh"]
    assert '<html lang="zh-Hans"' in client.get(path(issued)).text


def test_way_back_to_the_page_is_in_the_language_too(client: FlaskClient, issued: Issued) -> None:
    answered = client.post(f"{path(issued)}/confirm?lang=zh-Hans", data={"revision": "1"})
    called = client.post(f"{path(issued)}/-/callback?lang=es")

    assert answered.location == f"{path(issued)}?lang=zh-Hans"
    assert called.location == f"{path(issued)}?lang=es"
    assert '<html lang="zh-Hans"' in client.get(answered.location).text


def test_stopping_the_texts_keeps_the_language_too(client: FlaskClient, issued: Issued) -> None:
    response = client.post(f"{path(issued)}/-/preferences?lang=hi")

    assert '<html lang="hi"' in response.text
    assert languages(issued) == ("hi", "hi")


def test_answer_by_script_is_followed_by_a_text_in_the_language_chosen(client: FlaskClient, issued: Issued) -> None:
    page = client.get(f"{path(issued)}?lang=es&step=choose").text
    slot = page.partition('name="slot"')[2].partition('value="')[2].partition('"')[0]
    token = page.partition('id="form-choose"')[2].partition('data-token="')[2].partition('"')[0]

    answer = {"input": {"slot": slot}, "revision": 1, "step": "choose"}
    response = client.post(f"/a/{token}?lang=es", json=answer, headers=KEY)

    assert response.status_code == 200, response.text
    assert languages(issued) == ("es", "es")
    texts = {message.purpose: message.locale for message in db.session.query(Message)}
    assert texts == {"invitation": "en", "moved": "es"}


def test_same_language_again_is_no_choice(client: FlaskClient, issued: Issued) -> None:
    client.post(f"{path(issued)}/-/opened?lang=en")

    assert languages(issued) == ("en", "en-GB")
    assert chosen(issued.page.id) == []


@pytest.mark.parametrize("wish", ["", "xx", "fr", "../x", "e" * 300])
def test_language_that_a_page_does_not_speak_is_passed_over(client: FlaskClient, issued: Issued, wish: str) -> None:
    response = client.post(f"{path(issued)}/-/opened", query_string={"lang": wish})

    assert response.status_code == 204
    assert languages(issued) == ("en", "en-GB")


def test_refused_answer_keeps_no_language(client: FlaskClient, issued: Issued) -> None:
    response = client.post(f"{path(issued)}/move?lang=pl", data={"revision": "1"})

    assert response.status_code == 422
    assert '<html lang="pl"' in response.text
    assert languages(issued) == ("en", "en-GB")


def test_stranger_who_says_that_the_number_is_wrong_chooses_nothing(client: FlaskClient, issued: Issued) -> None:
    queries.get(issued.page.id).disowned_at = issued.page.created_at
    db.session.commit()

    client.post(f"{path(issued)}/-/opened?lang=pl")

    assert languages(issued) == ("en", "en-GB")


@pytest.mark.usefixtures("app")
class TestLater:
    def test_later_pages_and_texts_come_in_it_whatever_the_records_say(
        self, client: FlaskClient, issued: Issued
    ) -> None:
        client.post(f"{path(issued)}/-/opened?lang=pl")

        later = factories.issue(language="en")

        assert languages(later) == ("pl", "pl")
        assert later.messages[0].locale == "pl"

    def test_one_page_can_come_in_another_all_the_same(self, client: FlaskClient, issued: Issued) -> None:
        client.post(f"{path(issued)}/-/opened?lang=pl")

        later = factories.issue(locale="es")

        assert languages(later) == ("es", "pl")

    def test_choosing_again_counts(self, client: FlaskClient, issued: Issued) -> None:
        client.post(f"{path(issued)}/-/opened?lang=pl")
        client.post(f"{path(issued)}/-/opened?lang=en")

        assert languages(issued) == ("en", "en")
        assert chosen(issued.page.id) == ["pl", "en"]

    def test_country_stays_with_a_language_that_is_the_same(self, issued: Issued) -> None:
        customers.choose_language(issued.page.customer_id, "en")
        db.session.commit()

        assert languages(issued) == ("en", "en-GB")

    def test_page_brought_up_to_date_stays_in_it(self, client: FlaskClient, issued: Issued) -> None:
        page: Page = issued.page
        client.post(f"{path(issued)}/-/opened?lang=pl")

        assert pages.resend(page.id, actor="cli").locale == "pl"
