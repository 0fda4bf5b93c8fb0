"""E-mail by SMTP over real sockets: what leaves, what is refused, and what nobody can know."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from selfservice.errors import ConfigError
from selfservice.messages.channels import letters, relay, smtp
from selfservice.messages.channels.contract import Email, Outgoing, Refused, Submitted, Uncertain
from selfservice.messages.channels.relay import Relay
from selfservice.messages.channels.smtp import Smtp
from tests.harness import mail_server
from tests.harness.certificates import make_certificate
from tests.harness.mail_server import WORDS, MailServer

FROM = "care@harbour.example"
EMAIL = Email(
    subject="Can you come on Tuesday?",
    text="Can you come?\n.\nYes or no: https://go.harbour.example/p/x\n",
    html='<p lang="pl">Zażółć gęślą jaźń</p>',
    sender_name="Harbour Clinic",
    unsubscribe_url="https://go.harbour.example/preferences/x",
)


@pytest.fixture
def plain() -> Iterator[MailServer]:
    """A mail server without encryption."""
    with mail_server.run() as server:
        yield server


@contextmanager
def sending(server: MailServer, **details: object) -> Iterator[Smtp]:
    """What sends to a server without encryption, on the test's own thread."""
    channel = Smtp(
        Relay(**{"host": "127.0.0.1", "port": server.port, "sender": FROM, "needs_starttls": False, **details})
    )  # type: ignore[arg-type]
    try:
        yield channel
    finally:
        channel.hang_up()


def outgoing(to: str = "maria@example.com", id: str = "0abcdefghij", email: Email = EMAIL) -> Outgoing:  # noqa: A002
    """One e-mail to hand over."""
    return Outgoing(id, to, email, timedelta(hours=1))


def test_an_email_arrives_in_both_forms_with_our_id(plain: MailServer) -> None:
    with sending(plain) as channel:
        submitted = channel.send(outgoing())

    assert submitted == Submitted("<0abcdefghij@harbour.example>")
    (taken,) = plain.taken
    letter = taken.letter
    assert (taken.sender, taken.recipient) == (FROM, "maria@example.com")
    assert letter["From"] == f"Harbour Clinic <{FROM}>"
    assert letter["To"] == "maria@example.com"
    assert letter["Subject"] == "Can you come on Tuesday?"
    assert letter["Message-ID"] == "<0abcdefghij@harbour.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe"] == "<https://go.harbour.example/preferences/x>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Feedback-ID"] is None
    assert letter["Date"] is not None
    assert letter.get_content_type() == "multipart/alternative"
    text, html = letter.iter_parts()
    assert (text.get_content_type(), "".join(text.get_content().split("\r"))) == ("text/plain", EMAIL.text)
    assert (html.get_content_type(), html.get_content().strip()) == ("text/html", EMAIL.html)
    assert taken.raw.isascii()


def test_a_thread_keeps_its_connection_and_finds_out_when_the_server_closed_it(plain: MailServer) -> None:
    with sending(plain) as channel:
        channel.send(outgoing(id="00000000001"))
        channel.send(outgoing(id="00000000002"))
        assert plain.connections == 1
        plain.breaks_at = "RSET"
        channel.send(outgoing(id="00000000003"))

    assert plain.connections == 2
    assert len(plain.taken) == 3


def test_an_address_that_is_refused_leaves_the_connection_good_for_the_next(plain: MailServer) -> None:
    plain.answers["RCPT"] = "550 5.1.1 <maria@example.com> is not known here"
    with sending(plain) as channel:
        with pytest.raises(Refused) as refusal:
            channel.send(outgoing())
        plain.answers.clear()
        channel.send(outgoing("ana@example.com"))

    assert refusal.value.permanent
    assert refusal.value.message == "The mail server refused the recipient (550 5.1.1)."
    assert plain.connections == 1
    assert [taken.recipient for taken in plain.taken] == ["ana@example.com"]


