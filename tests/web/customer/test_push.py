"""The door for pushes: who may ask for them, whose they are, and that a stranger gets nothing."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from selfservice import tokens
from selfservice.customers import queries as people
from selfservice.customers import subscriptions
from selfservice.customers.models import Device, DevicePage, PushSubscription
from selfservice.db import db
from selfservice.events.models import Event
from selfservice.messages import queries as outbox
from selfservice.pages import queries as page_queries
from selfservice.pages import service as pages
from tests.factories import act, appointment, issue
from tests.harness.application import make_app, make_settings
from tests.harness.subscribers import Browser

ADDRESS = "/push/subscriptions"
PUBLIC = "142.250.72.10"


@pytest.fixture(autouse=True)
def name_server(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the names of push services are looked up to; a name that is not there is not known."""
    known = {"fcm.googleapis.com": PUBLIC}
    real = socket.getaddrinfo

    def look(host: Any, port: Any, *arguments: Any, **named: Any) -> Any:
        if host in known:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known[host], port))]
        if str(host).endswith((".com", ".example")):
            raise socket.gaierror
        return real(host, port, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return known


@pytest.fixture
def page(app: Flask) -> str:
    """The token of a fresh page."""
    with app.app_context():
        return issue().url.rpartition("/")[2]


def subscribe(client: FlaskClient, browser: Browser, page: str | None = None) -> TestResponse:
    body = {"subscription": browser.said}
    return client.post(ADDRESS, json={**body, "page": page} if page else body)


def devices_of(app: Flask, page: str) -> list[int]:
    with app.app_context():
        found = page_queries.get(tokens.current().read_page(page))
        return subscriptions.list_devices(found.customer_id)


def states(app: Flask, page_id: int) -> dict[str, list[str]]:
    """The states of a page's messages by channel, oldest first."""
    with app.app_context():
        found = outbox.list_for_page(page_id)
    return {channel: [message.state for message in found if message.channel == channel] for channel in ("push", "sms")}


def count(app: Flask, table: type[Any]) -> int:
    with app.app_context():
        return len(db.session.execute(select(table)).all())


def test_a_phone_with_a_page_is_told_of_its_customers_pages(app: Flask, client: FlaskClient, page: str) -> None:
    response = subscribe(client, Browser(), page)

    assert (response.status_code, response.json) == (201, {"status": "kept", "follows": True})
    assert response.headers["Cache-Control"] == "no-store"
    cookie = client.get_cookie("device")
    assert cookie is not None
    assert cookie.http_only
    assert len(devices_of(app, page)) == 1


def test_saying_it_again_changes_nothing(app: Flask, client: FlaskClient, page: str) -> None:
    browser = Browser()

    codes = [subscribe(client, browser, page).status_code, subscribe(client, browser).status_code]

    assert codes == [201, 200]
    assert (count(app, PushSubscription), count(app, Device)) == (1, 1)


def test_a_stranger_with_neither_device_nor_page_is_refused(app: Flask, client: FlaskClient) -> None:
    assert subscribe(client, Browser()).status_code == 403
    client.set_cookie("device", "made-up")
    assert subscribe(client, Browser()).status_code == 403
    assert (count(app, PushSubscription), count(app, Device)) == (0, 0)


@pytest.mark.parametrize("token", ["0" * 34, "x", 7, ""])
def test_a_page_that_is_not_ours_is_refused(app: Flask, client: FlaskClient, token: Any) -> None:
    response = client.post(ADDRESS, json={"subscription": Browser().said, "page": token})

    assert response.status_code == 404
    assert count(app, Device) == 0


def test_another_device_gets_409(app: Flask, page: str) -> None:
    browser = Browser()
    subscribe(app.test_client(), browser, page)

    response = subscribe(app.test_client(), browser, page)

    assert response.status_code == 409
    assert response.json is not None
    assert response.json["code"] == "endpoint_taken"
    assert count(app, PushSubscription) == 1
    assert len(devices_of(app, page)) == 1


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [
        ("https://evil.example/x", "endpoint_not_allowed"),
        ("http://fcm.googleapis.com/x", "endpoint_not_allowed"),
        ("https://web.push.apple.com/x", "unreachable"),
    ],
)
def test_an_endpoint_that_is_not_to_be_called_is_refused(
    app: Flask, client: FlaskClient, page: str, endpoint: str, code: str
) -> None:
    response = subscribe(client, Browser(endpoint), page)

    assert response.json is not None
    assert (response.status_code, response.json["code"]) == (503 if code == "unreachable" else 422, code)
    assert endpoint not in response.text
    assert count(app, PushSubscription) == 0


