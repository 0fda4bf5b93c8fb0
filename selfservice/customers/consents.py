"""Consent: what each address allowed and forbade, as evidence that is only ever added to. Callers commit.

What was said last of a class on a channel counts. It is looked up by the address, not by the person: who is erased
and comes again, or is sent to us anew by another system, is still somebody who said no.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite

from selfservice import clock, tokens
from selfservice.customers.models import Consent, Wording
from selfservice.db import db, is_postgresql

MessageClass = Literal["service", "marketing", "urgent"]
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
class Evidence:
    """One time that somebody said yes or no: to what, in answer to which words, where, and who wrote it down.

    `wording` is exactly what they were shown, in the language of `locale`. `source` is a word of ours, such as
    "preferences"; it holds no personal data.
    """

    customer_id: int | None
    address: Address
    message_class: MessageClass
    is_given: bool
    wording: str
    locale: str
    source: str
    actor: str
    page_id: int | None = None


@dataclass(frozen=True)
class Known:
    """One piece of evidence with its words, as it is shown and exported."""

    consent: Consent
    wording: str
    locale: str


def record(evidence: Evidence) -> None:
    """Add a piece of evidence; its words are kept once, whoever is shown them."""
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
            at=clock.now(),
        )
    )


def standing(addresses: Iterable[Address]) -> dict[Said, bool]:
    """What was last said of each class by those addresses, under any data key; in one statement."""
    keys = tokens.data_keys()
    digests = {digest: address for address in set(addresses) for _, digest in keys.hashes(PURPOSE, _text(address))}
    if not digests:
        return {}
    query = select(Consent.digest, Consent.message_class, Consent.is_given).where(Consent.digest.in_(digests))
    rows = db.session.execute(query.order_by(Consent.id))
    return {Said(digests[row.digest], row.message_class): row.is_given for row in rows}


def is_allowed(said: bool | None, *, needs_consent: bool) -> bool:
    """Whether somebody may be written to, by what they said last (None: nothing) and what their class needs."""
    return said if said is not None else not needs_consent


def list_for(customer_id: int) -> Sequence[Known]:
    """All that a customer said, oldest first."""
    query = (
        select(Consent, Wording.body, Wording.locale)
        .join(Wording, Wording.digest == Consent.wording)
        .where(Consent.customer_id == customer_id)
        .order_by(Consent.id)
    )
    return [Known(*row) for row in db.session.execute(query)]


def _keep_wording(digest: str, evidence: Evidence) -> None:
    dialect = postgresql if is_postgresql() else sqlite
    db.session.execute(
        dialect.insert(Wording)
        .values(digest=digest, body=evidence.wording, locale=evidence.locale, at=clock.now())
        .on_conflict_do_nothing(index_elements=["digest"])
    )


def _text(address: Address) -> str:
    return f"{address.channel}\x00{address.value.casefold()}"
