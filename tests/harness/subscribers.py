"""Browsers as far as pushes go: subscriptions with keys of their own, and what only they can read."""

from __future__ import annotations

import itertools
import json
import os
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from selfservice import curve

_numbers = itertools.count(1)


class Browser:
    """One browser's subscription; `said` is what its script sends."""

    def __init__(self, endpoint: str = "") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.secret = os.urandom(16)
        self.endpoint = endpoint or f"https://fcm.googleapis.com/fcm/send/token-{next(_numbers)}"

    @property
    def said(self) -> dict[str, Any]:
        """`PushSubscription.toJSON()`."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "endpoint": self.endpoint,
            "expirationTime": None,
            "keys": {"p256dh": curve.encode(point), "auth": curve.encode(self.secret)},
        }

    def read(self, body: bytes) -> Any:
        """The JSON in an encrypted push (RFC 8291)."""
        import http_ece  # noqa: PLC0415 - only tests of pushes have to load it

        plain = http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        return json.loads(plain)
