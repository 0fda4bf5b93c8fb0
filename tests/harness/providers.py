"""Providers of texts on loopback, as their documents say they speak: Twilio, Vonage and a gateway of nobody's.

`with Providers() as providers:`; `taken` holds what each took, `counts` how often by our own reference. A message that
was taken counts, whatever was answered: what a sender believes is compared with that.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from base64 import b64decode, b64encode, urlsafe_b64decode
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.media import photos

ACCOUNT = "AC" + "5" * 32
TOKEN = "hush-token"
APPLICATION = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
SIGNATURE_SECRET = "hush-signature"
GATEWAY_KEY = "hush-key"
SENDER = "+15550100"
MEDIA = b"\xff\xd8\xff a picture"

_E164 = re.compile(r"\+[1-9]\d{6,14}")

TEMPLATE = (Path(__file__).parent / "gateway.toml").read_text("utf-8")


@dataclass(frozen=True)
class Taken:
    """A message that a provider took: under its own reference and ours."""

    provider: str
    ref: str
    id: str
    to: str
    body: str
    said: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, said: Any, **headers: str) -> Answer:
        return cls(status, json.dumps(said).encode(), {"Content-Type": "application/json", **headers})


class Providers:
    """All of them behind one port. What is said within `answering` and the like holds for every call meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.taken: list[Taken] = []
        self.counts: Counter[str] = Counter()
        self.calls = 0
        self.states: dict[str, str] = {}
        self.media_headers: list[dict[str, str]] = []
        self._lock = threading.Lock()
        self._key = _make_key()
        self.key_file = folder / "application.pem"
        self.key_file.write_bytes(
            self._key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self._forced: Answer | None = None
        self._garbage: bytes | None = None
        self._seconds = 0.0
        self._is_dropping = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.template = folder / "gateway.toml"
        self.template.write_text(TEMPLATE.replace("BASE", self.base))

    @property
    def twilio(self) -> str:
        """The address to put into SELFSERVICE_SMS."""
        return f"twilio://{ACCOUNT}:{TOKEN}@{SENDER}?api={self.base}"

    @property
    def vonage(self) -> str:
        """Likewise, as an application."""
        key = quote(str(self.key_file))
        return f"vonage://{APPLICATION}@{SENDER}?key={key}&signature={SIGNATURE_SECRET}&api={self.base}"

    @property
    def gateway(self) -> str:
        """Likewise."""
        template = quote(str(self.template))
        return f"http+json://me:{GATEWAY_KEY}@{SENDER}?template={template}&signature={SIGNATURE_SECRET}&private=yes"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="providers", daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def answering(self, status: int, said: Any = None, **headers: str) -> Iterator[None]:
        """Within it nothing is taken, and `status` is answered; headers with underscores: `Retry_After="2"`."""
        self._forced = Answer.of(status, said, **{name.replace("_", "-"): text for name, text in headers.items()})
        try:
            yield
        finally:
            self._forced = None

    @contextmanager
    def garbling(self, body: bytes) -> Iterator[None]:
        """Within it messages are taken, and `body` is answered with the usual status."""
        self._garbage = body
        try:
            yield
        finally:
            self._garbage = None

    @contextmanager
    def delaying(self, seconds: float) -> Iterator[None]:
        """Within it messages are taken at once and answered late."""
        self._seconds = seconds
        try:
            yield
        finally:
            self._seconds = 0.0

    @contextmanager
    def dropping(self) -> Iterator[None]:
        """Within it messages are taken, and the connection is closed without an answer."""
        self._is_dropping = True
        try:
            yield
        finally:
            self._is_dropping = False

    def _answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> Answer:
        self.calls += 1
        path = urlsplit(handler.path).path
        if self._forced is not None:
            return self._forced
        if path.startswith(("/media/", "/cdn/")):
            return self._show(handler, path)
        if path.startswith("/2010-04-01/"):
            return self._twilio(path, handler.headers.get("Authorization", ""), dict(parse_qsl(body.decode())))
        if path == "/v1/messages":
            return self._vonage(handler.headers.get("Authorization", ""), body)
        if path.startswith("/gateway/messages"):
            return self._gateway(handler, path, body)
        return Answer.of(404, {"status": 404})

    def _take(self, provider: str, ref: str, id: str, to: str, body: str, said: Any) -> None:  # noqa: A002
        with self._lock:
            self.taken.append(Taken(provider, ref, id, to, body, said))
            self.counts[id] += 1

    def _twilio(self, path: str, authorization: str, form: dict[str, str]) -> Answer:
        rules = (
            (401, 20003, authorization == "Basic " + b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()),
            (404, 20404, path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"),
            (400, 21211, _E164.fullmatch(form.get("To", ""))),
            (400, 21603, form.get("From") or form.get("MessagingServiceSid")),
            (400, 21602, form.get("Body")),
            (400, 21617, len(form.get("Body", "")) <= 1600),
            (400, 21654, 1 <= int(form.get("ValidityPeriod", "36000")) <= 36000),
        )
        for status, code, is_kept in rules:
            if not is_kept:
                return _twilio_error(status, code)
        ref = "SM" + secrets.token_hex(16)
        ours = parse_qs(urlsplit(form.get("StatusCallback", "")).query).get("id", [""])[0]
        self._take("twilio", ref, ours, form["To"], form["Body"], form)
        return Answer.of(201, {"sid": ref, "status": "queued", "to": form["To"], "error_code": None})

    def _vonage(self, authorization: str, body: bytes) -> Answer:
        if not self._knows(authorization):
            return _vonage_error(401, "https://developer.vonage.com/api-errors#unauthorized", "Unauthorized")
        said = json.loads(body)
        wrong = (
            said.get("channel") != "sms"
            or said.get("message_type") != "text"
            or not re.fullmatch(r"[1-9]\d{6,14}", said.get("to", ""))
            or not 1 <= len(said.get("text", "")) <= 1000
            or not 20 <= said.get("ttl", 20) <= 259200
        )
        if wrong:
            return _vonage_error(422, "https://developer.vonage.com/api-errors/messages#1020", "Invalid params")
        ref = f"{secrets.token_hex(4)}-bbbb-4ccc-8ddd-{secrets.token_hex(6)}"
        self._take("vonage", ref, said.get("client_ref", ""), "+" + said["to"], said["text"], said)
        return Answer.of(202, {"message_uuid": ref})

    def _knows(self, authorization: str) -> bool:
        kind, _, token = authorization.partition(" ")
        if kind == "Basic":
            return b64decode(token) == b"key:secret"
        head, claims, signature = (urlsafe_b64decode(part + "==") for part in token.split("."))
        try:
            self._key.public_key().verify(
                signature, token.rpartition(".")[0].encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            return False
        said = json.loads(claims)
        is_timely = said["iat"] <= time.time() + 60 and time.time() < said["exp"] <= time.time() + 24 * 3600
        return (
            json.loads(head) == {"alg": "RS256", "typ": "JWT"}
            and said["application_id"] == APPLICATION
            and bool(said["jti"])
            and is_timely
        )

    def _gateway(self, handler: BaseHTTPRequestHandler, path: str, body: bytes) -> Answer:
        if handler.headers.get("X-Api-Key") != GATEWAY_KEY:
            return Answer.of(403, {"error": "key"})
        if handler.command == "GET":
            ours = path.rpartition("/")[2]
            found = [one for one in self.taken if one.id == ours]
            if not found:
                return Answer.of(404, {"error": "unknown"})
            return Answer.of(200, {"message": {"id": found[0].ref, "state": self.states.get(ours, "queued")}})
        said = json.loads(body)
        ref = secrets.token_hex(8)
        self._take("gateway", ref, said["reference"], said["recipient"]["number"], said["text"], said)
        return Answer.of(200, {"message": {"id": ref, "state": "queued"}})

    def _show(self, handler: BaseHTTPRequestHandler, path: str) -> Answer:
        self.media_headers.append(dict(handler.headers))
        if path.startswith("/media/away"):
            return Answer(307, b"", {"Location": "/cdn/1"})
        if path.startswith("/media/loop"):
            return Answer(307, b"", {"Location": path})
        if path.startswith("/media/gone"):
            return Answer(404, b"")
        if path.startswith("/media/photo"):
            return Answer(200, photos.jpeg(), {"Content-Type": "image/jpeg"})
        return Answer(200, MEDIA, {"Content-Type": "image/jpeg"})

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        providers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                answer = providers._answer(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                time.sleep(providers._seconds)
                if providers._is_dropping:
                    self.close_connection = True
                    return
                body = answer.body if providers._garbage is None else providers._garbage
                self.send_response(answer.status)
                for name, text in {**answer.headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                self.do_POST()

            def do_PUT(self) -> None:
                self.do_POST()

            def log_message(self, *_arguments: object) -> None:
                """What went on is in the lists above."""

        return Handler


@cache
def _make_key() -> rsa.RSAPrivateKey:
    """One for all tests: it takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _twilio_error(status: int, code: int) -> Answer:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Answer.of(status, {"code": code, "message": "refused", "more_info": more, "status": status})


def _vonage_error(status: int, kind: str, title: str) -> Answer:
    return Answer.of(status, {"type": kind, "title": title, "detail": "refused", "instance": "abc"})