@pytest.mark.parametrize(
    ("at", "answer", "permanent"),
    [
        ("HELLO", "421 too busy", False),
        ("HELLO", "554 not you", False),
        ("MAIL", "451 later", False),
        ("MAIL", "550 5.7.1 not from there", False),
        ("RCPT", "450 4.2.0 greylisted", False),
        ("RCPT", "452 too many", False),
        ("RCPT", "553 not an address", True),
        ("DATA", "451 later", False),
        ("DATA", "554 no", True),
        (WORDS, "452 4.3.1 full", False),
        (WORDS, "552 5.3.4 too big", True),
        (WORDS, "554 5.7.1 looks like spam", True),
    ],
)
def test_an_answer_that_refuses_says_whether_for_good(plain: MailServer, at: str, answer: str, permanent: bool) -> None:
    plain.answers[at] = answer

    with sending(plain) as channel, pytest.raises(Refused) as refusal:
        channel.send(outgoing())

    assert refusal.value.permanent is permanent
    assert "example.com" not in refusal.value.message
    assert plain.taken == []


@pytest.mark.parametrize("at", ["HELLO", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_connection_that_breaks_before_the_words_took_nothing(plain: MailServer, at: str) -> None:
    plain.breaks_at = at

    with sending(plain) as channel, pytest.raises(Refused) as refusal:
        channel.send(outgoing())

    assert not refusal.value.permanent


def test_a_connection_that_breaks_after_the_words_is_uncertain(plain: MailServer) -> None:
    plain.breaks_at = WORDS
    with sending(plain) as channel:
        with pytest.raises(Uncertain):
            channel.send(outgoing())
        plain.breaks_at = ""

        assert channel.send(outgoing()) == Submitted("<0abcdefghij@harbour.example>")


@pytest.mark.parametrize(("at", "error"), [("HELLO", Refused), ("RCPT", Refused), (WORDS, Uncertain)])
def test_a_server_that_hangs_ends_the_call_in_time(
    plain: MailServer, at: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "LONGEST_CALL", 0.6)
    plain.hangs_at = at

    with sending(plain) as channel, pytest.raises(error):
        channel.send(outgoing())


def test_nobody_there_is_refused_for_now() -> None:
    with mail_server.run() as server:
        pass

    with sending(server) as channel, pytest.raises(Refused) as refusal:
        channel.send(outgoing())

    assert not refusal.value.permanent


def test_encryption_comes_before_the_password(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "mail.test")
    trusted = ssl.create_default_context(cafile=certificate.path)
    place = {"host": "127.0.0.1", "sender": FROM, "user": "harbour", "password": "anchor"}
    with mail_server.run(certificate.context) as server:
        channel = Smtp(Relay(port=server.port, **place), context=trusted)  # type: ignore[arg-type]
        channel.send(outgoing())
        channel.hang_up()
    with mail_server.run(certificate.context, is_tls=True) as at_once:
        channel = Smtp(Relay(port=at_once.port, is_tls=True, **place), context=trusted)  # type: ignore[arg-type]
        channel.send(outgoing())
        channel.hang_up()

    for taken in (*server.taken, *at_once.taken):
        assert (taken.is_encrypted, taken.user) == (True, "harbour")


def test_without_encryption_nothing_is_said(plain: MailServer) -> None:
    with (
        sending(plain, needs_starttls=True, user="harbour", password="anchor") as channel,
        pytest.raises(Refused) as refusal,
    ):
        channel.send(outgoing())

    assert not refusal.value.permanent
    assert "STARTTLS" in refusal.value.message


def test_a_certificate_of_somebody_else_is_not_trusted(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "mail.test")
    with mail_server.run(certificate.context) as server:
        channel = Smtp(Relay(host="127.0.0.1", port=server.port, sender=FROM))
        with pytest.raises(Refused) as refusal:
            channel.send(outgoing())

    assert not refusal.value.permanent
    assert server.taken == []


def test_a_wrong_password_waits_until_it_is_mended(plain: MailServer) -> None:
    with sending(plain, user="harbour", password="wrong") as channel, pytest.raises(Refused) as refusal:
        channel.send(outgoing())

    assert not refusal.value.permanent
    assert refusal.value.retry_after == timedelta(minutes=5)
    assert refusal.value.message == "The mail server does not recognise us (535): look at SELFSERVICE_EMAIL."


def test_nothing_in_an_email_can_add_a_header(plain: MailServer) -> None:
    email = Email(
        subject="Hello\r\nBcc: eve@example.com\r\n\r\nBody",
        text="Hello",
        html="<p>Hello</p>",
        sender_name='Harbour"\r\nX-Eve: yes',
        unsubscribe_url="https://go.harbour.example/x\r\nX-Eve: yes",
    )

    with sending(plain) as channel:
        channel.send(outgoing(email=email))

    letter = plain.taken[0].letter
    assert letter["Bcc"] is None
    assert letter["X-Eve"] is None
    assert letter["Subject"] == "Hello Bcc: eve@example.com Body"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "maria",
        "maria@example",
        "maria@example.com\r\nRCPT TO:<eve@example.com>",
        "maria@example.com>",
        "maria@example.com,eve@example.com",
        "<maria@example.com>",
        "maria @example.com",
        ".maria@example.com",
        "ma..ria@example.com",
        "maria@-example.com",
        "maría@example.com",
        "maria@example.com\x00",
    ],
)
def test_what_is_no_address_is_refused_for_good(address: str) -> None:
    with pytest.raises(Refused) as refusal:
        letters.clean_address(address)

    assert refusal.value.permanent


