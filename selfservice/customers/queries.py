"""Reading customers, and whether an address may be written to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, String, bindparam, func, select, union
from sqlalchemy.orm import InstrumentedAttribute

from selfservice import tokens
from selfservice.customers.models import Consent, Customer, Suppression
from selfservice.db import db
from selfservice.errors import NotFound
from selfservice.prepared import Prepared, rows_of

SUPPRESSION = "suppression"
"""The purpose of the keyed hashes in the suppression table."""


def find(customer_id: int) -> Customer | None:
    """The customer, if there is one."""
    return db.session.get(Customer, customer_id)


def get(customer_id: int) -> Customer:
    """The customer; raises NotFound."""
    customer = find(customer_id)
    if customer is None:
        raise NotFound("There is no such customer; look for them by reference or number.")
    return customer


def hold(customer_ids: Iterable[int] | Select[int]) -> Sequence[int]:
    """Let nobody erase these people until the transaction ends; gives the ids of those whom there are.

    Before their pages are held, and those before messages: in one order, so that nobody waits in a circle.
    """
    those = customer_ids if isinstance(customer_ids, Select) else list(customer_ids)
    people = select(Customer.id).where(Customer.id.in_(those)).order_by(Customer.id)
    return db.session.scalars(people.with_for_update(read=True, key_share=True)).all()


def find_by_ref(ref: str) -> Customer | None:
    """The customer whom the organisation calls `ref`."""
    return db.session.scalars(select(Customer).where(Customer.ref == ref)).first()


def find_by_phone(phone: str) -> Customer | None:
    """The customer with this number (E.164)."""
    return db.session.scalars(select(Customer).where(Customer.phone == phone)).first()


def list_by_email(email: str) -> list[Customer]:
    """Up to two of the customers with this e-mail address: one of them is meant only where there is one."""
    return list(db.session.scalars(select(Customer).where(Customer.email == email).order_by(Customer.id).limit(2)))


def phones_of(customer_ids: Iterable[int]) -> dict[int, str]:
    """The numbers (E.164) of those customers who have one, by id."""
    query = select(Customer.id, Customer.phone).where(Customer.id.in_(list(customer_ids)), Customer.phone.is_not(None))
    return {customer_id: phone for customer_id, phone in db.session.execute(query) if phone}


def ids_by_phone(phones: Iterable[str]) -> dict[str, int]:
    """The ids of those customers who have one of these numbers (E.164), by number."""
    query = select(Customer.phone, Customer.id).where(Customer.phone.in_(list(phones)))
    return {phone: customer_id for phone, customer_id in db.session.execute(query) if phone}


def is_suppressed(phone: str, channel: str = "sms") -> bool:
    """Whether this number asked us to stop, under any data key that rows may have been written with."""
    return phone in suppressed_among([phone], channel)


def find_suppression(phone: str, channel: str = "sms") -> Suppression | None:
    """The row that says that this number asked us to stop, under whatever data key it was written."""
    digests = [digest for _, digest in tokens.data_keys().hashes(SUPPRESSION, phone)]
    query = select(Suppression).where(Suppression.channel == channel, Suppression.digest.in_(digests))
    return db.session.scalars(query.order_by(Suppression.at)).first()


def suppressed_among(addresses: Iterable[str], channel: str = "sms") -> frozenset[str]:
    """Those of `addresses` that asked us to stop, in one statement."""
    keys = tokens.data_keys()
    digests = {digest: address for address in addresses for _, digest in keys.hashes(SUPPRESSION, address)}
    if not digests:
        return frozenset()
    rows = _SUPPRESSED.run({"told": [(digest,) for digest in digests], "channel": channel})
    return frozenset(digests[row.digest] for row in rows)


def _suppressed(is_postgresql: bool) -> Select[Any]:
    told = rows_of({"digest": String()}, is_postgresql=is_postgresql)
    channel = Suppression.channel == bindparam("channel", type_=String())
    return select(Suppression.digest).where(channel, Suppression.digest.in_(select(told.c.digest)))


_SUPPRESSED = Prepared(_suppressed)


def data_key_ids_in_use() -> frozenset[str]:
    """The ids of the data keys that stored rows name: none of them may be dropped from SELFSERVICE_DATA_KEYS.

    From each id to the next in its index, because /readyz asks, and neither table ever gets smaller.
    """
    return frozenset(db.session.scalars(union(*(_named_in(table.key_id) for table in (Suppression, Consent)))))


def _named_in(column: InstrumentedAttribute[str]) -> Select[Any]:
    found = select(func.min(column).label("kid")).cte(recursive=True)
    following = select(func.min(column)).where(column > found.c.kid).scalar_subquery()
    steps = found.union_all(select(following).where(found.c.kid.is_not(None)))
    return select(steps.c.kid).where(steps.c.kid.is_not(None))


def names_by_phone(phones: Iterable[str]) -> dict[str, str]:
    """The names of those customers who have one of these numbers (E.164) and a name, by number."""
    query = select(Customer.phone, Customer.name).where(Customer.phone.in_(list(phones)), Customer.name.is_not(None))
    return {phone: name for phone, name in db.session.execute(query) if phone and name}