def test_a_name_that_leads_inside_is_refused(
    app: Flask, client: FlaskClient, page: str, name_server: dict[str, str]
) -> None:
    name_server["fcm.googleapis.com"] = "169.254.169.254"

    response = subscribe(client, Browser(), page)

    assert response.json is not None
    assert (response.status_code, response.json["code"]) == (422, "private_address")
    assert count(app, PushSubscription) == 0


def test_a_page_that_has_ended_is_not_followed(app: Flask, client: FlaskClient, page: str) -> None:
    with app.app_context():
        pages.revoke(tokens.current().read_page(page), actor="cli")
        db.session.commit()

    response = subscribe(client, Browser(), page)

    assert response.json == {"status": "kept", "follows": False}
    assert devices_of(app, page) == []


def test_an_answered_page_is_followed(app: Flask, client: FlaskClient, page: str) -> None:
    with app.app_context():
        act(tokens.current().read_page(page), "confirm")

    assert subscribe(client, Browser(), page).json == {"status": "kept", "follows": True}


def test_giving_it_up_is_once_and_for_all_customers(app: Flask, client: FlaskClient, page: str) -> None:
    subscribe(client, Browser(), page)

    codes = [client.delete(ADDRESS).status_code for _ in range(2)]

    assert codes == [204, 204]
    assert (count(app, PushSubscription), devices_of(app, page)) == (0, [])
    assert app.test_client().delete(ADDRESS).status_code == 403


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"subscription": 1}'])
def test_a_body_that_is_none_says_what_to_send(client: FlaskClient, page: str, body: bytes) -> None:
    client.set_cookie("device", "made-up")

    response = client.post(ADDRESS, data=body, content_type="application/json")

    assert response.status_code == 422
    assert response.content_type == "application/problem+json"


