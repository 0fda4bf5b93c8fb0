"""The providers' own code behind the door: a text that Twilio signs answers a page."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from selfservice.config import Settings
from selfservice.db import db
from selfservice.pages.models import Page
from selfservice.replies.models import InboundText
from tests.factories import PHONE, issue
from tests.harness.application import make_app
from tests.harness.callbacks import from_twilio
from tests.harness.providers import ACCOUNT, SENDER, TOKEN

TEXT = {
    "MessageSid": "SM" + "7" * 32,
    "SmsSid": "SM" + "7" * 32,
    "AccountSid": ACCOUNT,
    "SmsStatus": "received",
    "From": PHONE,
    "To": SENDER,
    "Body": "Yes & thanks",
    "NumMedia": "0",
}


def make_twilio_app(settings: Settings) -> Flask:
    return make_app(settings.model_copy(update={"sms": (f"twilio://{ACCOUNT}:{TOKEN}@{SENDER}",)}))


def test_a_text_by_twilio_answers_a_page(settings: Settings) -> None:
    app = make_twilio_app(settings)
    with app.app_context():
        page_id = issue().page.id
    signed = from_twilio(f"{settings.base_url}/callbacks/twilio/inbound", TEXT)

    answer = app.test_client().post(signed.path, data=signed.body, headers=dict(signed.headers))

    assert answer.status_code == 200, answer.text
    assert "<Response" in answer.text
    with app.app_context():
        assert db.session.scalars(select(InboundText.body)).all() == ["Yes & thanks"]
        page = db.session.get(Page, page_id)
        assert page is not None
        assert sorted(page.answers) == ["confirm"]


def test_a_text_that_twilio_did_not_sign_is_refused(settings: Settings) -> None:
    app = make_twilio_app(settings)
    signed = from_twilio(f"{settings.base_url}/callbacks/twilio/inbound", TEXT)

    answer = app.test_client().post(signed.path, data=signed.body + b"&More=1", headers=dict(signed.headers))

    assert answer.status_code == 403
