"""Making a page while on a call: the form, what it says about itself while it is filled in, and sending it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from selfservice import clock, phone, tokens
from selfservice.brands import queries as brands
from selfservice.customers import addresses
from selfservice.customers import queries as customers
from selfservice.db import db
from selfservice.errors import AppError, Conflict, Invalid
from selfservice.kit.channels import CHANNELS
from selfservice.pages import service
from selfservice.pages.service import NewPage, Person
from selfservice.situations import registry
from selfservice.situations.registry import Loaded
from selfservice.web.console import door, draft, glance, pictures, sendings
from selfservice.web.console.draft import PREFIX, Draft

_STOPPED = {
    "phone": (
        "This number asked for no texts. Copy the link or show the QR code instead. "
        "If its owner wants texts again, say so on one of their pages."
    ),
    "email": (
        "This address asked for no e-mails. Copy the link or show the QR code instead. "
        "If its owner wants them again, say so on one of their pages."
    ),
}


def show_new() -> ResponseReturnValue:
    """The empty form of a type, or one filled with a sample."""
    types = registry.current().offered()
    if not types:
        return door.page("console/no_types.html")
    wanted = request.args.get("type", "")
    loaded = next((loaded for loaded in types if loaded.key == wanted), types[0])
    zone = ZoneInfo(brands.get_for(loaded.key).timezone)
    language = request.args.get("language", "")
    entered = draft.from_sample(loaded, request.args.get("sample", ""), language=language, zone=zone, now=clock.now())
    return _form(entered)


def create() -> ResponseReturnValue:
    """Issue the page and lead to it; a form that cannot be used comes back as it was, with a sentence a field.

    Pictures that came with it are kept, whatever becomes of the rest.
    """
    loaded = registry.current().get(request.form.get("situation", ""))
    entered, refused = pictures.take(draft.read(loaded, request.form))
    wanted = request.form.get("do", "send")
    if refused or wanted == "keep":
        return _form(entered, problems=refused, status=422 if refused else 200)
    try:
        issued = service.issue(_new_page(entered, sends=wanted == "send"))
    except (Invalid, Conflict) as refusal:
        db.session.rollback()
        return _form(entered, problems=_problems(refusal, loaded), status=refusal.status)
    db.session.commit()
    page_id = tokens.encode_id(issued.page.id)
    if wanted == "qr":
        return redirect(url_for("console.show_qr", page_id=page_id), 303)
    made: str = "link" if wanted == "link" else issued.was
    if made == "created" and issued.messages:
        made = sendings.outcome(issued.messages[0]) or made
    return door.to_page(page_id, made)


def look() -> ResponseReturnValue:
    """What the form says about itself: the text it would send and its cost, and whom the number belongs to."""
    loaded = registry.current().get(request.form.get("situation", ""))
    entered = draft.read(loaded, request.form)
    with door.reading():
        return jsonify(glance.at(entered))


def _new_page(entered: Draft, *, sends: bool) -> NewPage:
    """The draft as a page to issue; raises Invalid with a sentence for each field that is wrong."""
    brand = brands.get_for(entered.loaded.key, entered.brand)
    facts = draft.check(entered, region=brand.country, zone=ZoneInfo(brand.timezone), now=clock.now())
    number = phone.normalise(entered.phone, brand.country) if entered.phone else None
    email = addresses.clean_email(entered.email)
    if sends:
        _refuse_stopped(number, email)
    return NewPage(
        situation=entered.loaded.key,
        facts=facts,
        customer=Person(name=entered.name or None, phone=number, email=email, locale=entered.language),
        actor=door.actor(),
        case_ref=entered.case_ref or None,
        # Somebody for whom an address alone is given is written to there, whatever else is known of them.
        channels=() if not sends else CHANNELS if number else ("push", "email"),
        locale=entered.language,
        page_id=entered.page_id,
        brand=entered.brand,
    )


def _refuse_stopped(number: str | None, email: str | None) -> None:
    """Raise Invalid when the only way to write to somebody, or their number, asked for nothing more."""
    field = "phone" if number else "email"
    is_stopped = customers.is_suppressed(number) if number else customers.is_suppressed(email or "", "email")
    if is_stopped:
        raise Invalid(_STOPPED[field], fields={field: _STOPPED[field]})


def _problems(refusal: AppError, loaded: Loaded) -> dict[str, str]:
    """Each sentence at the field it is about; what is about no field of this form stands above it."""
    if isinstance(refusal, Conflict):
        return {"case_ref": refusal.message}
    given: Mapping[str, str] = refusal.fields if isinstance(refusal, Invalid) else {}
    here = ("name", "phone", "email", "language", "case_ref")
    facts = set(loaded.columns()).difference(here)
    fields = {PREFIX + name if name in facts else name: sentence for name, sentence in given.items()}
    told = {name: sentence for name, sentence in fields.items() if name in here or name.startswith(PREFIX)}
    return told if len(told) == len(fields) and told else {**told, "": refusal.message}


def _form(entered: Draft, *, problems: Mapping[str, str] | None = None, status: int = 200) -> ResponseReturnValue:
    fields = entered.loaded.fields()
    optional = [item for item in fields if not item.required]
    shown: dict[str, Any] = {
        "draft": entered,
        "page_id": tokens.encode_id(entered.page_id),
        "loaded": entered.loaded,
        "fields": fields,
        "optional": optional,
        "takes_pictures": any(item.kind.takes_picture for item in fields),
        # What is filled in or wrong must be seen.
        "opens_optional": any(
            entered.facts.get(item.name) or PREFIX + item.name in (problems or {}) for item in optional
        ),
        "languages": [(code, words.own_name) for code, words in entered.loaded.words.items()],
        "brands": brands.list_all(),
        "brand": brands.get_for(entered.loaded.key, entered.brand),
        "types": registry.current().offered(),
        "problems": problems or {},
    }
    return door.page("console/new.html", status, **shown)
