"""Taking texts that come in: kept once and as they came, then understood, each in a transaction of its own.

What a text means is decided in this order: a word that means the same on every page (`kit.texting`), an answer to the
newest page of the number that has a word for it, and else something for a person to read.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError

from selfservice import clock
from selfservice import phone as phones
from selfservice.customers.models import Customer
from selfservice.db import db, is_postgresql
from selfservice.errors import Conflict, Gone, Invalid
from selfservice.kit import texting
from selfservice.media import arrivals
from selfservice.messages.channels.contract import Inbound
from selfservice.pages import answering
from selfservice.pages.checks import CheckRequired
from selfservice.pages.models import Page
from selfservice.pages.wishes import Stopped
from selfservice.replies import commands, handing, queries, speaking
from selfservice.replies.choosing import Choice, choose, newest
from selfservice.replies.models import InboundText, Meaning
from selfservice.tokens import new_id

LONGEST_BODY = 4000
LONGEST_KEY = 64
LEFT_AFTER = timedelta(seconds=30)
"""When the worker takes up a text that the process which kept it did not come to understand."""

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_REFUSED = (Conflict, Invalid, CheckRequired)


def keep(provider: str, inbound: Inbound) -> int:
    """Keep a text, the same one once; returns its id. The caller commits, then has it understood."""
    dialect = postgresql if is_postgresql() else sqlite
    added: int | None = db.session.scalar(
        dialect.insert(InboundText)
        .values(
            id=new_id(),
            provider=provider,
            ref=inbound.ref,
            sender=_number(inbound.sender),
            recipient=_number(inbound.recipient),
            body=inbound.body[:LONGEST_BODY],
            media=[list(pair) for pair in inbound.media],
            at=inbound.at,
            received_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["provider", "ref"])
        .returning(InboundText.id)
    )
    if added is not None:
        return added
    known = queries.find(provider, inbound.ref)
    assert known is not None, "what is in the way of an insert is there"
    return known.id


def understand(text_id: int) -> None:
    """Act on a text that was kept; does nothing if somebody has. Commits.

    Where our own code fails over it, a person gets to read it.
    """
    try:
        _understand(text_id)
        db.session.commit()
    except (OperationalError, InterfaceError):
        raise  # The database's trouble is not the text's: it is understood later.
    except Exception:
        db.session.rollback()
        structlog.get_logger().exception("reply.failed")
        text = queries.lock_waiting(text_id)
        if text is None:
            raise
        handing.to_staff(text, queries.find_written_to(text.sender), None)
        _conclude(text, "staff")
        db.session.commit()


def understand_left(limit: int = 50) -> int:
    """Act on the texts that were kept a while ago and left; returns how many. Commits."""
    left = queries.list_waiting(before=clock.now() - LEFT_AFTER, limit=limit)
    for text_id in left:
        understand(text_id)
    return len(left)


def _understand(text_id: int) -> None:
    text = queries.lock_waiting(text_id)
    if text is None:
        return
    customer = queries.find_written_to(text.sender)
    owner = customer if customer is not None and customer.phone == text.sender else None
    pages = queries.list_pages(owner) if owner is not None else []
    page = newest(pages, clock.now())
    text.customer_id = owner.id if owner is not None else None
    command = texting.find_command(text.body)
    if command is not None and commands.obey(command, text, customer, page):
        _conclude(text, command, page)
        return
    choice = choose(pages, text.body, clock.now()) if command is None else None
    if choice is not None and owner is not None and _answer(text, owner, choice):
        _conclude(text, "answer", choice.page)
        return
    handing.to_staff(text, owner, page)
    _conclude(text, "staff", page)


def _answer(text: InboundText, customer: Customer, choice: Choice) -> bool:
    """Give the answer that a text names, and text back what came of it; False where only a person can help."""
    page = choice.page
    if choice.needs_page:
        speaking.say(text, customer, "open_page", page=page)
        return True
    try:
        # What a refused answer has written goes; that the text was understood stays.
        with db.session.begin_nested():
            status = answering.act(page.id, choice.action.key, form={}, revision=page.revision, key=key_of(text))
    except (Gone, Stopped):  # Whoever stopped everything gets no text that could say why.
        return False
    except _REFUSED:
        speaking.say(text, customer, "open_page", page=page)
        return True
    if status == "needs_human":
        speaking.say(text, customer, "late", page=page)
    else:
        speaking.say_outcome(text, customer, page)
    return True


def key_of(text: InboundText) -> str:
    """The idempotency key of an answer by text: the provider's reference, so that the same text is one answer."""
    key = f"{text.provider}:{text.ref}"
    if len(key) <= LONGEST_KEY:
        return key
    return f"text:{hashlib.sha256(key.encode()).hexdigest()[:48]}"


def _conclude(text: InboundText, meaning: Meaning, page: Page | None = None) -> None:
    text.meaning = meaning
    text.page_id = page.id if page is not None else None
    text.understood_at = clock.now()
    urls = [url for url, _type in text.media]
    if page is not None:
        arrivals.expect(page.id, provider=text.provider, urls=urls, sender=handing.CUSTOMER)
    elif text.conversation_id is not None:
        work = text.conversation_id
        arrivals.expect(None, provider=text.provider, urls=urls, sender=handing.CUSTOMER, conversation_id=work)
    db.session.flush()
    handing.record(text)


def _number(text: str) -> str:
    """A number as E.164 where it is one; short codes and names stay as they are."""
    if _E164.fullmatch(text):
        return text
    try:
        return phones.normalise(text if text.startswith("+") or not text.isdigit() else f"+{text}")
    except Invalid:
        return text[:40]