def test_another_sites_page_cannot_ask(client: FlaskClient, page: str) -> None:
    body = {"subscription": Browser().said, "page": page}

    assert client.post(ADDRESS, json=body, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_without_a_key_nobody_is_asked(database_url: str, tmp_path: Any) -> None:
    settings = make_settings(database_url, tmp_path).model_copy(update={"vapid_private_key": None})
    app = make_app(settings)
    with app.app_context():
        page = issue().url.rpartition("/")[2]
    client = app.test_client()

    assert subscribe(client, Browser(), page).status_code == 404


class TestReceipts:
    @pytest.fixture
    def receipt(self, app: Flask, client: FlaskClient, page: str) -> str:
        """The address for what becomes of the push of a page."""
        subscribe(client, Browser(), page)
        with app.app_context():
            push = next(message for message in issue(facts=appointment()).messages if message.channel == "push")
            assert push.payload is not None
            return f"/push/receipts/{push.payload['notification']['data']['receipt']}"

    def test_a_worker_without_a_cookie_says_what_became_of_a_push(self, app: Flask, receipt: str) -> None:
        codes = [
            app.test_client().post(receipt, json={"what": what}).status_code
            for what in ("delivered", "shown", "shown", "clicked", "answered")
        ]

        assert codes == [204] * 5
        with app.app_context():
            types = list(
                db.session.scalars(select(Event.type).where(Event.type.startswith("push.")).order_by(Event.id))
            )
        assert types == ["push.delivered", "push.shown", "push.clicked", "push.answered"]

    @pytest.mark.parametrize("body", [b"", b"{}", b'{"what": "eaten"}', b'{"what": ["shown"]}', b"[]"])
    def test_what_cannot_be_said_is_refused(self, client: FlaskClient, receipt: str, body: bytes) -> None:
        assert client.post(receipt, data=body, content_type="application/json").status_code == 422

    def test_a_token_that_is_not_ours_is_refused(self, client: FlaskClient, receipt: str, page: str) -> None:
        forged = receipt[:-1] + ("a" if receipt[-1] != "a" else "b")

        for address in (forged, f"/push/receipts/{page}"):
            assert client.post(address, json={"what": "shown"}).status_code == 404


def test_an_answer_in_a_notification_is_one_that_counts(app: Flask, client: FlaskClient, page: str) -> None:
    """What the worker posts when a button is pressed, with no page open and no cookie."""
    subscribe(client, Browser(), page)
    with app.app_context():
        issued = issue(facts=appointment(place="Elsewhere"))
        push = next(message for message in issued.messages if message.channel == "push")
        assert push.payload is not None
        answer = push.payload["notification"]["data"]["answers"]["confirm"]
        page_id = issued.page.id
    body = {"input": {}, "revision": answer["revision"]}

    replies = [
        app.test_client().post(answer["url"], json=body, headers={"Idempotency-Key": answer["key"]}) for _ in range(2)
    ]

    assert [reply.status_code for reply in replies] == [200, 200]
    assert [reply.json["status"] for reply in replies if reply.json] == ["applied", "already_applied"]
    with app.app_context():
        assert page_queries.get(page_id).state == "answered"
        states = {message.channel: message.state for message in outbox.list_for_page(page_id)}
    assert states == {"push": "cancelled", "sms": "cancelled"}


def test_looking_at_a_page_is_noted_for_the_device(app: Flask, client: FlaskClient, page: str) -> None:
    subscribe(client, Browser(), page)
    with app.app_context():
        issued = issue(facts=appointment(place="Elsewhere"))
        page_id = issued.page.id
    token = issued.url.rpartition("/")[2]

    assert client.post(f"/p/{token}/-/opened?revision=1").status_code == 204

    assert states(app, page_id) == {"push": ["cancelled"], "sms": ["cancelled"]}
    assert (count(app, DevicePage), count(app, Device)) == (2, 1)


@pytest.mark.parametrize("revision", ["1", "3", "x", ""])
def test_a_page_that_shows_what_is_no_longer_so_takes_no_news_back(
    app: Flask, client: FlaskClient, page: str, revision: str
) -> None:
    """It was fetched before the change, and comes into sight after it."""
    subscribe(client, Browser(), page)
    with app.app_context():
        page_id = issue(facts=appointment(), case_ref="case-1").page.id
        issued = issue(facts=appointment(place="Elsewhere"), case_ref="case-1")
    token = issued.url.rpartition("/")[2]

    assert client.post(f"/p/{token}/-/opened?revision={revision}").status_code == 204

    assert states(app, page_id) == {"push": ["cancelled", "ready"], "sms": ["cancelled", "held"]}
    client.post(f"/p/{token}/-/opened?revision=2")
    assert states(app, page_id) == {"push": ["cancelled"] * 2, "sms": ["cancelled"] * 2}


def test_the_page_says_which_revision_it_shows(app: Flask, client: FlaskClient, page: str) -> None:
    assert f'data-opened="/p/{page}/-/opened?revision=1"' in client.get(f"/p/{page}").text
    with app.app_context():
        act(tokens.current().read_page(page), "confirm")

    assert f'data-opened="/p/{page}/-/opened?revision=2"' in client.get(f"/p/{page}").text


class TestForwardedLink:
    """A link is in two hands: the customer's, whose device saw the page first, and a stranger's."""

    @pytest.fixture
    def page_id(self, app: Flask, client: FlaskClient) -> int:
        """A page that its customer has opened and follows, and its change is not told yet."""
        with app.app_context():
            issued = issue(case_ref="case-1", channels=())
            page_id, token = issued.page.id, issued.url.rpartition("/")[2]
        client.post(f"/p/{token}/-/opened?revision=1")
        assert subscribe(client, Browser(), token).json == {"status": "kept", "follows": True}
        return page_id

    @pytest.fixture
    def stranger(self, app: Flask, page_id: int) -> FlaskClient:
        """A device that got the link, and asked to be told."""
        eve = app.test_client()
        with app.app_context():
            token = tokens.current().sign_page(page_id)
        eve.post(f"/p/{token}/-/opened?revision=1")
        assert subscribe(eve, Browser(), token).json == {"status": "kept", "follows": True}
        return eve

    def test_the_stranger_hears_of_no_other_page(self, app: Flask, page_id: int, stranger: FlaskClient) -> None:
        with app.app_context():
            later = issue("fraud_alert").page.id

        assert states(app, later) == {"push": ["ready"], "sms": ["held"]}

    def test_a_stranger_alone_holds_up_no_text(self, app: Flask, client: FlaskClient, page: str) -> None:
        client.post(f"/p/{page}/-/opened?revision=1")
        eve = app.test_client()
        subscribe(eve, Browser(), page)
        with app.app_context():
            later = issue("fraud_alert").page.id

        assert states(app, later) == {"push": [], "sms": ["ready"]}

    def test_what_the_stranger_does_takes_no_text_back(self, app: Flask, page_id: int, stranger: FlaskClient) -> None:
        with app.app_context():
            link = issue(facts=appointment(place="Elsewhere"), case_ref="case-1").url
            pushes = [message for message in outbox.list_for_page(page_id) if message.channel == "push"]
            others = [push for push in pushes if push.ahead_of is None]
        assert (len(pushes), len(others)) == (2, 1)
        receipt = others[0].payload["notification"]["data"]["receipt"]  # type: ignore[index]

        for what in ("delivered", "shown", "clicked", "answered"):
            assert stranger.post(f"/push/receipts/{receipt}", json={"what": what}).status_code == 204
        stranger.post(f"/p/{link.rpartition('/')[2]}/-/opened?revision=2")

        assert states(app, page_id)["sms"] == ["held"]

    def test_the_stranger_is_not_first_when_the_customer_has_the_device_forgotten(
        self, app: Flask, client: FlaskClient, page: str
    ) -> None:
        client.post(f"/p/{page}/-/opened?revision=1")
        client.post("/device/forget")
        eve = app.test_client()
        eve.post(f"/p/{page}/-/opened?revision=1")

        subscribe(eve, Browser(), page)

        assert devices_of(app, page) == []

    def test_a_corrected_number_ends_that_too(self, app: Flask, page_id: int, stranger: FlaskClient) -> None:
        with app.app_context():
            customer = page_queries.get(page_id).customer_id
            people.get(customer).ref = "C1"
            db.session.commit()

            issue(phone="+12025550199", ref="C1", facts=appointment(place="Elsewhere"), case_ref="case-1")

        assert states(app, page_id) == {"push": [], "sms": ["ready"]}


def test_a_page_asks_whether_this_device_is_told_of_it(app: Flask, client: FlaskClient, page: str) -> None:
    """By asking alone nothing is followed."""
    browser = Browser()
    with app.app_context():
        other = issue(phone="+12025550124").url.rpartition("/")[2]
    subscribe(client, browser, page)

    told = [client.post(ADDRESS, json={"subscription": browser.said, "about": about}).json for about in (page, other)]

    assert told == [{"status": "kept", "follows": True}, {"status": "kept", "follows": False}]
    assert devices_of(app, other) == []
    assert client.post(ADDRESS, json={"subscription": browser.said, "about": "x"}).status_code == 404
    stranger = app.test_client()
    assert stranger.post(ADDRESS, json={"subscription": Browser().said, "about": page}).status_code == 403
