"""Doubting: when a database was brought back from a backup, what it calls unsent may have left since.

No move of a message's life, and so not in its table: what we know of the message is put back, not the message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import case, delete, null, update

from selfservice import clock
from selfservice.db import db
from selfservice.events import service as events
from selfservice.events.service import Happened
from selfservice.messages.models import Message, WorkerHeartbeat
from selfservice.messages.states import UNSENT

RESTORED = "restored"
MAY_HAVE_LEFT = (*UNSENT, "sending", "dead")
"""A dead one may have been replayed since."""

_SOON = timedelta(seconds=2)


def doubt_all(providers: Mapping[str, str], *, unasked: Collection[int] = (), actor: str) -> Counter[str]:
    """Mark every message that has not left, as far as the database knows, as uncertain; how many, by channel.

    `providers` are those of channels that have one alone: it is asked. Where there are several, nobody can tell which
    one to ask, and a person decides; so it is with the messages `unasked`, which no provider knows under these ids. The
    caller commits; no worker may be running.
    """
    by_channel = case(providers, value=Message.channel, else_=null()) if providers else null()
    asked = case((Message.id.in_(unasked), null()), else_=by_channel)
    now = clock.now()
    rows = db.session.execute(
        update(Message)
        .where(Message.state.in_(MAY_HAVE_LEFT))
        .values(
            state="uncertain",
            reason=RESTORED,
            provider=asked,
            failures=0,
            lease_until=null(),
            lease_owner=null(),
            next_look_at=now + _SOON,
            updated_at=now,
        )
        .returning(Message.id, Message.page_id, Message.conversation_id, Message.purpose, Message.channel)
        .execution_options(synchronize_session=False)
    ).all()
    told = [
        Happened(
            page_id=row.page_id,
            message_id=row.id,
            conversation_id=row.conversation_id,
            data={"purpose": row.purpose, "channel": row.channel, "reason": RESTORED},
        )
        for row in rows
    ]
    events.record_all("message.uncertain", told, actor=actor)
    db.session.execute(delete(WorkerHeartbeat))
    return Counter(row.channel for row in rows)
