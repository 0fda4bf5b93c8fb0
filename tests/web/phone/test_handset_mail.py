"""E-mails on the development handset: listed, opened in a frame that runs nothing, delivered once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from selfservice.brands import service as brands
from selfservice.db import READER, db
from selfservice.messages.channels.contract import Email, Found, Outgoing
from selfservice.messages.channels.mailbox import Mailbox

MARIA = "maria@example.com"


@pytest.fixture
def mail(app: Flask) -> Callable[..., Mailbox]:
    """Sends an e-mail to the handset; a brand is set up."""
    with app.app_context():
        brands.ensure_default()
        db.session.commit()
        provider = Mailbox(db.engine, db.engines[READER])

    def send(subject: str = "Can you come?", *, to: str = MARIA, id: str = "0abcdefghij") -> Mailbox:  # noqa: A002
        html = f"<!DOCTYPE html><p>{subject}</p><script>alert(1)</script>"
        email = Email(subject, subject, html, "Harbour Clinic", "https://example.com/preferences/x")
        with app.app_context():
            provider.send(Outgoing(id, to, email, timedelta(hours=1)))
        return provider

    return send


def test_an_address_is_listed_with_its_latest_subject(client: FlaskClient, mail: Callable[..., Mailbox]) -> None:
    mail("First", id="00000000001")
    mail("Second", id="00000000002")
    mail("To Ana", to="ana@example.com", id="00000000003")

    page = client.get("/phone").text

    assert page.count('href="/phone/mail/') == 2
    assert "Second" in page
    assert "First" not in page


def test_an_email_opens_in_a_frame_that_runs_nothing(client: FlaskClient, mail: Callable[..., Mailbox]) -> None:
    mail()

    page = client.get(f"/phone/mail/{MARIA}")
    letter = client.get("/phone/letter/1")

    assert 'src="/phone/letter/1"' in page.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert 'href="https://example.com/preferences/x"' in page.text
    assert letter.text.startswith("<!DOCTYPE html>")
    policy = letter.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "allow-scripts" not in policy


def test_an_earlier_email_can_be_opened(client: FlaskClient, mail: Callable[..., Mailbox]) -> None:
    mail("First", id="00000000001")
    mail("Second", id="00000000002")

    newest = client.get(f"/phone/mail/{MARIA}").text
    first = client.get(f"/phone/mail/{MARIA}?email=1").text

    assert 'src="/phone/letter/2"' in newest
    assert 'src="/phone/letter/1"' in first


def test_the_same_email_arrives_once(app: Flask, client: FlaskClient, mail: Callable[..., Mailbox]) -> None:
    provider = mail()
    mail()

    assert client.get("/phone/letter/2").status_code == 404
    assert provider.find("0abcdefghij") == Found("0abcdefghij", "delivered")
    assert provider.find("00000000000") is None


@pytest.mark.parametrize("path", ["/phone/mail/eve@example.com", "/phone/letter/7"])
def test_what_is_not_there_is_not_found(client: FlaskClient, mail: Callable[..., Mailbox], path: str) -> None:
    mail()

    assert client.get(path).status_code == 404
