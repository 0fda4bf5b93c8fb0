"""Scenes for the outbox: a customer with messages, and providers that do as they are told."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select, update

from selfservice import clock, config, tokens
from selfservice.customers import consents
from selfservice.customers import service as customers
from selfservice.customers.consents import Address, Evidence
from selfservice.db import READER, db
from selfservice.events.models import Event
from selfservice.messages import service
from selfservice.messages.channels import registry
from selfservice.messages.channels.contract import Found, Outgoing, Submitted
from selfservice.messages.channels.registry import Channels
from selfservice.messages.models import Message
from selfservice.messages.service import NewMessage

PHONE = "+12025550123"
OTHER = "+12025550124"
_numbers = itertools.count(1)


def accept_many(count: int, **details: Any) -> list[int]:
    """The ids of so many ready messages, committed together."""
    ids = [_accept(**details).id for _ in range(count)]
    db.session.commit()
    return ids


def accept(*, phone: str = PHONE, **details: Any) -> Message:
    """A message to `phone` in the outbox, committed."""
    message = _accept(phone=phone, **details)
    db.session.commit()
    return message


def _accept(*, phone: str = PHONE, **details: Any) -> Message:
    customer = customers.find_or_make(phone=phone)
    values = {
        "customer_id": customer.id,
        "recipient": phone,
        "purpose": "invitation",
        "body": "Your appointment is on Tuesday: https://example.com/p/x",
        "locale": "en",
        "not_after": clock.now() + timedelta(days=3),
        "idempotency_key": f"key:{next(_numbers)}",
        "sender": "Harbour Clinic",
    }
    return service.accept(NewMessage(**{**values, **details}))


def allow_marketing(phone: str = PHONE) -> None:
    """The number's owner has said yes to offers, committed with the words they were shown."""
    evidence = Evidence(
        customer_id=None,
        address=Address("sms", phone),
        message_class="marketing",
        is_given=True,
        wording="May we send you offers?",
        locale="en",
        source="shop",
        actor="api",
    )
    consents.record(evidence)
    db.session.commit()


def force(message_id: int, state: str, **values: Any) -> None:
    """Put a message into a state by hand, as if it had come there."""
    lease = {"lease_until": clock.now() + timedelta(minutes=1), "lease_owner": "somebody"}
    no_lease = {"lease_until": None, "lease_owner": None}
    values = {**(lease if state in ("leased", "sending") else no_lease), **values}
    db.session.execute(update(Message).where(Message.id == message_id).values(state=state, **values))
    db.session.commit()


def committed(query: Select[Any]) -> list[Any]:
    """The first column of what a query finds among all that is committed, without taking the writer's place."""
    with db.engines[READER].connect() as connection:
        return list(connection.scalars(query))


def state_of(message_id: int) -> str:
    """The state as it is committed; what this session has not committed is undone."""
    db.session.rollback()
    (state,) = committed(select(Message.state).where(Message.id == message_id))
    return str(state)


def count(model: type[Any]) -> int:
    """How many rows of a table are committed."""
    return int(committed(select(func.count()).select_from(model))[0])


def story_of(message_id: int) -> list[str]:
    """The types of a message's committed events, oldest first, without what they have in common."""
    types = committed(select(Event.type).where(Event.message_id == message_id).order_by(Event.id))
    return [name.removeprefix("message.") for name in types]


def handset_channels() -> Channels:
    """The channels of a fresh installation."""
    return registry.build(config.current(), writer=db.engine, reader=db.engines[READER])


class Provider:
    """A provider whose answers a test sets; it remembers what it was sent, in order."""

    name = "fake"
    tells_receipts = False

    def __init__(self, answer: Callable[[Outgoing], Any] | None = None, *, parallel: int = 4) -> None:
        self.parallel = parallel
        self.sent: list[Outgoing] = []
        self._answer = answer
        self._lock = threading.Lock()

    def send(self, outgoing: Outgoing) -> Submitted:
        with self._lock:
            self.sent.append(outgoing)
        answer = self._answer(outgoing) if self._answer else None
        if isinstance(answer, Exception):
            raise answer
        return answer or Submitted(f"ref-{outgoing.id}")

    def count(self, message_id: int) -> int:
        """How often a message was sent."""
        return [outgoing.id for outgoing in self.sent].count(tokens.encode_id(message_id))


class Askable(Provider):
    """A provider that can be asked; `knows` maps our ids to what it says, an exception is raised."""

    def __init__(self, answer: Callable[[Outgoing], Any] | None = None, *, tells_receipts: bool = False) -> None:
        super().__init__(answer)
        self.tells_receipts = tells_receipts
        self.knows: dict[str, Found | Exception] = {}
        self.asked: list[str] = []

    def find(self, id: str) -> Found | None:  # noqa: A002 - the contract's word
        self.asked.append(id)
        known = self.knows.get(id)
        if isinstance(known, Exception):
            raise known
        return known


def only(provider: Provider) -> Channels:
    """Channels with one provider for texts."""
    return Channels({"sms": [provider]})


def run_until(condition: Callable[[], bool], *, seconds: float = 60.0) -> bool:
    """Wait for something that other threads bring about; whether it came."""
    waiting = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return True
        with suppress(TimeoutError):
            waiting.wait(0.02)
    return False