def test_a_host_in_letters_of_another_script_is_written_in_ascii() -> None:
    assert letters.clean_address("maria@пример.рф") == "maria@xn--e1afmkfd.xn--p1ai"


def test_subjects_in_every_script_arrive(plain: MailServer) -> None:
    subjects = ["موعدك يوم الثلاثاء في الساعة ١٠", "您的预约", "आपकी अपॉइंटमेंट", "Czy możesz przyjść? " * 8]
    with sending(plain) as channel:
        for subject in subjects:
            channel.send(outgoing(email=Email(subject, subject, f"<p>{subject}</p>", subject)))

    assert [taken.letter["Subject"] for taken in plain.taken] == [subject.strip() for subject in subjects]
    assert all(max(map(len, taken.raw.split(b"\r\n"))) <= 998 for taken in plain.taken)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (
            "smtp://u%40x:p%2Fw@mail.example.com?from=a@example.com",
            Relay("mail.example.com", 587, "a@example.com", "u@x", "p/w"),
        ),
        (
            "smtps://u:p@mail.example.com?from=a@example.com",
            Relay("mail.example.com", 465, "a@example.com", "u", "p", is_tls=True),
        ),
        ("smtp://10.0.0.9:25?from=a@example.com", Relay("10.0.0.9", 25, "a@example.com")),
    ],
)
def test_an_address_of_a_server_is_read(address: str, found: Relay) -> None:
    assert relay.read(address, is_demo=False) == found


def test_only_a_demo_on_this_machine_goes_without_encryption() -> None:
    needs = {
        (host, is_demo): relay.read(f"smtp://{host}?from=a@example.com", is_demo=is_demo).needs_starttls
        for host in ("127.0.0.1", "[::1]", "localhost", "mail.example.com")
        for is_demo in (True, False)
    }

    assert [place for place, encrypted in needs.items() if not encrypted] == [
        ("127.0.0.1", True),
        ("[::1]", True),
        ("localhost", True),
    ]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("smtp://mail.example.com", "does not say which address"),
        ("smtp://mail.example.com?from=nobody", "does not say which address"),
        ("smtp://:587?from=a@example.com", "names no host"),
        ("smtp://mail.example.com:99999?from=a@example.com", "cannot be read"),
        ("smtp://u@mail.example.com?from=a@example.com", "a user without a password"),
        ("smtp://mail.example.com/x?from=a@example.com", "something behind its host"),
        ("smtp://mail.example.com?from=a@example.com&fron=b", "the option fron"),
        ("imap://u:secret@mail.example.com?from=a@example.com", "imap://, which is not served"),
    ],
)
def test_an_address_that_is_wrong_is_told_without_repeating_it(address: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        relay.read(address, is_demo=True)

    assert says in error.value.message
    assert error.value.message.startswith("SELFSERVICE_EMAIL ")
    assert "secret" not in error.value.message
