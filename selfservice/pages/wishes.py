"""Wishes: what a customer wants to be sent, when and how, as they say it on a page of theirs. Callers commit.

What is stopped or allowed there is so for the numbers that this page went to; hours, language and the order of
channels are the person's, so they change only for somebody to whom the page is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from selfservice import clock, config, tokens
from selfservice.courtesy import CLASSES, DAY, MessageClass
from selfservice.customers import consents, hours, preferences
from selfservice.customers import queries as customers
from selfservice.customers.consents import Address, Evidence, Occasion, Said
from selfservice.customers.models import Customer
from selfservice.errors import Conflict, Invalid
from selfservice.events import service as events
from selfservice.messages import refusals, reviews
from selfservice.messages import service as messages
from selfservice.pages import guarding, language, numbers, ordering, queries, requests
from selfservice.pages.guarding import Who
from selfservice.pages.models import Page
from selfservice.pages.requests import CUSTOMER, PREFERENCES_PAGE
from selfservice.situations import wishing
from selfservice.situations.view import View
from selfservice.situations.wishing import NO, YES, Told, Wished
from selfservice.windows import read

PURPOSE = "preferences"
"""The purpose of the tokens that lead to this page and to nothing else."""

ONE_CLICK = "unsubscribe button of a mail program"
"""The source of a stop that a mail program posted for its reader (RFC 8058)."""


class Stopped(Conflict):
    """A yes that would change nothing, because everything to where the page went is stopped."""

    code = "stopped"


def url_of(page_id: int) -> str:
    """The address under which the customer of a page says what they want; it does not open the page."""
    return f"{config.current().base_url}/preferences/{tokens.current().sign(PURPOSE, page_id)}"


def read_for(page_id: int, who: Who, *, is_saved: bool = False, is_alone: bool = False) -> Wished:
    """What holds for the customer of a page, as far as whoever asks may see it. Raises NotFound."""
    page = queries.get(page_id)
    customer = customers.get(page.customer_id)
    can_choose = guarding.is_let_in(page, who())
    wanted = preferences.find(customer.id) if can_choose else preferences.NONE
    usual = config.current().courtesy.service.hours or DAY
    return Wished(
        allowed=allowed_for(page, customer),
        hours=wanted.hours,
        offered={"": usual, **{text: read(text) for text in hours.CHOICES}},
        order=ordering.places_of(wanted, customer),
        channels=ordering.list_channels(customer),
        known=list_told(customer) if can_choose else (),
        can_choose=can_choose,
        is_stopped=_is_stopped(_addresses(page, customer)),
        is_saved=is_saved,
        is_alone=is_alone,
    )


def allowed_for(page: Page, customer: Customer) -> dict[MessageClass, bool]:
    """Whether each class of messages is sent to where this page went."""
    addresses = _addresses(page, customer)
    said = consents.standing(addresses)
    rules = config.current().courtesy
    return {
        name: all(
            consents.is_allowed(said.get(Said(address, name)), needs_consent=rules.of(name).needs_consent)
            for address in addresses
        )
        for name in CLASSES
    }


def _refused_for(page: Page, customer: Customer) -> frozenset[str]:
    """The classes that somebody said no to for wherever this page went."""
    addresses = _addresses(page, customer)
    said = consents.standing(addresses)
    return frozenset(name for name in CLASSES if all(said.get(Said(one, name)) is False for one in addresses))


def list_told(customer: Customer) -> list[Told]:
    """What a customer said of each class, latest first; of several addresses at once it is told once."""
    told = [
        Told(one.consent.message_class, one.consent.is_given, one.consent.at, one.consent.source, one.wording)
        for one in consents.list_for(customer.id, consents.addresses_of(customer))
    ]
    return list(dict.fromkeys(reversed(told)))


def save(page_id: int, form: Mapping[str, str], view: View, who: Who) -> None:
    """Keep what a customer chose on the page as `view` showed it; nothing changes that is not said anew.

    A no is said anew as long as it has only been taken for granted: it is evidence against a yes from elsewhere.
    Raises ordering.Alone for an order without a text and an e-mail, Invalid for what cannot be chosen, and NotFound.
    """
    page = queries.get(page_id)
    if not guarding.is_let_in(page, who()):
        return
    customer = customers.get(page.customer_id)
    was, now = allowed_for(page, customer), _read_classes(form)
    had = preferences.find(customer.id)
    preferences.keep(customer.id, ordering.read(form, replace(had, hours=form.get("hours", "")), customer))
    refused = _refused_for(page, customer)
    changed = [name for name, is_given in now.items() if is_given != was[name] or not (is_given or name in refused)]
    for name in changed:
        occasion = Occasion(
            wording=wishing.wording(view, name, is_given=now[name]),
            locale=view.language,
            source=PREFERENCES_PAGE,
            actor=CUSTOMER,
            page_id=page.id,
        )
        _say(_addresses(page, customer), name, occasion, customer_id=customer.id, is_given=now[name])
    if preferences.find(customer.id).hours != had.hours:
        reviews.look_again(customer.id)
    wanted = form.get("language", "")
    if wanted:
        language.choose(page_id, wanted, who)
    data: dict[str, str] = {name: "yes" if now[name] else "no" for name in changed}
    events.record("customer.chose", actor=CUSTOMER, page_id=page_id, data=data)


def note(
    page_id: int,
    message_class: str,
    occasion: Occasion,
    *,
    is_given: bool,
    channels: Collection[str] = ("sms", "email"),
) -> None:
    """Write down a yes or a no that somebody gave elsewhere, for wherever their page went on these channels.

    `occasion` says how. Raises Invalid for a class that there is not, for words that name the address and where none is
    known, and Stopped for a yes of somebody who stopped everything: that is taken back first, because this would change
    nothing.
    """
    if message_class not in CLASSES:
        raise Invalid(f"Nothing was written down: choose one of {', '.join(CLASSES)}.")
    page = queries.get(page_id)
    customer = customers.get(page.customer_id)
    addresses = [one for one in _addresses(page, customer) if one.channel in channels]
    if not addresses:
        raise Invalid(
            "Nothing was written down: no address is known that it could be about.",
            fields={"": "callback_no_number"},
        )
    if any(consents.tells_address(one, text) for one in addresses for text in (occasion.wording, occasion.source)):
        raise Invalid("Nothing was written down: take the number or address out, because the words are kept for ever.")
    if is_given and _is_stopped(addresses):
        raise Stopped("Everything is stopped here: let it be texted again first, if that is what they want.")
    _say(addresses, message_class, occasion, customer_id=customer.id, is_given=is_given)
    events.record(
        "customer.chose", actor=occasion.actor, page_id=page_id, data={message_class: "yes" if is_given else "no"}
    )


def stop_all(page_id: int, view: View, who: Who) -> None:
    """Send nothing more to where a page went, nor by e-mail, as somebody chose whom `view` was shown to.

    Nothing queued begins to leave after the commit.
    """
    page = queries.get(page_id)
    has_mail = bool(customers.get(page.customer_id).email)
    can_choose = guarding.is_let_in(page, who())
    occasion = requests.stop_occasion(page_id, view, has_mail=has_mail, can_choose=can_choose)
    requests.stop_texts(page_id, occasion)
    _stop_mail(page, occasion)


def stop_by_one_click(page_id: int, view: View) -> bool:
    """Send no more e-mail to the customer of a page, or no more texts where no address is known (RFC 8058).

    Whether it was e-mail.
    """
    occasion = Occasion(
        wording=wishing.one_click_wording(view),
        locale=view.language,
        source=ONE_CLICK,
        actor=CUSTOMER,
        page_id=page_id,
    )
    if _stop_mail(queries.get(page_id), occasion):
        return True
    requests.stop_texts(page_id, occasion)
    return False


def _stop_mail(page: Page, occasion: Occasion) -> bool:
    address = customers.get(page.customer_id).email
    if page.disowned_at is not None or not address:
        return False
    refusals.refuse(Address("email", address), occasion, customer_id=page.customer_id)
    events.record("customer.stopped", actor=CUSTOMER, page_id=page.id, data={"channel": "email"})
    return True


def _say(
    addresses: Iterable[Address], name: MessageClass, occasion: Occasion, *, customer_id: int, is_given: bool
) -> None:
    now = clock.now()  # The same for all: what was said of several addresses at once is told once.
    for address in addresses:
        evidence = Evidence(
            **vars(occasion),
            customer_id=customer_id,
            address=address,
            message_class=name,
            is_given=is_given,
            at=now,
        )
        (consents.record if is_given else messages.withdraw)(evidence)


def _is_stopped(addresses: list[Address]) -> bool:
    """Whether all of them asked for nothing more."""
    return bool(addresses) and all(customers.is_suppressed(value, channel) for channel, value in addresses)


def _addresses(page: Page, customer: Customer) -> list[Address]:
    """Where this page went, in one order, so that two who change the same never wait for each other."""
    texted = [Address("sms", number) for number in sorted(numbers.of_page(page))]
    return [*texted, *([Address("email", customer.email)] if customer.email else [])]


def _read_classes(form: Mapping[str, str]) -> dict[MessageClass, bool]:
    """What was chosen of each class that was answered at all."""
    wrong = [name for name in CLASSES if form.get(name, YES) not in (YES, NO)]
    if wrong:
        raise Invalid("Each kind of message is wanted or not; send yes or no.", fields={wrong[0]: "choice_wrong"})
    return {name: form[name] == YES for name in CLASSES if name in form}
