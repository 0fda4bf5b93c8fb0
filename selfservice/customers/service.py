"""Finding or making customers, and keeping the numbers that must not be written to. Callers commit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import CursorResult, delete
from sqlalchemy.exc import IntegrityError

from selfservice import clock, locks, tokens
from selfservice import phone as phones
from selfservice.customers import addresses, queries, subscriptions
from selfservice.customers.models import Customer, Suppression
from selfservice.customers.queries import SUPPRESSION
from selfservice.db import db
from selfservice.errors import Conflict, Invalid

WRONG_NUMBER = "wrong number"
"""Why a number is stopped whose holder said that it is not the customer's: staff correct that, not a text."""


def find_or_make(
    *,
    ref: str | None = None,
    name: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    locale: str | None = None,
    timezone: str | None = None,
    region: str | None = None,
) -> Customer:
    """The person with this reference or else this number, made if nobody has either; what is given is kept.

    An e-mail address names somebody only where it stands alone, or until their number is known: families share one.
    The `locale` of a person who chose their language themselves stays as it is. `region` is the country of a number
    typed without +. Raises Invalid (its fields say which value) and Conflict when what is given belongs to two people.
    """
    given = _clean(ref=ref, name=name, phone=phone, email=email, locale=locale, timezone=timezone, region=region)
    if given.keys().isdisjoint(("ref", "phone", "email")):
        sentence = "Nobody is named: give a phone number, an e-mail address or the customer's reference."
        raise Invalid(sentence, fields={"phone": sentence})
    customer = _find(given)
    if customer is None:
        customer = _make(given)
    if customer is None:  # Somebody else made the same person between our look and our insert.
        customer = _find(given)
    if customer is None:
        raise _two_people()
    _keep(customer, given)
    return customer


def choose_language(customer_id: int, language: str) -> None:
    """Keep the language a customer chose; the country their reference said stays with it. Raises NotFound."""
    customer = queries.get(customer_id)
    if (customer.locale or "").partition("-")[0] != language:
        customer.locale = language
    customer.language_chosen_at = customer.updated_at = clock.now()
    db.session.flush()


def suppress(phone: str, reason: str, *, channel: str = "sms") -> None:
    """Never write to this number (E.164) again; twice is once. `reason` is a few words of ours, no personal data.

    The first reason stays, unless the number turns out to be somebody else's: then only staff let it be written to.
    `messages.service.stop` does this and takes back what is queued.
    """
    known = queries.find_suppression(phone, channel)
    if known is not None:
        known.reason = reason if reason == WRONG_NUMBER else known.reason
        return
    kid, digest = tokens.data_keys().hash(SUPPRESSION, phone)
    row = Suppression(channel=channel, key_id=kid, digest=digest, reason=reason, at=clock.now())
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        pass  # Somebody else was first, with the same effect.


def release(phone: str, *, channel: str = "sms") -> bool:
    """Allow this number again, because its owner asked for it; whether it was suppressed."""
    digests = [digest for _, digest in tokens.data_keys().hashes(SUPPRESSION, phone)]
    result = db.session.execute(
        delete(Suppression).where(Suppression.channel == channel, Suppression.digest.in_(digests))
    )
    return cast("CursorResult[Any]", result).rowcount > 0


def _clean(*, region: str | None, **given: str | None) -> dict[str, str]:
    """The values that were given, cleaned; raises one Invalid that names every wrong field."""
    readers = {
        "ref": addresses.clean_ref,
        "name": addresses.clean_name,
        "phone": lambda text: phones.normalise(text, region) if text.strip() else None,
        "email": addresses.clean_email,
        "locale": addresses.clean_locale,
        "timezone": addresses.clean_timezone,
    }
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    for field, read in readers.items():
        try:
            value = read(given[field] or "")
        except Invalid as error:
            problems |= error.fields
            continue
        if value is not None:
            values[field] = value
    if problems:
        raise Invalid(" ".join(problems.values()), fields=problems)
    return values


def _find(given: Mapping[str, str]) -> Customer | None:
    if given.keys().isdisjoint(("ref", "phone")):
        return _find_by_email(given["email"])
    by_ref = queries.find_by_ref(given["ref"]) if "ref" in given else None
    by_phone = queries.find_by_phone(given["phone"]) if "phone" in given else None
    # Whoever was made between these two looks may well have both.
    if by_ref is None and by_phone is not None and "ref" in given and by_phone.ref not in (None, given["ref"]):
        raise _two_people()
    if by_ref is not None and by_phone is not None and by_ref.id != by_phone.id:
        raise _two_people()
    return by_ref or by_phone or _find_without_number(given)


def _find_by_email(email: str) -> Customer | None:
    """The one person with an address; raises Invalid where several have it."""
    _hold(email)
    found = queries.list_by_email(email)
    if len(found) > 1:
        sentence = "Several customers have this e-mail address: give the number or the reference of the one you mean."
        raise Invalid(sentence, fields={"email": sentence})
    return found[0] if found else None


def _find_without_number(given: Mapping[str, str]) -> Customer | None:
    """Whoever was known by an address alone until now, when their number is said with it; nobody of another name."""
    if "phone" not in given or "email" not in given:
        return None
    _hold(given["email"])
    found = queries.list_by_email(given["email"])
    if len(found) != 1 or found[0].phone is not None or found[0].ref not in (None, given.get("ref")):
        return None
    known, said = found[0].name, given.get("name")
    return found[0] if not known or not said or known.casefold() == said.casefold() else None


def _hold(email: str) -> None:
    """Keep others from making somebody with this address until the transaction ends."""
    locks.hold([f"customer:{email}"])


def _make(given: Mapping[str, str]) -> Customer | None:
    now = clock.now()
    customer = Customer(
        id=tokens.new_id(), ref=given.get("ref"), phone=given.get("phone"), created_at=now, updated_at=now
    )
    try:
        with db.session.begin_nested():
            db.session.add(customer)
    except IntegrityError:
        return None
    return customer


def _keep(customer: Customer, given: Mapping[str, str]) -> None:
    values: dict[str, str | None] = {}
    values |= {field: value for field, value in given.items() if getattr(customer, field) != value}
    if customer.language_chosen_at is not None:
        values.pop("locale", None)
    if "timezone" not in given and "phone" in given and _is_by_number(customer):
        zone = addresses.find_only_timezone(given["phone"])
        values |= {"timezone": zone} if zone != customer.timezone else {}
    if not values:
        return
    if customer.phone is not None and "phone" in values:
        # Whoever asked to be told may have done so with the old number's texts, which may have gone to a stranger.
        subscriptions.unfollow_customer(customer.id)
    try:
        with db.session.begin_nested():
            for field, value in values.items():
                setattr(customer, field, value)
            customer.updated_at = clock.now()
    except IntegrityError:
        raise _two_people() from None


def _is_by_number(customer: Customer) -> bool:
    """Whether all that is known of a person's zone is their number's country: it goes when the number does."""
    if customer.timezone is None:
        return True
    return customer.phone is not None and customer.timezone == addresses.find_only_timezone(customer.phone)


def _two_people() -> Conflict:
    return Conflict(
        "The reference and the phone number belong to two different customers: leave one of them out, or correct it.",
        code="two_customers",
    )
