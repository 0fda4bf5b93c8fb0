"""A mail server on a real socket that takes e-mails, or refuses, hangs and breaks off where a test says so."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from socket import socket
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

WORDS = "WORDS"
"""The moment after an e-mail has come whole, before it is answered."""


@dataclass
class Taken:
    """One e-mail that the server took, with its envelope and how it came."""

    sender: str
    recipient: str
    raw: bytes
    is_encrypted: bool
    user: str

    @property
    def letter(self) -> EmailMessage:
        """The e-mail, read."""
        return message_from_bytes(self.raw, policy=policy.default)


@dataclass
class MailServer:
    """`answers` replaces its reply to a command (or to WORDS); `breaks_at` ends the connection there without one.

    At `hangs_at` it says nothing until it is stopped. `user` and `password` are who may sign in.
    """

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    breaks_at: str = ""
    hangs_at: str = ""
    offers_tls: bool = True
    user: str = "harbour"
    password: str = "anchor"
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0
    context: ssl.SSLContext | None = None
    is_tls: bool = False
    stopping: threading.Event = field(default_factory=threading.Event)


@contextmanager
def run(context: ssl.SSLContext | None = None, *, is_tls: bool = False) -> Iterator[MailServer]:
    """A mail server on 127.0.0.1, with the certificate of `context` where one is given."""
    server = MailServer(context=context, is_tls=is_tls, offers_tls=context is not None and not is_tls)

    class Handler(_Conversation):
        mail = server

    class Tcp(ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        allow_reuse_address = True

        def handle_error(self, *_: Any) -> None:
            """What breaks here is what a test broke."""

    with Tcp(("127.0.0.1", 0), Handler) as tcp:
        server.port = tcp.server_address[1]
        thread = threading.Thread(target=tcp.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            tcp.shutdown()
            thread.join()


class _Conversation(StreamRequestHandler):
    mail: MailServer

    def setup(self) -> None:
        self.is_encrypted = False
        if self.mail.is_tls:
            assert self.mail.context is not None
            self.request: socket = self.mail.context.wrap_socket(self.request, server_side=True)
            self.is_encrypted = True
        super().setup()

    def handle(self) -> None:
        self.mail.connections += 1
        self.user = self.sender = self.recipient = ""
        with suppress(OSError, _OverError):
            self._say("HELLO", "220 mail.test ready")
            while line := self.rfile.readline():
                verb, _, rest = line.decode().strip().partition(" ")
                self._answer(verb.upper(), rest)

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # An encrypted one is not what the server closes.

    def _answer(self, verb: str, rest: str) -> None:
        if verb in ("EHLO", "HELO"):
            offers = ["mail.test", "AUTH PLAIN", "8BITMIME"]
            if self.mail.offers_tls and not self.is_encrypted:
                offers.append("STARTTLS")
            lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
            self._say(verb, "\r\n".join(lines))
        elif verb == "STARTTLS":
            self._say(verb, "220 go ahead")
            self._encrypt()
        elif verb == "AUTH":
            self._sign_in(rest)
        elif verb == "MAIL":
            self.sender = rest.partition("<")[2].partition(">")[0]
            self._say(verb, "250 2.1.0 fine")
        elif verb == "RCPT":
            self.recipient = rest.partition("<")[2].partition(">")[0]
            self._say(verb, "250 2.1.5 fine")
        elif verb == "DATA":
            self._say(verb, "354 go on")
            if verb not in self.mail.answers:
                self._take()
        elif verb == "QUIT":
            self._say(verb, "221 bye")
            raise _OverError
        else:
            self._say(verb, "250 fine")

    def _take(self) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _OverError
            lines.append(line[1:] if line.startswith(b".") else line)
        self._check(WORDS)
        if WORDS not in self.mail.answers:
            self.mail.taken.append(Taken(self.sender, self.recipient, b"".join(lines), self.is_encrypted, self.user))
        self._say(WORDS, "250 2.0.0 queued")

    def _sign_in(self, rest: str) -> None:
        _, user, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
        if (user, password) == (self.mail.user, self.mail.password):
            self.user = user
            self._say("AUTH", "235 2.7.0 welcome")
        else:
            self._say("AUTH", "535 5.7.8 not known")

    def _encrypt(self) -> None:
        assert self.mail.context is not None
        self.connection = self.mail.context.wrap_socket(self.connection, server_side=True)
        self.request = self.connection
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)  # type: ignore[assignment]
        self.is_encrypted = True

    def _say(self, at: str, line: str) -> None:
        self._check(at)
        self.wfile.write(f"{self.mail.answers.get(at, line)}\r\n".encode())

    def _check(self, at: str) -> None:
        if self.mail.breaks_at == at:
            raise _OverError
        if self.mail.hangs_at == at:
            self.mail.stopping.wait(60)
            raise _OverError


class _OverError(Exception):
    """The conversation ends here."""
