"""E-mail by SMTP (RFC 5321), encrypted (RFC 3207) and signed in: one connection a thread, kept while it is used."""

from __future__ import annotations

import smtplib
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from typing import TypeVar

from selfservice import clock
from selfservice.messages.channels import letters
from selfservice.messages.channels.contract import Email, Outgoing, Refused, Submitted, Uncertain
from selfservice.messages.channels.relay import Relay

PARALLEL = 4
LONGEST_CALL = 25.0
"""Seconds for everything; what the outbox allows is 30."""

LONGEST_STEP = 10.0
_KEPT_FOR = 30.0
_MOST_ON_ONE = 100
_LATER = timedelta(minutes=1)
_MUCH_LATER = timedelta(minutes=5)
T = TypeVar("T")


class _Line:
    """A connection that is signed in. It counts what was sent on it; servers close those that send without end."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self.smtp = smtp
        self.used_at = monotonic()
        self.sent = 0

    @property
    def is_fresh(self) -> bool:
        """Whether it is worth asking if the server still holds its end."""
        return self.sent < _MOST_ON_ONE and monotonic() - self.used_at < _KEPT_FOR

    def drop(self) -> None:
        """Close without a word."""
        with suppress(OSError):
            self.smtp.close()


class Smtp:
    """Hands e-mails to one server. Until the words have begun to leave, nothing was taken, whatever went wrong."""

    name = "smtp"
    parallel = PARALLEL

    def __init__(self, relay: Relay, *, context: ssl.SSLContext | None = None) -> None:
        self._relay = relay
        self._context = context
        self._kept = threading.local()

    def send(self, outgoing: Outgoing) -> Submitted:
        """Hand one e-mail over; the server's word for it is its Message-ID, which we gave it."""
        email = outgoing.content
        assert isinstance(email, Email)
        to = letters.clean_address(outgoing.to)
        words = letters.write(email, id=outgoing.id, to=to, sender=self._relay.sender, at=clock.now())
        until = monotonic() + LONGEST_CALL
        line = self._line(until)
        self._envelope(line, to, until)
        self._words(line, words, until)
        line.sent += 1
        line.used_at = monotonic()
        return Submitted(letters.message_id(outgoing.id, self._relay.sender))

    def hang_up(self) -> None:
        """Close the connection that the calling thread keeps."""
        kept: _Line | None = getattr(self._kept, "line", None)
        if kept is not None:
            self._forget(kept)

    def _line(self, until: float) -> _Line:
        """The thread's connection if its server still answers, else a new one."""
        kept: _Line | None = getattr(self._kept, "line", None)
        if kept is not None:
            if kept.is_fresh and self._is_alive(kept, until):
                return kept
            self._forget(kept)
        line = self._kept.line = _Line(self._connect(until))
        return line

    def _is_alive(self, line: _Line, until: float) -> bool:
        with suppress(OSError, smtplib.SMTPException):
            _allow(line.smtp, until)
            return line.smtp.rset()[0] == 250
        return False

    def _forget(self, line: _Line) -> None:
        line.drop()
        self._kept.line = None

    def _connect(self, until: float) -> smtplib.SMTP:
        """A connection that is encrypted and signed in. Raises Refused for now: what is wrong here can be mended."""
        relay = self._relay
        smtp: smtplib.SMTP | None = None
        try:
            # With a name for ourselves: the class would look one up, which can take a minute.
            named = relay.sender.rpartition("@")[2]
            if relay.is_tls:
                smtp = smtplib.SMTP_SSL(relay.host, relay.port, named, timeout=_left(until), context=self._tls())
            else:
                smtp = smtplib.SMTP(relay.host, relay.port, named, timeout=_left(until))
            _step(smtp, until, smtp.ehlo_or_helo_if_needed)
            if not relay.is_tls and relay.needs_starttls:
                _step(smtp, until, lambda: smtp.starttls(context=self._tls()))
                _step(smtp, until, smtp.ehlo_or_helo_if_needed)
            if relay.user:
                _step(smtp, until, lambda: smtp.login(relay.user, relay.password))
        except smtplib.SMTPNotSupportedError:
            _close(smtp)
            raise Refused(
                "The mail server offers no encryption (STARTTLS) or no sign-in, and e-mails do not leave without.",
                permanent=False,
                retry_after=_MUCH_LATER,
            ) from None
        except smtplib.SMTPAuthenticationError as error:
            _close(smtp)
            sentence = f"The mail server does not recognise us ({error.smtp_code}): look at SELFSERVICE_EMAIL."
            raise Refused(sentence, permanent=False, retry_after=_MUCH_LATER) from None
        except ssl.SSLError as error:
            _close(smtp)
            sentence = f"The mail server's encryption is not to be trusted ({error.reason or type(error).__name__})."
            raise Refused(sentence, permanent=False, retry_after=_MUCH_LATER) from None
        except smtplib.SMTPResponseException as error:
            _close(smtp)
            raise Refused(f"The mail server is not ready ({error.smtp_code}).", permanent=False) from None
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            _close(smtp)
            raise Refused(f"The mail server was not reached ({type(error).__name__}).", permanent=False) from None
        return smtp

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
        return self._context

    def _envelope(self, line: _Line, to: str, until: float) -> None:
        """Say from whom and to whom, and ask to begin. Nothing is taken yet, so nothing is ever uncertain."""
        smtp = line.smtp
        commands = (
            ("sender", f"MAIL FROM:<{self._relay.sender}>", 250),
            ("recipient", f"RCPT TO:<{to}>", 250),
            ("e-mail", "DATA", 354),
        )
        try:
            for what, command, wanted in commands:
                _allow(smtp, until)
                code, text = smtp.docmd(command)
                if not (code == wanted or (code == 251 and what == "recipient")):
                    _refuse(code, text, what)
        except (smtplib.SMTPException, OSError) as error:
            self._forget(line)
            raise Refused(f"The mail server hung up ({type(error).__name__}).", permanent=False) from None

    def _words(self, line: _Line, words: bytes, until: float) -> None:
        """Send the e-mail and wait for the answer; silence then says nothing (RFC 5321, 4.5.3.2.6)."""
        smtp = line.smtp
        try:
            _allow(smtp, until, whole=True)
            smtp.send(_stuffed(words))
            _allow(smtp, until, whole=True)
            code, text = smtp.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self._forget(line)
            raise Uncertain(f"The mail server did not say whether it took it ({type(error).__name__}).") from None
        if code // 100 != 2:
            _refuse(code, text, "e-mail")


