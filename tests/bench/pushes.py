"""Pushes encrypted and signed a second on one core, beside `pywebpush.webpush()` called as its documentation has it.

Both do all they do for a push but the sending: where a complete request would leave the process, each is told that it
was taken. Each round of the one is followed by a round of the other.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from typing import Any
from unittest.mock import patch

from pywebpush import webpush
from requests import Response
from requests.adapters import HTTPAdapter

from selfservice import http
from selfservice.config import Settings
from selfservice.http import Reply
from selfservice.messages.channels import sealing
from selfservice.messages.channels.contract import Outgoing, Push
from selfservice.messages.channels.push import WebPush, spelt
from tests.harness.subscribers import Browser

DEVICES = 50
ROUNDS = 7
SECONDS = 0.5
PAYLOAD = {
    "web_push": 8030,
    "notification": {
        "title": "Can you come on Tue 24 Nov, 10:20 am?",
        "body": "Your appointment with Harbour Street Health Centre. One tap is enough.",
        "tag": "0" * 11,
        "navigate": f"https://go.harbourstreet.example/p/{'0' * 34}",
        "data": {"v": 1, "receipt": "0" * 34, "answers": {"confirm": {"url": f"/a/{'0' * 34}confirm", "revision": 1}}},
    },
    "app_badge": "1",
}


def table(settings: Settings) -> list[str]:
    """The lines to print: ours in two parts, the naive way, their ratio."""
    said = [Browser().said for _ in range(DEVICES)]
    messages = [_outgoing(subscription) for subscription in said]
    sender = WebPush(settings)
    text = json.dumps(PAYLOAD)

    def ours(number: int) -> None:
        sender.send(messages[number % DEVICES])

    signer = sealing.Signer(settings.vapid_private_key or "", settings.push_subject)

    def sealed(number: int) -> None:
        subscription = said[number % DEVICES]
        keys = subscription["keys"]
        signer.authorization("https://fcm.googleapis.com")
        sealing.encrypt(spelt(PAYLOAD), endpoint=subscription["endpoint"], p256dh=keys["p256dh"], auth=keys["auth"])

    def naive(number: int) -> None:
        claims: dict[str, str | int] = {"sub": "mailto:bench@example.org"}
        webpush(
            said[number % DEVICES], text, vapid_private_key=settings.vapid_private_key, vapid_claims=claims, ttl=3600
        )

    ways = {"encrypted and signed": sealed, "with all but the sending": ours, "webpush() as documented": naive}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    with (
        patch.object(http.Client, "post", lambda *_, **__: Reply(201, {}, b"")),
        patch.object(HTTPAdapter, "send", lambda *_, **__: _taken()),
    ):
        for _ in range(ROUNDS):
            for name, way in ways.items():
                rates[name].append(_rate(way))
    lines = [f"{name:28}{max(those):8.0f} a second{1e6 / max(those):8.0f} us of CPU" for name, those in rates.items()]
    pairs = zip(rates["with all but the sending"], rates["webpush() as documented"], strict=True)
    return [*lines, f"{'the second to the third':28}{median(one / other for one, other in pairs):8.2f} times"]


def _outgoing(said: dict[str, Any]) -> Outgoing:
    keys = said["keys"]
    content = Push(PAYLOAD, said["endpoint"], keys["p256dh"], keys["auth"], topic="0" * 11, urgency="normal")
    return Outgoing("0" * 11, "0" * 11, content, timedelta(hours=1))


def _taken() -> Response:
    response = Response()
    response.status_code = 201
    response._content = b""
    return response


def _rate(work: Callable[[int], None]) -> float:
    """How often `work` is done in a second of this process's CPU: what else the machine does counts little."""
    work(0)
    began, done = time.process_time(), 0
    while (spent := time.process_time() - began) < SECONDS:
        for _ in range(50):
            work(done)
            done += 1
    return done / spent
