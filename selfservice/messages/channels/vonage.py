"""Vonage: its Messages API and the signed callbacks of it (https://developer.vonage.com/en/api/messages-olympus).

The Messages API cannot be asked by a reference of ours. It repeats our id, as `client_ref`, in every receipt.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

from selfservice.addresses import Address
from selfservice.config import Settings
from selfservice.errors import Invalid
from selfservice.http import Client, Reply, Request
from selfservice.messages.channels import answers, jwt
from selfservice.messages.channels.contract import (
    Callback,
    Forged,
    Found,
    Inbound,
    Outgoing,
    Receipt,
    Refused,
    Report,
    Submitted,
    Text,
    Uncertain,
)

API = "https://api.nexmo.com"
SHORTEST_TTL = timedelta(seconds=20)
LONGEST_TTL = timedelta(hours=72)
OLDEST_SIGNATURE = timedelta(hours=25)
"""Vonage repeats a callback for 24 hours. An old one that is played again is known by its key, so nothing is lost."""

_WHO = "Vonage"
_ID = re.compile(r"[0-9A-Za-z]{11}")
_CODE = re.compile(r"\d{3,5}")
_MEDIA = ("image", "audio", "video", "file", "vcard")
_HOSTS = (".nexmo.com", ".vonage.com")

# Codes of https://developer.vonage.com/en/api-errors/messages; those not named here are about the message itself.
_BUSY = frozenset({"1000", "1241"})
_OURS = frozenset({"1060", "1070", "1080", "1110", "1120", "1140"})
_PASSING = frozenset({"1000", "1030", "1100", "1180", "1230", "1240", "1241"})
_REPORTS: Mapping[str, Report] = {
    "submitted": "carrier_accepted",
    "delivered": "delivered",
    "read": "delivered",
    "rejected": "undelivered_permanent",
    "undeliverable": "undelivered_temporary",
}


class Vonage:
    """Sends texts through Vonage's Messages API, as an application (JWT) or with an account's key and secret."""

    name = "vonage"
    parallel = 16
    tells_receipts = False

    def __init__(self, address: Address, settings: Settings) -> None:
        """Raises ValueError with the rest of a sentence when the key's file cannot be used."""
        self.sender = address.sender
        self._is_stand_in = address.is_stand_in
        self._base = address.options.get("api", API).rstrip("/")
        self._secret = address.options["signature"].encode()
        self._callback = f"{settings.base_url}/callbacks/{self.name}/status"
        self._may_be_called = settings.is_secure or self._is_stand_in
        self._basic = ""
        self._application = ""
        self._signer: jwt.Signer | None = None
        if address.password:
            self._basic = "Basic " + b64encode(f"{address.user}:{address.password}".encode()).decode()
        else:
            self._application = address.user
            self._signer = jwt.Signer(address.user, _read_key(address.options["key"]))
        self._client = Client(parallel=self.parallel)

    def send(self, outgoing: Outgoing) -> Submitted:
        """Hand a text over; its `message_uuid` is the reference, our id its `client_ref`."""
        assert isinstance(outgoing.content, Text)
        seconds = min(max(outgoing.ttl, SHORTEST_TTL), LONGEST_TTL).total_seconds()
        said = {
            "message_type": "text",
            "channel": "sms",
            "to": outgoing.to.removeprefix("+"),
            "from": self.sender.removeprefix("+"),
            "text": outgoing.content.body,
            "client_ref": outgoing.id,
            "ttl": int(seconds),
            "sms": {"encoding_type": "auto"},
        }
        if self._may_be_called:
            said |= {"webhook_url": self._callback, "webhook_version": "v1"}
        request = Request(
            "POST",
            f"{self._base}/v1/messages",
            {
                "Authorization": self._authorization(),
                "Content-Type": "application/json",
                "Accept": "application/json",
            },
            json.dumps(said, ensure_ascii=False).encode(),
        )
        reply = answers.ask(self._client, request, who=_WHO, may_be_private=self._is_stand_in)
        return _taken(reply, answers.place_of(self._base)[1])

    def find(self, id: str) -> Found | None:  # noqa: A002 - the contract's word
        """Always Uncertain: it cannot be asked by our id. While the reconciler asks again, a receipt may come."""
        raise Uncertain("Vonage cannot be asked by our reference; only its receipt can tell.")

    def read(self, callback: Callback) -> Sequence[Receipt | Inbound]:
        """What Vonage says: a status of one message, or a text that came in."""
        self._check(callback)
        said = answers.read_json(callback.body)
        ref = answers.read_ref(said.get("message_uuid")) if isinstance(said, dict) else ""
        if not ref:
            raise Invalid("The callback names no message: message_uuid is missing.")
        if "status" in said:
            return _receipt(said, ref)
        return [
            Inbound(
                ref,
                answers.read_number(answers.read_text(said.get("from"))),
                answers.read_number(answers.read_text(said.get("to"))),
                _text(said),
                tuple(_media(said)),
                answers.read_moment(said.get("timestamp")),
            )
        ]

    def reply(self, callback: Callback) -> tuple[bytes, str]:
        """Vonage reads the status of an answer alone."""
        return b"{}", "application/json"

    def fetch(self, url: str) -> bytes:
        """A picture of a text that came in; our credentials go to Vonage's own hosts alone."""
        place = answers.place_of(url)
        is_theirs = place[1].endswith(_HOSTS) or place == answers.place_of(self._base)
        headers = {"Authorization": self._authorization()} if is_theirs else {}
        return answers.fetch(self._client, url, headers, who=_WHO, may_be_private=self._is_stand_in)

    def _authorization(self) -> str:
        if self._signer is None:
            return self._basic
        try:
            return f"Bearer {self._signer.token()}"
        except ValueError:
            answers.refuse_ours(_WHO, "the key cannot be used")

    def _check(self, callback: Callback) -> None:
        """Raise Forged unless it is signed with the account's signature secret, and for our application."""
        kind, _, token = callback.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise Forged
        claims = jwt.check(token.strip(), self._secret, callback.body, oldest=OLDEST_SIGNATURE)
        if self._application and claims.get("application_id", self._application) != self._application:
            raise Forged("The signature is of another application of the same account.")


