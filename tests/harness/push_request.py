"""What a push service asks of a sender: RFC 8030 (headers), RFC 8188 (encoding), RFC 8292 (VAPID)."""

from __future__ import annotations

import base64
import json
import re
import time
from dataclasses import dataclass
from email.message import Message

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

MOST_BYTES = 4096
_DAY = 24 * 60 * 60
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
_URGENCIES = {"very-low", "low", "normal", "high"}


class RefusedError(Exception):
    """The push is not taken; `status` says why to the sender, the text says it to whoever mends the sender."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class WrongKeyError(Exception):
    """The sender is none that the subscription was made for; each service has its own status for that."""


@dataclass(frozen=True)
class Push:
    """A push that was taken: still encrypted, for the subscription that `token` names."""

    token: str
    body: bytes
    seconds: int
    urgency: str
    topic: str | None


def read(token: str, headers: Message, body: bytes, *, origin: str, key: str) -> Push:
    """The push in a request to `origin` for a subscription made with the VAPID public key `key`.

    Raises RefusedError, or WrongKeyError for another key's signature.
    """
    seconds, urgency, topic = headers.get("TTL", ""), headers.get("Urgency", "normal"), headers.get("Topic")
    if not seconds.isdigit():
        raise RefusedError(400, "TTL is missing or no number")
    if len(body) > MOST_BYTES:
        raise RefusedError(413, f"the body has {len(body)} bytes")
    if body and headers.get("Content-Encoding") != "aes128gcm":
        raise RefusedError(400, "Content-Encoding is not aes128gcm")
    if urgency not in _URGENCIES:
        raise RefusedError(400, f"Urgency is {urgency}")
    if topic is not None and not _TOPIC.fullmatch(topic):
        raise RefusedError(400, "Topic is not up to 32 letters of base64url")
    _check_sender(headers.get("Authorization", ""), origin=origin, key=key)
    return Push(token, body, int(seconds), urgency, topic)


def decode(text: str) -> bytes:
    """Bytes from base64url, with or without its padding."""
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def encode(data: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _check_sender(authorization: str, *, origin: str, key: str) -> None:
    scheme, _, rest = authorization.partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if scheme.lower() != "vapid" or set(parts) != {"t", "k"}:
        raise RefusedError(401, "Authorization is not vapid with t and k")
    if decode(parts["k"]) != decode(key):
        raise WrongKeyError
    try:
        header, claims, signature = parts["t"].split(".")
        raw = decode(signature)
        encoded = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(parts["k"]))
        public.verify(encoded, f"{header}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        said = json.loads(decode(claims))
    except (ValueError, InvalidSignature) as error:
        raise RefusedError(403, f"the token is not signed as it says: {error!r}") from None
    if said.get("aud") != origin:
        raise RefusedError(403, f"aud is {said.get('aud')}")
    if not time.time() < said.get("exp", 0) <= time.time() + _DAY:
        raise RefusedError(403, "exp is not within a day")
    if not str(said.get("sub", "")).startswith(("mailto:", "https:")):
        raise RefusedError(403, "sub is no way to reach the sender")
