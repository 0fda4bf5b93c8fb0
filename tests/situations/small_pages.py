"""The small pages around a page, and those that stand for none, each in every state it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

from selfservice import windows
from selfservice.kit import Do
from selfservice.kit.checks import CheckKind
from selfservice.situations import asides, plain, wishing
from selfservice.situations.asides import Verdict
from selfservice.situations.asking import TYPED, Ask
from selfservice.situations.registry import Registry
from selfservice.situations.view import View
from selfservice.situations.wishing import Told, Wished
from selfservice.web.customer.inbox import Row
from tests.situations.views import NOW, face, states, view

PLAIN = ("not_found", "error", "forbidden", "too_many", "slow", "too_large", "unavailable")
STATES = ("open", "answered", "expired", "revoked", "superseded", "retired")
PLACES = {
    "inbox": "/inbox",
    "forget": "/device/forget",
    "verify": "/verify",
    "manifest": "/manifest.webmanifest",
    "touch_icon": "/static/icons/app/touch-180.png",
}
WORDS = ("nothing", "unknown", "yes_link", "yes_receipt", "no_link", "no_receipt")


def every_small_page(registry: Registry, language: str) -> Iterator[tuple[str, str]]:
    """Each of them as its customer gets it, with a name for it."""
    shown = view(registry.get("appointment_reminder"), "booked", language)
    yield from _beside_a_page(shown)
    yield from _checks(registry, language)
    yield from _receipts(registry, language)
    for word in (None, *WORDS):
        verdict = Verdict(word, 1, NOW) if word else None
        html = asides.render_verify(verdict, face=face(language), language=language, host=shown.host, field="what")
        yield f"verify {word}", html
    yield from _alone(registry, language)


def wished(**changes: Any) -> Wished:
    """What a customer wants who said something of one class, on a page of a person with every way to be reached."""
    offered = {"": windows.read("08:00-21:00"), "09:00-18:00": windows.read("09:00-18:00")}
    values: dict[str, Any] = {
        "allowed": {"service": True, "marketing": False, "urgent": True},
        "hours": "",
        "offered": offered,
        "order": ("push", "sms", ""),
        "channels": ("push", "sms", "email"),
        "known": (
            Told("marketing", False, NOW, "text"),
            Told("marketing", True, NOW - timedelta(days=3), "text"),
        ),
        "can_choose": True,
    }
    return Wished(**{**values, **changes})


def _beside_a_page(shown: View) -> Iterator[tuple[str, str]]:
    yield "callback", asides.render_callback(shown)
    yield "callback refused", asides.render_callback(shown.with_problems({"note": "callback_no_number"}, {}))
    yield "called back", asides.render_callback(replace(shown, callback_at=NOW + timedelta(hours=2)))
    yield "preferences", wishing.render(shown, wished())
    yield "preferences saved", wishing.render(replace(shown, token=""), wished(is_saved=True, hours="09:00-18:00"))
    yield "preferences refused", wishing.render(shown, wished(is_alone=True))
    yield "preferences of a stranger", wishing.render(shown, wished(can_choose=False))
    yield "stopped", wishing.render(shown, wished(is_stopped=True))
    yield "mail stopped", wishing.render_without_mail(shown)
    yield "wrong number", asides.render_wrong_number(shown)
    yield "disowned", asides.render_disowned(shown)


def _checks(registry: Registry, language: str) -> Iterator[tuple[str, str]]:
    shown = view(registry.get("fraud_alert"), "online", language)
    protective = (Do("no"),)
    for kind in get_args(CheckKind):
        ask = Ask(kind=kind, tries_left=4, code="sent", can_send=True, protective=protective)
        wrong = {TYPED: f"{kind}_wrong"}
        yield f"check {kind}", asides.render_check(shown, ask)
        yield f"check {kind} wrong", asides.render_check(shown.with_problems(wrong, {}), ask)
    yield "check locked", asides.render_check(shown, Ask(kind="otp", is_locked=True, protective=protective))
    yield "check before code", asides.render_check(shown, Ask(kind="otp", can_send=True))
    yield "check while codes rest", asides.render_check(shown, Ask(kind="otp", is_resting=True))
    yield "check without number", asides.render_check(shown, Ask(kind="otp"))


def _receipts(registry: Registry, language: str) -> Iterator[tuple[str, str]]:
    for loaded in registry:
        answered = next(shown for _, shown in states(loaded, next(iter(loaded.samples)), language) if shown.answers)
        times = dict.fromkeys(answered.answers, NOW)
        yield f"receipt {loaded.key}", asides.render_receipt(answered, times=times, code="8F3A-2C7D-1B4E")


def _alone(registry: Registry, language: str) -> Iterator[tuple[str, str]]:
    for kind in PLAIN:
        yield f"plain {kind}", plain.render_plain(kind, language=language, reference="8f3a2c")
    kept: Mapping[str, Any] = {"body": {"class": "one", "data-kept": "0"}, "has_script": True, "places": PLACES}
    yield "offline", plain.render_alone("customer/offline.html", "plain.offline", language=language, **kept)
    for words, rows in (("inbox.list", _rows(registry, language)), ("inbox.empty", [])):
        more = {"rows": rows, "is_known": bool(rows), "is_kept": False, "places": PLACES, "look": "brand"}
        yield words, plain.render_alone("customer/inbox.html", words, language=language, **more)
    forget: Mapping[str, Any] = {"look": "brand", "places": PLACES}
    yield "forget", plain.render_alone("customer/forget.html", "device.forget", language=language, **forget)
    forgotten: Mapping[str, Any] = {"look": "good", "reference": "", "places": PLACES}
    yield "forgotten", plain.render_alone("errors/plain.html", "device.forgotten", language=language, **forgotten)


def _rows(registry: Registry, language: str) -> list[Row]:
    kinds = registry.all()
    return [
        Row(
            id=f"a{number}",
            address=f"/p/a{number}",
            icon=kinds[number % len(kinds)].situation.icon,
            title=kinds[number % len(kinds)].words[language]["title"],
            brand=face(language).name,
            state=state,  # type: ignore[arg-type]
        )
        for number, state in enumerate(STATES)
    ]
