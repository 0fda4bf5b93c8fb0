"""Twilio: its Messages resource, its status callbacks and the texts it passes on (https://www.twilio.com/docs/messaging).

Twilio cannot be asked by a reference of ours. Our id travels in the address it calls back at, which its signature
covers: so a receipt ends the doubt about a message whose answer never came.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NoReturn
from urllib.parse import urlencode, urlsplit

from selfservice.addresses import SERVICE, Address
from selfservice.config import Settings
from selfservice.errors import Invalid
from selfservice.http import Client, Reply, Request
from selfservice.messages.channels import answers
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
    Unrecognised,
    Unsubscribed,
)

API = "https://api.twilio.com"
LONGEST_WAIT = timedelta(hours=10)
"""The longest ValidityPeriod: how long Twilio keeps a message in its own queue."""

_WHO = "Twilio"
_NOTHING = b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
_ID = re.compile(r"[0-9A-Za-z]{11}")
_ERROR = re.compile(r"\d{1,6}")
_MOST_MEDIA = 10
_DEFAULT_PORTS = {"http": 80, "https": 443}

# Error codes of https://www.twilio.com/docs/api/errors; those that are not named here are about the message itself.
_STOPPED = frozenset({21610})
_BUSY = frozenset({20429, 21611, 30001, 30022})
_STRANGERS = frozenset({10001, 20003, 20005, 20403, 20404})
"""The account is unknown, suspended or not allowed."""

_OURS = frozenset({30002, 21212, 21603, 21606, 21609, 21659, 21660, 21661, 21701, 21703, 21704})
"""The sender or the callback address will not do, or not for this recipient."""

_PASSING = frozenset({30001, 30003, 30008, 30009, 30017, 30022, 30024, 30036})
"""Errors after which the same text may well arrive later: a phone that is off, a carrier that is full."""

_REPORTS: Mapping[str, Report] = {
    "accepted": "submitted",
    "scheduled": "submitted",
    "queued": "submitted",
    "sending": "submitted",
    "sent": "carrier_accepted",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered_permanent",
    # It was taken and then came to nothing; `failed` among our own reports means that it was never taken.
    "failed": "undelivered_permanent",
    "canceled": "undelivered_permanent",
}


class Twilio:
    """Sends texts through Twilio's Messages resource, from a number or through a messaging service."""

    name = "twilio"
    parallel = 16
    tells_receipts = False

    def __init__(self, address: Address, settings: Settings) -> None:
        self._token = address.password.encode()
        self.sender = address.sender
        self._is_stand_in = address.is_stand_in
        self._base = address.options.get("api", API).rstrip("/")
        self._account = address.user
        self._authorization = "Basic " + b64encode(f"{address.user}:{address.password}".encode()).decode()
        self._callback = f"{settings.base_url}/callbacks/{self.name}/status"
        # Twilio refuses a message whose callback address nobody can reach, such as a demo's on this machine.
        self._may_be_called = settings.is_secure or self._is_stand_in
        self._client = Client(parallel=self.parallel)

    def send(self, outgoing: Outgoing) -> Submitted:
        """Create a message; its `sid` is the reference."""
        assert isinstance(outgoing.content, Text)
        form = {
            "To": outgoing.to,
            "MessagingServiceSid" if SERVICE.fullmatch(self.sender) else "From": self.sender,
            "Body": outgoing.content.body,
            "ValidityPeriod": str(max(1, int(min(outgoing.ttl, LONGEST_WAIT).total_seconds()))),
        }
        if self._may_be_called:
            form["StatusCallback"] = f"{self._callback}?id={outgoing.id}"
        request = Request(
            "POST",
            f"{self._base}/2010-04-01/Accounts/{self._account}/Messages.json",
            {"Authorization": self._authorization, "Content-Type": "application/x-www-form-urlencoded"},
            urlencode(form).encode(),
        )
        reply = answers.ask(self._client, request, who=_WHO, may_be_private=self._is_stand_in)
        return _taken(reply, answers.place_of(self._base)[1])

    def find(self, id: str) -> Found | None:  # noqa: A002 - the contract's word
        """Always Uncertain: Twilio cannot be asked by our id. While the reconciler asks again, a receipt may come."""
        raise Uncertain("Twilio cannot be asked by our reference; only its receipt can tell.")

    def read(self, callback: Callback) -> Sequence[Receipt | Inbound]:
        """What Twilio says: a status of one message, or a text that came in."""
        self._check(callback)
        said = {name: answers.read_text(value) for name, value in callback.form}
        ref = answers.read_ref(said.get("MessageSid") or said.get("SmsSid"))
        status = (said.get("MessageStatus") or said.get("SmsStatus", "")).lower()
        if not ref:
            raise Invalid("The callback names no message: MessageSid is missing.")
        if status == "received":
            return [Inbound(ref, said.get("From", ""), said.get("To", ""), said.get("Body", ""), tuple(_media(said)))]
        error = said.get("ErrorCode", "") if _ERROR.fullmatch(said.get("ErrorCode", "")) else ""
        report = _REPORTS.get(status)
        if report is None:
            return []
        if report == "undelivered_permanent" and error and int(error) in _PASSING:
            report = "undelivered_temporary"
        ours = dict(callback.query).get("id", "")
        return [Receipt(ref, report, f"{ref}:{status}:{error}", id=ours if _ID.fullmatch(ours) else "")]

    def reply(self, callback: Callback) -> tuple[bytes, str]:
        """TwiML that says nothing: Twilio would send any other text on to the person."""
        return _NOTHING, "text/xml; charset=utf-8"

    def fetch(self, url: str) -> bytes:
        """A picture of a text that came in; Twilio redirects to where it lies."""
        place = answers.place_of(url)
        if not place[1].endswith(".twilio.com") and place != answers.place_of(self._base):
            raise Refused("Twilio: the file is not at an address of Twilio.", permanent=True)
        headers = {"Authorization": self._authorization}
        return answers.fetch(self._client, url, headers, who=_WHO, may_be_private=self._is_stand_in)

    def _check(self, callback: Callback) -> None:
        """Raise Forged unless the request is signed with our token.

        https://www.twilio.com/docs/usage/security: HMAC-SHA1 over the address and, sorted by name, every parameter of
        the form, name and value; a value that comes twice counts once. Twilio has been seen to sign the address with
        and without its port.
        """
        try:
            said = b64decode(callback.headers.get("x-twilio-signature", ""), validate=True)
        except ValueError:
            raise Forged from None
        pairs = "".join(f"{name}{value}" for name, value in sorted(set(callback.form)))
        digests = [
            hmac.digest(self._token, f"{url}{pairs}".encode("utf-8", "surrogatepass"), hashlib.sha1)
            for url in _spellings(callback.url)
        ]
        if not any([hmac.compare_digest(digest, said) for digest in digests]):  # noqa: C419 - each takes its time
            raise Forged


