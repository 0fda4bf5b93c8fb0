"""The pages of a device: those that were looked at on it, and forgetting the device."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select

from selfservice import clock
from selfservice.customers import devices
from selfservice.customers.models import DevicePage
from selfservice.db import db
from selfservice.pages import sight
from selfservice.pages.models import CheckPass, Page
from selfservice.situations import registry
from selfservice.situations.registry import Loaded
from selfservice.situations.view import State

MOST = 50


class Entry:
    """One page in the list: what it is called for anybody who may see the list, never what is on it."""

    def __init__(self, row: Any) -> None:
        self.id: int = row.id
        self.brand_id: int = row.brand_id
        self.locale: str = row.locale
        self.state: State = sight.state_at(row, clock.now())
        self.type: Loaded | None = registry.current().find(row.situation, row.version)

    @property
    def is_reopened_offline(self) -> bool:
        """Whether a phone without a network can open it from the list."""
        return self.type is not None and self.type.situation.sealed == "device" and self.state in ("open", "answered")


def list_pages(device_id: int) -> list[Entry]:
    """The device's pages, newest first."""
    columns = (
        Page.id,
        Page.situation,
        Page.version,
        Page.brand_id,
        Page.state,
        Page.locale,
        Page.send_at,
        Page.expires_at,
    )
    query = _of(device_id, select(*columns))
    rows = db.session.execute(query.order_by(Page.created_at.desc(), Page.id.desc()).limit(MOST)).all()
    return [Entry(row) for row in rows]


def count_open(device_id: int, also: int | None = None) -> int:
    """How many of the device's pages wait for an answer; `also` is a page that is told of and counts in any case."""
    query = _of(device_id, select(func.count()).select_from(Page))
    if also is not None:
        query = query.where(Page.id != also)
    waiting: int = db.session.scalars(query.where(Page.state == "open", Page.expires_at > clock.now())).one()
    return waiting + (also is not None)


def forget(device_id: int) -> None:
    """Forget a device with all that is kept about it, the checks that were passed on it too. The caller commits."""
    db.session.execute(delete(CheckPass).where(CheckPass.device_id == device_id))
    devices.forget(device_id)


def _of(device_id: int, query: Any) -> Any:
    return query.join(DevicePage, DevicePage.page_id == Page.id).where(
        DevicePage.device_id == device_id, Page.disowned_at.is_(None), Page.state != "scheduled"
    )
