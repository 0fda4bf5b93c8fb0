"""Devices: browsers that people used, known by the secret in their cookie; what they have seen, and forgetting them."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from selfservice import clock, tokens
from selfservice.customers.models import Device, DevicePage, Following, PageFollowing, PushSubscription
from selfservice.db import db

SECRET_BYTES = 24


def find(secret: str) -> Device | None:
    """The device whose cookie holds `secret`."""
    return db.session.scalars(select(Device).where(Device.digest == _digest(secret))).first()


def make() -> tuple[Device, str]:
    """A new device and the secret for its cookie, which is kept nowhere else. The caller commits."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    now = clock.now()
    device = Device(id=tokens.new_id(), digest=_digest(secret), created_at=now, seen_at=now)
    db.session.add(device)
    db.session.flush()
    return device, secret


def note_page(device_id: int, page_id: int) -> bool:
    """Put a page into a device's inbox; True the first time. The caller commits."""
    known = select(DevicePage.page_id).where(DevicePage.device_id == device_id, DevicePage.page_id == page_id)
    if db.session.execute(known).first() is not None:
        return False
    try:
        with db.session.begin_nested():
            db.session.execute(insert(DevicePage).values(device_id=device_id, page_id=page_id, at=clock.now()))
    except IntegrityError:
        return False  # The same device said so twice at once.
    return True


def forget(device_id: int) -> None:
    """Forget a device with all that is kept about it here. The caller commits, after `pages` has dropped its passes."""
    for table in (DevicePage, Following, PageFollowing, PushSubscription):
        db.session.execute(delete(table).where(table.device_id == device_id))
    db.session.execute(delete(Device).where(Device.id == device_id))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
