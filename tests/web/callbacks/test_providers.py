"""The whole way through each provider: out of the outbox, taken once, and what it calls back with at our door."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from selfservice import clock, config
from selfservice.config import Settings
from selfservice.db import READER, db
from selfservice.media import preparing
from selfservice.media.models import Medium
from selfservice.messages import dispatch, queries, upkeep
from selfservice.messages.channels import registry
from selfservice.messages.channels.registry import Channels
from selfservice.replies import photos
from selfservice.replies.models import InboundText
from selfservice.tokens import encode_id
from tests.factories import PHONE, issue
from tests.harness.application import make_settings
from tests.harness.callbacks import Signed, from_gateway, from_twilio, from_vonage
from tests.harness.providers import SENDER, Providers
from tests.harness.reporting import WORDS, receipt_for
from tests.messages.provider_scene import BASE, KINDS
from tests.messages.scenes import count, state_of


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def settings(database_url: str, tmp_path: Path, providers: Providers, kind: str) -> Settings:
    return make_settings(database_url, tmp_path, SMS=getattr(providers, kind), BASE_URL=BASE)


def delivered(providers: Providers) -> Signed:
    """What the provider says when the first text has arrived."""
    taken = providers.taken[0]
    return receipt_for(taken, WORDS[taken.provider][-1], BASE)


def text_in(kind: str, body: str) -> Signed:
    """What the provider says when a text came in."""
    url = f"{BASE}/callbacks/{kind}/inbound"
    if kind == "twilio":
        said = {
            "MessageSid": "SM1",
            "SmsStatus": "received",
            "From": PHONE,
            "To": SENDER,
            "Body": body,
            "NumMedia": "0",
        }
        return from_twilio(url, said)
    if kind == "vonage":
        said = {"message_uuid": "u1", "from": PHONE[1:], "to": SENDER[1:], "text": body, "channel": "sms"}
        return from_vonage(url, said)
    return from_gateway(url, {"id": "g1", "sender": PHONE, "recipient": SENDER, "text": body})


def call(client: FlaskClient, signed: Signed) -> Any:
    return client.post(signed.path, data=signed.body, headers=dict(signed.headers))


def channels() -> Channels:
    return registry.build(config.current(), writer=db.engine, reader=db.engines[READER])


def send(situation: str = "appointment_reminder") -> int:
    """The id of a page's text, after it was handed over; one that is refused for now may be tried again at once."""
    message_id = issue(situation).messages[0].id
    assert dispatch.send_all(channels(), owner="worker-1") >= 1
    return message_id


