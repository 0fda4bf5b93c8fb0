"""The development handset's door: anybody, in demo mode only; the phones' texts, and replies typed on them."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from selfservice import clock, config
from selfservice.brands import queries as brands
from selfservice.db import db
from selfservice.errors import NotFound
from selfservice.messages.channels import handset, mailbox
from selfservice.messages.channels.contract import Inbound
from selfservice.replies import service as replies
from selfservice.situations import icons
from selfservice.web import encoding, security
from selfservice.web.phone import letters, shown

LONGEST_REPLY = 1000
_ADDRESS = re.compile(r"\d{5,15}", re.ASCII)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Its styles stand in it, as mailboxes want them; it fetches nothing, runs nothing, and opens links beside itself.
_LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)

blueprint = Blueprint("phone", __name__, url_prefix="/phone")


def enter() -> None:
    """Let anybody in while nothing real is sent; in production there is no such door."""
    if config.current().is_production:
        raise NotFound("There is no development handset in production.")


security.guard(blueprint, "demo", enter)


@blueprint.context_processor
def _give_icons() -> dict[str, object]:
    return {"icon": icons.icon}


@blueprint.get("")
def show() -> ResponseReturnValue:
    """The phones that have texts."""
    return _page("")


@blueprint.get("/<address>")
def show_phone(address: str) -> ResponseReturnValue:
    """One phone and its texts; the address is the number, with or without its plus."""
    if address.startswith("+"):
        return redirect(url_for(".show_phone", address=address[1:]), 302)
    return _page(_checked(address))


@blueprint.get("/mail/<address>")
def show_mail(address: str) -> ResponseReturnValue:
    """One address and its e-mails; `?email=` says which is open."""
    return _page("", mail=address)


@blueprint.get("/letter/<int:email_id>")
def show_letter(email_id: int) -> ResponseReturnValue:
    """One e-mail as it came, for the frame that shows it."""
    email = mailbox.find(email_id)
    if email is None:
        raise NotFound("There is no such e-mail; open /phone and choose one.")
    response = encoding.compressed(email.html)
    response.headers.extend(
        (("Cache-Control", "no-store"), ("X-Robots-Tag", "noindex"), ("Content-Security-Policy", _LETTER_POLICY))
    )
    return response


@blueprint.post("/<address>")
def reply(address: str) -> ResponseReturnValue:
    """Keep what was typed on a phone, and take it as a text that a provider hands over."""
    number = f"+{_checked(address)}"
    texts = handset.list_texts(number, limit=1)
    if not texts:
        raise NotFound("This phone has no texts, so there is nothing to reply to.")
    body = request.form.get("body", "").strip()[:LONGEST_REPLY]
    if body:
        typed = handset.reply(number, sender=texts[0].sender, body=body)
        inbound = Inbound(ref=str(typed.id), sender=number, recipient=typed.sender, body=body, at=typed.at)
        text_id = replies.keep(handset.SCHEME, inbound)
        db.session.commit()
        replies.understand(text_id)
    return redirect(url_for(".show_phone", address=address), 303)


def _page(address: str, *, mail: str = "") -> Response:
    """The screen, or 304 while it would be the same: it is asked for every second."""
    now = clock.now()
    zone = ZoneInfo(brands.get_for("").timezone)
    tag = f"{handset.last_id()}-{mailbox.last_id()}-{now.astimezone(zone):%d}"
    if request.if_none_match.contains_weak(tag):
        return _finished(Response(status=304), tag)
    phones = shown.list_phones(zone, now)
    found = shown.find_phone(phones, address)
    if address and found is None:
        raise NotFound("This phone has no texts yet; send one to its number.")
    emails = letters.list_letters(mail, request.args.get("email", 0, int), zone, now) if mail else []
    if mail and not emails:
        raise NotFound("This address has no e-mails yet; send one to it.")
    bubbles = shown.list_bubbles(f"+{address}", zone, now) if address else []
    html = render_template(
        "phone/screen.html",
        inboxes=sorted([*phones, *letters.list_mailboxes(zone, now)], key=lambda one: one.at, reverse=True),
        phone=found,
        bubbles=bubbles,
        mail=mail,
        letters=emails,
        letter=letters.find_open(emails),
        zone=zone.key,
        longest=LONGEST_REPLY,
    )
    return _finished(encoding.compressed(html), tag)


def _finished(response: Response, tag: str) -> Response:
    response.set_etag(tag, weak=True)
    response.headers.extend(
        (("Cache-Control", "no-store"), ("X-Robots-Tag", "noindex, nofollow"), ("Content-Security-Policy", _POLICY))
    )
    return response


def _checked(address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise NotFound("That is not the address of a phone; open /phone and choose one.")
    return address
