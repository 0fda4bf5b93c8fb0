"""A stand-in for Google's push service, for Chromium: check-in, registration, the MCS connection, and its HTTP side.

Chromium's endpoints are at Google's own host names, whoever answers there: `environ` is for the sender's process
alone and says that those hosts are here and whose certificate they show (see `elsewhere/sitecustomize.py`).
"""

from __future__ import annotations

import itertools
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from email.message import Message
from pathlib import Path
from typing import IO, Self
from urllib.parse import parse_qs

from tests.harness import protobuf
from tests.harness.certificates import make_certificate
from tests.harness.push_request import Push
from tests.harness.push_service import Answer, PushService, Subscription

HOSTS = ("fcm.googleapis.com", "jmt17.google.com")
"""Google's Chrome has the first in its endpoints, Debian's Chromium the second."""

_ELSEWHERE = Path(__file__).parent / "elsewhere"
_VERSION = 41
_PING, _PING_ANSWER, _LOGIN, _LOGIN_ANSWER, _MESSAGE = 0, 1, 2, 3, 8


class GooglePush(PushService):
    """Chromium finds it when it is started with `arguments`; its certificate is kept in `folder`."""

    WRONG_KEY = 403

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._certificate = make_certificate(folder, *HOSTS)
        self._encrypt(self._certificate.context)
        self._line = socket.create_server(("127.0.0.1", 0))
        self._lines: list[socket.socket] = []
        self._numbers = itertools.count(secrets.randbits(62))
        door, line = f"https://127.0.0.1:{self.port}", f"https://127.0.0.1:{self._line.getsockname()[1]}"
        self.arguments = (
            f"--gcm-checkin-url={door}/checkin",
            f"--gcm-registration-url={door}/c2dm/register3",
            f"--gcm-mcs-endpoint={line}",
            f"--ignore-certificate-errors-spki-list={self._certificate.fingerprint}",
        )
        self.environ: Mapping[str, str] = {
            "PYTHONPATH": str(_ELSEWHERE),
            "HOSTS_ELSEWHERE": " ".join(f"{host}=127.0.0.1:{self.port}" for host in HOSTS),
            "SSL_CERT_FILE": str(self._certificate.path),
        }

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="push-line", daemon=True).start()
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        for one in (self._line, *self._lines):
            with suppress(OSError):  # It has left already.
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    @property
    def origins(self) -> frozenset[str]:
        return frozenset(f"https://{host}" for host in HOSTS)

    def _respond(self, path: str, headers: Message, body: bytes) -> Answer:
        if path == "/checkin":
            return self._check_in()
        if path == "/c2dm/register3":
            return self._register({name: texts[0] for name, texts in parse_qs(body.decode()).items()})
        return super()._respond(path, headers, body)

    def _check_in(self) -> Answer:
        """A number and a secret for a browser that has none; field numbers are those of checkin.proto."""
        told = protobuf.number(1, 1) + protobuf.number(3, int(time.time() * 1000))
        told += protobuf.fixed64(7, next(self._numbers)) + protobuf.fixed64(8, secrets.randbits(62))
        return Answer(200, told + protobuf.number(9, 0), {"Content-Type": "application/x-protobuf"})

    def _register(self, asked: Mapping[str, str]) -> Answer:
        with self._lock:
            if asked.get("delete") == "true":
                self._subscriptions = {
                    token: one
                    for token, one in self._subscriptions.items()
                    if one.details.get("X-subtype") != asked.get("X-subtype")
                }
                return Answer(200, f"deleted={asked.get('app')}".encode())
            token = f"t{secrets.token_urlsafe(8)}:{secrets.token_urlsafe(40)}"
            if "X-subtype" in asked:  # Without one it is the browser's own.
                self._subscriptions[token] = Subscription(asked["device"], asked["sender"], asked)
        return Answer(200, f"token={token}".encode())

    def _wire(self, push: Push, subscription: Subscription) -> bytes:
        """A DataMessageStanza; field numbers are those of mcs.proto."""
        details = {"subtype": subscription.details["X-subtype"]}
        if push.body:
            details["content-encoding"] = "aes128gcm"
        told = protobuf.data(3, subscription.key) + protobuf.data(5, subscription.details["app"])
        for name, text in details.items():
            told += protobuf.data(7, protobuf.data(1, name) + protobuf.data(2, text))
        told += protobuf.data(9, f"0:{secrets.token_hex(8)}") + protobuf.number(17, push.seconds)
        told += protobuf.number(18, int(time.time() * 1000))
        return told + (protobuf.data(21, push.body) if push.body else b"")

    def _hand_over(self, connection: socket.socket, wire: bytes) -> None:
        connection.sendall(_frame(_MESSAGE, wire))

    def _accept(self) -> None:
        with suppress(OSError):  # The door is closed.
            while True:
                plain, _ = self._line.accept()
                self._lines.append(plain)
                threading.Thread(target=self._follow, args=(plain,), name="push-browser", daemon=True).start()

    def _follow(self, plain: socket.socket) -> None:
        """One Chromium, from its greeting until it leaves."""
        with suppress(OSError, EOFError), self._certificate.context.wrap_socket(plain, server_side=True) as connection:
            try:
                self._talk(connection, connection.makefile("rb"))
            finally:
                self._leave(connection)

    def _talk(self, connection: ssl.SSLSocket, stream: IO[bytes]) -> None:
        stream.read(1)  # The protocol's version.
        while kind := stream.read(1):
            said = protobuf.read(stream.read(protobuf.read_varint(stream)))
            if kind[0] == _LOGIN:
                self._welcome(connection, said)
            elif kind[0] == _PING:
                with self._lock:
                    connection.sendall(_frame(_PING_ANSWER, b""))

    def _welcome(self, connection: ssl.SSLSocket, said: Mapping[int, int | bytes]) -> None:
        login, device = said[1], said[3]
        assert isinstance(login, bytes)
        assert isinstance(device, bytes)
        told = protobuf.data(1, login) + protobuf.number(8, int(time.time() * 1000))
        with self._lock:
            connection.sendall(bytes([_VERSION]) + _frame(_LOGIN_ANSWER, told))
            self._listen(device.decode(), connection)


def _frame(kind: int, message: bytes) -> bytes:
    return bytes([kind]) + protobuf.varint(len(message)) + message
