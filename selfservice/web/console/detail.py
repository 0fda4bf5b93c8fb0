"""One page: what happened, what was answered, what can be done about it; refreshed while it is looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from selfservice import clock, phone, tokens
from selfservice.brands import queries as brands
from selfservice.conversations import queries as conversations
from selfservice.conversations.models import Conversation
from selfservice.customers import queries as customers
from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.errors import Conflict
from selfservice.events import queries as events
from selfservice.events.models import Event
from selfservice.kit.locales import english_name
from selfservice.media import queries as media
from selfservice.messages import queries as messages
from selfservice.pages import checks, numbers, queries, receipts, service, sight, texts
from selfservice.pages.models import ERASED, Page
from selfservice.replies import queries as replies
from selfservice.situations import registry
from selfservice.situations.registry import Loaded
from selfservice.staff import queries as staff
from selfservice.web import live
from selfservice.web.console import arrivals, coming, door, person, sendings, story, wording
from selfservice.web.console.story import Cast
from selfservice.web.console.wording import Said, Teller

_MADE = {
    "created": "The text is on its way.",
    "updated": "This case had a page already. It now shows the new facts.",
    "superseded": "The page is made. The older page of this case leads here.",
    "link": "The page is made. No text was sent: copy the link or show the QR code.",
    "mailed": "The e-mail is on its way.",
    "held": "The page is made. What tells of it waits for its time: see below until when.",
    "unsent": "The page is made, but nothing was sent: see below why.",
    "again": "The text is sent again.",
    "again-mailed": "The e-mail is sent again.",
    "again-held": "It is sent again, but waits for its time: see below until when.",
    "again-unsent": "Nothing was sent again: see below why.",
    "taken-back": "It is taken back and will not be sent.",
    "replayed": "It is sent once more.",
    "closed": "The page is closed.",
    "noted": "It is written down, and counts from now on.",
    "stopped": "Nothing more is sent to this customer. What was on its way is taken back.",
    "done": "Marked as done.",
    "called-off": "It is called off, for this page alone.",
    "released": "The check is released. The customer can try again.",
    "allowed": "The customer is written to again. What was stopped is not sent by itself.",
    "erased": "The customer is erased. Counts stay, and what was stopped stays stopped.",
}


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """One page with what nearly every part of its screen needs."""

    page: Page
    customer: Customer
    loaded: Loaded | None
    teller: Teller


def show_page(page_id: str) -> ResponseReturnValue:
    """The page's own screen."""
    made = request.args.get("made", "")
    cursor = live.here_and_now()
    parts = {**_parts(_scene(page_id)), "is_for_copying": made == "link"}
    return door.page("console/page.html", done=_MADE.get(made, ""), cursor=cursor, **parts)


def show_timeline(page_id: str) -> ResponseReturnValue:
    """The parts of the screen that change by themselves, for its script to put in place."""
    return door.page("console/page_parts.html", **_parts(_scene(page_id)))


def show_qr(page_id: str) -> ResponseReturnValue:
    """The link as a code to point a camera at, large enough for the other side of a desk."""
    # Loaded here: nothing else needs it.
    import segno  # noqa: PLC0415

    scene = _scene(page_id)
    code = segno.make(texts.url_of(scene.page.id), error="m", micro=False)
    drawing = Markup(code.svg_inline(border=4, omitsize=True, svgclass=None))  # noqa: S704 - made of numbers alone
    return door.page("console/qr.html", drawing=drawing, **_basics(scene))


def close(page_id: str) -> ResponseReturnValue:
    """End the page, so that nobody can answer it any more."""
    service.revoke(tokens.decode_id(page_id), actor=door.actor())
    db.session.commit()
    return door.to_page(page_id, "closed")


def release(page_id: str) -> ResponseReturnValue:
    """Let a customer try again who is locked out by wrong answers."""
    if not checks.release(queries.get(tokens.decode_id(page_id)).id, actor=door.actor()):
        raise Conflict("This page is not locked any more; the customer can try again.")
    db.session.commit()
    return door.to_page(page_id, "released")


def allow(page_id: str) -> ResponseReturnValue:
    """Let a page's customer be written to again."""
    page = queries.get(tokens.decode_id(page_id))
    numbers.allow_customer(customers.get(page.customer_id), actor=door.actor(), source="console", page_id=page.id)
    db.session.commit()
    return door.to_page(page_id, "allowed")