def _spellings(url: str) -> list[str]:
    """The address as it is, without its port, and with the port that it means."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    return [url, parts._replace(netloc=host).geturl(), parts._replace(netloc=f"{host}:{port}").geturl()]


def _media(said: Mapping[str, str]) -> list[tuple[str, str]]:
    count = said.get("NumMedia", "0")
    places = range(min(int(count), _MOST_MEDIA)) if count.isascii() and count.isdigit() and len(count) < 4 else ()
    found = ((said.get(f"MediaUrl{place}", ""), said.get(f"MediaContentType{place}", "")) for place in places)
    return [(url, content_type) for url, content_type in found if url]


def _taken(reply: Reply, host: str) -> Submitted:
    answer = answers.read_json(reply.body)
    said = answer if isinstance(answer, dict) else {}
    if not 200 <= reply.status < 300:
        _refuse(reply, said.get("code"), host)
    ref = answers.read_ref(said.get("sid"))
    if not ref:
        raise Uncertain(f"Twilio took it, and its answer cannot be read (HTTP {reply.status}).")
    return Submitted(ref)


def _refuse(reply: Reply, code: object, host: str) -> NoReturn:
    error = code if isinstance(code, int) and 0 < code < 10**6 else 0
    if reply.status < 500:
        if error in _STOPPED:
            raise Unsubscribed(f"The recipient has told Twilio to stop the texts (error {error}).")
        if error in _BUSY:
            pause = answers.retry_after(reply)
            raise Refused(f"Twilio asks to wait (error {error}).", permanent=False, retry_after=pause)
        if error in _STRANGERS:
            raise Unrecognised(host=host, status=reply.status)
        if error in _OURS:
            answers.refuse_ours(_WHO, f"HTTP {reply.status}, error {error}")
        if error and reply.status in {400, 403}:
            raise Refused(f"Twilio refused it (HTTP {reply.status}, error {error}).", permanent=True)
    answers.refuse(reply, who=_WHO, host=host, error=str(error or ""))
