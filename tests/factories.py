"""Scenes that tests begin with, made through the services that make them for people."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from unittest import mock

from selfservice import clock
from selfservice.brands import service as brands
from selfservice.customers import devices
from selfservice.db import db
from selfservice.pages import answering, checks, queries, sight
from selfservice.pages import service as pages
from selfservice.pages.guarding import Who, nobody
from selfservice.pages.service import Issued, NewPage, Person
from selfservice.situations import registry
from selfservice.staff import passwords, service
from selfservice.staff.models import User

PHONE = "+12025550123"
PASSWORD = "correct horse battery"
"""Of everybody of staff that these scenes have."""

_encode_once = cache(passwords.encode)


def soon(**distance: float) -> datetime:
    """A moment from now on, to the minute."""
    return (clock.now() + timedelta(**distance)).replace(second=0, microsecond=0)


def appointment(**changes: Any) -> dict[str, Any]:
    """Facts of an appointment in three days, with two other times."""
    at = soon(days=3).astimezone(UTC)
    offered = [at + timedelta(days=1), at + timedelta(days=2)]
    facts = {
        "at": at.isoformat(),
        "person": "Dr Amina Okafor",
        "place": "14 Harbour Street",
        "offered": [slot.isoformat() for slot in offered],
    }
    return {**facts, **changes}


def fraud(**changes: Any) -> dict[str, Any]:
    """Facts of an odd payment."""
    return {
        "merchant": "ELECTRO-HUB",
        "amount": {"amount": "428.00", "currency": "GBP"},
        "card_ending": "17",
        **changes,
    }


def issue(
    situation: str = "appointment_reminder",
    facts: Mapping[str, Any] | None = None,
    *,
    phone: str | None = PHONE,
    name: str | None = "Maria Santos",
    ref: str | None = None,
    email: str | None = None,
    **details: Any,
) -> Issued:
    """A committed page with its text."""
    brands.ensure_default()
    db.session.commit()  # Pages read their brand on the reader's connection.
    made = {"appointment_reminder": appointment, "fraud_alert": fraud}
    issued = pages.issue(
        NewPage(
            situation=situation,
            facts=made[situation]() if facts is None else facts,
            customer=Person(phone=phone, name=name, ref=ref, email=email, locale=details.pop("language", None)),
            actor=details.pop("actor", "cli"),
            **details,
        )
    )
    db.session.commit()
    return issued


def employ(email: str, **details: Any) -> User:
    """Somebody of staff. Their password is hashed once in a process, because that takes a tenth of a second."""
    with mock.patch.object(passwords, "encode", _encode_once):
        return service.add(email, password=PASSWORD, **details)


def shown(page_id: int, typed: str) -> Who:
    """A device on which somebody has committed a right answer to a page's check by its last four digits."""
    page = queries.get(page_id)
    loaded = registry.current().get(page.situation)
    facts = sight.facts_of(loaded, page.facts, page.version)
    device, _secret = devices.make()
    checks.attempt(page_id, loaded.situation, facts, "last4", typed, device_id=device.id)
    db.session.commit()
    device_id = device.id
    return lambda: device_id


def act(page_id: int, action: str, *, revision: int = 1, key: str = "", who: Who = nobody, **form: Any) -> str:
    """A committed answer by the page's customer."""
    status = answering.act(page_id, action, form=form, revision=revision, key=key or str(uuid.uuid4()), who=who)
    db.session.commit()
    return status
