"""Web push: one request to the push service that a browser named, encrypted for that browser (RFC 8030)."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from selfservice import http
from selfservice.config import Settings
from selfservice.customers import endpoints
from selfservice.customers.endpoints import Endpoint
from selfservice.errors import Invalid
from selfservice.http import Reply
from selfservice.messages.channels.answers import retry_after
from selfservice.messages.channels.contract import (
    Outgoing,
    Push,
    Refused,
    Submitted,
    Uncertain,
    Unrecognised,
    Unsubscribed,
)

if TYPE_CHECKING:
    from selfservice.messages.channels.sealing import Signer

MOST_BYTES = 3993
"""What fits before it is encrypted: push services take 4,096 bytes, and the encryption adds 103."""

LONGEST_TTL = timedelta(days=28)
"""What every push service keeps; what lives longer is cut by some and refused by others."""

PARALLEL = 32


class WebPush:
    """Sends pushes. The same one twice is harmless: its topic replaces it on the way, its tag on the device."""

    name = "push"
    parallel = PARALLEL
    most_repeats = 3

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = http.Client(parallel=PARALLEL)
        self._lock = threading.Lock()
        self._signer: Signer | None = None

    def send(self, outgoing: Outgoing) -> Submitted:
        """Hand a push over, smaller when the push service asks for that."""
        content = outgoing.content
        assert isinstance(content, Push)
        try:
            endpoint = endpoints.read(content.endpoint, self._settings)
        except Invalid as refusal:  # It was allowed when the device said it, and is no longer.
            raise Refused(refusal.message, permanent=True) from None
        text = spelt(content.payload)
        is_whole = len(text) <= MOST_BYTES
        reply = self._post(endpoint, content, text if is_whole else spelt(smaller(content.payload)), outgoing.ttl)
        if reply.status == 413 and is_whole and (less := spelt(smaller(content.payload))) != text:
            reply = self._post(endpoint, content, less, outgoing.ttl)
        return _read(reply, endpoint, outgoing)

    def _post(self, endpoint: Endpoint, content: Push, text: bytes, ttl: timedelta) -> Reply:
        # Loaded here: most installations' workers send no push for hours, and it takes 40 MB.
        from selfservice.messages.channels import sealing  # noqa: PLC0415

        if len(text) > MOST_BYTES:
            raise Refused(f"The push has {len(text)} bytes, and {MOST_BYTES} fit.", permanent=True)
        headers = {
            "TTL": str(max(0, int(min(ttl, LONGEST_TTL).total_seconds()))),
            "Urgency": content.urgency,
            "Topic": content.topic,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Authorization": self._known_signer().authorization(endpoint.origin),
        }
        body = sealing.encrypt(text, endpoint=content.endpoint, p256dh=content.p256dh, auth=content.auth)
        try:
            return self._client.post(endpoint.url, body, headers, may_be_private=endpoint.may_be_private)
        except http.NotAllowed as refusal:
            raise Refused(refusal.message, permanent=True) from None
        except http.NotSent as refusal:
            raise Refused(refusal.message, permanent=False) from None
        except http.Lost as loss:
            raise Uncertain(loss.message) from None

    def _known_signer(self) -> Signer:
        from selfservice.messages.channels import sealing  # noqa: PLC0415 - as above

        with self._lock:
            if self._signer is None:
                if self._settings.vapid_private_key is None:
                    raise Refused("Pushes are off: SELFSERVICE_VAPID_PRIVATE_KEY is not set.", permanent=True)
                self._signer = sealing.Signer(self._settings.vapid_private_key, self._settings.push_subject)
            return self._signer


def smaller(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The same push without its buttons and its second line: the title and the way to the page are left."""
    notification = {
        name: value for name, value in payload.get("notification", {}).items() if name not in ("actions", "body")
    }
    if "data" in notification:
        notification["data"] = {name: value for name, value in notification["data"].items() if name != "answers"}
    return {**payload, "notification": notification}


def spelt(payload: Mapping[str, Any]) -> bytes:
    """A payload as it is encrypted."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def _read(reply: Reply, endpoint: Endpoint, outgoing: Outgoing) -> Submitted:
    """What a push service's answer means (RFC 8030, sections 5 and 7.3)."""
    status = reply.status
    if 200 <= status < 300:
        return Submitted(outgoing.id)
    if status in (404, 410):
        raise Unsubscribed
    if status in (401, 403):
        raise Unrecognised(host=endpoint.host, status=status)
    pause = retry_after(reply)
    if status == 429 or (status == 503 and pause is not None):
        raise Refused(f"The push service asks to wait (HTTP {status}).", permanent=False, retry_after=pause)
    if status >= 500:
        # It had the whole push when it failed. It is sent again as one that may have been taken.
        raise Uncertain(f"The push service failed (HTTP {status}).")
    raise Refused(f"The push service refused it (HTTP {status}).", permanent=True)
