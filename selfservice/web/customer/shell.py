"""What a customer's phone keeps that is nobody's: worker, script behind the pages, manifest, logos, one page."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from selfservice import config
from selfservice.brands import queries as brands
from selfservice.config import Settings
from selfservice.errors import NotFound
from selfservice.kit.locales import tag
from selfservice.situations import phone_scripts, plain
from selfservice.situations.framing import NEUTRAL
from selfservice.web import assets, encoding, languages, security

FOR_EVER = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"
CLEARED = '"cache", "storage"'
_JAVASCRIPT = "text/javascript; charset=utf-8"
_SWITCH = "phones-off"
_ICONS = (("icon", 192, "any"), ("icon", 512, "any"), ("maskable", 192, "maskable"), ("maskable", 512, "maskable"))
_SCREENSHOTS = (("screenshot-narrow", "780x1688", "narrow"), ("screenshot-wide", "1280x800", "wide"))

blueprint = Blueprint("shell", __name__)


def _anybody() -> None:
    return None


security.guard(blueprint, "public", _anybody)


def switch(settings: Settings) -> Path:
    """The file that is there while everything is being taken back from phones: the kill switch."""
    return settings.instance / _SWITCH


def icons() -> tuple[str, ...]:
    """The addresses of the pictures that the worker keeps, the one for notifications first."""
    return tuple(assets.url(f"icons/app/{name}") for name in phone_scripts.KEPT_ICONS)


@blueprint.get("/sw.js")
def worker() -> ResponseReturnValue:
    """The service worker; asked for at every visit, so that a change of it, or its end, is there at once."""
    settings = config.current()
    if switch(settings).exists():
        response = _script(phone_scripts.last_worker_script(), ASK_EACH_TIME)
        if "clear" in request.args:
            response.headers["Clear-Site-Data"] = CLEARED
    else:
        response = _script(phone_scripts.worker_script(settings.push_key, icons()), ASK_EACH_TIME)
    response.headers["Content-Security-Policy"] = "default-src 'self'"
    return response


@blueprint.get("/app/<language>.js")
def app_script(language: str) -> ResponseReturnValue:
    """The script behind the pages, with the words of one language."""
    if language not in phone_scripts.languages():
        raise NotFound("There are no words in that language; open the page again.")
    is_asked_for = request.args.get("v") == phone_scripts.build()
    return _script(phone_scripts.app_script(language), FOR_EVER if is_asked_for else "no-store")


@blueprint.get("/app/upload/<language>.js")
def upload_script(language: str) -> ResponseReturnValue:
    """The script of pages that take photos, with the words of one language."""
    if language not in phone_scripts.languages():
        raise NotFound("There are no words in that language; open the page again.")
    is_asked_for = request.args.get("v") == phone_scripts.build()
    return _script(phone_scripts.upload_script(language), FOR_EVER if is_asked_for else "no-store")


@blueprint.get("/logo/<digest>.png")
def logo(digest: str) -> ResponseReturnValue:
    """A brand's logo: it comes after a page that can be read without it, and once for all pages."""
    png = brands.find_logo(digest)
    if png is None:
        raise NotFound("There is no such logo; open the page again.")
    response = Response(png, content_type="image/png")
    response.headers["Cache-Control"] = FOR_EVER
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response


@blueprint.get("/offline")
def offline() -> ResponseReturnValue:
    """What is shown for a page that is not kept; the worker fetches it while there is a network."""
    language = languages.wanted()
    response = encoding.compressed(
        plain.render_alone(
            "customer/offline.html",
            "plain.offline",
            language=language,
            has_script=True,
            body={"class": "one", "data-kept": "0"},
            places={"inbox": url_for("inbox.show")},
        )
    )
    response.headers.extend(
        (
            ("Cache-Control", ASK_EACH_TIME),
            ("X-Robots-Tag", "noindex, nofollow"),
            ("Content-Security-Policy", plain.SECURITY_POLICY),
        )
    )
    return response


@blueprint.get("/manifest.webmanifest")
def manifest() -> ResponseReturnValue:
    """What makes the list of pages an app on the home screen."""
    language = languages.wanted()
    response = jsonify(
        id="/inbox",
        scope="/",
        start_url="/inbox",
        lang=tag(language),
        name=plain.shared_word(language, "inbox.title"),
        short_name=plain.shared_word(language, "inbox.title"),
        display="standalone",
        background_color="#f3f5f7",
        theme_color=NEUTRAL[0],
        icons=[_icon(name, size, purpose) for name, size, purpose in _ICONS],
        shortcuts=[
            {"name": plain.shared_word(language, "inbox.title"), "url": "/inbox"},
            {"name": plain.shared_word(language, "inbox.check"), "url": "/verify"},
        ],
        screenshots=[_screenshot(name, size, form) for name, size, form in _SCREENSHOTS],
    )
    response.content_type = "application/manifest+json"
    response.headers["Cache-Control"] = ASK_EACH_TIME
    return response


def _icon(name: str, size: int, purpose: str) -> dict[str, str]:
    address = assets.url(f"icons/app/{name}-{size}.png")
    return {"src": address, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


def _screenshot(name: str, size: str, form: str) -> dict[str, str]:
    return {"src": assets.url(f"icons/app/{name}.png"), "sizes": size, "type": "image/png", "form_factor": form}


def _script(text: str, caching: str) -> Response:
    response = encoding.compressed(text)
    response.content_type = _JAVASCRIPT
    response.headers["Cache-Control"] = caching
    return response
