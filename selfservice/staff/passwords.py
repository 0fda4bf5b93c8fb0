"""Passwords: what is accepted, how they are kept, and how often a wrong one may be tried."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select

from selfservice import clock, locks, tokens
from selfservice.db import db, fetch
from selfservice.errors import TooMany
from selfservice.staff.models import SignInAttempt, User

SHORTEST = 12
LONGEST = 200
WINDOW = timedelta(minutes=15)
FAILURES_OF_ACCOUNT = 5
FAILURES_FROM_ADDRESS = 20


def find_weakness(password: str, email: str) -> str | None:
    """Why a password is not accepted, as a sentence; length is what counts (NIST SP 800-63B section 3.1.1)."""
    if len(password) < SHORTEST:
        return f"The password is too short; use at least {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"The password is too long; use at most {LONGEST} characters."
    if password.strip().lower() == email:
        return "The password is the e-mail address; choose another."
    if len(set(password)) < 4:
        return "The password repeats the same few characters; choose another."
    return None


def encode(password: str) -> str:
    """The password as it is kept (Argon2id, RFC 9106)."""
    # Loaded here because argon2 brings cffi: 5 MB that no customer's page needs.
    from argon2 import PasswordHasher  # noqa: PLC0415

    return PasswordHasher().hash(password)


def claim_attempt(email: str, address: str) -> None:
    """Note one try before the password is looked at; raises TooMany when the account or the address had too many.

    The try is committed before the slow check, so that a hundred at once cannot all be "the first".
    """
    now = clock.now()
    locks.hold(["sign_in"])
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.at <= now - WINDOW))
    account, origin = _digests(email, address)
    _refuse_over(SignInAttempt.account_digest == account, FAILURES_OF_ACCOUNT, now, "for this account")
    _refuse_over(SignInAttempt.address_digest == origin, FAILURES_FROM_ADDRESS, now, "from this network")
    db.session.add(SignInAttempt(account_digest=account, address_digest=origin, at=now))
    db.session.flush()


def check(email: str, password: str) -> int | None:
    """The id of the active user whose password this is. Takes as long for an address that nobody has.

    Reads outside any transaction: the check takes a tenth of a second, and a writer's place is not held that long.
    """
    from argon2 import PasswordHasher  # noqa: PLC0415 - as in `encode`
    from argon2.exceptions import VerificationError  # noqa: PLC0415

    rows = fetch(select(User.id, User.password_hash).where(User.email == email.strip().lower(), User.is_active), {})
    hasher = PasswordHasher()
    if not rows or len(password) > LONGEST:
        hasher.hash(password[:LONGEST])
        return None
    try:
        hasher.verify(rows[0].password_hash, password)
    except VerificationError:
        return None
    user_id: int = rows[0].id
    return user_id


def forgive(email: str) -> None:
    """Forget an account's failures after the right password."""
    account, _ = _digests(email, "")
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.account_digest == account))


def _refuse_over(is_it: ColumnElement[bool], most: int, now: datetime, whose: str) -> None:
    count, oldest = db.session.execute(select(func.count(), func.min(SignInAttempt.at)).where(is_it)).one()
    if count < most:
        return
    seconds = max(1, math.ceil((oldest + WINDOW - now).total_seconds()))
    minutes = math.ceil(seconds / 60)
    wait = "1 minute" if minutes == 1 else f"{minutes} minutes"
    raise TooMany(f"Too many sign-ins failed {whose}. Try again in {wait}.", retry_after=seconds)


def _digests(email: str, address: str) -> tuple[str, str]:
    keys = tokens.data_keys()
    _, account = keys.hash("sign_in.account", email.strip().lower())
    _, origin = keys.hash("sign_in.address", address)
    return account, origin
