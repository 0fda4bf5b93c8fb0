"""The texts of a page: composed from the type's copy in the customer's language, measured, handed to the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from selfservice import config, tokens
from selfservice.customers import queries as customers
from selfservice.errors import Invalid
from selfservice.kit.follow_ups import ROOM
from selfservice.messages import content
from selfservice.messages import queries as outbox
from selfservice.messages import service as messages
from selfservice.messages.models import Message
from selfservice.messages.standby import FOLLOW_UPS
from selfservice.pages import queries, sight
from selfservice.pages.models import Page
from selfservice.situations import registry, replying
from selfservice.situations.notifying import Saying
from selfservice.situations.registry import Loaded
from selfservice.situations.view import View
from selfservice.text import Measured, compose, measure

CUSTOMER = "customer"
"""Who asks for what they are sent: no hour and no cap holds it."""

INVITATION = "invitation"
UPDATE = "update"
GONE = "gone"
REMINDER, ANOTHER_WAY = FOLLOW_UPS
CODE = "code"
"""The purpose of a text with a one-time code: its words are the customer's alone, and no screen of staff shows them."""

Waits = Literal["", "delivered", "seen"]
"""What a text waits for before it leaves, in vain: nothing, that a phone has a push, that a person has pressed one."""

_UPDATED = "sms.updated"
_SAYINGS: dict[str, Saying] = {UPDATE: "updated", REMINDER: "reminder", GONE: "gone"}
_SPECIMEN = "0" * tokens.TOKEN_WIDTH


@dataclass(frozen=True)
class Composed:
    """One text as it will be sent, and what it costs."""

    body: str
    measured: Measured


def url_of(page_id: int) -> str:
    """The address of a page, signed."""
    return f"{config.current().base_url}/p/{tokens.current().sign_page(page_id)}"


def specimen_url() -> str:
    """An address as long as a real one that opens nothing: for previews of a text."""
    return f"{config.current().base_url}/p/{_SPECIMEN}"


def invite(page: Page, *, purpose: str, key: str, actor: str, waits: Waits = "") -> Message:
    """Hand the text with the page's link, or its question, to the outbox; the same `key` twice is one text.

    One that `waits` stands by, and leaves when the pushes that go ahead of it have had their time.

    Raises Invalid when it would need more parts than its type allows: whoever makes the page can shorten a fact.
    """
    loaded = registry.current().get(page.situation, page.version)
    view = view_of(page)
    composed = compose_text(view, loaded, _word(loaded, view.language, saying_of(purpose)), url_of(page.id))
    refuse_too_long(composed, loaded)
    return _accept(page, view, loaded, composed.body, purpose=purpose, key=key, actor=actor, waits=waits)


def saying_of(purpose: str) -> Saying:
    """What a message of this purpose tells of its page."""
    return _SAYINGS.get(purpose, "body")


def last_moment(page: Page, purpose: str) -> datetime:
    """When a message of this purpose is of no use any more: what asks once more leaves time to answer."""
    return page.expires_at - ROOM if purpose in FOLLOW_UPS else page.expires_at


def say(page: Page, name: str) -> Message | None:
    """Hand over a text that an answer leads to (`[texts] NAME`); None where no number is known.

    An answer is never refused because of the text about it: its length is not limited, and of a card's number in it
    the last digits alone are left. The customer has just been there, so it waits for no hour.
    """
    if not customers.get(page.customer_id).phone:
        return None
    loaded = registry.current().get(page.situation, page.version)
    view = view_of(page)
    body = compose_text(view, loaded, f"texts.{name}", url_of(page.id)).body
    key = f"page:{page.id}:{page.revision}:{name}"
    return _accept(page, view, loaded, content.masked(body), purpose=name, key=key, actor=CUSTOMER)


