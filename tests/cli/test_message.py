"""`flask message`: what was not sent is listed without a word about whom, and dead ones are sent again once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from selfservice import clock, tokens
from selfservice.db import db
from selfservice.messages import dispatch, queries, service
from selfservice.messages.models import WorkerHeartbeat
from tests.cli.conftest import Command
from tests.messages.scenes import PHONE, Provider, accept, force, only, state_of, story_of


@pytest.fixture
def dead(app: Flask) -> list[int]:
    with app.app_context():
        ids = [accept().id for _ in range(3)]
        for message_id in ids:
            force(message_id, "dead", reason="KeyError", failures=5, next_look_at=None)
        return ids


def test_dead_messages_are_listed_without_numbers_or_words(command: Command, dead: list[int]) -> None:
    done = command("message", "list", "--state", "dead")

    assert done.exit_code == 0
    assert all(tokens.encode_id(one) in done.stdout for one in dead)
    assert "KeyError" in done.stdout
    assert PHONE not in done.stdout
    assert "appointment is on" not in done.stdout
    assert {row["id"] for row in json.loads(command("message", "list", "--json").stdout)} == {
        tokens.encode_id(one) for one in dead
    }


def test_without_any_it_says_so(command: Command) -> None:
    assert command("message", "list").stdout == "No message is dead.\n"
    assert command("message", "list", "--state", "uncertain").stdout == "No message is uncertain.\n"


def test_one_is_replayed_once_under_its_id(command: Command, app: Flask, dead: list[int]) -> None:
    reference = tokens.encode_id(dead[0])
    provider = Provider()

    done = command("message", "replay", reference)
    again = command("message", "replay", reference)

    assert (done.exit_code, done.stdout) == (0, "1 message was given back to be sent.\n")
    assert (again.exit_code, again.stderr.startswith("That message is neither dead nor needs_human")) == (1, True)
    with app.app_context():
        assert [state_of(one) for one in dead] == ["ready", "dead", "dead"]
        assert story_of(dead[0])[-2:] == ["accepted", "ready"]
        assert dispatch.send_all(only(provider), owner="me") == 1
        assert [outgoing.id for outgoing in provider.sent] == [reference]


def test_all_are_replayed(command: Command, app: Flask, dead: list[int]) -> None:
    assert command("message", "replay", "--all").stdout == "3 messages were given back.\n"

    with app.app_context():
        assert [state_of(one) for one in dead] == ["ready"] * 3


def test_one_of_which_nobody_can_say_is_sent_once_more_under_its_id_alone(
    command: Command, app: Flask, dead: list[int]
) -> None:
    with app.app_context():
        force(dead[0], "needs_human", reason="unknown")

    listed = command("message", "list", "--state", "needs_human")
    told = command("doctor").stdout
    together = command("message", "replay", "--all")
    alone = command("message", "replay", tokens.encode_id(dead[0]))

    assert "Ask those people." in listed.stdout
    assert "Nobody can say whether 1 message left: staff ask the customer" in told
    assert together.stdout == "2 messages were given back.\n"
    assert alone.exit_code == 0
    with app.app_context():
        assert state_of(dead[0]) == "ready"


def test_a_number_that_was_stopped_meanwhile_is_not_texted(command: Command, app: Flask, dead: list[int]) -> None:
    with app.app_context():
        service.stop(PHONE, reason="asked on a page", actor="customer")
        db.session.commit()

    command("message", "replay", "--all")

    with app.app_context():
        assert {state_of(one) for one in dead} == {"suppressed"}


@pytest.mark.parametrize("arguments", [(), ("--all", "0" * 11)])
def test_it_asks_which(command: Command, arguments: tuple[str, ...]) -> None:
    done = command("message", "replay", *arguments)

    assert (done.exit_code, done.stderr) == (1, "Say which message: write its ID, or --all.\n")


def test_an_id_that_is_none_is_told(command: Command) -> None:
    assert command("message", "replay", "nonsense").stderr.startswith("There is no such message: ")


def test_dead_messages_and_tired_providers_are_told_everywhere(
    command: Command, client: FlaskClient, app: Flask, dead: list[int]
) -> None:
    with app.app_context():
        db.session.execute(
            db.metadata.tables["provider_health"]
            .insert()
            .values(provider="twilio", share=5, reason="slow", falls=1, since=clock.now())
        )
        db.session.add(WorkerHeartbeat(name="host:1", at=clock.now()))
        db.session.commit()
        assert queries.count_dead() == 3

    answer: Any = client.get("/readyz")
    found = {check["name"]: check for check in json.loads(command("doctor", "--json").stdout)["checks"]}

    assert answer.status_code == 200
    assert answer.json["warnings"][0].startswith("twilio is not well since ")
    assert "It gets 5 in 100 messages while" in answer.json["warnings"][0]
    assert answer.json["warnings"][1].startswith("3 messages were not sent because of a fault of ours: ")
    assert (found["providers"]["state"], found["unsent"]["state"]) == ("warning", "problem")
