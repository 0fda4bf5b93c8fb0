"""What providers call us with, signed as their documents say: as the request itself, and as our `Callback` of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from selfservice.messages.channels.contract import Callback
from tests.harness.providers import APPLICATION, SIGNATURE_SECRET, TOKEN

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Signed:
    """A request as it leaves the provider."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """Path and query, for a client of ours."""
        parts = urlsplit(self.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def as_callback(self, **changes: Any) -> Callback:
        """The same as the door hands it on; `changes` are fields of `Callback` that somebody has meddled with."""
        is_form = self.headers.get("Content-Type", "").startswith(FORM)
        fields: dict[str, Any] = {
            "method": "POST",
            "url": self.url,
            "headers": {name.lower(): text for name, text in self.headers.items()},
            "query": parse_qsl(urlsplit(self.url).query, keep_blank_values=True),
            "form": parse_qsl(self.body.decode(), keep_blank_values=True) if is_form else [],
            "body": self.body,
        }
        return Callback(**{**fields, **changes})


def from_twilio(
    url: str, form: Mapping[str, str] | Sequence[tuple[str, str]], *, token: str = TOKEN, signs: str = ""
) -> Signed:
    """A callback of Twilio's to `url`; `signs` is the address it signs when that is another."""
    pairs = list(form.items()) if isinstance(form, Mapping) else list(form)
    text = (signs or url) + "".join(f"{name}{value}" for name, value in sorted(set(pairs)))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    headers = {"Content-Type": f"{FORM}; charset=UTF-8", "X-Twilio-Signature": b64encode(digest).decode()}
    return Signed(url, headers, urlencode(pairs).encode())


def from_vonage(
    url: str, said: Any, *, secret: str = SIGNATURE_SECRET, claims: Mapping[str, Any] | None = None, alg: str = "HS256"
) -> Signed:
    """A callback of Vonage's to `url`; a claim that is None is left out."""
    body = json.dumps(said, ensure_ascii=False).encode()
    whole: dict[str, Any] = {
        "iat": int(time.time()),
        "jti": "a1b2c3",
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": "a1b2c3d4",
        "application_id": APPLICATION,
        **(claims or {}),
    }
    kept = {name: value for name, value in whole.items() if value is not None}
    head = f"{_encode({'alg': alg, 'typ': 'JWT'})}.{_encode(kept)}"
    digest = hmac.new(secret.encode(), head.encode(), hashlib.sha256).digest()
    signature = "" if alg == "none" else urlsafe_b64encode(digest).rstrip(b"=").decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {head}.{signature}"}
    return Signed(url, headers, body)


def from_gateway(url: str, said: Any, *, secret: str = SIGNATURE_SECRET, at: float | None = None) -> Signed:
    """A callback of the gateway's to `url`, as `providers.TEMPLATE` reads it; `at` is when it was signed."""
    body = json.dumps(said).encode()
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Timestamp": stamp, "X-Signature": f"sha256={digest}"}
    return Signed(url, headers, body)


def _encode(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
