"""What a half-filled form already tells: its text and the cost, its end, whose number it is. Reads, never writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for

from selfservice import clock, phone, text, tokens
from selfservice.brands import queries as brands
from selfservice.customers import addresses, preferences
from selfservice.customers import queries as customers
from selfservice.customers.models import Customer
from selfservice.errors import Invalid
from selfservice.kit.channels import CHANNELS
from selfservice.kit.words import pieces
from selfservice.messages import service as messages
from selfservice.messages.service import NewMessage
from selfservice.pages import letters, queries, texts
from selfservice.situations import lettering, registry, replying
from selfservice.situations.registry import Loaded
from selfservice.situations.view import View
from selfservice.text import Measured
from selfservice.web.console import draft, preview, reasons, wording
from selfservice.web.console.draft import Draft
from selfservice.web.console.times import Times

_WHOLE = {"GSM-7": 160, "UCS-2": 70}


def at(entered: Draft) -> dict[str, Any]:
    """All that can be said about a draft, as JSON for its script."""
    now = clock.now()
    brand = brands.get_for(entered.loaded.key, entered.brand)
    zone = ZoneInfo(brand.timezone)
    found = draft.specimen(entered, zone=zone, now=now)
    view = preview.view_of(entered, "asks")
    known = _known(entered, brand.country)
    return {
        "borrowed": list(found.borrowed) if found else [],
        "blank": entered.is_blank,
        "text": _written(entered.loaded, view, is_mail=_goes_by_mail(entered, known)) if view else None,
        "until": f"Works until {Times(brand.timezone).within(view.expires_at)}" if view else "",
        "customer": _customer(entered, known) if known else None,
        "waits": _waits(entered.loaded, view, known) if view and known else "",
    }


@dataclass(frozen=True)
class _Known:
    """Whoever a draft is for: their number, or their address where no number is given, and who that is, if anybody."""

    number: str
    email: str
    customer: Customer | None


def _known(entered: Draft, region: str) -> _Known | None:
    """None while there is neither a number nor an address that can be read."""
    try:
        number = phone.normalise(entered.phone, region) if entered.phone else ""
        email = addresses.clean_email(entered.email) or ""
    except Invalid:
        return None
    if number:
        return _Known(number, email, customers.find_by_phone(number))
    found = customers.list_by_email(email) if email else []
    return _Known("", email, found[0] if len(found) == 1 else None) if email else None


def _goes_by_mail(entered: Draft, known: _Known | None) -> bool:
    """Whether it is an e-mail that the page would be sent with."""
    if known is None:
        return False
    customer = known.customer
    wishes = preferences.find(customer.id) if customer and known.number else preferences.NONE
    email = known.email or (customer.email if customer else "") or ""
    return letters.first_of(entered.loaded, CHANNELS, wishes=wishes, phone=known.number, email=email) == "email"


def _written(loaded: Loaded, view: View, *, is_mail: bool) -> dict[str, str]:
    """What the page would be sent with: an e-mail, or a text and what it costs."""
    if not is_mail:
        return text_of(loaded, view)
    subject, body = lettering.preview(view, loaded)
    return {"subject": subject, "body": body, "link": "", "meter": "1 e-mail", "warning": "", "problem": ""}


def text_of(loaded: Loaded, view: View) -> dict[str, str]:
    """The text as it would be sent, what it costs, and what makes it dearer than it needs to be."""
    try:
        composed = texts.compose_invitation(view, loaded, texts.specimen_url())
    except Invalid as refusal:
        return {"body": "", "link": "", "meter": "", "warning": "", "problem": refusal.message}
    meter = f"{meter_of(composed.measured)} · {_privacy(loaded, view)}"
    warning = text.warning(composed.measured) or ""
    return {
        "body": composed.body,
        "link": texts.specimen_url(),
        "meter": meter,
        "warning": warning,
        "problem": texts.find_fault(composed, loaded),
    }


def meter_of(measured: Measured) -> str:
    """How many texts a text is, and how much room that leaves."""
    if measured.segments == 1:
        return f"1 text · {measured.units} of {_WHOLE[measured.encoding]} characters"
    return f"{measured.segments} texts · {measured.units} characters"


def _privacy(loaded: Loaded, view: View) -> str:
    """Which facts the text names; the words of the type decide it, so it can be said for certain."""
    word = replying.invitation_word(loaded, view.language)
    sentence = loaded.words[view.language].pick(word, named=bool(view.first_name))
    named = {path[0] for _, path, _ in pieces(sentence) if path}
    labels = [f"“{item.label}”" for item in loaded.fields() if item.name in named]
    if not labels:
        return "nothing private in the text"
    *others, last = labels
    listed = f"{', '.join(others)} and {last}" if others else last
    return f"only {listed} {'are' if others else 'is'} in the text"


def _customer(entered: Draft, known: _Known) -> dict[str, Any]:
    """Whom the number or the address belongs to, and whether it may be written to."""
    customer = known.customer
    address, channel = (known.number, "sms") if known.number else (known.email, "email")
    return {
        "number": phone.display(address) if known.number else address,
        "field": "phone" if known.number else "email",
        "known": customer is not None,
        "name": (customer.name or "") if customer else "",
        "language": entered.loaded.choose_language(customer.locale) if customer and customer.locale else "",
        "stopped": customers.is_suppressed(address, channel),
        "pages": _open_pages(customer.id) if customer else [],
    }


def _waits(loaded: Loaded, view: View, known: _Known) -> str:
    """Why, and until when, what is sent would not leave at once; empty if it would, or if everything is stopped."""
    decision = messages.foresee(
        NewMessage(
            customer_id=known.customer.id if known.customer else 0,
            recipient=known.number or known.email,
            channel="sms" if known.number else "email",
            message_class=loaded.situation.message_class,
            purpose=texts.INVITATION,
            body="",
            locale=view.language,
            not_after=view.expires_at,
            idempotency_key="",
        )
    )
    look = decision.next_look_at
    if decision.verdict == "held" and look is not None:
        times = Times(brands.get_for(loaded.key).timezone)
        when = f"Waits until {times.within(look)}" if look < view.expires_at else "Not sent: its page ends first"
        return f"{when}. {reasons.WAITS[decision.reason or '']}"
    if decision.verdict == "suppressed" and decision.reason in reasons.REFUSED and decision.reason != "stopped":
        return f"Not sent. {reasons.REFUSED[decision.reason]}"
    return ""


def _open_pages(customer_id: int) -> list[dict[str, str]]:
    """The pages this customer could still answer."""
    now = clock.now()
    shown = []
    for page in queries.list_for_customer(customer_id, live_only=True, limit=5):
        loaded = registry.current().find(page.situation, page.version)
        shown.append(
            {
                "address": url_for("console.show_page", page_id=tokens.encode_id(page.id)),
                "what": loaded.name if loaded else page.situation,
                "state": wording.condition(page, now).words,
            }
        )
    return shown
