"""Consent: what each address allowed and forbade, as evidence that is only ever added to. Callers commit.

What was said last of a class on a channel counts. It is looked up by the address, not by the person: who is erased
and comes again, or is sent to us anew by another system, is still somebody who said no.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Executable, String, and_, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from selfservice import clock, locks, tokens
from selfservice.courtesy import CLASSES, MessageClass
from selfservice.customers.models import Consent, Customer, Wording
from selfservice.db import db, is_postgresql
from selfservice.prepared import Prepared, rows_of

STARTED: tuple[MessageClass, ...] = ("service", "urgent")
"""What "start" brings back: offers need a yes of their own, because a stop takes away the one that was given."""

LONGEST_WORDING = 4000
LONGEST_SOURCE = 40
_TELLING_DIGITS = 8
"""So many of a number's last digits say whose it is, however the rest is written."""

PURPOSE = "consent"
"""The purpose of the keyed hashes in the table of consents."""


class Address(NamedTuple):
    """Where somebody is written to: the channel, and a number (E.164) or an e-mail address."""

    channel: str
    value: str


class Said(NamedTuple):
    """What a consent is about."""

    address: Address
    message_class: str


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Where somebody said something, in answer to which words, and who wrote it down.

    `wording` is exactly what they were shown or said, in the language of `locale` ("und" where that is not known).
    `source` is a word of ours, such as "preferences page"; neither holds personal data, because both stay for ever.
    """

    wording: str
    locale: str
    source: str
    actor: str
    page_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Evidence(Occasion):
    """One time that somebody said yes or no to a class of messages; `at` is when, if that is not now."""

    customer_id: int | None
    address: Address
    message_class: MessageClass
    is_given: bool
    at: datetime | None = None


class Word(NamedTuple):
    """One thing that was said of a class, and when."""

    is_given: bool
    at: datetime


@dataclass(frozen=True)
class Known:
    """One piece of evidence with its words, as it is shown and exported."""

    consent: Consent
    wording: str
    locale: str


def tells_address(address: Address, text: str) -> bool:
    """Whether a text that is to be kept for ever has this address in it, however a number is written."""
    if address.channel != "sms":
        return address.value.casefold() in text.casefold()
    return address.value[-_TELLING_DIGITS:] in "".join(filter(str.isdecimal, text))


def record(evidence: Evidence) -> None:
    """Add a piece of evidence; its words are kept once, whoever is shown them. Holds its address, see `hold`."""
    hold([evidence.address])
    digest = hashlib.sha256(f"{evidence.locale}\x00{evidence.wording}".encode()).hexdigest()
    _keep_wording(digest, evidence)
    key_id, hashed = tokens.data_keys().hash(PURPOSE, _text(evidence.address))
    db.session.execute(
        insert(Consent).values(
            customer_id=evidence.customer_id,
            channel=evidence.address.channel,
            key_id=key_id,
            digest=hashed,
            message_class=evidence.message_class,
            is_given=evidence.is_given,
            wording=digest,
            source=evidence.source,
            actor=evidence.actor,
            page_id=evidence.page_id,
            at=evidence.at or clock.now(),
        )
    )


def say(
    address: Address,
    occasion: Occasion,
    *,
    is_given: bool,
    classes: Iterable[MessageClass] = CLASSES,
    customer_id: int | None = None,
    at: datetime | None = None,
) -> None:
    """Add what somebody said of several classes at once."""
    moment = at or clock.now()
    for name in classes:
        record(
            Evidence(
                **vars(occasion),
                customer_id=customer_id,
                address=address,
                message_class=name,
                is_given=is_given,
                at=moment,
            )
        )


def hold(addresses: Iterable[Address]) -> None:
    """Let nobody else say anything for these addresses until the transaction ends."""
    locks.hold(_text(address) for address in addresses)


def standing(addresses: Iterable[Address]) -> dict[Said, bool]:
    """What was last said of each class by those addresses, under any data key; in one statement."""
    return {said: words[-1].is_given for said, words in history(addresses).items()}


def history(addresses: Iterable[Address]) -> dict[Said, list[Word]]:
    """All that was said of each class by those addresses, under any data key, in the order in which it was written
    down: the last counts. In one statement.
    """
    digests = _digests(addresses)
    if not digests:
        return {}
    found: dict[Said, list[Word]] = {}
    for row in _HISTORY.run({"told": [(digest,) for digest in digests]}):
        for address in digests[row.digest]:
            found.setdefault(Said(address, row.message_class), []).append(Word(row.is_given, row.at))
    return found


def _history(is_postgresql: bool) -> Executable:
    told = rows_of({"digest": String()}, is_postgresql=is_postgresql)
    said = select(Consent.digest, Consent.message_class, Consent.is_given, Consent.at)
    return said.where(Consent.digest.in_(select(told.c.digest))).order_by(Consent.id)


_HISTORY = Prepared(_history)


def is_allowed(said: bool | None, *, needs_consent: bool) -> bool:
    """Whether somebody may be written to, by what they said last (None: nothing) and what their class needs."""
    return said if said is not None else not needs_consent


def list_for(customer_id: int, addresses: Iterable[Address] = ()) -> Sequence[Known]:
    """All that a customer said, oldest first, and what was said for their `addresses` before anybody had them here."""
    before = and_(Consent.customer_id.is_(None), Consent.digest.in_(list(_digests(addresses))))
    query = (
        select(Consent, Wording.body, Wording.locale)
        .join(Wording, Wording.digest == Consent.wording)
        .where(or_(Consent.customer_id == customer_id, before))
        .order_by(Consent.id)
    )
    return [Known(*row) for row in db.session.execute(query)]


def addresses_of(customer: Customer) -> list[Address]:
    """Where a customer is written to, as far as it is known."""
    phone = [Address("sms", customer.phone)] if customer.phone else []
    return [*phone, *([Address("email", customer.email)] if customer.email else [])]


def _keep_wording(digest: str, evidence: Evidence) -> None:
    dialect = postgresql if is_postgresql() else sqlite
    db.session.execute(
        dialect.insert(Wording)
        .values(digest=digest, body=evidence.wording, locale=evidence.locale, at=clock.now())
        .on_conflict_do_nothing(index_elements=["digest"])
    )


def _digests(addresses: Iterable[Address]) -> dict[str, list[Address]]:
    """The addresses by their keyed hashes, of which each has one a key; spelt in two ways they may share them."""
    keys = tokens.data_keys()
    found: dict[str, list[Address]] = {}
    for address in set(addresses):
        for _, digest in keys.hashes(PURPOSE, _text(address)):
            found.setdefault(digest, []).append(address)
    return found


def _text(address: Address) -> str:
    return f"{address.channel}\x00{address.value.casefold()}"
