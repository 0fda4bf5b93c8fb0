"""JSON Web Tokens (RFC 7519) as one provider of texts wants and gives them: RS256 for us, HS256 from them."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
import secrets
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from selfservice import clock
from selfservice.messages.channels.contract import Forged

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

GOOD_FOR = timedelta(minutes=15)
KEPT_FOR = timedelta(minutes=10)
MOST_DRIFT = timedelta(minutes=1)


@dataclass(frozen=True)
class _Signed:
    token: str
    until: datetime


class Signer:
    """Signs tokens for one application with its RSA key, which is loaded with the first of them."""

    def __init__(self, application: str, key: bytes) -> None:
        self._application = application
        self._text = key
        self._lock = threading.Lock()
        self._signed: _Signed | None = None

    def token(self) -> str:
        """A token that is good for the next minutes at least; raises ValueError when the key cannot be used."""
        now = clock.now()
        with self._lock:
            if self._signed is None or now >= self._signed.until:
                self._signed = _Signed(self._sign(now), now + KEPT_FOR)
            return self._signed.token

    def _sign(self, now: datetime) -> str:
        # Loaded here: only who sends needs it, and it takes 12 MB.
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415

        claims = {
            "application_id": self._application,
            "iat": int(now.timestamp()),
            "exp": int((now + GOOD_FOR).timestamp()),
            "jti": secrets.token_hex(16),
        }
        signed = f"{_spell({'alg': 'RS256', 'typ': 'JWT'})}.{_spell(claims)}"
        return f"{signed}.{_encode(load_key(self._text).sign(signed.encode(), PKCS1v15(), hashes.SHA256()))}"


def load_key(text: bytes) -> RSAPrivateKey:
    """An RSA key from PEM; raises ValueError when it is none."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key = load_pem_private_key(text, password=None)
    except (TypeError, UnsupportedAlgorithm):  # It has a password, or is of a kind that nobody uses here.
        raise ValueError("The key is not an RSA key in PEM without a password.") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("The key is not an RSA key.")  # noqa: TRY004 - what the file holds is wrong
    return key


def check(token: str, secret: bytes, body: bytes, *, oldest: timedelta) -> Mapping[str, Any]:
    """The claims of a token that was signed with HS256 over `body`; raises Forged when anything about it is wrong.

    `payload_hash` has to be the SHA-256 of the body, `iat` no older than `oldest`, `exp` not over where there is one.
    The algorithm that the token names is compared, never followed.
    """
    try:
        head, claims, signature = token.encode("ascii").split(b".")
        digest = hmac.digest(secret, head + b"." + claims, hashlib.sha256)
        if not hmac.compare_digest(digest, _decode(signature)):
            raise Forged
        said = json.loads(_decode(claims))
        if json.loads(_decode(head))["alg"] != "HS256" or not isinstance(said, dict):
            raise Forged
        issued, ends = float(said["iat"]), float(said.get("exp", "inf"))
        hashed = str(said["payload_hash"]).lower().encode()
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise Forged from None
    now = clock.now().timestamp()
    if not now - oldest.total_seconds() <= issued <= now + MOST_DRIFT.total_seconds():
        raise Forged("The signature is of another time: let this machine take the time from a time server.")
    if now > ends + MOST_DRIFT.total_seconds():
        raise Forged("The signature is over: let this machine take the time from a time server.")
    if not hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), hashed):
        raise Forged
    return said


def _spell(value: Mapping[str, Any]) -> str:
    return _encode(json.dumps(value, separators=(",", ":")).encode())


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: bytes) -> bytes:
    try:
        return urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        raise Forged from None
