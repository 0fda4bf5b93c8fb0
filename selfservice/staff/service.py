"""Adding staff, teams and sessions; whether a password is right and how often it may be tried is in `passwords`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import cast

from sqlalchemy import CursorResult, delete, select, update

from selfservice import clock
from selfservice.db import db
from selfservice.errors import Conflict, Invalid
from selfservice.staff import passwords
from selfservice.staff.models import Role, StaffSession, Team, User
from selfservice.staff.queries import LASTS, Staff, digest, find_user

SEEN_EVERY = timedelta(minutes=5)


def add(email: str, *, name: str, password: str, role: str = Role.AGENT, team: str | None = None) -> User:
    """Add a member of staff; raises Invalid with a sentence for each field, Conflict for an address in use."""
    email = email.strip().lower()
    problems = _problems(email, name=name, password=password, role=role)
    team_id = None
    if team:
        team_id = db.session.scalar(select(Team.id).where(Team.key == team))
        if team_id is None:
            known = ", ".join(db.session.scalars(select(Team.key).order_by(Team.key))) or "none yet"
            problems["team"] = f"There is no team called {team}; use one of these: {known}."
    if problems:
        raise Invalid(" ".join(problems.values()), fields=problems)
    if find_user(email) is not None:
        raise Conflict("A user with this e-mail address exists already; choose another address.")
    user = User(
        email=email, name=name.strip(), password_hash=passwords.encode(password), role=Role(role).value, team_id=team_id
    )
    db.session.add(user)
    db.session.flush()
    return user


def ensure_teams(names: Mapping[str, str]) -> None:
    """Have a team for each key; teams that are there keep the name they have."""
    known = set(db.session.scalars(select(Team.key).where(Team.key.in_(names))))
    db.session.add_all(Team(key=key, name=name) for key, name in names.items() if key not in known)
    db.session.flush()


def start_session(user_id: int) -> str:
    """The token of a new session, for the cookie: it is kept nowhere else. Sessions of this user that are over go."""
    now = clock.now()
    db.session.execute(delete(StaffSession).where(StaffSession.user_id == user_id, StaffSession.expires_at <= now))
    token = secrets.token_urlsafe(32)
    db.session.add(
        StaffSession(token_digest=digest(token), user_id=user_id, created_at=now, seen_at=now, expires_at=now + LASTS)
    )
    db.session.flush()
    return token


def sign_out(session_id: int) -> None:
    """End one session; ending it twice is fine."""
    db.session.execute(
        update(StaffSession)
        .where(StaffSession.id == session_id, StaffSession.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def revoke_all(user_id: int) -> int:
    """End every session of a user: for a lost laptop, a new password, somebody who leaves. Returns how many ended."""
    result = db.session.execute(
        update(StaffSession)
        .where(StaffSession.user_id == user_id, StaffSession.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[object]", result).rowcount


def needs_touch(staff: Staff) -> bool:
    """Whether `touch` is due: once in a few minutes is enough for an idle limit of hours."""
    return clock.now() - staff.seen_at >= SEEN_EVERY


def touch(staff: Staff) -> None:
    """Note that the session is in use, so that it does not end as idle."""
    db.session.execute(
        update(StaffSession)
        .where(StaffSession.id == staff.session_id)
        .values(seen_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _problems(email: str, *, name: str, password: str, role: str) -> dict[str, str]:
    problems = {}
    if "@" not in email.strip("@") or len(email) > 254 or any(character.isspace() for character in email):
        problems["email"] = "This is not an e-mail address; write one such as jo@example.com."
    if not 1 <= len(name.strip()) <= 80:
        problems["name"] = "The name is missing or too long; write 1 to 80 characters."
    if role not in list(Role):
        problems["role"] = f"There is no such role; use one of {', '.join(Role)}."
    weakness = passwords.find_weakness(password, email)
    if weakness:
        problems["password"] = weakness
    return problems
