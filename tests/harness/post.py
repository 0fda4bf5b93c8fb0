"""A post office: a provider as small as one can be, whose callbacks are signed JSON, and a line to our door."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Sequence
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from selfservice.errors import Invalid
from selfservice.messages import dispatch
from selfservice.messages.channels.contract import Callback, Forged, Inbound, Outgoing, Receipt, Submitted, Text
from selfservice.messages.channels.registry import Channels
from selfservice.web.callbacks import routes

SECRET = b"between us and the post office"
OUR_NUMBER = "+12025550100"
_numbers = itertools.count(1)


class PostOffice:
    """Takes every text and remembers it; what it calls back with is a list of receipts and texts."""

    name = "post"
    parallel = 4

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    def send(self, outgoing: Outgoing) -> Submitted:
        self.sent.append(outgoing)
        return Submitted(ref_of(outgoing.id))

    def read(self, callback: Callback) -> Sequence[Receipt | Inbound]:
        if not hmac.compare_digest(sign(callback.url, callback.body), callback.headers.get("x-post-signature", "")):
            raise Forged
        told = json.loads(callback.body)
        if not isinstance(told, list):
            raise Invalid("This is no list.")
        return [Receipt(**one) if "report" in one else Inbound(**one) for one in told]

    def reply(self, callback: Callback) -> tuple[bytes, str]:
        return b"<taken/>", "text/xml"


def ref_of(message_id: str) -> str:
    """What the post office calls our message."""
    return f"post-{message_id}"


def sign(url: str, body: bytes) -> str:
    """The signature over an address and a body."""
    return hmac.new(SECRET, url.encode() + b"\n" + body, hashlib.sha256).hexdigest()


class Line:
    """The post office's line to the door of one application, and what it was given to deliver."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.office = PostOffice()
        self.channels = Channels({"sms": [self.office]})
        self.client = app.test_client()
        app.extensions[routes.CHANNELS] = self.channels

    def call(self, kind: str, told: Any, *, query: str = "", **headers: str) -> TestResponse:
        """A signed callback; `headers` replace those it would have."""
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        path = f"/callbacks/post/{kind}{query}"
        url = f"{self.app.extensions['selfservice.settings'].base_url}{path}"
        headers = {"X-Post-Signature": sign(url, body), "Content-Type": "application/json", **headers}
        return self.client.post(path, data=body, headers=headers)

    def text(self, sender: str, body: str, *, ref: str = "", media: Sequence[Sequence[str]] = ()) -> TestResponse:
        """A text from `sender` to us, of this reference or a new one."""
        told = {"ref": ref or f"in-{next(_numbers)}", "sender": sender, "recipient": OUR_NUMBER, "body": body}
        answer = self.call("inbound", [{**told, "media": media}])
        assert answer.status_code == 200, answer.text
        return answer

    def report(self, *receipts: dict[str, Any]) -> TestResponse:
        """A callback with receipts."""
        return self.call("status", list(receipts))

    def deliver(self) -> list[str]:
        """Send all that is ready; the bodies of what was sent by it."""
        before = len(self.office.sent)
        with self.app.app_context():
            dispatch.send_all(self.channels, owner="test")
        return [one.content.body for one in self.office.sent[before:] if isinstance(one.content, Text)]