def _read_key(name: str) -> bytes:
    try:
        text = Path(name).read_bytes()
    except OSError as error:
        raise ValueError(f"names {name} as its key, which cannot be read ({error.strerror}): mend the path.") from None
    if b"PRIVATE KEY-----" not in text:
        raise ValueError(f"names {name} as its key, which holds no private key: give it the application's PEM file.")
    return text


def _taken(reply: Reply, host: str) -> Submitted:
    answer = answers.read_json(reply.body)
    said = answer if isinstance(answer, dict) else {}
    if not 200 <= reply.status < 300:
        _refuse(reply, _error(said), host)
    ref = answers.read_ref(said.get("message_uuid"))
    if not ref:
        raise Uncertain(f"Vonage took it, and its answer cannot be read (HTTP {reply.status}).")
    return Submitted(ref)


def _refuse(reply: Reply, error: str, host: str) -> NoReturn:
    if reply.status < 500:
        if error in _BUSY:
            pause = answers.retry_after(reply)
            raise Refused(f"Vonage asks to wait (error {error}).", permanent=False, retry_after=pause)
        if error in _OURS:
            answers.refuse_ours(_WHO, f"HTTP {reply.status}, error {error}")
    answers.refuse(reply, who=_WHO, host=host, error=error)


def _receipt(said: Mapping[str, Any], ref: str) -> list[Receipt | Inbound]:
    status = str(said["status"]).lower()
    report = _REPORTS.get(status)
    if report is None:
        return []
    error = _error(said.get("error"))
    if status == "rejected" and error in _PASSING:
        report = "undelivered_temporary"
    ours = said.get("client_ref")
    known = ours if isinstance(ours, str) and _ID.fullmatch(ours) else ""
    return [Receipt(ref, report, f"{ref}:{status}:{error}", answers.read_moment(said.get("timestamp")), known)]


def _error(said: Any) -> str:
    """The number of an error (RFC 7807): at the end of its `type`, or its `title`; empty where there is none."""
    if not isinstance(said, dict):
        return ""
    for text in (str(said.get("type", "")).rpartition("#")[2], str(said.get("title", ""))):
        if _CODE.fullmatch(text):
            return text
    return ""


def _text(said: Mapping[str, Any]) -> str:
    captions = (part.get("caption") for kind in _MEDIA if isinstance(part := said.get(kind), dict))
    return next((answers.read_text(text) for text in (said.get("text"), *captions) if isinstance(text, str)), "")


def _media(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = ((kind, said[kind]) for kind in _MEDIA if isinstance(said.get(kind), dict))
    return [(part["url"], f"{kind}/*") for kind, part in found if isinstance(part.get("url"), str)]
