"""The device a request comes from: known by its cookie, which only an answer to a POST ever sets."""

from __future__ import annotations

from flask import Response, g, request

from selfservice import config
from selfservice.customers import devices
from selfservice.customers.models import Device

LIFE_SECONDS = 400 * 24 * 3600
"""As long as browsers keep any cookie."""


def cookie_name() -> str:
    """`__Host-` binds a cookie to this host and to https; without https (demo mode) browsers refuse that name."""
    return "__Host-device" if config.current().is_secure else "device"


def find() -> Device | None:
    """The device, if its cookie is one of ours."""
    if "device" not in g:
        secret = request.cookies.get(cookie_name(), "")
        g.device = devices.find(secret) if secret else None
    device: Device | None = g.device
    return device


def get_or_make() -> Device:
    """The device; a new one, whose cookie `remember` sets, for a browser that has none. The caller commits."""
    device = find()
    if device is None:
        device, g.device_secret = devices.make()
        g.device = device
    return device


def remember(response: Response) -> Response:
    """Set the cookie of a device that was made during this request."""
    secret = g.pop("device_secret", None)
    if secret is not None:
        response.set_cookie(
            cookie_name(),
            secret,
            max_age=LIFE_SECONDS,
            path="/",
            secure=config.current().is_secure,
            httponly=True,
            samesite="Lax",
        )
    return response


def drop(response: Response) -> Response:
    """Take the cookie back."""
    response.delete_cookie(cookie_name(), path="/", secure=config.current().is_secure, httponly=True, samesite="Lax")
    return response
