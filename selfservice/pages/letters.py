"""The e-mails of a page: whether one goes in place of a text, composed in the customer's language, handed over."""

from __future__ import annotations

from collections.abc import Sequence

from selfservice import config
from selfservice.customers import preferences
from selfservice.customers import queries as customers
from selfservice.customers.preferences import NONE, Wishes
from selfservice.errors import Invalid
from selfservice.messages import service as messages
from selfservice.messages.models import Message
from selfservice.pages import texts, wishes
from selfservice.pages.models import Page
from selfservice.situations import lettering, registry
from selfservice.situations.lettering import CHANNEL
from selfservice.situations.registry import Loaded

_WRITTEN = ("sms", CHANNEL)


def choose(customer_id: int, loaded: Loaded, channels: Sequence[str]) -> str:
    """Which of a text and an e-mail goes to a customer: "sms", "email", or "" for neither.

    It is the first for which there is an address: in the order that the customer wants, then in that of `channels`,
    or, where they name all that there are, of the page's type. E-mails go only where a provider is set for them. On a
    channel that the customer leaves out goes only what is urgent and would reach them on no other.
    """
    customer = customers.get(customer_id)
    wishes = preferences.find(customer.id)
    return first_of(loaded, channels, wishes=wishes, phone=customer.phone or "", email=customer.email or "")


def first_of(loaded: Loaded, channels: Sequence[str], *, wishes: Wishes, phone: str, email: str) -> str:
    """As `choose`, for somebody who wishes so and has this number and this e-mail address, if any."""
    own = loaded.situation.channels
    order = [channel for channel in (own if set(channels) >= {"push", *_WRITTEN} else channels) if channel in channels]
    addresses = {"sms": phone, CHANNEL: email if CHANNEL in own and config.current().email else ""}
    wanted = wishes.arrange(order)
    in_need = order if loaded.situation.message_class == "urgent" else ()
    return next((channel for channel in (*wanted, *in_need) if addresses.get(channel)), "")


def require_address(customer_id: int, loaded: Loaded, channels: Sequence[str]) -> None:
    """Raise Invalid when something is to be written to a customer and there is nowhere to write to."""
    if not set(channels) & set(_WRITTEN) or choose(customer_id, loaded, channels):
        return
    customer = customers.get(customer_id)
    if first_of(loaded, channels, wishes=NONE, phone=customer.phone or "", email=customer.email or ""):
        sentence = "The customer has asked not to be written to there; use another channel, or make a link only."
        raise Invalid(sentence, fields={"phone" if "sms" in channels else "email": sentence})
    field, sentence = "email", "There is no e-mail address to write to; give one, or make a link only."
    if "sms" in channels:
        field, sentence = "phone", "There is no mobile number to send the text to; give one, or make a link only."
    elif not config.current().email:
        field, sentence = "email", "No e-mails are sent here: set SELFSERVICE_EMAIL, or use another channel."
    elif CHANNEL not in loaded.situation.channels:
        field, sentence = "email", "Pages of this type are not sent by e-mail; use another channel."
    raise Invalid(sentence, fields={field: sentence})


def invite(page: Page, *, purpose: str, key: str, actor: str, waits: texts.Waits = "") -> Message:
    """Hand the e-mail with the page's link to the outbox; the same `key` twice is one. `waits` as with a text."""
    loaded = registry.current().get(page.situation, page.version)
    view = texts.view_of(page)
    preferences_url = wishes.url_of(page.id)
    letter = lettering.compose(
        view,
        loaded,
        link=texts.url_of(page.id),
        preferences_url=preferences_url,
        saying=texts.saying_of(purpose),
    )
    return messages.accept(
        messages.NewMessage(
            page_id=page.id,
            customer_id=page.customer_id,
            purpose=purpose,
            channel=CHANNEL,
            message_class=loaded.situation.message_class,
            recipient=customers.get(page.customer_id).email or "",
            sender=view.brand.name,
            locale=view.language,
            body=letter.text,
            payload={"subject": letter.subject, "html": letter.html, "unsubscribe_url": preferences_url},
            not_after=texts.last_moment(page, purpose),
            not_before=page.send_at,
            idempotency_key=f"{key}:{CHANNEL}",
            stands_by=bool(waits),
            until_seen=waits == "seen",
        ),
        actor=actor,
    )