def _scene(page_id: str) -> _Scene:
    page = queries.get(tokens.decode_id(page_id))
    return _Scene(
        page=page,
        customer=customers.get(page.customer_id),
        loaded=registry.current().find(page.situation, page.version),
        teller=Teller.at(page.timezone, clock.now()),
    )


def _basics(scene: _Scene) -> dict[str, Any]:
    page, customer = scene.page, scene.customer
    return {
        "page": page,
        "id": tokens.encode_id(page.id),
        "customer": customer,
        "first_name": sight.first_name(customer.name) or "The customer",
        "them": sight.first_name(customer.name) or "the customer",
        "is_known": any((customer.ref, customer.name, customer.phone, customer.email)),
        "is_emptied": page.situation.startswith(ERASED),
        "ending": phone.ending(customer.phone) if customer.phone else "",
        "what": wording.type_name(page.situation, scene.loaded),
        "language": _language(scene.loaded, page.locale),
        "url": texts.url_of(page.id),
        "times": scene.teller.times,
        "state": sight.state_at(page, clock.now()),
        "condition": wording.condition(page, clock.now()),
    }


def _language(loaded: Loaded | None, locale: str) -> str:
    """What a language is called by those who speak it."""
    words = loaded.words.get(locale) if loaded else None
    return words.own_name if words else english_name(locale)


def _parts(scene: _Scene) -> dict[str, Any]:
    page, loaded, teller = scene.page, scene.loaded, scene.teller
    log = events.list_for_page(page.id)
    waiting = conversations.list_for_page(page.id)
    names = staff.names_of(_people(log, page, waiting))
    known = sight.facts_of(loaded, page.facts, page.version) if loaded else None
    sent = messages.list_for_page(page.id)
    team_names = _team_names(page)
    cast = _cast(scene, names)
    phone_stopped = customers.is_suppressed(scene.customer.phone or "")
    return {
        **_basics(scene),
        "entries": story.tell(log, cast),
        "made_by": names.get(staff.id_of(page.created_by), ""),
        "answers": wording.answers(page, loaded, teller) if loaded else (),
        "shown_photos": [key for key, medium in cast.photos.items() if medium.state == "ready"],
        "facts": wording.facts(loaded, known, teller) if loaded and known else [],
        "texts": sorted([*sendings.tell(sent), *arrivals.tell(replies.list_for_page(page.id))], key=lambda one: one.at),
        "sent_to": sendings.places(sent, scene.customer),
        "conversations": waiting,
        "is_locked": any(check.state == "locked" for check in checks.list_for_page(page.id)),
        "is_stopped": phone_stopped,
        "is_mail_stopped": customers.is_suppressed(scene.customer.email or "", "email"),
        "receipt": receipts.code_of(page.id, page.brand_id, page.answers) if page.answers else "",
        "wants": person.tell(page, scene.customer),
        "names": names,
        "team_names": team_names,
        "coming": coming.tell(page, sent, loaded, team_names),
        "encode_id": tokens.encode_id,
        "is_for_copying": False,
    }


def _cast(scene: _Scene, names: dict[int, str]) -> Cast:
    given: dict[str, list[Said]] = defaultdict(list)
    for answer in queries.list_answers(scene.page.id):
        if scene.loaded is not None:
            standing = scene.page.answers.get(answer.action, {})
            version = standing.get("version", scene.page.version)
            given[answer.action].append(
                wording.said(scene.loaded, answer.action, answer.form, scene.teller, version=version, at=answer.at)
            )
    steps = scene.loaded.situation.steps if scene.loaded else ()
    return Cast(
        users=names,
        tones={step.key: wording.tone_of(scene.loaded, step.key) for step in steps if scene.loaded},
        links=scene.loaded.situation.links if scene.loaded else {},
        answers=given,
        teams=_team_names(scene.page),
        photos={tokens.encode_id(medium.id): medium for medium in media.list_for_page(scene.page.id)},
        ending=phone.ending(scene.customer.phone) if scene.customer.phone else "",
    )


def _team_names(page: Page) -> dict[str, str]:
    """What each team is called: staff's own name for it, else the one customers know."""
    shown_to_customers = dict(brands.face(page.brand_id, "en").teams)
    return shown_to_customers | {team.key: team.name for team in staff.list_teams()}


def _people(log: Iterable[Event], page: Page, waiting: Iterable[Conversation]) -> set[int]:
    """The ids of all members of staff whom the screen names."""
    actors = {page.created_by, *(event.actor for event in log)}
    return {user for user in map(staff.id_of, actors) if user} | {one.user_id for one in waiting if one.user_id}
