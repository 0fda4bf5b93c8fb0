"""What we text back: the words of every page in the customer's language, handed to the outbox, never without end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from selfservice import clock
from selfservice import text as texts_cost
from selfservice.brands import queries as brands
from selfservice.customers.models import Customer
from selfservice.kit.formats import Reader
from selfservice.kit.words import Words
from selfservice.messages import service as messages
from selfservice.messages.reviews import LAST_WORD
from selfservice.pages import texts
from selfservice.pages.models import Page
from selfservice.replies import queries
from selfservice.replies.models import InboundText
from selfservice.situations import registry
from selfservice.situations.loading import DEFAULT_LANGUAGE

REPLY = "reply"
STARTED = "started"
HELP = "help"
PURPOSES = (REPLY, STARTED, HELP)

GOOD_FOR = timedelta(days=1)
MOST_AN_HOUR = 20
"""Two machines that answer each other come to an end."""
_HOUR = timedelta(hours=1)


def say(
    text: InboundText, customer: Customer, word: str, *, page: Page | None = None, key: str = "", purpose: str = REPLY
) -> None:
    """Text the sentence `[replies] WORD` back to where a text came from; the same `key` twice is one text."""
    language, values, reader = _to_reader(customer, page)
    body = _words(language, page).say(f"replies.{word}", values, reader)
    _send(text, customer, body, page=page, language=language, key=key, purpose=purpose, sender=values["brand"])


def sentence(customer: Customer, word: str, *, page: Page | None = None) -> tuple[str, str]:
    """The sentence that `say` would text, and its language."""
    language, values, reader = _to_reader(customer, page)
    return _words(language, page).say(f"replies.{word}", values, reader), language


def say_outcome(text: InboundText, customer: Customer, page: Page) -> None:
    """Text back what the page says now that it is answered."""
    loaded = registry.current().get(page.situation, page.version)
    if loaded.situation.is_guarded:  # What the page says is for those who have shown who they are.
        say(text, customer, "taken", page=page)
        return
    view = texts.view_of(page)
    step = loaded.situation.step(view.step)
    if step is None:
        say(text, customer, "taken", page=page)
        return
    hero = step.hero(view.facts, view.answers, view.local_now).words
    words, values = loaded.words[view.language], view.values(link=texts.url_of(page.id))
    values["headline"] = words.say(f"{hero}.headline", values, view.reader).rstrip(".。।")
    has_line = f"{hero}.line" in words
    if has_line:
        values["line"] = words.say(f"{hero}.line", values, view.reader)
    body = words.say("replies.answered" if has_line else "replies.answered_only", values, view.reader)
    _send(text, customer, body, page=page, language=view.language, key="", purpose=REPLY, sender=view.brand.name)


def _send(
    text: InboundText,
    customer: Customer,
    body: str,
    *,
    page: Page | None,
    language: str,
    key: str,
    purpose: str,
    sender: str,
) -> None:
    if purpose != LAST_WORD and queries.count_answers(text.sender, PURPOSES, within=_HOUR) >= MOST_AN_HOUR:
        structlog.get_logger().warning("reply.withheld")
        return
    loaded = registry.current().find(page.situation, page.version) if page is not None else None
    messages.accept(
        messages.NewMessage(
            page_id=page.id if page is not None else None,
            customer_id=customer.id,
            recipient=text.sender,
            purpose=purpose,
            message_class=loaded.situation.message_class if loaded is not None else "service",
            body=_plainer(body),
            locale=language,
            not_after=clock.now() + GOOD_FOR,
            idempotency_key=key or f"reply:{text.id}",
            sender=sender,
            is_asked_for=True,
        ),
        actor="customer",
    )


def _plainer(body: str) -> str:
    """The body with ordinary marks for those that would make it dearer; no letter of it is changed."""
    measured = texts_cost.measure(body)
    plain = body
    for character, swap in measured.swaps:
        plain = plain if character.isalpha() else plain.replace(character, swap)
    return plain if texts_cost.measure(plain).segments < measured.segments else body


def _words(language: str, page: Page | None) -> Words:
    loaded = registry.current().find(page.situation, page.version) if page is not None else None
    return loaded.words[language] if loaded is not None else registry.current().shared[language]


def _to_reader(customer: Customer, page: Page | None) -> tuple[str, dict[str, Any], Reader]:
    """The language, the values and the customs of what is said: those of the page, or else of the customer."""
    if page is not None and registry.current().find(page.situation, page.version) is not None:
        view = texts.view_of(page)
        return view.language, view.values(link=texts.url_of(page.id)), view.reader
    brand = brands.get_for("")
    shared = registry.current().shared
    wishes = (customer.locale or "", brand.language, DEFAULT_LANGUAGE)
    language = next(wish for wish in (one.partition("-")[0] for one in wishes) if wish in shared)
    face = brands.face(brand.id, language)
    values = {"brand": face.name, "phone": face.phone_shown or face.phone, "name": ""}
    return language, values, Reader(language, ZoneInfo(face.timezone), clock.now(), face.country)
