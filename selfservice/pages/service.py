"""Making pages and ending them: issue, update or supersede by case, send again, revoke."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError

from selfservice import clock
from selfservice.brands import queries as brands
from selfservice.brands.models import Brand
from selfservice.customers import queries as people
from selfservice.customers import service as customers
from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.errors import Conflict, Invalid
from selfservice.events import service as events
from selfservice.kit import Facts
from selfservice.kit.channels import CHANNELS
from selfservice.messages.models import Message
from selfservice.pages import claims, follow_ups, letters, offers, pictures, queries, sight, telling, texts
from selfservice.pages.models import Page
from selfservice.pages.moves import move
from selfservice.situations import registry
from selfservice.situations.registry import Loaded
from selfservice.tokens import new_id

Was = Literal["created", "updated", "superseded"]
LONGEST_CASE = 80
LONGEST_LIFE = timedelta(days=400)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who a page is for, as a caller knows them; what is empty is left as it is stored."""

    ref: str | None = None
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    locale: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, kw_only=True)
class NewPage:
    """A page to be issued. `channels` may be empty: the link is then handed over in another way.

    `locale` is the language of this page alone; without it the page comes in the customer's.
    `brand` is the key of the brand that it speaks for; without it, that is the one of its type, or of the page of the
    same case and type that it takes the place of. A page keeps its brand.
    `actor` is `cli`, `api` or `staff:ID`. A `page_id` chosen beforehand (`tokens.new_id`) makes the same order sent
    twice one page with one text.
    """

    situation: str
    facts: Mapping[str, Any]
    customer: Person
    actor: str
    case_ref: str | None = None
    channels: tuple[str, ...] = CHANNELS
    send_at: datetime | None = None
    expires_at: datetime | None = None
    locale: str | None = None
    page_id: int | None = None
    brand: str = ""


@dataclass(frozen=True)
class Issued:
    """What issuing led to: the page, its address, the messages accepted for it, and what happened to the case."""

    page: Page
    url: str
    was: Was
    messages: list[Message] = field(default_factory=list)


def issue(new: NewPage) -> Issued:
    """Issue a page with its texts, or bring the live page of the same case up to date. The caller commits.

    Raises Invalid (its fields name the facts and values that are wrong, `situation` for a retired type), NotFound for
    an unknown type, and Conflict when the case belongs to somebody else.
    """
    already = queries.find(new.page_id) if new.page_id is not None else None
    if already is not None:
        return Issued(already, texts.url_of(already.id), "created")
    loaded = registry.current().get(new.situation)
    if loaded.situation.retired:
        sentence = f"{loaded.name} is retired, so no page of it is made or changed; choose another page type."
        raise Invalid(sentence, fields={"situation": sentence})
    now = clock.now()
    _check(new, now)
    existing = queries.find_live_case(new.case_ref) if new.case_ref else None
    brand = _brand(new, existing)
    facts = loaded.situation.accept(new.facts, now.astimezone(ZoneInfo(brand.timezone)))
    customer = _customer(new, brand)
    if existing is not None:
        people.hold([customer.id])
        existing = queries.lock_live_case(existing.case_ref or "")
    if existing is None:
        return _create(new, loaded, facts, brand, customer)
    if existing.customer_id != customer.id:
        raise Conflict(
            "This case already has a live page for another customer; use another case reference, or end that page.",
            code="case_of_another_customer",
        )
    if existing.disowned_at is not None:  # Its link is with a stranger: it never shows, or leads to, this customer's.
        return _supersede(existing, new, loaded, facts, brand, customer)
    if existing.situation == new.situation and existing.state in ("scheduled", "open"):
        return _bring_up_to_date(existing, new, loaded, facts)
    if existing.situation == new.situation and existing.facts == facts.model_dump(mode="json"):
        return Issued(existing, texts.url_of(existing.id), "updated")
    return _supersede(existing, new, loaded, facts, brand, customer)


def resend(page_id: int, *, actor: str) -> Message:
    """Tell of the page once more, and give the text; raises NotFound, and Conflict when the page has ended."""
    page = queries.get(page_id)
    if sight.state_at(page, clock.now()) not in ("open", "answered"):
        raise Conflict("This page has ended, so its text is not sent again; make a new page.")
    if page.disowned_at is not None:
        raise Conflict("Somebody said that the number is wrong, so this page shows nothing; make a new page.")
    if texts.view_of(page).state == "retired":
        raise Conflict("Its page type cannot show this page any more, so its text is not sent again; make a new page.")
    letters.require_address(page.customer_id, registry.current().get(page.situation, page.version), CHANNELS)
    events.record("page.resent", actor=actor, page_id=page.id)
    key = f"page:{page.id}:again:{new_id()}"
    return telling.tell(page, channels=CHANNELS, purpose=texts.INVITATION, key=key, actor=actor, is_again=True)[0]


def revoke(page_id: int, *, actor: str) -> None:
    """End a page that nobody should answer any more; raises NotFound, and Conflict when it has ended already."""
    queries.get(page_id)
    if not move(page_id, "revoked", actor=actor):
        raise Conflict("This page is answered or has ended, so it can no longer be closed.")
    claims.give_back(page_id)