def send_code(page: Page, code: str, *, until: datetime) -> Message:
    """Text a one-time code to the number on file. Its last line lets phones type it in, on our own pages alone.

    That line is what WebKit and the WebOTP draft call an origin-bound code; `compose` keeps it on a line of its own.
    """
    view = view_of(page)
    loaded = registry.current().get(page.situation, page.version)
    body = loaded.words[view.language].say("checks.text", {**view.values(), "code": code}, view.reader)
    return messages.accept(
        messages.NewMessage(
            page_id=page.id,
            customer_id=page.customer_id,
            purpose=CODE,
            message_class="urgent",
            recipient=customers.get(page.customer_id).phone or "",
            sender=view.brand.name,
            locale=view.language,
            body=f"{body}\n\n@{view.host.partition(':')[0]} #{code}",
            not_after=until,
            idempotency_key=f"page:{page.id}:{CODE}:{tokens.new_id()}",
            is_asked_for=True,
        ),
        actor="customer",
    )


def render_again(page: Page) -> bool:
    """Write changed facts into texts of the page that have not left yet; False when there is none to change.

    Raises Invalid as `invite` does.
    """
    loaded = registry.current().get(page.situation, page.version)
    unsent = {message.purpose for message in outbox.list_unsent_for_page(page.id) if message.channel == "sms"}
    is_rewritten = False
    for purpose in (INVITATION, UPDATE):
        if purpose in unsent:
            view = view_of(page)
            composed = compose_text(view, loaded, _word(loaded, view.language, saying_of(purpose)), url_of(page.id))
            refuse_too_long(composed, loaded)
            is_rewritten |= messages.rerender(
                page.id, purpose=purpose, body=composed.body, not_after=last_moment(page, purpose)
            )
    return is_rewritten


def compose_invitation(view: View, loaded: Loaded, link: str) -> Composed:
    """The text that a page in this view is sent with: its link, or its question if its type asks in the text."""
    return compose_text(view, loaded, replying.invitation_word(loaded, view.language), link)


def compose_text(view: View, loaded: Loaded, word: str, link: str) -> Composed:
    """The text under `word` of the type's copy file, for this view, and what it costs."""
    body = compose(loaded.words[view.language].say(word, view.values(link=link), view.reader))
    return Composed(body, measure(body))


def refuse_too_long(composed: Composed, loaded: Loaded) -> None:
    """Raise Invalid when a text needs more parts than its type allows in its encoding."""
    measured = composed.measured
    limit = loaded.situation.segments[measured.encoding]
    if measured.segments > limit:
        sentence = (
            f"The text to the customer would take {measured.segments} parts in {measured.encoding}; "
            f"at most {limit} are allowed for this page type. Shorten the facts that it names."
        )
        raise Invalid(sentence, fields={"sms": sentence})


def find_fault(composed: Composed, loaded: Loaded) -> str:
    """Why a text could not be sent as it is, as a sentence; empty when it could."""
    try:
        refuse_too_long(composed, loaded)
        content.check(composed.body, loaded.situation.message_class)
    except Invalid as refusal:
        return refusal.message
    return ""


def _accept(
    page: Page, view: View, loaded: Loaded, body: str, *, purpose: str, key: str, actor: str, waits: Waits = ""
) -> Message:
    return messages.accept(
        messages.NewMessage(
            page_id=page.id,
            customer_id=page.customer_id,
            purpose=purpose,
            channel="sms",
            message_class=loaded.situation.message_class,
            recipient=customers.get(page.customer_id).phone or "",
            sender=view.brand.name,
            locale=view.language,
            body=body,
            not_after=last_moment(page, purpose),
            not_before=page.send_at,
            idempotency_key=key,
            stands_by=bool(waits),
            until_seen=waits == "seen",
            is_asked_for=actor == CUSTOMER,
        ),
        actor=actor,
    )


def _word(loaded: Loaded, language: str, saying: Saying) -> str:
    """The key of the text that says this of a page; one that asks in the text says its news with the question."""
    if saying == "updated" and (_UPDATED not in loaded.words[language] or replying.asks_in_text(loaded)):
        saying = "body"
    return replying.invitation_word(loaded, language) if saying == "body" else f"sms.{saying}"


def view_of(page: Page) -> View:
    """The page as the running transaction has it, for what is said of it."""
    row = queries.read_sight(page.id)
    assert row is not None, "a page is flushed before its texts are composed"
    return sight.view_of(row)
