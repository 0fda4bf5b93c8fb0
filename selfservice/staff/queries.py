"""Reading users, teams and sessions; a session is looked up with every request, so it costs one plain row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select

from selfservice import clock
from selfservice.db import db, fetch
from selfservice.errors import NotFound
from selfservice.staff.models import Role, StaffSession, Team, User

LASTS = timedelta(hours=12)
IDLE = timedelta(hours=2)


@dataclass(frozen=True, kw_only=True)
class Staff:
    """Who is signed in, as a request needs it: no row that could change under it."""

    session_id: int
    user_id: int
    name: str
    role: Role
    team: str
    team_name: str
    seen_at: datetime

    @property
    def sees_all_teams(self) -> bool:
        """Whether every team's work is theirs to see and take; an agent of no team fills in anywhere."""
        return self.role is not Role.AGENT or not self.team

    def may_work_for(self, team: str) -> bool:
        """Whether they may see and take work that was handed to `team`."""
        return self.sees_all_teams or self.team == team


def find_session(token: str) -> Staff | None:
    """Who holds this session token; None when it is unknown, over, idle for too long or revoked."""
    return _find(StaffSession.token_digest == digest(token))


def find_live_session(session_id: int) -> Staff | None:
    """The session, if it still stands: what a long stream asks again and again."""
    return _find(StaffSession.id == session_id)


def find_user(email: str) -> User | None:
    """The user with this address, in any spelling of its case."""
    return db.session.scalars(select(User).where(User.email == email.strip().lower())).first()


def get_user(email: str) -> User:
    """The user with this address; raises NotFound."""
    user = find_user(email)
    if user is None:
        raise NotFound("There is no user with this e-mail address; add one with `flask --app app staff add`.")
    return user


def list_teams() -> Sequence[Team]:
    """All teams by name."""
    return db.session.scalars(select(Team).order_by(Team.name, Team.id)).all()


def id_of(actor: str) -> int:
    """The user whom an actor of events names, 0 for others."""
    kind, _, number = actor.partition(":")
    return int(number) if kind == "staff" and number.isdecimal() else 0


def names_of(user_ids: Iterable[int]) -> dict[int, str]:
    """The names of users by their ids, in one query."""
    wanted = set(user_ids)
    if not wanted:
        return {}
    rows = db.session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def digest(token: str) -> bytes:
    """What is kept of a session token: it has 256 random bits, so a plain SHA-256 cannot be turned back."""
    return hashlib.sha256(token.encode()).digest()


def _find(is_it: ColumnElement[bool]) -> Staff | None:
    now = clock.now()
    rows = fetch(
        select(
            StaffSession.id,
            StaffSession.seen_at,
            User.id.label("user_id"),
            User.name,
            User.role,
            Team.key.label("team"),
            Team.name.label("team_name"),
        )
        .join(User, User.id == StaffSession.user_id)
        .outerjoin(Team, Team.id == User.team_id)
        .where(
            is_it,
            StaffSession.revoked_at.is_(None),
            StaffSession.expires_at > now,
            StaffSession.seen_at > now - IDLE,
            User.is_active,
        ),
        {},
    )
    if not rows:
        return None
    row = rows[0]
    return Staff(
        session_id=row.id,
        user_id=row.user_id,
        name=row.name,
        role=Role(row.role),
        team=row.team or "",
        team_name=row.team_name or "",
        seen_at=row.seen_at,
    )
