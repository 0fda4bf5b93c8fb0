"""Unanswered pages: what is due about them is done, each follow-up once; otherwise the page remembers why it was not.

Who looks holds the page's row, and so does whoever answers: one of the two comes wholly before the other, and an answer
takes back what has not left by then. The caller commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from selfservice import clock
from selfservice.apart import do_apart
from selfservice.conversations import queries as conversations
from selfservice.conversations import service as work
from selfservice.customers import preferences
from selfservice.customers import queries as customers
from selfservice.db import db
from selfservice.errors import Invalid
from selfservice.events import service as events
from selfservice.kit import Escalate, FollowUp, Remind
from selfservice.messages import queries as outbox
from selfservice.messages import reviews
from selfservice.messages.models import Message
from selfservice.messages.states import UNSENT
from selfservice.pages import follow_ups, letters, pushes, telling, texts
from selfservice.pages.follow_ups import Coming
from selfservice.pages.models import Page
from selfservice.situations import registry
from selfservice.situations.registry import Loaded
from selfservice.tokens import encode_id

SYSTEM = "system"

_LATER = timedelta(minutes=10)
"""When a page is looked at again whose type is broken, or over which our own code failed."""
_NEVER_CAME = ("suppressed", "cancelled", "expired", "failed", "dead")
_GAVE_WAY = ("reached_by_push", "page_opened", "facts_changed")
"""Why a message was taken back that leaves its channel free to carry the page after all."""
_TELLING = (texts.INVITATION, texts.UPDATE, texts.REMINDER, texts.ANOTHER_WAY)


class _NotDone(Exception):
    """A follow-up is over without having been done; `reason` is a word of ours."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def do_due(limit: int = 20) -> int:
    """Do what is due about pages that nobody has answered; how many were looked at."""
    is_due = Page.follow_up_at <= clock.now()
    those = select(Page.customer_id).where(is_due).order_by(Page.follow_up_at).limit(limit)
    held = customers.hold(those)
    if not held:
        return 0
    due = select(Page).where(is_due, Page.customer_id.in_(held)).order_by(Page.follow_up_at).limit(limit)
    pages = db.session.scalars(
        due.with_for_update(skip_locked=True, key_share=True).execution_options(populate_existing=True)
    ).all()
    for page in pages:
        look(page)
    return len(pages)


def look(page: Page) -> None:
    """Do what is due about one page, whose row the caller holds; our own failure over it holds up no other."""
    if not do_apart(partial(_look, page), "follow_up.failed", page=encode_id(page.id)):
        page.follow_up_at = clock.now() + _LATER
        db.session.flush()


def make_due() -> list[Message]:
    """Make the messages that are due about pages by now, and gives them, each once. The caller commits.

    For a database that was brought back: they may have left since, so they are to be doubted, not sent; those that
    cannot be written are over. Work for staff stays due, because twice is once.
    """
    now = clock.now()
    made: list[Message] = []
    for page in db.session.scalars(select(Page).where(Page.follow_up_at <= now).order_by(Page.follow_up_at)).all():
        loaded = registry.current().find(page.situation, page.version)
        sent = outbox.list_for_page(page.id)
        due = [one for one in follow_ups.list_coming(page, sent) if one.at <= now]
        messages = [one for one in due if not isinstance(one.follow_up, Escalate)]
        for one in messages:
            assert loaded is not None  # There is nothing to come about a page of no type.
            if not do_apart(partial(_make, page, loaded, one, sent, made), "follow_up.failed", page=encode_id(page.id)):
                _skip(page, one.follow_up, _NotDone("unreadable"))
        follow_ups.end(page, *messages)
    db.session.flush()
    return made


def _make(page: Page, loaded: Loaded, one: Coming, sent: Sequence[Message], made: list[Message]) -> None:
    try:
        _refuse_to_disturb(page, one.follow_up, sent, clock.now())
        made += _tell(page, loaded, one, sent)
    except _NotDone as refusal:
        _skip(page, one.follow_up, refusal)


def _look(page: Page) -> None:
    now = clock.now()
    loaded = registry.current().find(page.situation, page.version)
    if loaded is None:
        page.follow_up_at = now + _LATER
    else:
        coming = follow_ups.list_coming(page, outbox.list_for_page(page.id))
        looks = [one.at for one in coming if one.at > now]
        for one in coming:
            if one.at <= now:
                again_at = _try(page, loaded, one, now)
                looks += [again_at] if again_at else []
        page.follow_up_at = min(looks, default=None)
    db.session.flush()


