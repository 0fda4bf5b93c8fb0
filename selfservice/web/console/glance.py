"""What a half-filled form already tells: its text and the cost, its end, whose number it is. Reads, never writes."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for

from selfservice import clock, phone, text, tokens
from selfservice.brands import queries as brands
from selfservice.customers import queries as customers
from selfservice.errors import Invalid
from selfservice.kit.words import pieces
from selfservice.pages import queries, texts
from selfservice.situations import registry, replying
from selfservice.situations.registry import Loaded
from selfservice.situations.view import View
from selfservice.text import Measured
from selfservice.web.console import draft, preview, wording
from selfservice.web.console.draft import Draft
from selfservice.web.console.times import Times

_WHOLE = {"GSM-7": 160, "UCS-2": 70}


def at(entered: Draft) -> dict[str, Any]:
    """All that can be said about a draft, as JSON for its script."""
    now = clock.now()
    brand = brands.get_for(entered.loaded.key)
    zone = ZoneInfo(brand.timezone)
    found = draft.specimen(entered, zone=zone, now=now)
    view = preview.view_of(entered, "asks")
    return {
        "borrowed": list(found.borrowed) if found else [],
        "blank": entered.is_blank,
        "text": _text(entered.loaded, view) if view else None,
        "until": f"Works until {Times(brand.timezone).within(view.expires_at)}" if view else "",
        "customer": _customer(entered, brand.country),
    }


def _text(loaded: Loaded, view: View) -> dict[str, str]:
    """The text as it would be sent, what it costs, and what makes it dearer than it needs to be."""
    try:
        composed = texts.compose_invitation(view, loaded, texts.specimen_url())
    except Invalid as refusal:
        return {"body": "", "link": "", "meter": "", "warning": "", "problem": refusal.message}
    meter = f"{_meter(composed.measured)} · {_privacy(loaded, view)}"
    warning = text.warning(composed.measured) or ""
    return {"body": composed.body, "link": texts.specimen_url(), "meter": meter, "warning": warning, "problem": ""}


def _meter(measured: Measured) -> str:
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
    return f"only {' and '.join(labels)} {'is' if len(labels) == 1 else 'are'} in the text"


def _customer(entered: Draft, region: str) -> dict[str, Any] | None:
    """Whose number was entered; None while it is no number yet."""
    try:
        number = phone.normalise(entered.phone, region)
    except Invalid:
        return None
    customer = customers.find_by_phone(number)
    return {
        "number": phone.display(number),
        "known": customer is not None,
        "name": (customer.name or "") if customer else "",
        "language": entered.loaded.choose_language(customer.locale) if customer and customer.locale else "",
        "stopped": customers.is_suppressed(number),
        "pages": _open_pages(customer.id) if customer else [],
    }


def _open_pages(customer_id: int) -> list[dict[str, str]]:
    """The pages this customer could still answer."""
    now = clock.now()
    shown = []
    for page in queries.list_for_customer(customer_id, live_only=True, limit=5):
        loaded = registry.current().find(page.situation)
        shown.append(
            {
                "address": url_for("console.show_page", page_id=tokens.encode_id(page.id)),
                "what": loaded.name if loaded else page.situation,
                "state": wording.condition(page, now).words,
            }
        )
    return shown
