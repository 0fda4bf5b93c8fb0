"""What others ask of the outbox: accept, rewrite, cancel, stop, replay. Callers commit; the worker does the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, false, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import make_transient_to_detached

from selfservice import clock, tokens
from selfservice import text as texts
from selfservice.apart import do_apart
from selfservice.courtesy import MessageClass
from selfservice.customers import consents
from selfservice.customers import queries as customers
from selfservice.customers import service as suppressions
from selfservice.customers.consents import Evidence
from selfservice.db import db
from selfservice.events import service as events
from selfservice.messages import content, moves, policy, queries, reviews
from selfservice.messages.manners import Gathered
from selfservice.messages.models import Message
from selfservice.messages.moves import SYSTEM
from selfservice.messages.reviews import LAST_WORD
from selfservice.messages.states import MAY_WAIT_AGAIN, REPLAYABLE, UNSENT, WAITING
from selfservice.prepared import Prepared

_RANKS: Mapping[MessageClass, int] = {"urgent": 0, "service": 1, "marketing": 2}
"""What leaves first when much is due: one person's message does not wait behind ten thousand of a campaign."""


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A message to accept. `body` is final: rendered, in the recipient's language, link and all.

    The same `idempotency_key` is the same message, whatever else is said. It is held until `not_before`, if that is
    given, and never sent after `not_after`. `sender` is what the recipient sees it from where the provider allows
    one, such as a brand's name. An `id` chosen beforehand can stand in what it says.

    A push has a `payload`, its `recipient` is the id of a device, and it may go `ahead_of` a text. A text that
    `stands_by` leaves once the pushes ahead of it have had their time; `until_seen`, even if they have all come, as
    long as nobody has pressed one. One that `is_asked_for` answers what its recipient has just done: neither the hour
    nor a cap holds it, and its length is not limited. One of very many, `is_bulk`, lets others go first.
    """

    customer_id: int
    recipient: str
    purpose: str
    body: str
    locale: str
    not_after: datetime
    idempotency_key: str
    page_id: int | None = None
    conversation_id: int | None = None
    channel: str = "sms"
    message_class: MessageClass = "service"
    sender: str = ""
    not_before: datetime | None = None
    id: int | None = None
    payload: Mapping[str, Any] | None = None
    stands_by: bool = False
    until_seen: bool = False
    ahead_of: int | None = None
    is_bulk: bool = False
    is_asked_for: bool = False


def accept(new: NewMessage, *, actor: str = SYSTEM) -> Message:
    """Put a message into the outbox and let policy decide about it: it is ready, held, suppressed or expired then.

    Written in the caller's transaction, so a page and its messages are there together or not at all. Raises Invalid,
    before anything is written, for what may not be in a text (see `content`).
    """
    known = queries.find_by_key(new.idempotency_key)
    if known is not None:
        return known
    if new.channel != "push" and not new.is_asked_for:
        content.check(new.body, new.message_class, "sms" if new.channel == "sms" else "email")
    columns = _columns(new)
    if not _INSERT.run(columns):  # Somebody else accepted the same between our look and our insert.
        return queries.get_by_key(new.idempotency_key)
    message = _as_read(columns)
    db.session.add(message)
    events.record(
        "message.accepted",
        actor=actor,
        page_id=message.page_id,
        message_id=message.id,
        conversation_id=message.conversation_id,
        data={"purpose": message.purpose, "channel": message.channel, "segments": message.segments},
    )
    reviews.review([message], not_before=new.not_before)
    return message


def foresee(new: NewMessage) -> policy.Decision:
    """What policy would decide about a message that was accepted now; nothing is written. Pushes ahead do not count."""
    message, now = Message(**_columns(new)), clock.now()
    standing = policy.Standing(
        not_after=message.not_after,
        stopping=None,
        is_suppressed=bool(reviews.find_suppressed([message])),
        not_before=new.not_before,
        manners=Gathered([message], now).of(message),
    )
    return policy.decide(standing, now)


def rerender(page_id: int, *, purpose: str, body: str, not_after: datetime) -> bool:
    """Change the words of a page's text that has not left yet; False when there is none, and nothing is changed.

    Raises Invalid for what may not be in a text.
    """
    body = texts.compose(body)
    content.check(body, "urgent")  # Its parts are the type's to limit, as its class is.
    measured = texts.measure(body)
    rows = db.session.execute(
        update(Message)
        .where(
            Message.page_id == page_id,
            Message.purpose == purpose,
            Message.channel == "sms",
            Message.state.in_(UNSENT),
        )
        .values(
            body=body,
            encoding=measured.encoding,
            segments=measured.segments,
            not_after=not_after,
            updated_at=clock.now(),
        )
        .returning(Message.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    data = {"purpose": purpose, "segments": measured.segments}
    for row in rows:
        events.record("message.rewritten", actor=SYSTEM, page_id=page_id, message_id=row.id, data=data)
    return bool(rows)


def cancel_for_page(page_id: int, *, reason: str = "page_closed", actor: str = SYSTEM) -> None:
    """Take back what a page has not sent yet: nothing of it begins to leave after the caller's commit.

    That holds for what comes to wait again as well, because its provider refuses it for now or never had it.
    """
    _take_back(_lock(Message.page_id == page_id), "cancelled", reason=reason, actor=actor)


def cancel(message_id: int, *, reason: str, actor: str) -> bool:
    """Take one message back; False when it is too late."""
    rows = _lock(Message.id == message_id)
    _take_back(rows, "cancelled", reason=reason, actor=actor)
    return any(state in UNSENT for _id, state in rows)


def stop(phone: str, *, reason: str, actor: str, channel: str = "sms") -> None:
    """Stop everything to this number (E.164), its owner's pushes and what is queued too; nothing begins to leave after
    the caller's commit.

    The worker holds a message's row while it looks at the suppressions and begins to send. Holding the same rows here
    makes one of the two come first; with the suppression alone, a look begun before our commit could end after it.
    """
    suppressions.suppress(phone, reason, channel=channel)
    owner = customers.find_by_phone(phone)
    own = and_(Message.recipient == phone, Message.channel == channel)
    pushed = and_(Message.customer_id == owner.id, Message.channel == "push") if owner is not None else false()
    rows = _lock(or_(own, pushed), Message.purpose != LAST_WORD)
    _take_back(rows, "suppressed", reason="stopped", actor=actor)


def withdraw(evidence: Evidence) -> None:
    """Write down that somebody wants no more of a class, and take back what of it is queued for that address.

    As with `stop`, nothing of it begins to leave after the caller's commit.
    """
    consents.record(evidence)
    address = evidence.address
    own = and_(Message.recipient == address.value, Message.channel == address.channel)
    owner = customers.find_by_phone(address.value) if address.channel == "sms" else None
    pushed = and_(Message.customer_id == owner.id, Message.channel == "push") if owner is not None else false()
    rows = _lock(or_(own, pushed), Message.message_class == evidence.message_class)
    _take_back(rows, "suppressed", reason="withdrawn", actor=evidence.actor)


def replay(message_id: int, *, actor: str) -> bool:
    """Give another life to a message that is dead, or of which nobody can say whether it left; policy decides again.

    False when it is neither. If our own code still fails over it, it is left to the worker, which counts that. Whoever
    sends one of which nobody can say has asked its recipient: it is flagged, and any provider may have it.
    """
    was = queries.get(message_id).state
    doubted = {"resends": 0} if was == "needs_human" else {}
    told = {"was": was, **({"resend": True} if doubted else {})}
    if was not in REPLAYABLE or not moves.move(
        message_id, "accepted", sources=(was,), actor=actor, data=told, failures=0, **doubted
    ):
        return False
    message = queries.get(message_id)
    do_apart(lambda: reviews.review([message]), "message.review_failed", message=tokens.encode_id(message_id))
    return True


def _columns(new: NewMessage) -> dict[str, Any]:
    """The whole row of a message that has just been accepted."""
    body = new.body if new.payload is not None else texts.compose(new.body)
    measured = texts.measure(body)
    now = clock.now()
    known = {
        "id": new.id or tokens.new_id(),
        "page_id": new.page_id,
        "conversation_id": new.conversation_id,
        "customer_id": new.customer_id,
        "purpose": new.purpose,
        "channel": new.channel,
        "message_class": new.message_class,
        "recipient": new.recipient,
        "sender": new.sender,
        "locale": new.locale,
        "body": body,
        "encoding": measured.encoding,
        "segments": measured.segments if new.payload is None else 0,  # Parts are what texts are paid by.
        "state": "accepted",
        "not_after": new.not_after,
        "idempotency_key": new.idempotency_key,
        "attempts": 0,
        "failures": 0,
        "resends": 0,
        "fence": 0,
        "next_look_at": now,
        "payload": dict(new.payload) if new.payload is not None else None,
        "stands_by": new.stands_by,
        "until_seen": new.until_seen,
        "ahead_of": new.ahead_of,
        "rank": _RANKS["marketing" if new.is_bulk else new.message_class],
        "is_asked_for": new.is_asked_for,
        "created_at": now,
        "updated_at": now,
    }
    return {**dict.fromkeys(Message.__table__.columns.keys()), **known}


def _as_read(columns: Mapping[str, Any]) -> Message:
    """The row that was just written, as if it had been read: nothing of it is, and no change of it is followed.

    Made as the ORM makes what it reads; its constructor takes longer than the statement that wrote the row.
    """
    message: Message = Message.__mapper__.class_manager.new_instance()
    message.__dict__.update(columns)
    make_transient_to_detached(message)
    return message


def _insert(is_postgresql: bool) -> Any:
    dialect = postgresql if is_postgresql else sqlite
    values = {column.name: bindparam(column.name, type_=column.type) for column in Message.__table__.columns}
    inserted = dialect.insert(Message.__table__).values(values)
    return inserted.on_conflict_do_nothing(index_elements=["idempotency_key"]).returning(Message.__table__.c.id)


_INSERT = Prepared(_insert)


def _lock(*conditions: object) -> list[tuple[int, str]]:
    """What may leave yet, with its states, held until the transaction ends, always in the same order."""
    mine = Message.state.in_((*WAITING, *MAY_WAIT_AGAIN))
    query = select(Message.id, Message.state).where(*conditions, mine)  # type: ignore[arg-type]
    return [
        (row.id, row.state) for row in db.session.execute(query.order_by(Message.id).with_for_update(key_share=True))
    ]


def _take_back(rows: Sequence[tuple[int, str]], target: str, *, reason: str, actor: str) -> None:
    """Move what waits, and mark the rest: policy finds the mark, or the stop, before any of it leaves."""
    moves.move_all([message_id for message_id, state in rows if state in WAITING], target, reason=reason, actor=actor)
    if target == "cancelled":
        moves.mark([message_id for message_id, _state in rows], reason=reason)
