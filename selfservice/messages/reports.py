"""What providers report of messages by calling us: kept as it came, each report once, and joined to what is known.

A report may come before the call that sent its message has returned, or for a message that is not ours. It is parked
then; `joining` takes it up when that call's end is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Select, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite

from selfservice import clock
from selfservice.db import READER, db, is_postgresql
from selfservice.messages import joining
from selfservice.messages.channels.contract import Receipt
from selfservice.messages.models import Attempt, Message, ProviderReceipt
from selfservice.tokens import BadToken, decode_id


def is_known(provider: str, key: str) -> bool:
    """Whether this very receipt was taken before. Asked of the reader: a storm of them takes no writer's place."""
    query = select(ProviderReceipt.id).where(ProviderReceipt.provider == provider, ProviderReceipt.key == key)
    with db.engines[READER].connect() as connection:
        return connection.execute(query).first() is not None


def note(provider: str, receipt: Receipt) -> bool:
    """Keep a receipt and join it to its message; False when it was known. The caller commits.

    The message's row, or else its reference, is held to the end of the transaction, so that whoever records the end of
    the call that sent it comes wholly before or wholly after.
    """
    message_id = _find_by_id(provider, receipt.id) or _find_by_ref(provider, receipt.ref)
    dialect = postgresql if is_postgresql() else sqlite
    added = db.session.execute(
        dialect.insert(ProviderReceipt)
        .values(
            provider=provider,
            key=receipt.key,
            ref=receipt.ref,
            report=receipt.report,
            message_id=message_id,
            at=receipt.at,
            received_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["provider", "key"])
        .returning(ProviderReceipt.id)
    ).first()
    if added is None:
        return False
    if message_id is None:
        structlog.get_logger().info("receipt.parked", provider=provider)
    else:
        joining.catch_up(message_id)
    return True


def list_parked(*, before: datetime, since: datetime) -> Sequence[Any]:
    """The providers with receipts that came between two moments and still wait for a message: how many, since when.

    Asked of the reader.
    """
    query = (
        select(
            ProviderReceipt.provider, func.count().label("count"), func.min(ProviderReceipt.received_at).label("since")
        )
        .where(ProviderReceipt.message_id.is_(None), ProviderReceipt.received_at.between(since, before))
        .group_by(ProviderReceipt.provider)
        .order_by(ProviderReceipt.provider)
    )
    with db.engines[READER].connect() as connection:
        return connection.execute(query).all()


def count_parked() -> int:
    """How many receipts wait for a message that nobody knows."""
    query = select(func.count()).select_from(ProviderReceipt).where(ProviderReceipt.message_id.is_(None))
    return db.session.scalar(query) or 0


def _find_by_id(provider: str, text: str) -> int | None:
    """The message that we call `text`, held, if this provider was ever asked to send it."""
    try:
        message_id = decode_id(text) if text else None
    except BadToken:
        return None
    if message_id is None:
        return None
    was_asked = exists().where(Attempt.message_id == Message.id, Attempt.provider == provider)
    return _hold(select(Message.id).where(Message.id == message_id, was_asked))


def _find_by_ref(provider: str, ref: str) -> int | None:
    """The message that the provider calls `ref`, held, if that is recorded yet."""
    if not ref:
        return None
    joining.hold_reference(provider, ref)
    query = select(Attempt.message_id).where(Attempt.provider == provider, Attempt.provider_ref == ref)
    message_id = db.session.scalar(query.limit(1))
    return None if message_id is None else _hold(select(Message.id).where(Message.id == message_id))


def _hold(query: Select[Any]) -> int | None:
    """The one message that a query finds, held to the end of the transaction."""
    found: int | None = db.session.scalar(query.with_for_update(key_share=True, of=Message))
    return found
