"""Staff are added once and kept apart; their sessions end when they should."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from selfservice import clock
from selfservice.errors import Conflict, Invalid
from selfservice.staff import passwords, queries, service
from selfservice.staff.models import Role, StaffSession, User

PASSWORD = "correct horse battery"


def make_user(session: Any, email: str = "ana@example.com", **details: Any) -> User:
    user = service.add(email, **{"name": "Ana Silva", "password": PASSWORD, **details})
    session.commit()
    return user


def test_add_user_keeps_no_password(session: Any) -> None:
    user = make_user(session, " Ana@Example.COM ")

    assert user.email == "ana@example.com"
    assert user.role == Role.AGENT
    assert PASSWORD not in user.password_hash
    assert user.password_hash.startswith("$argon2id$")


def test_add_user_with_an_address_in_use_is_refused(session: Any) -> None:
    make_user(session)

    with pytest.raises(Conflict):
        make_user(session, "ANA@example.com")


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"password": "too short"}, "password"),
        ({"password": "ana@example.com"}, "password"),
        ({"password": "aaaaaaaaaaaaaa"}, "password"),
        ({"password": "x" * 201}, "password"),
        ({"email": "nobody"}, "email"),
        ({"name": "  "}, "name"),
        ({"role": "owner"}, "role"),
        ({"team": "nowhere"}, "team"),
    ],
)
def test_add_user_with_a_wrong_value_says_which(session: Any, details: dict[str, str], field: str) -> None:
    given = {"email": "ana@example.com", "name": "Ana Silva", "password": PASSWORD, **details}

    with pytest.raises(Invalid) as refusal:
        service.add(given.pop("email"), **given)

    assert list(refusal.value.fields) == [field]
    assert refusal.value.fields[field].endswith(".")


def test_teams_are_made_once_and_keep_their_names(session: Any) -> None:
    service.ensure_teams({"fraud": "Fraud"})
    service.ensure_teams({"fraud": "Another name", "reception": "Reception"})
    session.commit()

    assert [(team.key, team.name) for team in queries.list_teams()] == [("fraud", "Fraud"), ("reception", "Reception")]


def test_session_is_found_by_its_token_alone(session: Any) -> None:
    service.ensure_teams({"fraud": "Fraud"})
    user = make_user(session, team="fraud")
    token = service.start_session(user.id)
    session.commit()

    found = queries.find_session(token)

    assert found is not None
    assert (found.user_id, found.name, found.team, found.team_name) == (user.id, "Ana Silva", "fraud", "Fraud")
    assert queries.find_session(token + "x") is None
    assert queries.find_session("") is None
    stored = session.query(StaffSession).one()
    assert token.encode() not in stored.token_digest


def test_session_ends_after_twelve_hours_of_use(session: Any) -> None:
    user = make_user(session)
    start = clock.now()
    with time_machine.travel(start, tick=False) as traveller:
        token = service.start_session(user.id)
        session.commit()
        for hour in range(1, 12):
            traveller.move_to(start + timedelta(hours=hour))
            found = queries.find_session(token)
            assert found is not None
            assert service.needs_touch(found)
            service.touch(found)
            session.commit()

        traveller.move_to(start + timedelta(hours=12))

        assert queries.find_session(token) is None


def test_session_ends_after_two_idle_hours(session: Any) -> None:
    user = make_user(session)
    start = clock.now()
    with time_machine.travel(start, tick=False) as traveller:
        token = service.start_session(user.id)
        session.commit()
        traveller.move_to(start + timedelta(minutes=119))
        before = queries.find_session(token)

        traveller.move_to(start + timedelta(minutes=120))

        assert before is not None
        assert queries.find_session(token) is None


def test_signed_out_session_is_over(session: Any) -> None:
    user = make_user(session)
    token = service.start_session(user.id)
    other = service.start_session(user.id)
    session.commit()
    found = queries.find_session(token)
    assert found is not None

    service.sign_out(found.session_id)
    session.commit()

    assert queries.find_session(token) is None
    assert queries.find_live_session(found.session_id) is None
    assert queries.find_session(other) is not None


def test_revoking_all_ends_each_session_of_this_user_alone(session: Any) -> None:
    ana, ben = make_user(session), make_user(session, "ben@example.com", name="Ben Diaz")
    of_ana = [service.start_session(ana.id), service.start_session(ana.id)]
    of_ben = service.start_session(ben.id)
    session.commit()

    ended = service.revoke_all(ana.id)
    session.commit()

    assert ended == 2
    assert [queries.find_session(token) for token in of_ana] == [None, None]
    assert queries.find_session(of_ben) is not None


def test_inactive_user_has_no_session(session: Any) -> None:
    user = make_user(session)
    token = service.start_session(user.id)
    user.is_active = False
    session.commit()

    assert queries.find_session(token) is None
    assert passwords.check("ana@example.com", PASSWORD) is None


@pytest.mark.parametrize(
    ("role", "team", "works_for_fraud"),
    [("agent", "fraud", True), ("agent", "reception", False), ("agent", None, True), ("supervisor", "reception", True)],
)
def test_team_work_is_for_the_team_and_for_supervisors(
    session: Any, role: str, team: str | None, works_for_fraud: bool
) -> None:
    service.ensure_teams({"fraud": "Fraud", "reception": "Reception"})
    user = make_user(session, role=role, team=team)
    token = service.start_session(user.id)
    session.commit()

    found = queries.find_session(token)

    assert found is not None
    assert found.may_work_for("fraud") is works_for_fraud