def test_a_text_goes_out_once_and_its_receipt_comes_in(
    session: Any, client: FlaskClient, providers: Providers, kind: str
) -> None:
    message_id = send()
    (taken,) = providers.taken
    assert (taken.id, state_of(message_id)) == (encode_id(message_id), "submitted")

    signed = delivered(providers)
    answers = [call(client, signed) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert answers[0].data == (
        b"{}" if kind != "twilio" else b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
    )
    assert state_of(message_id) == "delivered"
    assert providers.counts == {encode_id(message_id): 1}


def test_a_receipt_ends_the_doubt_about_a_text_whose_answer_was_lost(
    session: Any, client: FlaskClient, providers: Providers, kind: str
) -> None:
    with providers.dropping():
        message_id = send()
    assert state_of(message_id) == "uncertain"

    call(client, delivered(providers))

    assert state_of(message_id) == "delivered"
    assert providers.counts == {encode_id(message_id): 1}


def test_a_receipt_may_come_before_the_answer(
    session: Any, client: FlaskClient, providers: Providers, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    those = channels()
    provider: Any = those.get("sms")
    hand_over = provider.send

    def overtaken(outgoing: Any) -> Any:
        submitted = hand_over(outgoing)
        assert call(client, delivered(providers)).status_code == 200
        return submitted

    monkeypatch.setattr(provider, "send", overtaken)
    issued = issue()
    dispatch.send_all(those, owner="worker-1")

    assert state_of(issued.messages[0].id) == "delivered"


def test_a_doubt_waits_for_the_receipt_and_is_never_sent_again_blindly(
    session: Any, providers: Providers, kind: str
) -> None:
    with providers.dropping():
        message_id = send()

    for minutes in (1, 2, 5):
        with time_machine.travel(clock.now() + timedelta(minutes=minutes), tick=False):
            upkeep.reconcile(channels())

    assert state_of(message_id) == ("submitted" if kind == "gateway" else "uncertain")
    assert providers.counts == {encode_id(message_id): 1}


def test_a_doubt_that_nothing_ends_goes_to_a_person(session: Any, providers: Providers, kind: str) -> None:
    if kind == "gateway":
        providers.template.write_text(_without_find(providers.template.read_text("utf-8")))
    with providers.dropping():
        message_id = send()

    for minutes in range(1, 90, 6):
        with time_machine.travel(clock.now() + timedelta(minutes=minutes), tick=False):
            upkeep.reconcile(channels())

    assert state_of(message_id) == "needs_human"
    assert providers.counts == {encode_id(message_id): 1}


def test_an_urgent_doubt_waits_ninety_seconds_for_the_call_and_goes_once_more(
    session: Any, client: FlaskClient, providers: Providers, kind: str
) -> None:
    if kind == "gateway":
        providers.template.write_text(_without_find(providers.template.read_text("utf-8")))
    begins = clock.now()
    with providers.dropping(), time_machine.travel(begins, tick=False):
        message_id = send("fraud_alert")

    for seconds in (3, 30, 60, 89):
        with time_machine.travel(begins + timedelta(seconds=seconds), tick=False):
            upkeep.reconcile(channels())
    assert (state_of(message_id), providers.counts) == ("uncertain", {encode_id(message_id): 1})
    with time_machine.travel(begins + timedelta(seconds=90), tick=False):
        upkeep.reconcile(channels())
        assert dispatch.send_all(channels(), owner="worker-1") == 1

    assert (state_of(message_id), providers.counts) == ("submitted", {encode_id(message_id): 2})
    assert call(client, delivered(providers)).status_code == 200
    assert state_of(message_id) == "delivered"


def test_an_urgent_doubt_that_a_call_ends_is_not_sent_again(
    session: Any, client: FlaskClient, providers: Providers, kind: str
) -> None:
    with providers.dropping():
        message_id = send("fraud_alert")

    call(client, delivered(providers))
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        upkeep.reconcile(channels())
        assert dispatch.send_all(channels(), owner="worker-1") == 0

    assert (state_of(message_id), providers.counts) == ("delivered", {encode_id(message_id): 1})


def _without_find(template: str) -> str:
    return template[: template.index("[find]")] + template[template.index("[words]") :]


def test_a_gateway_that_never_had_it_gets_it_again(session: Any, providers: Providers, kind: str) -> None:
    if kind != "gateway":
        return
    with providers.answering(500):
        message_id = send()
    assert state_of(message_id) == "uncertain"

    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
        upkeep.reconcile(channels())

    assert state_of(message_id) == "ready"


def test_a_wrong_token_raises_an_alarm_and_loses_no_text(session: Any, providers: Providers, kind: str) -> None:
    with providers.answering(401, {"code": 20003}):
        message_id = send()
    assert state_of(message_id) == "ready"
    assert [(alarm.provider, alarm.status) for alarm in queries.list_alarms()] == [(kind, 401)]

    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        dispatch.send_all(channels(), owner="worker-1")

    assert state_of(message_id) == "submitted"
    assert queries.list_alarms() == []


def test_a_text_that_comes_in_is_kept_once(session: Any, client: FlaskClient, kind: str) -> None:
    signed = text_in(kind, "Não, 明天 👍")

    assert [call(client, signed).status_code for _ in range(2)] == [200, 200]

    assert count(InboundText) == 1


@pytest.mark.parametrize("meddled", ["body", "path", "signature"])
def test_what_was_meddled_with_is_forged(
    session: Any, client: FlaskClient, providers: Providers, kind: str, meddled: str
) -> None:
    message_id = send()
    signed = delivered(providers)
    other = {
        "body": Signed(signed.url, signed.headers, signed.body + (b"&Extra=1" if kind == "twilio" else b" ")),
        "path": Signed(signed.url + ("&more=1" if kind == "twilio" else ""), signed.headers, b"{}"),
        "signature": Signed(signed.url, {"Content-Type": signed.headers["Content-Type"]}, signed.body),
    }[meddled]

    assert call(client, other).status_code == 403
    assert state_of(message_id) == "submitted"


def test_nothing_of_it_is_logged(
    session: Any, client: FlaskClient, providers: Providers, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    send()
    with providers.answering(400, {"code": 21211, "message": PHONE}):
        send()
    call(client, delivered(providers))
    call(client, text_in(kind, "a secret of mine"))

    shown = "".join(capfd.readouterr())

    for secret in ("hush", PHONE[1:], "secret of mine", "Bearer", "Basic"):
        assert secret not in shown


@pytest.mark.parametrize("kind", ["twilio"])
def test_a_photo_from_somebody_without_a_page_is_fetched_for_staff(
    session: Any, client: FlaskClient, providers: Providers, kind: str
) -> None:
    said = {
        "MessageSid": "MM1", "SmsStatus": "received", "From": "+12025550177", "To": SENDER, "Body": "Is this yours?",
        "NumMedia": "1", "MediaUrl0": f"{providers.base}/media/photo", "MediaContentType0": "image/jpeg",
    }  # fmt: skip
    call(client, from_twilio(f"{BASE}/callbacks/twilio/inbound", said))

    while photos.fetch_next(channels()) or preparing.prepare_next():
        pass

    medium = session.scalars(select(Medium)).one()
    assert (medium.page_id, medium.state, medium.made_as) == (None, "ready", "jpeg")
    assert [headers["Authorization"].partition(" ")[0] for headers in providers.media_headers] == ["Basic"]
