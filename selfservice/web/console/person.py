"""The person behind a page: what they want to be sent, as they said it; exporting and erasing them, for supervisors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, request
from flask.typing import ResponseReturnValue

from selfservice import config, tokens, windows
from selfservice.customers import hours, preferences
from selfservice.customers import queries as customers
from selfservice.customers.consents import LONGEST_SOURCE, LONGEST_WORDING, Occasion
from selfservice.customers.models import Customer
from selfservice.customers.preferences import Wishes
from selfservice.db import db
from selfservice.errors import Forbidden, Invalid
from selfservice.events import service as events
from selfservice.pages import numbers, ordering, queries, wishes
from selfservice.pages.models import Page
from selfservice.rights import erasing, exporting
from selfservice.situations.wishing import Told
from selfservice.staff.models import Role
from selfservice.web.console import door
from selfservice.web.console.times import Times

_CLASSES = {"service": "Updates about what they have with us", "marketing": "Offers", "urgent": "Urgent warnings"}
_ONE_OCCASION = timedelta(minutes=1)
_CHANNELS = {"push": "A notification", "sms": "A text", "email": "An e-mail"}
_LEFT_OUT = {"push": "no notification", "sms": "no text", "email": "no e-mail"}


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """What the customer said at one time, and where: yes or no by kind of message, to which `wordings`, each once."""

    at: datetime
    source: str
    answers: dict[str, str]
    wordings: dict[str, None]

    @property
    def lines(self) -> list[str]:
        """The answers in words, always in the same order."""
        return [f"{words}: {self.answers[name]}" for name, words in _CLASSES.items() if name in self.answers]


@dataclass(frozen=True, kw_only=True)
class Wants:
    """What a customer wants to be sent, in the words staff read. `classes`: each kind of message, and whether it is.

    `kinds` are what staff can write down a yes or a no for.
    """

    classes: Sequence[tuple[str, bool]]
    hours: str
    order: str
    zone: str
    spoken: Sequence[Spoken]
    may_erase: bool
    kinds: Mapping[str, str]


def tell(page: Page, customer: Customer) -> Wants:
    """What holds for the customer of a page, and what they said of it, latest first."""
    allowed = wishes.allowed_for(page, customer)
    chosen = preferences.find(customer.id)
    usual = config.current().courtesy.service.hours
    wanted = windows.read(chosen.hours) if chosen.hours else usual
    zones = hours.possible_zones(customer.timezone, customer.phone, lambda: page.timezone)
    return Wants(
        classes=[(_CLASSES[name], is_sent) for name, is_sent in allowed.items()],
        hours=Times(page.timezone).between(wanted) if wanted else "At any time",
        order=_order(chosen, ordering.list_channels(customer)),
        zone=zones[0] if len(zones) == 1 else f"Not known: one of {len(zones)} in their country",
        spoken=_by_occasion(wishes.list_told(customer)),
        may_erase=door.here().role is not Role.AGENT,
        kinds=_CLASSES,
    )


def _order(chosen: Wishes, channels: Sequence[str]) -> str:
    """On what they are told, first to last, and on what not: "A text, then a notification, no e-mail"."""
    wanted = [_CHANNELS[channel] for channel in chosen.arrange(channels)]
    then = [f"then {words[0].lower()}{words[1:]}" for words in wanted[1:]]
    left_out = [_LEFT_OUT[channel] for channel in channels if channel in chosen.left_out]
    return ", ".join([*wanted[:1], *then, *left_out])


def _by_occasion(told: Iterable[Told]) -> list[Spoken]:
    """What was said within a minute at one place, together; of each kind of message once."""
    spoken: list[Spoken] = []
    for one in told:
        name, last = one.message_class, spoken[-1] if spoken else None
        is_same = last is not None and last.source == one.source and last.at - one.at < _ONE_OCCASION
        if last is None or not is_same or name in last.answers:
            last = Spoken(at=one.at, source=one.source, answers={}, wordings={})
            spoken.append(last)
        last.answers[name] = "yes" if one.is_given else "no"
        last.wordings[one.wording] = None
    return spoken


def stop(page_id: str) -> ResponseReturnValue:
    """Send nothing more to the customer of a page, because they told staff so."""
    page = queries.get(tokens.decode_id(page_id))
    customer = customers.get(page.customer_id)
    numbers.refuse_for_customer(page, customer, actor=door.actor(), source="console")
    db.session.commit()
    return door.to_page(page_id, "stopped")


def note(page_id: str) -> ResponseReturnValue:
    """Write down one yes or no that the customer of a page gave elsewhere, with the words they were asked."""
    page = queries.get(tokens.decode_id(page_id))
    said, wording, source = (request.form.get(name, "").strip() for name in ("said", "wording", "source"))
    if said not in ("yes", "no"):
        raise Invalid("Nothing was written down: choose yes or no.")
    if not (0 < len(wording) <= LONGEST_WORDING and 0 < len(source) <= LONGEST_SOURCE):
        raise Invalid("Nothing was written down: write the words they were asked, and where, in a few words.")
    occasion = Occasion(wording=wording, locale=page.locale, source=source, actor=door.actor(), page_id=page.id)
    wishes.note(page.id, request.form.get("message_class", ""), occasion, is_given=said == "yes")
    db.session.commit()
    return door.to_page(page_id, "noted")


def export(page_id: str) -> ResponseReturnValue:
    """All that is kept about the customer of a page, as a file; that it was taken out is told on the page."""
    page, customer = _find(page_id)
    data = exporting.export(customer)
    events.record("customer.exported", actor=door.actor(), page_id=page.id)
    db.session.commit()
    response = Response(json.dumps(data, ensure_ascii=False, indent=2), content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="customer-{tokens.encode_id(page.id)}.json"'
    return response


def erase(page_id: str) -> ResponseReturnValue:
    """Erase the customer of a page for good, once somebody has said that they mean it."""
    _page, customer = _find(page_id)
    if request.form.get("sure") != "yes":
        raise Invalid("Nobody was erased: tick that you mean it, and send it again.")
    erasing.erase(customer, actor=door.actor())
    db.session.commit()
    return door.to_page(page_id, "erased")


def _find(page_id: str) -> tuple[Page, Customer]:
    if door.here().role is Role.AGENT:
        raise Forbidden("Only supervisors can export or erase a customer, so nothing was done; ask one of them.")
    page = queries.get(tokens.decode_id(page_id))
    return page, customers.get(page.customer_id)