def _check(new: NewPage, now: datetime) -> None:
    problems: dict[str, str] = {}
    unknown = [channel for channel in new.channels if channel not in CHANNELS]
    if unknown:
        problems["channels"] = f"There is no channel called {unknown[0]}; use {' or '.join(CHANNELS)}."
    if new.case_ref is not None and len(new.case_ref) > LONGEST_CASE:
        problems["case_ref"] = f"The case reference is longer than {LONGEST_CASE} characters; give a shorter one."
    if new.expires_at is not None and new.expires_at <= now:
        problems["expires_at"] = "The page would end in the past; give a later end, or none."
    if new.send_at is not None and new.expires_at is not None and new.send_at >= new.expires_at:
        problems["send_at"] = "The page would be sent after its end; send it earlier, or end it later."
    if problems:
        raise Invalid(" ".join(problems.values()), fields=problems)


def _brand(new: NewPage, existing: Page | None) -> Brand:
    if existing is not None and existing.situation == new.situation and not new.brand:
        return brands.get(existing.brand_id)
    return brands.get_for(new.situation, new.brand)


def _customer(new: NewPage, brand: Brand) -> Customer:
    person = new.customer
    customer = customers.find_or_make(
        ref=person.ref,
        name=person.name,
        phone=person.phone,
        email=person.email,
        locale=person.locale or new.locale,
        timezone=person.timezone,
        region=brand.country,
    )
    letters.require_address(customer.id, registry.current().get(new.situation), new.channels)
    return customer


def _create(
    new: NewPage,
    loaded: Loaded,
    facts: Facts,
    brand: Brand,
    customer: Customer,
    *,
    was: Was = "created",
) -> Issued:
    now = clock.now()
    expires_at = new.expires_at or sight.end_of(loaded, facts, max(now, new.send_at or now), brand.timezone)
    if expires_at <= max(now, new.send_at or now):
        raise Invalid("The page would have ended before it is sent; check its dates.", fields={"": "ended"})
    is_later = new.send_at is not None and new.send_at > now
    page = Page(
        id=new.page_id or new_id(),
        situation=loaded.key,
        version=loaded.situation.version,
        brand_id=brand.id,
        customer_id=customer.id,
        state="scheduled" if is_later else "open",
        revision=1,
        step=loaded.situation.steps[0].key,
        facts=facts.model_dump(mode="json"),
        answers={},
        can_change=False,
        change_until=None,
        locale=sight.choose_language(loaded, new.locale or customer.locale or brand.language),
        timezone=brand.timezone,
        case_ref=new.case_ref,
        channels=list(new.channels),
        send_at=new.send_at if is_later else None,
        expires_at=min(expires_at, now + LONGEST_LIFE),
        created_by=new.actor,
        created_at=now,
        updated_at=now,
    )
    try:
        with db.session.begin_nested():
            db.session.add(page)
    except IntegrityError:  # Another process made the same page, or opened the same case, since we looked.
        already = queries.find(page.id)
        if already is not None:
            return Issued(already, texts.url_of(already.id), was)
        raise Conflict("This case was opened by somebody else this very moment; send it again.") from None
    events.record("page.issued", actor=new.actor, page_id=page.id, data={"situation": loaded.key, "was": was})
    offers.keep(page, loaded, facts)
    pictures.keep(page, facts)
    issued = Issued(page, texts.url_of(page.id), was)
    key = f"page:{page.id}:{texts.INVITATION}"
    told = telling.tell(page, channels=new.channels, purpose=texts.INVITATION, key=key, actor=new.actor)
    issued.messages.extend(told)
    follow_ups.plan(page)
    return issued


def _bring_up_to_date(page: Page, new: NewPage, loaded: Loaded, facts: Facts) -> Issued:
    """Write changed facts into the live page; the customer is told, unless the text has not even left yet."""
    issued = Issued(page, texts.url_of(page.id), "updated")
    stored = facts.model_dump(mode="json")
    if page.facts == stored and page.version == loaded.situation.version:
        return issued
    page.facts = stored
    page.answers = {key: {"version": page.version, **answer} for key, answer in page.answers.items()}
    page.version = loaded.situation.version
    page.revision += 1
    page.step = loaded.situation.steps[0].key
    since = max(clock.now(), page.created_at)
    page.expires_at = new.expires_at or sight.end_of(loaded, facts, since, page.timezone)
    page.updated_at = clock.now()
    db.session.flush()
    pictures.keep(page, facts)
    events.record("page.updated", actor=new.actor, page_id=page.id, data={"revision": page.revision})
    issued.messages.extend(telling.tell_change(page, channels=new.channels, actor=new.actor))
    follow_ups.plan(page)
    return issued


def _supersede(
    old: Page,
    new: NewPage,
    loaded: Loaded,
    facts: Facts,
    brand: Brand,
    customer: Customer,
) -> Issued:
    # The old page leaves its case first: a case has one live page. The link to its successor follows the insert.
    if not move(old.id, "superseded", actor=new.actor):
        raise Conflict("The page of this case has just ended; send it again.")
    claims.give_back(old.id)
    issued = _create(new, loaded, facts, brand, customer, was="superseded")
    db.session.refresh(old)
    old.superseded_by = issued.page.id
    db.session.flush()
    return issued
