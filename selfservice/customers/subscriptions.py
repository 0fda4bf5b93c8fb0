"""Push subscriptions: where a device takes pushes, and of whose pages it is told. Callers commit; nothing is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from selfservice import clock, curve, tokens
from selfservice.config import Settings
from selfservice.customers import endpoints
from selfservice.customers.endpoints import Endpoint
from selfservice.customers.models import Following, PageFollowing, PushSubscription
from selfservice.db import db
from selfservice.errors import Conflict, Invalid

MOST_DEVICES = 8
"""How many devices are told of one customer's pages: those that asked first, so that no newcomer pushes one out."""

AUTH_BYTES = 16
_CONFIRMED_EACH = timedelta(days=1)


@dataclass(frozen=True)
class Offer:
    """What a browser offers: an endpoint that may be called, and keys that a push can be encrypted with."""

    endpoint: Endpoint
    p256dh: str
    auth: str

    @property
    def digest(self) -> str:
        """What the endpoint is looked up by."""
        return digest_of(self.endpoint.url)

    def is_of(self, known: PushSubscription) -> bool:
        """Whether this is what is known already."""
        return (known.endpoint_digest, known.p256dh, known.auth) == (self.digest, self.p256dh, self.auth)


def read(said: object, settings: Settings) -> Offer:
    """A browser's `PushSubscription.toJSON()`; raises Invalid. `http.look_up` has still to judge where it leads."""
    keys = said.get("keys") if isinstance(said, Mapping) else None
    if not isinstance(said, Mapping) or not isinstance(keys, Mapping):
        raise _invalid("is not complete: send what PushSubscription.toJSON() says")
    endpoint, p256dh, auth = said.get("endpoint"), keys.get("p256dh"), keys.get("auth")
    if not (isinstance(endpoint, str) and isinstance(p256dh, str) and isinstance(auth, str)):
        raise _invalid("is not complete: send what PushSubscription.toJSON() says")
    try:
        point, secret = curve.decode(p256dh.rstrip("=")), curve.decode(auth.rstrip("="))
    except ValueError:
        raise _invalid("has a key that is not base64url") from None
    if not curve.is_point(point):
        raise _invalid("has a p256dh that is no point of the curve P-256")
    if len(secret) != AUTH_BYTES:
        raise _invalid(f"has an auth that is not {AUTH_BYTES} bytes long")
    return Offer(endpoints.read(endpoint, settings), curve.encode(point), curve.encode(secret))


def keep(device_id: int, offer: Offer) -> bool:
    """Take pushes for a device at what it offers; True when that is news, False when it was known.

    Raises Conflict when the endpoint belongs to another device, which is never taken over: its browser shall
    unsubscribe and subscribe afresh.
    """
    now = clock.now()
    known = find(device_id)
    if known is not None and offer.is_of(known):
        if now - known.confirmed_at > _CONFIRMED_EACH:
            known.confirmed_at = now
        return False
    try:
        with db.session.begin_nested():
            if known is not None:  # The browser has a new one, so the old one is dead.
                db.session.delete(known)
                db.session.flush()
            db.session.add(
                PushSubscription(
                    id=tokens.new_id(),
                    device_id=device_id,
                    endpoint=offer.endpoint.url,
                    endpoint_digest=offer.digest,
                    p256dh=offer.p256dh,
                    auth=offer.auth,
                    created_at=now,
                    confirmed_at=now,
                )
            )
    except IntegrityError:
        known = find(device_id)
        if known is not None and offer.is_of(known):
            return False  # The same device said so twice at once.
        raise Conflict(
            "This subscription belongs to another device; unsubscribe here and subscribe afresh.",
            code="endpoint_taken",
        ) from None
    return True


def follow(device_id: int, customer_id: int) -> None:
    """Tell this device of the customer's pages from now on; twice is once."""
    known = select(Following.device_id).where(Following.device_id == device_id, Following.customer_id == customer_id)
    if db.session.execute(known).first() is not None:
        return
    try:
        with db.session.begin_nested():
            db.session.execute(insert(Following).values(device_id=device_id, customer_id=customer_id, at=clock.now()))
    except IntegrityError:
        pass  # The same device said so twice at once.


def follow_page(device_id: int, page_id: int, customer_id: int) -> None:
    """Tell this device of one page of the customer from now on, and of no other; twice is once."""
    known = select(PageFollowing.device_id).where(
        PageFollowing.device_id == device_id, PageFollowing.page_id == page_id
    )
    if db.session.execute(known).first() is not None:
        return
    values = {"device_id": device_id, "page_id": page_id, "customer_id": customer_id, "at": clock.now()}
    try:
        with db.session.begin_nested():
            db.session.execute(insert(PageFollowing).values(values))
    except IntegrityError:
        pass  # The same device said so twice at once.


def is_told(device_id: int, page_id: int, customer_id: int) -> bool:
    """Whether this device is told of a page, of its customer's all or of this one alone."""
    of_all = select(Following.device_id).where(Following.device_id == device_id, Following.customer_id == customer_id)
    alone = select(PageFollowing.device_id).where(
        PageFollowing.device_id == device_id, PageFollowing.page_id == page_id
    )
    return db.session.execute(of_all.union_all(alone)).first() is not None


def unfollow_customer(customer_id: int) -> None:
    """Tell no device of this customer's pages any more: the number was somebody else's."""
    for table in (Following, PageFollowing):
        db.session.execute(delete(table).where(table.customer_id == customer_id))


def drop(device_id: int) -> None:
    """Send nothing to this device any more, about nobody."""
    for table in (Following, PageFollowing, PushSubscription):
        db.session.execute(delete(table).where(table.device_id == device_id))


def prune(digest: str) -> None:
    """Forget an endpoint that its push service says is gone; the device's next one is another."""
    db.session.execute(delete(PushSubscription).where(PushSubscription.endpoint_digest == digest))


def find(device_id: int) -> PushSubscription | None:
    """Where this device takes pushes."""
    return db.session.scalars(select(PushSubscription).where(PushSubscription.device_id == device_id)).first()


def list_for(device_ids: Iterable[int]) -> dict[int, PushSubscription]:
    """Where these devices take pushes, by device, in one statement."""
    query = select(PushSubscription).where(PushSubscription.device_id.in_(list(device_ids)))
    return {row.device_id: row for row in db.session.scalars(query)}


def list_devices(customer_id: int) -> list[int]:
    """The devices that are told of all of this customer's pages and take pushes, those that asked first."""
    query = (
        select(PushSubscription.device_id)
        .join(Following, Following.device_id == PushSubscription.device_id)
        .where(Following.customer_id == customer_id)
        .order_by(Following.at, Following.device_id)
        .limit(MOST_DEVICES)
    )
    return list(db.session.scalars(query))


def list_devices_of_page(page_id: int) -> list[int]:
    """The devices that are told of this page alone and take pushes, those that asked first."""
    of_all = select(Following.device_id).where(
        Following.device_id == PageFollowing.device_id, Following.customer_id == PageFollowing.customer_id
    )
    query = (
        select(PushSubscription.device_id)
        .join(PageFollowing, PageFollowing.device_id == PushSubscription.device_id)
        .where(PageFollowing.page_id == page_id, ~of_all.exists())
        .order_by(PageFollowing.at, PageFollowing.device_id)
        .limit(MOST_DEVICES)
    )
    return list(db.session.scalars(query))


def digest_of(endpoint: str) -> str:
    """The hash under which an endpoint is looked up."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def _invalid(why: str) -> Invalid:
    return Invalid(f"The subscription {why}.", fields={"subscription": "subscription_invalid"})