def _refuse(code: int, text: bytes, what: str) -> None:
    """Raise Refused for an answer: 5xx for good, all others for now. Its words may hold an address: the number is kept.

    That our sender is not welcome, or that we are not, is no fault of the message: it waits until that is mended.
    """
    enhanced = text.split(b" ", 1)[0].decode("ascii", "replace")
    number = f"{code} {enhanced}" if enhanced.count(".") == 2 and len(enhanced) <= 9 else str(code)
    permanent = code // 100 == 5 and what != "sender" and code not in (530, 535, 538)
    pause = None if permanent else _MUCH_LATER if code // 100 == 5 else _LATER
    raise Refused(f"The mail server refused the {what} ({number}).", permanent=permanent, retry_after=pause)


def _step(smtp: smtplib.SMTP, until: float, do: Callable[[], T]) -> T:
    _allow(smtp, until)
    return do()


def _allow(smtp: smtplib.SMTP, until: float, *, whole: bool = False) -> None:
    """Give the next step its time: a part of what is left, or all of it."""
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected("The connection is closed.")
    smtp.sock.settimeout(max(0.1, until - monotonic()) if whole else _left(until))


def _left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, LONGEST_STEP)


def _stuffed(words: bytes) -> bytes:
    """The text as DATA takes it: a dot that begins a line is doubled, and a lone one ends it (RFC 5321, 4.5.2)."""
    body = words.replace(b"\r\n.", b"\r\n..")
    if body.startswith(b"."):
        body = b"." + body
    return body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _close(smtp: smtplib.SMTP | None) -> None:
    if smtp is not None:
        with suppress(OSError):
            smtp.close()
