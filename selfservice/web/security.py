"""What guards the doors: each blueprint's one way of proving who is there, the origin of forms, the safe headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, request
from flask.typing import ResponseReturnValue

from selfservice import config
from selfservice.db import SAFE_METHODS
from selfservice.errors import Forbidden

Auth = Literal["link", "device", "staff", "provider", "demo", "public"]
Check = Callable[[], ResponseReturnValue | None]

_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    # Not no-referrer: forms would then carry `Origin: null` and be refused below.
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", _PERMISSIONS),
)
_HSTS = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")


def guard(blueprint: Blueprint, auth: Auth, check: Check) -> None:
    """Make `check` the only way into every route of `blueprint`.

    `check` raises, or answers in the route's place. `auth` is the word for it: `link` (the signed token in the
    address), `device` (the cookie of the browser), `staff` (a signed-in session), `provider` (signed by the provider),
    `demo` (nobody, and only in demo mode), `public` (anybody).
    """

    @blueprint.before_request
    def enter() -> ResponseReturnValue | None:
        return check()

    @blueprint.record_once
    def remember(state: object) -> None:
        app: Flask = state.app  # type: ignore[attr-defined]
        app.extensions.setdefault("selfservice.auth", {})[blueprint.name] = auth


def auth_of(app: Flask, blueprint: str) -> Auth | None:
    """How the routes of a blueprint know who is there; None if nobody said."""
    auth: Auth | None = app.extensions.get("selfservice.auth", {}).get(blueprint)
    return auth


def refuse_foreign_forms() -> None:
    """Refuse what another site's page sends (raises Forbidden); programs that are no browser send neither header.

    Fetch metadata says where a request comes from; older browsers send at least an Origin with every form.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        is_foreign = site not in ("same-origin", "none")
    else:
        origin = request.headers.get("Origin")
        is_foreign = origin is not None and urlsplit(origin).netloc not in (request.host, _own_host())
    if is_foreign:
        raise Forbidden("This form was sent from another site, so it was not taken; open the page itself and use it.")


def add_safe_headers(response: Response) -> Response:
    """The headers that every answer carries; a view's own value for one of them stands."""
    headers = response.headers
    present = {name.lower() for name, _value in headers}
    for name, value in _ALWAYS:
        if name.lower() not in present:
            headers.add(name, value)
    if config.current().is_secure:
        headers.add(*_HSTS)
    return response


def _own_host() -> str:
    return urlsplit(config.current().base_url).netloc
