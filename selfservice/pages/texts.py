"""The texts of a page: composed from the type's copy in the customer's language, measured, handed to the outbox."""

from __future__ import annotations

from dataclasses import dataclass

from selfservice import config, tokens
from selfservice.customers import queries as customers
from selfservice.errors import Invalid
from selfservice.messages import service as messages
from selfservice.messages.models import Message
from selfservice.pages import queries, sight
from selfservice.pages.models import Page
from selfservice.situations import registry
from selfservice.situations.registry import Loaded
from selfservice.situations.view import View
from selfservice.text import Measured, compose, measure

INVITATION = "invitation"
UPDATE = "update"
_BODY = "sms.body"
_UPDATED = "sms.updated"
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


def send(page: Page, *, purpose: str, key: str, word: str = "", actor: str = "system") -> Message:
    """Compose a text for a page and hand it to the outbox; the same `key` twice is one text.

    Raises Invalid when the text would need more parts than its type allows.
    """
    loaded = registry.current().get(page.situation)
    view = _view_of(page)
    body = compose_text(view, loaded, word or _word_for(purpose, loaded, view.language), url_of(page.id)).body
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
            not_after=page.expires_at,
            not_before=page.send_at,
            idempotency_key=key,
        ),
        actor=actor,
    )


def render_again(page: Page) -> bool:
    """Write changed facts into the page's invitation if it has not left yet; False when there is none to change."""
    loaded = registry.current().get(page.situation)
    body = compose_text(_view_of(page), loaded, _BODY, url_of(page.id)).body
    return messages.rerender(page.id, purpose=INVITATION, body=body, not_after=page.expires_at)


def compose_text(view: View, loaded: Loaded, word: str, link: str) -> Composed:
    """The text under `word` of the type's copy file, for this view; raises Invalid when it is too long to send."""
    body = compose(loaded.words[view.language].say(word, view.values(link=link), view.reader))
    measured = measure(body)
    limit = loaded.situation.segments[measured.encoding]
    if measured.segments > limit:
        sentence = (
            f"The text to the customer would take {measured.segments} parts in {measured.encoding}; "
            f"at most {limit} are allowed for this page type. Shorten the facts that it names."
        )
        raise Invalid(sentence, fields={"sms": sentence})
    return Composed(body, measured)


def _word_for(purpose: str, loaded: Loaded, language: str) -> str:
    is_update = purpose == UPDATE and _UPDATED in loaded.words[language]
    return _UPDATED if is_update else _BODY


def _view_of(page: Page) -> View:
    row = queries.read_sight(page.id)
    assert row is not None, "a page is flushed before its texts are composed"
    return sight.view_of(row)
