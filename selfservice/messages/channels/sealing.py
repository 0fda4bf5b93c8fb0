"""Sealing pushes: encrypted for one device (RFC 8291), signed as ours (VAPID, RFC 8292). Nothing is sent from here.

Loads `cryptography` and `pywebpush`, 40 MB together: only workers that have a push to send import it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid.jwt import sign  # type: ignore[import-untyped]
from pywebpush import WebPusher

from selfservice import clock, curve

SIGNED_FOR = timedelta(hours=13)
"""How long a signature is good; a push service takes at most 24 hours."""

KEPT_FOR = timedelta(hours=12)


@dataclass(frozen=True)
class _Signed:
    header: str
    until: datetime


class Signer:
    """Signs for one push service after the other with a key that is loaded once, and remembers each signature."""

    def __init__(self, private_key: str, subject: str) -> None:
        raw = curve.decode(private_key)
        self._key = ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())
        self._public = curve.encode(curve.public_key(raw))
        self._subject = subject
        self._lock = threading.Lock()
        self._signed: dict[str, _Signed] = {}

    def authorization(self, origin: str) -> str:
        """The `Authorization` header for a push to `origin`."""
        now = clock.now()
        signed = self._signed.get(origin)
        if signed is None or now >= signed.until:
            with self._lock:
                signed = self._signed[origin] = self._sign(origin, now)
        return signed.header

    def _sign(self, origin: str, now: datetime) -> _Signed:
        claims = {"aud": origin, "exp": int((now + SIGNED_FOR).timestamp()), "sub": self._subject}
        return _Signed(f"vapid t={sign(claims, self._key)}, k={self._public}", now + KEPT_FOR)


def encrypt(text: bytes, *, endpoint: str, p256dh: str, auth: str) -> bytes:
    """`text` as the device alone can read it, in `aes128gcm` (RFC 8188), under a key pair of its own."""
    sealed: bytes = WebPusher({"endpoint": endpoint, "keys": {"p256dh": p256dh, "auth": auth}}).encode(text)["body"]
    return sealed
