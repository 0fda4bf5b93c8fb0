"""A message over which our own code fails, or whose result cannot be written down: it holds nobody up, and is told."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from selfservice import clock, tokens
from selfservice.messages import policy, queries, service, upkeep
from selfservice.messages.channels.contract import Outgoing, Submitted, Uncertain
from selfservice.messages.dispatch import Dispatcher
from tests.messages.scenes import Provider, accept, accept_many, force, only, run_until, state_of, story_of


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The reasons of messages over which policy fails."""
    reasons: list[str] = []
    decide = policy.decide

    def fail(standing: policy.Standing, now: Any) -> policy.Decision:
        if standing.stopping in reasons:
            raise KeyError("bug")
        return decide(standing, now)

    monkeypatch.setattr(policy, "decide", fail)
    return reasons


def review(session: Any) -> None:
    upkeep.review_due()
    session.commit()


def test_a_held_message_that_fails_holds_nobody_up_and_is_dead_in_the_end(
    session: Any, poison: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    poisoned, sound = (accept(not_before=clock.now() + timedelta(hours=1)).id for _ in range(2))
    poison.append("poison")
    force(poisoned, "held", stopping="poison", next_look_at=clock.now())
    force(sound, "held", next_look_at=clock.now())

    review(session)
    assert (state_of(sound), state_of(poisoned)) == ("ready", "held")
    assert queries.get(poisoned).failures == 1
    for _ in range(4):
        force(poisoned, "held", next_look_at=clock.now())
        review(session)

    assert (state_of(poisoned), story_of(poisoned)[-1], queries.get(poisoned).reason) == ("dead", "dead", "KeyError")
    assert [line.count("message.dead") for line in capsys.readouterr().err.splitlines()] == [1]
    poison.clear()
    force(poisoned, "dead", stopping=None)
    assert service.replay(poisoned, actor="cli")
    session.commit()
    assert (state_of(poisoned), service.replay(poisoned, actor="cli")) == ("ready", False)


def test_the_database_s_trouble_is_no_message_s(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id = accept(not_before=clock.now() + timedelta(hours=1)).id
    force(message_id, "held", next_look_at=clock.now())

    def fail(*_: Any) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(policy, "decide", fail)
    with pytest.raises(OperationalError):
        upkeep.review_due()
    session.rollback()

    assert (state_of(message_id), queries.get(message_id).failures) == ("held", 0)


@pytest.mark.parametrize("outcome", [Submitted(b"7"), Uncertain({"error": 7})], ids=["a-reference", "an-error"])  # type: ignore[arg-type]
def test_a_result_that_cannot_be_written_down_holds_nobody_up(
    app: Flask, outcome: Submitted | Uncertain, capsys: pytest.CaptureFixture[str]
) -> None:
    with app.app_context():
        ids = accept_many(12)

        def answer(outgoing: Outgoing) -> Submitted | Uncertain | None:
            return outcome if outgoing.id == tokens.encode_id(ids[1]) else None

        provider = Provider(answer)
        dispatcher = Dispatcher(app, only(provider), owner="me")

        def is_done() -> bool:
            with suppress(Exception):  # As the worker does: it logs it and comes back.
                dispatcher.tick()
            return {state_of(one) for one in ids} <= {"submitted", "uncertain"}

        assert run_until(is_done, seconds=20)
        dispatcher.stop(1)

        assert [one for one in ids if state_of(one) == "uncertain"] == [ids[1]]
        assert [provider.count(one) for one in ids] == [1] * 12
        attempt = queries.list_attempts(ids[1])[0]
        assert (attempt.result, str(attempt.detail).startswith("What the provider said cannot be written down")) == (
            "uncertain",
            True,
        )
        assert "result.unrecorded" in capsys.readouterr().err
