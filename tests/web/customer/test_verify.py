"""Is this really from you? A signature decides, and nothing else is told."""

from __future__ import annotations

import logging
import re
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from selfservice import clock, tokens
from selfservice.brands import service as brands
from selfservice.db import db
from selfservice.messages import queries as messages
from selfservice.pages import checks, queries, receipts, service
from selfservice.situations import registry
from selfservice.tokens import BadToken, new_id
from selfservice.web.customer import verify
from tests.factories import issue


@pytest.fixture(autouse=True)
def _organisation(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody whose links these are, of whom nobody has asked anything yet."""
    with app.app_context():
        brands.ensure_default()
        db.session.commit()
    monkeypatch.setattr(verify, "_limit", verify._Limit())


@pytest.fixture
def url(app: Flask) -> str:
    """A link of ours."""
    with app.app_context():
        return issue().url


def ask(client: FlaskClient, what: str, language: str = "en") -> tuple[int, str]:
    answer = client.post(f"/verify?lang={language}", data={"what": what})
    return answer.status_code, re.findall(r"<h1[^>]*>(.*?)</h1>", answer.text)[0]


YES = (200, "Yes, this link is from us")
NO = (200, "No, this isn’t from us")
OPEN = (422, "Is it really from us?")


def test_the_question_stands_alone(client: FlaskClient) -> None:
    answer = client.get("/verify")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers.getlist("Set-Cookie") == []


def test_a_link_of_ours_is_ours_however_it_is_pasted(client: FlaskClient, url: str) -> None:
    host_and_path = url.partition("://")[2]
    for what in (
        url,
        f"{url}?lang=es",
        f"{url}.",
        f"Our organisation: come ({url}) soon!",
        f"Link:{url}",
        host_and_path,
        f"{url}/-/receipt",
    ):
        assert ask(client, what) == YES


def test_what_only_looks_like_ours_is_not(app: Flask, client: FlaskClient, url: str) -> None:
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    lookalikes = [
        f"{scheme}://evil.example/{path}",
        f"{scheme}://{host}@evil.example/{path}",
        f"{scheme}://{host}.evil.example/{path}",
        f"{scheme}://evil.example/?{url}",
        f"evil.example?to={url}",
        f"evil.com#{url}",
        f"evil.com?{host}/{path}",
        f"evil.com#{host}/{path}",
        f"evil.example/{url}",
        f"www.evil.example#{url}",
        f"{url[:-1]}{'a' if url[-1] != 'a' else 'b'}",
        f"{scheme}://{host}/p/",
        f"{scheme}://{host}/verify",
        f"ftp://{rest}",
        f"{url} and https://evil.example/pay",
        "https://evil.example/p/x",
        "evil.example/p/abc",
        "http://[::1",
        f"Log in at evil-bank.com or see {url}",
        f"evil.com?a=1 {url}",
        f"evil.com:8080 {url}",
        f"1.2.3.4/login {url}",
        f"{url}/，evil.com/x",
        f"{url}/evil.com",
        f"{url}/-/receipt/evil.com",
        f"{url}?lang=es,evil.com",
        f"Log in:evil-bank.com, or {url}",
        f"(evil.com){url}",
        f"打开evil.com或 {url}",
        f"evil.xn--p1ai {url}",
        f"{url} write to help@evil.com",
        f"@evil.com #123456 {url}",
    ]

    with app.app_context():
        assert [what for what in lookalikes if verify.judge(what).word != "no_link"] == []
    assert ask(client, lookalikes[0]) == NO


@pytest.mark.parametrize("language", ["en", "es", "ar", "pl", "zh", "hi"])
def test_every_text_of_ours_is_ours_as_it_was_sent(app: Flask, language: str) -> None:
    with app.app_context():
        made = [
            issue(loaded.key, sample.facts(zone=ZoneInfo("UTC"), now=clock.now()), language=language)
            for loaded in registry.current()
            for sample in loaded.samples.values()
        ]
        texts = [message.body for issued in made for message in issued.messages]

    assert len(texts) >= 11
    with app.app_context():
        # A text that asks in itself holds nothing that only we can write: nobody can tell, and MORE brings the link.
        expected = {text: "yes_link" if "/p/" in text else "unknown" for text in texts}
        assert {text: verify.judge(text).word for text in texts} == expected
        assert "yes_link" in expected.values()


def test_a_text_with_a_code_holds_no_link_of_anybody(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        page = issue("fraud_alert").page
        checks.send_code(queries.get(page.id))
        db.session.commit()
        body = messages.list_for_page(page.id)[-1].body

    assert "\n@127.0.0.1 #" in body
    assert ask(client, body) == OPEN
    assert ask(client, "3.5 kg at 10.30 a.m., i.e. soon... or e.g. on 12.05.2026: £12.99!") == OPEN


@pytest.mark.parametrize("what", ["", "   ", "hello", "call me on +12025550123", "your code is 123456"])
def test_where_there_is_nothing_to_check_it_says_so(client: FlaskClient, what: str) -> None:
    assert ask(client, what) == OPEN


def test_no_answer_depends_on_what_became_of_a_page(app: Flask, client: FlaskClient, url: str) -> None:
    with app.app_context():
        keyring = tokens.current()
        service.revoke(keyring.read_page(url[-34:]), actor="staff:1")
        db.session.commit()
        never_issued = url[:-34] + keyring.sign_page(new_id())

    texts = {client.post("/verify", data={"what": what}).text for what in (url, never_issued)}

    assert len(texts) == 1
    assert "Maria" not in texts.pop()


def test_a_receipt_says_whose_and_when_and_no_more(app: Flask, client: FlaskClient, url: str) -> None:
    path = url[url.index("/p/") :]
    client.post(f"{path}/confirm", data={"revision": "1"})
    code = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){4}", client.get(f"{path}/-/receipt").text)[0]

    answer = client.post("/verify?lang=en", data={"what": f"my code: {code.lower()}"})
    spelt_out = client.post("/verify", data={"what": " ".join(code.replace("-", ""))})
    wrong = client.post("/verify?lang=en", data={"what": code[:-1] + ("0" if code[-1] != "0" else "2")})

    assert "Yes, this receipt is from us" in answer.text
    assert "Our organisation gave this receipt for an answer from" in answer.text
    assert "Yes, this receipt is from us" in spelt_out.text
    assert "We gave no receipt with this code." in wrong.text
    assert "Okafor" not in answer.text


def test_it_answers_in_the_browsers_language(client: FlaskClient) -> None:
    assert "¿De verdad es nuestro?" in client.get("/verify", headers={"Accept-Language": "es-MX,en;q=0.5"}).text


def test_what_is_put_in_is_shown_to_nobody_else(
    client: FlaskClient, url: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    client.post("/verify", data={"what": f"secret words {url} <script>"})
    shown = client.post("/verify", data={"what": "secret words <script>"}).text

    logged = "".join(capfd.readouterr()) + caplog.text
    assert url[-34:] not in logged
    assert "secret words" not in logged
    assert "<script>alert" not in shown
    assert "secret words &lt;script&gt;" in shown


def test_too_many_questions_have_to_wait(client: FlaskClient) -> None:
    answers = [client.post("/verify", data={"what": "hello"}).status_code for _ in range(verify.MOST_A_MINUTE + 1)]

    assert answers[-2:] == [422, 429]
    assert client.get("/verify").status_code == 200


def test_receipts_and_links_are_signed_for_different_things(app: Flask) -> None:
    with app.app_context(), pytest.raises(BadToken):
        receipts.read(tokens.current().sign_page(1)[:20])
