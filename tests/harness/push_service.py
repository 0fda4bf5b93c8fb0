"""The half of a push service that senders see, over HTTP; what a kind of browser sees is its own module's.

What is taken is handed to the browser when it listens, or kept for it as long as the sender said.
"""

from __future__ import annotations

import ssl
import threading
import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self

from tests.harness import push_request
from tests.harness.push_request import Push, RefusedError, WrongKeyError


@dataclass(frozen=True)
class Subscription:
    """One that a browser made: `device` is the browser's name here, `details` what a message to it has to repeat."""

    device: str
    key: str
    details: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What a request is answered with."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """A message that waits for its device, as bytes or text of its wire."""

    push: Push
    wire: Any
    ends_at: float


class PushService(ABC):
    """`with Service() as service:`; `answered` holds the status of every push, in order."""

    WRONG_KEY: ClassVar[int]

    def __init__(self) -> None:
        self.answered: list[int] = []
        self.pushes: list[Push] = []
        self._lock = threading.RLock()
        self._forced: Answer | None = None
        self._is_losing = False
        self._is_holding = False
        self._subscriptions: dict[str, Subscription] = {}
        self._devices: dict[str, Any] = {}
        self._kept: defaultdict[str, list[Kept]] = defaultdict(list)
        self._door = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self.port = self._door.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._door.serve_forever, name="push-door", daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._door.shutdown()
        self._door.server_close()

    def tokens(self) -> list[str]:
        """The last part of the endpoint of every subscription that browsers hold, oldest first."""
        return list(self._subscriptions)

    def is_listening(self) -> bool:
        """Whether a browser is connected, to be handed what comes."""
        return bool(self._devices)

    @contextmanager
    def answering(self, status: int, **headers: str) -> Iterator[None]:
        """Within it every push is answered with `status`; headers are named with underscores: `Retry_After="2"`."""
        self._forced = Answer(status, b"forced", {name.replace("_", "-"): text for name, text in headers.items()})
        try:
            yield
        finally:
            self._forced = None

    @contextmanager
    def losing(self) -> Iterator[None]:
        """Within it pushes are taken and never arrive."""
        self._is_losing = True
        try:
            yield
        finally:
            self._is_losing = False

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Within it pushes are kept, as for a phone that is out of reach; at its end they arrive."""
        self._is_holding = True
        try:
            yield
        finally:
            self._is_holding = False
            with self._lock:
                for device, connection in dict(self._devices).items():
                    self._listen(device, connection)

    def hand_over(self, token: str, body: bytes) -> None:
        """Let a message arrive that no sender of ours would send: encrypted for its subscription, or empty."""
        with self._lock:
            self._pass_on(Push(token, body, 60, "normal", None), self._subscriptions[token])

    @property
    @abstractmethod
    def origins(self) -> frozenset[str]:
        """What the senders' tokens may name as their audience."""

    @abstractmethod
    def _wire(self, push: Push, subscription: Subscription) -> Any:
        """The message to a browser, as its wire has it."""

    @abstractmethod
    def _hand_over(self, connection: Any, wire: Any) -> None:
        """Send to a browser; raises OSError when it is gone."""

    def _respond(self, path: str, headers: Message, body: bytes) -> Answer:
        """What a POST is answered with; a service with further addresses answers those first."""
        answer = self._take(path.rpartition("/")[2], headers, body)
        self.answered.append(answer.status)
        return answer

    def _take(self, token: str, headers: Message, body: bytes) -> Answer:
        if self._forced is not None:
            return self._forced
        with self._lock:
            subscription = self._subscriptions.get(token)
            if subscription is None:
                return Answer(410, b"gone")
            try:
                push = self._read(token, headers, body, subscription.key)
            except RefusedError as error:
                return Answer(error.status, str(error).encode())
            except WrongKeyError:
                return Answer(self.WRONG_KEY, b"another VAPID key made this subscription")
            self.pushes.append(push)
            if not self._is_losing:
                self._pass_on(push, subscription)
        return Answer(201, headers={"Location": "/taken", "TTL": str(push.seconds)})

    def _read(self, token: str, headers: Message, body: bytes, key: str) -> Push:
        origin = next((one for one in self.origins if one.endswith(f"//{headers.get('Host')}")), "")
        return push_request.read(token, headers, body, origin=origin, key=key)

    def _pass_on(self, push: Push, subscription: Subscription) -> None:
        wire = self._wire(push, subscription)
        connection = None if self._is_holding else self._devices.get(subscription.device)
        if connection is not None:
            try:
                return self._hand_over(connection, wire)
            except OSError:
                self._devices.pop(subscription.device, None)
        kept = self._kept[subscription.device]
        if push.topic is not None:
            kept[:] = [one for one in kept if (one.push.token, one.push.topic) != (push.token, push.topic)]
        if push.seconds:
            kept.append(Kept(push, wire, time.time() + push.seconds))
        return None

    def _listen(self, device: str, connection: Any) -> None:
        """A browser is there: hand over what was kept for it, then what comes."""
        with self._lock:
            self._devices[device] = connection
            for one in self._kept.pop(device, []):
                if one.ends_at > time.time():
                    self._hand_over(connection, one.wire)

    def _leave(self, connection: Any) -> None:
        with self._lock:
            self._devices = {name: one for name, one in self._devices.items() if one is not connection}

    def _encrypt(self, context: ssl.SSLContext) -> None:
        """Serve over TLS; to be called before the door is open."""
        self._door.socket = context.wrap_socket(
            self._door.socket,
            server_side=True,
            do_handshake_on_connect=False,  # That is for the thread of each request, not for the door.
        )

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = service._respond(self.path, self.headers, body)
                self.send_response(answer.status)
                for name, text in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_arguments: object) -> None:
                """What went on is in the service's own lists."""

        return Handler
