"""`flask consent import`: what an organisation holds already becomes evidence, and never undoes a no."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from selfservice import clock
from selfservice.customers import consents
from selfservice.customers import queries as customers
from selfservice.customers.consents import Address, Said
from selfservice.customers.models import Consent, Wording
from selfservice.db import READER, db
from selfservice.errors import Invalid
from selfservice.events.models import Event
from selfservice.messages.models import Message
from selfservice.pages import wishes
from selfservice.rights import consent_file, importing
from selfservice.rights.consent_file import Unreadable
from tests.cli.conftest import Command
from tests.factories import PHONE, issue
from tests.messages.scenes import accept

HEAD = "phone,email,class,said,said_at,wording,language,source"
OFFERS = "May we send you offers? Yes, please."
MARIA, BEN, MAIL = PHONE, "+447700900123", "maria@example.com"


def row(address: str = MARIA, said: str = "yes", *, at: str = "2025-03-01T10:15:00+01:00", **changes: str) -> str:
    """A line of a file."""
    phone, email = (address, "") if address.startswith("+") else ("", address)
    values = {"phone": phone, "email": email, "class": "marketing", "said": said, "said_at": at,
              "wording": f'"{OFFERS}"', "language": "en", "source": "web form 2025", **changes}  # fmt: skip
    return ",".join(values[name] for name in HEAD.split(","))


@pytest.fixture
def load(command: Command, tmp_path: Path) -> Any:
    """Import lines as a file; `more` are options."""

    def run(*lines: str, more: tuple[str, ...] = ("--yes",), head: str = HEAD) -> Result:
        file = tmp_path / "consents.csv"
        file.write_text("\n".join((head, *lines)) + "\n", "utf-8")
        return command("consent", "import", str(file), *more)

    return run


def evidence(app: Flask) -> list[Any]:
    query = sa.select(
        Consent.message_class, Consent.is_given, Consent.channel, Consent.source, Consent.actor, Consent.customer_id,
        Consent.at, Wording.body, Wording.locale,
    ).join(Wording, Wording.digest == Consent.wording).order_by(Consent.id)  # fmt: skip
    with app.app_context(), db.engines[READER].connect() as connection:
        return list(connection.execute(query))


def standing(app: Flask, address: str = MARIA, message_class: str = "marketing") -> bool | None:
    place = Address("sms" if address.startswith("+") else "email", address)
    with app.app_context():
        return consents.standing([place]).get(Said(place, message_class))


def state_of_an_offer(app: Flask, phone: str = MARIA) -> tuple[str, str | None]:
    with app.app_context():
        message = accept(phone=phone, message_class="marketing")
        return message.state, message.reason


def test_a_yes_becomes_evidence_with_its_own_words_and_time(app: Flask, load: Any) -> None:
    with app.app_context():
        customer_id = issue().page.customer_id

    done = load(row(), row(MAIL.upper(), language="es-mx"))

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "Of 2 lines:\n  2 new.\nThey are written down.\n"
    mail, phone = evidence(app)
    assert phone[:6] == ("marketing", True, "sms", "web form 2025", "cli", customer_id)
    assert (phone.at.isoformat(), phone.body, phone.locale) == ("2025-03-01T09:15:00+00:00", OFFERS, "en")
    assert (mail.channel, mail.customer_id, mail.locale) == ("email", None, "es-MX")
    assert standing(app, MAIL) is True
    assert state_of_an_offer(app)[0] == "ready"
    assert state_of_an_offer(app, BEN) == ("suppressed", "no_consent")
    with app.app_context():
        (told,) = db.session.scalars(sa.select(Event.data).where(Event.type == "consents.imported"))
        assert told == {"new": 2}


def test_what_was_imported_before_somebody_was_a_customer_is_theirs(app: Flask, load: Any, command: Command) -> None:
    load(row(), row(BEN))
    with app.app_context():
        issue()

    told = json.loads(command("customer", "export", MARIA).stdout)["consents"]

    assert [(one["message_class"], one["is_given"], one["wording"]) for one in told] == [("marketing", True, OFFERS)]


def test_importing_it_again_adds_nothing(app: Flask, load: Any) -> None:
    lines = (row(), row(said="no", at="2025-04-01T00:00:00Z"), row(at="2025-05-01T00:00:00Z"), row(BEN, "no"))
    load(*lines)
    before = evidence(app)

    again = load(*lines)

    assert again.stdout == "Of 4 lines:\n  0 new.\n  4 known already.\nThey are written down.\n"
    assert evidence(app) == before
    assert (standing(app), standing(app, BEN)) == (True, False)


def test_of_one_files_lines_the_latest_counts_wherever_it_stands(app: Flask, load: Any) -> None:
    load(row(at="2025-05-01T00:00:00Z"), row(said="no", at="2025-06-01T00:00:00Z"), row(at="2024-01-01T00:00:00Z"))

    assert standing(app) is False


def test_a_dry_run_says_what_would_become_of_it_and_writes_nothing(app: Flask, load: Any) -> None:
    done = load(row(), more=("--dry-run",))

    assert done.stdout == "Of 1 line:\n  1 new.\nNothing was written.\n"
    assert evidence(app) == []


def test_it_asks_first(app: Flask, command: Command, tmp_path: Path) -> None:
    file = tmp_path / "consents.csv"
    file.write_text(f"{HEAD}\n{row()}\n", "utf-8")

    refused = command("consent", "import", str(file), stdin="n\n")
    agreed = command("consent", "import", str(file), stdin="y\n")

    assert (refused.exit_code, agreed.exit_code) == (1, 0)
    assert "Import 1 of 1?" in refused.stderr
    assert len(evidence(app)) == 1


def stop(app: Flask, **form: str) -> None:
    with app.app_context():
        link = "/preferences/" + wishes.url_of(issue().page.id).rpartition("/")[2]
    app.test_client().post(link, data=form)


def test_who_stopped_everything_stays_stopped_and_is_counted(app: Flask, load: Any) -> None:
    stop(app)
    before = evidence(app)

    done = load(row(at="2026-10-01T00:00:00Z"), row(BEN))

    assert "1 new." in done.stdout
    assert "1 left alone: a yes of somebody who stopped everything here (line 2)." in done.stdout
    assert len(evidence(app)) == len(before) + 1
    assert state_of_an_offer(app) == ("suppressed", "stopped")


def test_who_refused_the_class_stays_refused_whenever_the_yes_was_said(app: Flask, load: Any) -> None:
    stop(app, do="save", service="yes", urgent="yes", marketing="no")
    stop(app, do="save", service="no", urgent="yes", marketing="no")

    done = load(row(**{"class": "service"}), row(**{"class": "urgent"}))

    assert "1 left alone: a yes of somebody who said no to that class here (line 2)." in done.stdout
    assert (standing(app, message_class="service"), standing(app, message_class="urgent")) == (False, True)


def test_a_no_that_a_later_yes_has_overtaken_is_left_alone(app: Flask, load: Any) -> None:
    stop(app, do="save", service="yes", urgent="yes", marketing="yes")

    done = load(row(said="no"))

    assert "1 left alone: a no of somebody who said yes here after it (line 2)." in done.stdout
    assert standing(app) is True


def test_a_no_takes_back_what_is_queued_and_all_stops_everything(app: Flask, load: Any) -> None:
    with app.app_context():
        issue()
        issue(phone=BEN)

    done = load(row(said="no", **{"class": "all"}), row(BEN, "no", **{"class": "service"}))

    assert done.exit_code == 0
    with app.app_context():
        assert (customers.is_suppressed(MARIA), customers.is_suppressed(BEN)) == (True, False)
        reasons = db.session.execute(sa.select(Message.recipient, Message.state, Message.reason))
        assert sorted(map(tuple, reasons)) == [(MARIA, "suppressed", "stopped"), (BEN, "suppressed", "withdrawn")]
    assert [one.is_given for one in evidence(app)] == [False] * 4
    assert "2 known already" in load(row(said="no", **{"class": "all"}), row(BEN, "no", **{"class": "service"})).stdout


WRONG = [
    (row("+12025"), "The phone number is too short"),
    (row("no-address"), "That is not an e-mail address"),
    (row(email=MAIL), "It needs a phone or an email, and not both"),
    (row(phone=""), "It needs a phone or an email, and not both"),
    (row(said="maybe"), "Its said is not known: write one of yes, no."),
    (row(**{"class": "news"}), "Its class is not known: write one of service, marketing, urgent, all."),
    (row(**{"class": "all"}), "Nobody says yes to “all” at once"),
    (row(at="2025-03-01"), "Its said_at is no moment: write date, time and zone"),
    (row(at="2999-03-01T00:00:00Z"), "Its said_at is still to come"),
    (row(wording=""), "Its wording is empty"),
    (row(wording=f"Texts to {MARIA}?"), "Its wording or source holds the address itself"),
    (row(wording="Texts to (202) 555 0123?"), "Its wording or source holds the address itself"),
    (row(language="xx-yy"), "That is not a language we know"),
    (row(source="a" * 41), "Its source is too long: write at most 40 characters."),
    (row() + ",more", "It has 9 fields where line 1 has 8: check its commas and quotes."),
    (row(wording='"Open'), "is no CSV ("),
]


@pytest.mark.parametrize(("line", "sentence"), WRONG)
def test_a_wrong_line_is_named(line: str, sentence: str) -> None:
    """The reader alone: it needs no database."""
    with pytest.raises(Invalid) as refused:
        consent_file.read(f"{HEAD}\n{line}\n{row(BEN)}\n".encode(), clock.now())

    said = refused.value
    problems = said.problems if isinstance(said, Unreadable) else [(2, said.message.removeprefix("Line 2 "))]
    assert [line for line, _ in problems] == [2]
    assert problems[0][1].startswith(sentence)
    assert MARIA not in problems[0][1]


def test_a_file_with_a_wrong_line_is_not_imported(app: Flask, load: Any) -> None:
    done = load(row(BEN), row(said="maybe"))

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "Line 3: Its said is not known: write one of yes, no.\nNothing was imported: a line is wrong.\n"
    )
    assert evidence(app) == []


def test_lines_are_counted_as_an_editor_shows_them(load: Any) -> None:
    done = load("", row(wording='"Two\nlines"'), row(said="x"), row("+1"), more=("--json",))

    assert done.exit_code == 1
    assert [one["line"] for one in json.loads(done.stdout)["problems"]] == [5, 6]
    assert done.stderr.endswith("Nothing was imported: 2 lines are wrong.\n")


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (HEAD + ",name", "Line 1 names a column “name”"),
        (HEAD.replace(",source", ""), "Line 1 has no column “source”"),
        (HEAD.replace("phone,email,", ""), "Line 1 has no column “phone or email”"),
        (HEAD.replace("email", "phone"), "Line 1 names a column twice"),
        ("", "Line 1 "),
    ],
)
def test_a_wrong_header_is_told(head: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        consent_file.read(f"{head}\n{row()}\n".encode(), clock.now())


def test_a_sheet_saved_in_europe_is_read() -> None:
    text = f"{HEAD}\r\n{row(wording='Ofertas del año?')}\r\n".replace(",", ";")

    (entry,) = consent_file.read(f"\ufeff{text}".encode(), clock.now())

    assert (entry.line, entry.address, entry.wording) == (2, Address("sms", MARIA), "Ofertas del año?")
    with pytest.raises(Invalid, match="Line 2 is not UTF-8"):
        consent_file.read(text.encode("latin-1"), clock.now())


def test_what_was_interrupted_is_taken_up_again(app: Flask, load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [row(f"+4477009001{number:02d}") for number in range(30)]
    monkeypatch.setattr(importing, "BATCH", 10)
    write, written = importing._write, []

    def die(*arguments: Any) -> None:
        written.append(arguments)
        if len(written) == 25:
            raise KeyboardInterrupt
        write(*arguments)

    monkeypatch.setattr(importing, "_write", die)
    assert load(*lines).exit_code == 1
    assert len(evidence(app)) == 20
    monkeypatch.setattr(importing, "_write", write)

    again = load(*lines)

    assert "10 new.\n  20 known already." in again.stdout
    assert len(evidence(app)) == 30


def test_a_no_that_is_said_between_the_look_and_the_line_counts(
    app: Flask, load: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever says it waits for the import, and so says it after."""
    with app.app_context():
        link = "/preferences/" + wishes.url_of(issue().page.id).rpartition("/")[2]
    no = {"do": "save", "service": "yes", "urgent": "yes", "marketing": "no"}
    threads = [threading.Thread(target=lambda: app.test_client().post(link, data=no))]
    app.test_client().post(link, data={**no, "marketing": "yes"})
    judge = importing._judge

    def look(batch: Any) -> Any:
        judged = judge(batch)
        for thread in threads:
            thread.start()
            thread.join(1)  # It ends only if nothing holds it; how long it is waited for decides nothing else.
        return judged

    import_all = importing.import_all

    def with_somebody_meanwhile(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(importing, "_judge", look)
        return import_all(*arguments, **named)

    monkeypatch.setattr(importing, "import_all", with_somebody_meanwhile)

    load(row())
    threads[0].join()

    assert [(one.is_given, one.source) for one in evidence(app)] == [
        (True, "preferences page"),
        (True, "web form 2025"),
        (False, "preferences page"),
    ]
    assert standing(app) is False


def test_a_file_that_is_not_there_is_said(command: Command) -> None:
    done = command("consent", "import", "/nowhere/consents.csv")

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "/nowhere/consents.csv cannot be read (No such file or directory): mend the path or its rights.\n"
    )


@pytest.mark.database("sqlite")
def test_no_transaction_holds_more_addresses_than_it_may(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However those who said no, each of whom goes alone, stand among the others."""
    held: list[int] = []

    def note(addresses: Any) -> None:
        held.append(len(set(addresses)))

    monkeypatch.setattr(importing, "BATCH", 2)
    monkeypatch.setattr(importing.consents, "hold", note)

    load(*(row(f"+1202555012{number}", "no" if number % 2 else "yes") for number in range(8)))

    assert max(held) == 2
