"""The providers' door: only what is signed comes in, everything is taken once, and nothing is told to the log."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice import tokens
from selfservice.db import db
from selfservice.messages import reports
from selfservice.messages.channels.contract import Callback
from selfservice.messages.models import Message, ProviderReceipt
from selfservice.replies.models import InboundText
from tests.factories import PHONE, issue
from tests.harness.post import Line, ref_of
from tests.messages.scenes import count, state_of


@pytest.fixture
def line(app: Flask) -> Line:
    return Line(app)


def sent(line: Line) -> int:
    """A page's text, on its way; the id of its message."""
    with line.app.app_context():
        message_id = issue().messages[0].id
    line.deliver()
    return message_id


def receipt(message_id: int, report: str = "delivered", key: str = "r1") -> dict[str, str]:
    return {"ref": ref_of(tokens.encode_id(message_id)), "report": report, "key": key}


def test_a_receipt_moves_its_message_and_is_answered_as_the_provider_wants(line: Line) -> None:
    message_id = sent(line)

    answer = line.report(receipt(message_id))

    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"<taken/>", "text/xml")
    with line.app.app_context():
        assert state_of(message_id) == "delivered"


def test_a_signature_covers_the_query(line: Line) -> None:
    assert line.call("status", [], query="?a=%C3%A9&b=+x%2F").status_code == 200


def test_a_form_is_handed_on_in_its_order_and_as_its_bytes(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Callback] = []
    monkeypatch.setattr(line.office, "read", lambda callback: seen.append(callback) or [])
    body = b"To=%2B1202&Body=a+b%26c&To=again&Body="

    answer = line.call("inbound", body, query="?k=1&k=2", **{"Content-Type": "application/x-www-form-urlencoded"})

    assert answer.status_code == 200
    (callback,) = seen
    assert callback.form == [("To", "+1202"), ("To", "again"), ("Body", "a b&c"), ("Body", "")]
    assert (callback.method, callback.body, callback.query) == ("POST", body, [("k", "1"), ("k", "2")])
    assert callback.url.endswith("/callbacks/post/inbound?k=1&k=2")
    assert callback.headers["content-type"] == "application/x-www-form-urlencoded"


def test_what_is_not_signed_changes_nothing(line: Line) -> None:
    message_id = sent(line)

    answer = line.call("status", [receipt(message_id)], **{"X-Post-Signature": "0" * 64})

    assert (answer.status_code, answer.json["code"]) == (403, "forged")
    with line.app.app_context():
        assert (state_of(message_id), count(ProviderReceipt)) == ("submitted", 0)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"7", b"[7]", b'[{"ref": "x"}]'])
def test_what_cannot_be_read_is_refused(line: Line, body: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    assert line.call("inbound", body).status_code == 400


def test_the_log_holds_nothing_of_what_was_said(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    line.text(PHONE, "a secret of mine")
    line.call("inbound", [{"sender": PHONE, "body": "a secret of mine"}])

    logged = "".join(capsys.readouterr())

    assert "callback.unreadable" in logged
    assert PHONE not in logged
    assert PHONE[1:] not in logged
    assert "secret of mine" not in logged


def test_a_large_body_is_refused_unread(line: Line) -> None:
    assert line.call("status", b"[" + b" " * 70_000 + b"]").status_code == 413


@pytest.mark.parametrize("path", ["/callbacks/nobody/status", "/callbacks/push/status", "/callbacks/post/other"])
def test_another_address_is_not_found(line: Line, path: str) -> None:
    assert line.client.post(path, data=b"[]").status_code == 404


def test_a_look_at_the_door_takes_nothing(line: Line) -> None:
    assert line.client.get("/callbacks/post/status").status_code == 405


def test_an_unknown_reference_is_parked_and_counted(line: Line) -> None:
    answer = line.report({"ref": "nobody's", "report": "delivered", "key": "r1"})

    assert answer.status_code == 200
    with line.app.app_context():
        assert reports.count_parked() == 1


def test_a_receipt_by_our_id_alone_is_enough(line: Line) -> None:
    message_id = sent(line)

    line.report({"ref": "", "id": tokens.encode_id(message_id), "report": "carrier_accepted", "key": "r1"})

    with line.app.app_context():
        assert state_of(message_id) == "carrier_accepted"


def test_a_provider_cannot_speak_of_a_message_it_never_had(line: Line) -> None:
    with line.app.app_context():
        message_id = issue().messages[0].id

    line.report({"ref": "x", "id": tokens.encode_id(message_id), "report": "delivered", "key": "r1"})

    with line.app.app_context():
        assert (state_of(message_id), reports.count_parked()) == ("ready", 1)


def test_a_storm_of_one_receipt_writes_once_and_then_only_looks(
    line: Line, counting: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    message_id = sent(line)
    line.report(receipt(message_id))

    with counting() as statements:
        for _ in range(50):
            assert line.report(receipt(message_id)).status_code == 200

    assert len(statements) == 50
    with line.app.app_context():
        assert count(ProviderReceipt) == 1


def test_a_text_handed_over_twice_is_one(line: Line) -> None:
    for _ in range(3):
        line.text(PHONE, "Is there parking?", ref="same")

    with line.app.app_context():
        assert count(InboundText) == 1


def test_receipts_and_texts_may_come_in_one_call(line: Line) -> None:
    message_id = sent(line)
    text = {"ref": "in-a", "sender": PHONE, "recipient": "+12025550100", "body": "YES"}

    assert line.call("status", [receipt(message_id), text]).status_code == 200

    with line.app.app_context():
        assert state_of(message_id) == "delivered"
        kept = db.session.scalars(select(InboundText)).one()
        assert (kept.meaning, kept.sender, kept.body) == ("answer", PHONE, "YES")
        assert json.dumps(kept.media) == "[]"


def test_the_text_that_is_on_its_way_hears_of_it_when_it_is_there(line: Line) -> None:
    """A receipt that overtakes the provider's answer to our call."""
    with line.app.app_context():
        message_id = issue().messages[0].id
    name = tokens.encode_id(message_id)
    line.office.send, send = lambda outgoing: _report_first(line, outgoing, send), line.office.send  # type: ignore[method-assign]

    line.deliver()

    with line.app.app_context():
        assert state_of(message_id) == "delivered"
        assert db.session.get(Message, message_id).provider_ref == ref_of(name)  # type: ignore[union-attr]
        assert reports.count_parked() == 0


def _report_first(line: Line, outgoing: object, send: Callable[..., object]) -> object:
    ref = ref_of(outgoing.id)  # type: ignore[attr-defined]
    assert line.report({"ref": ref, "report": "delivered", "key": "early"}).status_code == 200
    return send(outgoing)
