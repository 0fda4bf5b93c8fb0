"""Manners: what consent, the hour and the caps say of messages, gathered for several at once; policy decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Executable, String, select

from selfservice import config
from selfservice.brands import queries as brands
from selfservice.courtesy import CLASSES, Rules
from selfservice.customers import consents, hours
from selfservice.customers.consents import Address, Said
from selfservice.customers.models import Customer, Preference
from selfservice.db import is_postgresql
from selfservice.messages.ledger import Ledger
from selfservice.messages.models import Message
from selfservice.messages.policy import ANSWER_FOR, Manners
from selfservice.prepared import Prepared, rows_of


class Gathered:
    """What is known of the recipients of some messages, read in a handful of statements whatever their number."""

    def __init__(self, messages: Sequence[Message], now: datetime) -> None:
        self._now = now
        self._courtesy = config.current().courtesy
        self._people = _people({message.customer_id for message in messages})
        addresses = {message.id: self._address(message) for message in messages}
        self._addresses = {message_id: address for message_id, address in addresses.items() if address is not None}
        self._said = consents.standing(self._addresses.values())
        self._ledger = Ledger(
            {message.customer_id for message in messages if self._courtesy.of(message.message_class).caps}, now
        )

    def of(self, message: Message) -> Manners:
        """What holds for one of the messages now. Who asks for something gets it, whatever they said before."""
        rules = self._courtesy.of(message.message_class)
        if self._is_answer(message):
            return Manners()
        refusal = self._refusal(message, rules)
        if refusal is not None:
            return Manners(refusal=refusal)
        return Manners(
            quiet_until=self._quiet_until(message, rules), capped_until=self._ledger.full_until(message, rules.caps)
        )

    def note(self, message: Message) -> None:
        """Count a message that goes now, so that the next of the same batch knows of it."""
        if not self._is_answer(message):
            self._ledger.note(message)

    def _refusal(self, message: Message, rules: Rules) -> str | None:
        address = self._addresses.get(message.id)
        said = self._said.get(Said(address, message.message_class)) if address is not None else None
        if consents.is_allowed(said, needs_consent=rules.needs_consent):
            return None
        return "no_consent" if said is None else "withdrawn"

    def _quiet_until(self, message: Message, rules: Rules) -> datetime | None:
        if rules.hours is None:
            return None
        person = self._people.get(message.customer_id)
        phone = message.recipient if message.channel == "sms" else person.phone if person else None
        zone = person.timezone if person else None
        moment = hours.next_moment(
            self._now,
            rules.hours,
            zones=hours.possible_zones(zone, phone, _own_zone),
            phone=phone,
            message_class=message.message_class,
            wish=(person.hours if person else None) or "",
        )
        return moment if moment > self._now else None

    def _is_answer(self, message: Message) -> bool:
        """Whether its recipient has just done what it answers, so that they are awake and expect it."""
        return message.is_asked_for and self._now < message.created_at + ANSWER_FOR

    def _address(self, message: Message) -> Address | None:
        """Where the recipient is written to, as consent names it; a push is to the person behind the number."""
        if message.channel != "push":
            return Address(message.channel, message.recipient) if message.recipient else None
        person = self._people.get(message.customer_id)
        if person is None or not (person.phone or person.email):
            return None
        return Address("sms", person.phone) if person.phone else Address("email", person.email)


def lock_people(message_ids: Iterable[int]) -> None:
    """Hold the people that messages go to until the transaction ends, where caps count what each one gets.

    Before the messages' own rows, as wherever a page is made: two who hold both never wait for each other.
    """
    capped = [(name,) for name in CLASSES if config.current().courtesy.of(name).caps]
    ids = [(message_id,) for message_id in message_ids]
    if capped and ids and is_postgresql():  # SQLite has one writer at a time.
        _LOCK.run({"told": ids, "classes": capped})


def _people(ids: Iterable[int]) -> dict[int, Any]:
    """Where each customer can be reached, and when they want to be."""
    return {row.id: row for row in _PEOPLE.run({"told": [(customer_id,) for customer_id in ids]})}


def _lock(is_postgresql: bool) -> Executable:
    told = rows_of({"id": BigInteger()}, is_postgresql=is_postgresql)
    classes = rows_of({"name": String()}, is_postgresql=is_postgresql, name="classes")
    people = select(Message.customer_id).where(
        Message.id.in_(select(told.c.id)), Message.message_class.in_(select(classes.c.name))
    )
    return select(Customer.id).where(Customer.id.in_(people)).order_by(Customer.id).with_for_update(key_share=True)


def _read_people(is_postgresql: bool) -> Executable:
    told = rows_of({"id": BigInteger()}, is_postgresql=is_postgresql)
    known = select(Customer.id, Customer.phone, Customer.email, Customer.timezone, Preference.hours)
    return known.outerjoin(Preference, Preference.customer_id == Customer.id).where(Customer.id.in_(select(told.c.id)))


_LOCK = Prepared(_lock)
_PEOPLE = Prepared(_read_people)


def _own_zone() -> str:
    """The organisation's own zone, for people of whom no zone is known."""
    return brands.get_for("").timezone
