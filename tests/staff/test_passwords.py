"""A wrong password may be tried a few times, whoever asks and however many ask at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from selfservice import clock
from selfservice.db import db
from selfservice.errors import TooMany
from selfservice.staff import passwords, service
from selfservice.staff.models import SignInAttempt

PASSWORD = "correct horse battery"
EMAIL = "ana@example.com"


def try_once(session: Any, email: str = EMAIL, address: str = "192.0.2.1") -> None:
    passwords.claim_attempt(email, address)
    session.commit()


def test_check_knows_the_right_password(session: Any) -> None:
    user = service.add(EMAIL, name="Ana Silva", password=PASSWORD)
    session.commit()

    assert passwords.check(" ANA@example.com", PASSWORD) == user.id
    assert passwords.check(EMAIL, PASSWORD + "!") is None
    assert passwords.check("eve@example.com", PASSWORD) is None


def test_check_works_as_long_for_an_unknown_address(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from argon2 import PasswordHasher  # noqa: PLC0415 - only this test counts its work

    service.add(EMAIL, name="Ana Silva", password=PASSWORD)
    session.commit()
    work: list[str] = []
    verify, encode = PasswordHasher.verify, PasswordHasher.hash
    monkeypatch.setattr(PasswordHasher, "verify", lambda *given: (work.append("a"), verify(*given))[1])
    monkeypatch.setattr(PasswordHasher, "hash", lambda *given: (work.append("a"), encode(*given))[1])

    passwords.check(EMAIL, "wrong password")
    known = len(work)
    passwords.check("eve@example.com", "wrong password")

    assert (known, len(work)) == (1, 2)


def test_sixth_try_for_an_account_waits(session: Any) -> None:
    for number in range(5):
        try_once(session, address=f"192.0.2.{number}")

    with pytest.raises(TooMany) as refusal:
        passwords.claim_attempt(" ANA@example.com", "192.0.2.99")

    assert 890 < refusal.value.retry_after <= 900
    assert refusal.value.message == "Too many sign-ins failed for this account. Try again in 15 minutes."
    try_once(session, email="ben@example.com")


def test_twenty_first_try_from_an_address_waits(session: Any) -> None:
    for number in range(20):
        try_once(session, email=f"user{number}@example.com")

    with pytest.raises(TooMany) as refusal:
        passwords.claim_attempt("ana@example.com", "192.0.2.1")

    assert "from this network" in refusal.value.message
    try_once(session, address="192.0.2.2")


def test_waiting_is_over_a_quarter_of_an_hour_after_the_first_try(session: Any) -> None:
    start = clock.now()
    with time_machine.travel(start, tick=False) as traveller:
        for _ in range(5):
            try_once(session)
            traveller.shift(timedelta(minutes=1))

        traveller.move_to(start + timedelta(minutes=14, seconds=30))
        with pytest.raises(TooMany) as refusal:
            passwords.claim_attempt(EMAIL, "192.0.2.1")
        session.rollback()
        traveller.move_to(start + timedelta(minutes=15))
        try_once(session)

    assert refusal.value.retry_after == 30
    assert refusal.value.message.endswith("Try again in 1 minute.")


def test_right_password_forgives_the_failures_before_it(session: Any) -> None:
    for _ in range(4):
        try_once(session)
    try_once(session, email="ben@example.com")

    passwords.forgive("Ana@example.com")
    session.commit()

    assert session.query(SignInAttempt).count() == 1


def test_tries_hold_no_address(session: Any) -> None:
    try_once(session)

    attempt = session.query(SignInAttempt).one()

    assert len(attempt.account_digest) == len(attempt.address_digest) == 64
    assert attempt.account_digest != attempt.address_digest


def test_many_tries_at_once_are_counted_like_those_in_a_row(app: Flask) -> None:
    def attempt(_number: int) -> bool:
        with app.app_context():
            try:
                passwords.claim_attempt(EMAIL, "192.0.2.1")
                db.session.commit()
            except TooMany:
                db.session.rollback()
                return False
            return True

    with ThreadPoolExecutor(12) as pool:
        allowed = list(pool.map(attempt, range(24)))

    assert allowed.count(True) == 5
