"""The list of the pages that were opened on a device, how many wait, and forgetting the device."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from selfservice import clock, tokens
from selfservice.brands import queries as brands
from selfservice.db import db
from selfservice.pages import inbox
from selfservice.pages.inbox import Entry
from selfservice.situations import plain
from selfservice.situations.view import State
from selfservice.web import assets, device, encoding, languages, security
from selfservice.web.customer import keeping
from selfservice.web.customer.shell import CLEARED

KEPT_FOR = timedelta(days=30)
ICON = "inbox"
_WORDS = {
    (False, True): "inbox.list",
    (False, False): "inbox.empty",
    (True, True): "inbox.kept",
    (True, False): "inbox.kept_empty",
}
"""Where the headline is, by whether it is to be kept and whether there is anything in it."""

blueprint = Blueprint("inbox", __name__)


def _enter() -> None:
    """Whoever holds the device's cookie sees its list; without one there is nothing to see."""
    device.find()


security.guard(blueprint, "device", _enter)


@dataclass(frozen=True)
class Row:
    """One page as the list shows it; `id` is the page's id as outsiders see it."""

    id: str
    address: str
    icon: str
    title: str
    brand: str
    state: State


@blueprint.get("/inbox")
def show() -> ResponseReturnValue:
    """The device's pages, newest first. With `kept`, what a phone may keep of it: those it opens without a network."""
    owner = device.find()
    entries = inbox.list_pages(owner.id) if owner else []
    language = _language(entries)
    is_kept = "kept" in request.args
    waiting = sum(entry.state == "open" for entry in entries)
    if is_kept:
        entries = [entry for entry in entries if entry.is_reopened_offline]
    response = _page(
        "customer/inbox.html",
        _WORDS[is_kept, bool(entries)],
        language,
        look="brand",
        rows=[_row(entry, language) for entry in entries],
        is_known=owner is not None,
        is_kept=is_kept,
        body={"class": "one", "data-open": None if is_kept else str(waiting)},
    )
    if is_kept and owner:
        response.headers[keeping.HEADER] = f"device {int((clock.now() + KEPT_FOR).timestamp())}"
    return response


@blueprint.get("/inbox/count")
def count() -> ResponseReturnValue:
    """How many of the device's pages wait for an answer: the number on the app's icon."""
    owner = device.find()
    response = jsonify(open=inbox.count_open(owner.id) if owner else 0)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/device/forget")
def ask() -> ResponseReturnValue:
    """What forgetting the device means, and the button for it."""
    return _page("customer/forget.html", "device.forget", _language([]), look="brand")


@blueprint.post("/device/forget")
def forget() -> ResponseReturnValue:
    """Forget the device: here, and what its browser keeps of us; 303 to a page that says so."""
    owner = device.find()
    if owner is not None:
        inbox.forget(owner.id)
        db.session.commit()
    response = redirect("/device/forgotten", 303)
    assert isinstance(response, Response)
    response.headers["Clear-Site-Data"] = f'{CLEARED}, "cookies"'
    return device.drop(response)


@blueprint.get("/device/forgotten")
def forgotten() -> ResponseReturnValue:
    """Says that the device is forgotten, and starts nothing anew on it."""
    return _page("errors/plain.html", "device.forgotten", _language([]), look="good", has_script=False, reference="")


def _row(entry: Entry, language: str) -> Row:
    brand = brands.face(entry.brand_id, language)
    kind = entry.type
    words = None if kind is None else kind.words.get(language) or kind.words["en"]
    return Row(
        id=tokens.encode_id(entry.id),
        address=f"/p/{tokens.current().sign_page(entry.id)}",
        icon=ICON if kind is None else kind.situation.icon,
        title=brand.name if words is None else words["title"],
        brand=brand.name,
        state=entry.state if kind is not None else "retired",
    )


def _language(entries: list[Entry]) -> str:
    """The language asked for, else that of the newest page, else the browser's."""
    return languages.wanted(*(entry.locale for entry in entries[:1]))


def _page(template: str, words: str, language: str, *, has_script: bool = True, **more: object) -> Response:
    places = {
        "inbox": url_for("inbox.show"),
        "forget": url_for("inbox.ask"),
        "verify": "/verify",
        "manifest": url_for("shell.manifest"),
        "touch_icon": assets.url("icons/app/touch-180.png"),
    }
    html = plain.render_alone(template, words, language=language, has_script=has_script, places=places, **more)  # type: ignore[arg-type]
    response = encoding.compressed(html)
    response.headers.extend(
        (
            ("Cache-Control", "no-store"),
            ("X-Robots-Tag", "noindex, nofollow"),
            ("Content-Security-Policy", plain.SECURITY_POLICY),
        )
    )
    return response
