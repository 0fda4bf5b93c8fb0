"""`flask customer export` and `erase`: what is printed, what is asked, what is left."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from flask import Flask

from selfservice.brands import service as brands
from selfservice.customers.models import Customer
from selfservice.db import db
from tests.cli.conftest import Command
from tests.factories import PHONE, issue


@pytest.fixture
def maria(app: Flask) -> None:
    """A customer with a page and a text."""
    with app.app_context():
        issue(ref="C-4711", email="maria@example.com")


def name_of(app: Flask) -> str | None:
    with app.app_context():
        return db.session.scalars(sa.select(Customer.name)).one()


@pytest.mark.parametrize("who", [PHONE, "+1 202 555 0123", "C-4711", "Maria@example.com"])
def test_export_prints_all_that_is_kept(command: Command, maria: None, who: str) -> None:
    printed = command("customer", "export", who)

    data = json.loads(printed.stdout)
    assert (data["customer"]["name"], len(data["pages"]), len(data["messages"])) == ("Maria Santos", 1, 1)


def test_erase_asks_first(app: Flask, command: Command, maria: None) -> None:
    refused = command("customer", "erase", PHONE)

    assert refused.exit_code == 1
    assert name_of(app) == "Maria Santos"


def test_erase_says_what_stays_and_why(app: Flask, command: Command, maria: None) -> None:
    erased = command("customer", "erase", PHONE, "--yes")

    assert erased.exit_code == 0
    assert "are erased" in erased.stdout
    assert "stays as a keyed hash of the number" in erased.stdout
    assert PHONE not in erased.stdout
    assert name_of(app) is None
    assert command("customer", "export", PHONE).exit_code == 1


def test_nobody_is_nobody(command: Command, maria: None) -> None:
    missing = command("customer", "erase", "+12025550199", "--yes")

    assert missing.exit_code == 1
    assert "Nobody has this number, address or reference" in missing.stderr


def test_a_text_that_may_not_be_sent_makes_no_page(app: Flask, command: Command) -> None:
    facts = {
        "merchant": "4111 1111 1111 1111",
        "amount": {"amount": "1.00", "currency": "GBP"},
        "card_ending": "17",
    }

    with app.app_context():
        brands.ensure_default()
        db.session.commit()

    refused = command("page", "issue", "fraud_alert", "--to", PHONE, "--facts", json.dumps(facts))

    assert refused.exit_code == 1
    assert "card number" in refused.stderr
    with app.app_context():
        assert db.session.scalars(sa.select(Customer.id)).all() == []