def _try(page: Page, loaded: Loaded, one: Coming, now: datetime) -> datetime | None:
    """Do what has come due; until when it is put off, None if it is over."""
    follow_up = one.follow_up
    try:
        if isinstance(follow_up, Escalate):
            _escalate(page, loaded, follow_up)
        else:
            sent = outbox.list_for_page(page.id)
            at = max(now, _free_at(follow_up, sent, now))
            _refuse_to_disturb(page, follow_up, sent, at)
            if at > now:
                return at
            _tell(page, loaded, one, sent)
    except _NotDone as refusal:
        _skip(page, follow_up, refusal)
    follow_ups.end(page, one)
    return None


def _skip(page: Page, follow_up: FollowUp, refusal: _NotDone) -> None:
    data = {"kind": follow_up.kind, "reason": refusal.reason}
    events.record("follow_up.skipped", actor=SYSTEM, page_id=page.id, data=data)


def _escalate(page: Page, loaded: Loaded, follow_up: Escalate) -> None:
    team = follow_up.team or loaded.situation.team
    work.open_one(
        "unanswered",
        team=team,
        reason=follow_up.reason,
        actor=SYSTEM,
        page_id=page.id,
        customer_id=page.customer_id,
        phone=customers.get(page.customer_id).phone,
        urgent=follow_up.urgent,
    )
    events.record("follow_up.done", actor=SYSTEM, page_id=page.id, data={"kind": follow_up.kind, "team": team})


def _tell(page: Page, loaded: Loaded, due: Coming, sent: Sequence[Message]) -> list[Message]:
    follow_up = due.follow_up
    if isinstance(follow_up, Remind):
        channels = [
            channel for channel in page.channels or () if channel in (follow_up.channels or page.channels or ())
        ]
        purpose = texts.REMINDER
    else:
        channels = _next_channels(page, loaded, sent)[:1]
        purpose = texts.ANOTHER_WAY
    key = f"page:{page.id}:{purpose}:{round(due.at.timestamp())}"
    try:
        with db.session.begin_nested():
            told = telling.tell(page, channels=channels, purpose=purpose, key=key, actor=SYSTEM)
    except Invalid:
        raise _NotDone("unsendable") from None
    if not told:
        raise _NotDone("no_address" if purpose == texts.REMINDER else "no_other_channel")
    if any(message.state != "suppressed" for message in told):  # Which tells its own reason.
        by = sorted({message.channel for message in told})
        events.record("follow_up.done", actor=SYSTEM, page_id=page.id, data={"kind": follow_up.kind, "by": by})
    return told


def _next_channels(page: Page, loaded: Loaded, sent: Sequence[Message]) -> list[str]:
    """The channels on which nothing of the page has gone and something could, as the customer or the type has them."""
    used = {
        message.channel
        for message in sent
        if message.purpose in _TELLING and not (message.state == "cancelled" and message.reason in _GAVE_WAY)
    }
    return [
        channel
        for channel in preferences.find(page.customer_id).arrange(loaded.situation.channels)
        if channel in (page.channels or ()) and channel not in used and _reaches(page, loaded, channel)
    ]


def _reaches(page: Page, loaded: Loaded, channel: str) -> bool:
    customer = customers.get(page.customer_id)
    address, kind = (customer.email, "email") if channel == "email" else (customer.phone, "sms")
    if address and customers.is_suppressed(address, kind):
        return False
    if channel == "push":
        return any(pushes.find_devices(page, loaded))
    return letters.choose(page.customer_id, loaded, (channel,)) == channel


def _refuse_to_disturb(page: Page, follow_up: FollowUp, sent: Sequence[Message], at: datetime) -> None:
    """Raise _NotDone when a message would come too late `at` this moment, or the customer waits for a person instead,
    or has said stop where the page has reached them.
    """
    if at > page.expires_at - follow_up.room:
        raise _NotDone("too_late")
    if reviews.find_suppressed([message for message in sent if message.submitted_at is not None]):
        raise _NotDone("stopped")
    if conversations.is_awaited(page.id, ("callback", "reply")):
        raise _NotDone("in_touch")


def _free_at(follow_up: FollowUp, sent: Sequence[Message], now: datetime) -> datetime:
    """When another message may follow those about a page; what is still to leave counts as leaving then."""
    lasts = []
    for message in sent:
        if message.state in _NEVER_CAME or message.purpose == texts.CODE:
            continue
        if message.state == "held" and message.next_look_at is not None:
            lasts.append(message.next_look_at)
        elif message.state in UNSENT and isinstance(follow_up, Remind):
            lasts.append(now)
        else:
            lasts.append(message.submitted_at or message.created_at)
    return max(lasts, default=now - follow_up.apart) + follow_up.apart
