"""Settings, brands: the list, the form with pages that change as it is filled in, adding, changing and removing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from selfservice import clock
from selfservice.brands import colours, queries, service
from selfservice.brands.face import Face, logo_address
from selfservice.brands.models import Brand
from selfservice.db import db
from selfservice.errors import Conflict, Forbidden, Invalid
from selfservice.kit import opening_lines
from selfservice.kit.formats import Reader
from selfservice.kit.opening import Opening
from selfservice.media import kinds, logos
from selfservice.situations import registry
from selfservice.situations.languages import language_names
from selfservice.situations.registry import Loaded
from selfservice.situations.view import Theme, View
from selfservice.staff.models import Role
from selfservice.web.console import brand_form, door, draft, preview
from selfservice.web.console.brand_form import Entered

_SAID = {
    "added": "The brand is added.",
    "changed": "Saved. Pages show it within seconds.",
    "removed": "The brand is removed.",
}
_NAME = "Maria Santos"


def show_brands() -> ResponseReturnValue:
    """Every brand with a page of its own, the default one first."""
    _require_supervisor()
    cards = [
        {"brand": brand, "face": queries.show(brand, "en"), "types": _types_of(brand)} for brand in queries.list_all()
    ]
    return door.page("console/brands.html", cards=cards, done=_SAID.get(request.args.get("made", "")))


def show_new_brand() -> ResponseReturnValue:
    """The form of a new brand."""
    _require_supervisor()
    return _form(brand_form.from_brand(None))


def show_brand(key: str) -> ResponseReturnValue:
    """The form of one brand."""
    _require_supervisor()
    return _form(brand_form.from_brand(queries.get_by_key(key)))


def add_brand() -> ResponseReturnValue:
    """Add a brand; a form that cannot be used comes back as it was, with a sentence a field."""
    return _save(None)


def change_brand(key: str) -> ResponseReturnValue:
    """Change one, likewise."""
    return _save(key)


def remove_brand(key: str) -> ResponseReturnValue:
    """Remove a brand for good, if it has no pages and is not the default."""
    _require_supervisor()
    service.remove(queries.get_by_key(key), actor=door.actor())
    db.session.commit()
    return redirect(url_for("console.show_brands", made="removed"), 303)


def look_at_brand() -> ResponseReturnValue:
    """What the form says about itself while it is filled in: whether the colours do, and the hours as customers read
    them.
    """
    _require_supervisor()
    entered = _entered()
    with door.reading():
        return jsonify(_told(entered))


def preview_brand() -> ResponseReturnValue:
    """A page in the looks that the form describes, so far; a POST, as for a new page."""
    _require_supervisor()
    entered = _entered()
    theme: Theme = "dark" if request.args.get("theme") == "dark" else "light"
    with door.reading():
        return _preview(_face(entered), _types_of(entered.brand), theme)


def preview_kept_brand(key: str) -> ResponseReturnValue:
    """A page in the looks of a brand as it is."""
    _require_supervisor()
    brand = queries.get_by_key(key)
    return _preview(queries.show(brand, "en"), _types_of(brand), "")


def _save(key: str | None) -> ResponseReturnValue:
    _require_supervisor()
    picture = _read_logo()
    try:
        png = logos.make(picture) if picture else None  # It takes a while: before anything is read or written.
        entered = _entered(key)
        brand = _keep(entered)
        if png or entered.has("no_logo"):
            service.set_logo(brand, png, actor=door.actor())
    except (Invalid, Conflict) as refusal:
        db.session.rollback()
        return _form(_entered(key), problems=_problems(refusal), status=refusal.status)
    db.session.commit()
    return redirect(url_for("console.show_brand", key=brand.key, made="changed" if key else "added"), 303)


def _read_logo() -> bytes:
    """The file that was chosen; empty if none was."""
    logo = request.files.get(logos.FIELD)
    if logo is None:
        return b""
    with closing(logo):
        picture: bytes = logo.read(kinds.MOST_BYTES + 1)
    return picture


def _keep(entered: Entered) -> Brand:
    """Write down what the form says; raises Invalid with a sentence for each field that is wrong, and Conflict."""
    values, problems = brand_form.values(entered), {}
    try:
        values["opening"] = brand_form.opening(entered)
    except ValueError as refusal:
        problems["opening"] = str(refusal)
    brand, is_default = entered.brand, entered.has("is_default")
    try:
        if brand is None:
            brand = service.add(entered["key"], values, is_default=is_default, actor=door.actor())
        else:
            service.change(brand, values, is_default=is_default, actor=door.actor())
    except Invalid as refusal:
        problems |= refusal.fields
    if problems or brand is None:
        raise Invalid(" ".join(problems.values()), fields=problems)
    return brand


def _entered(key: str | None = None) -> Entered:
    """The form, of the brand that its address or its own field names."""
    key = key or request.form.get("of", "")
    return brand_form.read(request.form, queries.get_by_key(key) if key else None)


def _form(entered: Entered, *, problems: Mapping[str, str] | None = None, status: int = 200) -> ResponseReturnValue:
    brand = entered.brand
    others = {key: other.name for other in queries.list_all() if other is not brand for key in other.situations}
    return door.page(
        "console/brand.html",
        status,
        entered=entered,
        brand=brand,
        logo=logo_address(queries.show(brand, "en")) if brand is not None and brand.logo else "",
        problems=problems or {},
        told=_told(entered),
        languages=language_names(),
        weekdays=brand_form.WEEKDAY_NAMES,
        teams=brand_form.team_keys(brand),
        types=[(loaded, others.get(loaded.key, "")) for loaded in registry.current()],
        done=_SAID.get(request.args.get("made", "")),
    )


def _problems(refusal: Invalid | Conflict) -> dict[str, str]:
    """Each sentence at the field it is about; what is about none stands above the form."""
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    return dict(fields) or {"": refusal.message}


def _told(entered: Entered) -> dict[str, Any]:
    """What the form says about itself: for each colour its contrast, or what is wrong and what to take; the hours."""
    seen = brand_form.look(entered)
    return {
        "colour": _judged(entered["colour"], on_dark=False),
        "colour_dark": _judged(entered["colour_dark"] or seen.get("colour_dark", ""), on_dark=True),
        "proposed": colours.propose_dark(seen["colour"]) if "colour" in seen else "",
        "hours": _hours(entered),
    }


def _judged(spelt: str, *, on_dark: bool) -> dict[str, str]:
    try:
        colour = colours.read(spelt)
    except ValueError as refusal:
        return {"colour": "", "fault": str(refusal), "offer": "", "fine": ""}
    fault = colours.find_fault(colour, on_dark=on_dark)
    offer = colours.nearest(colour, on_dark=on_dark) if fault else ""
    worst = colours.weakest(colour, on_dark=on_dark)
    fine = "" if fault else f"Every text can be read: {worst.contrast:.1f}:1 at the least."
    return {"colour": colour, "fault": fault, "offer": offer, "fine": fine}


def _hours(entered: Entered) -> dict[str, str]:
    """The line that customers read in English, or what is wrong with the hours."""
    try:
        read = Opening.read(brand_form.opening(entered), ZoneInfo("UTC"))
    except ValueError as refusal:
        return {"line": "", "fault": str(refusal)}
    line = opening_lines.line(read, Reader("en", ZoneInfo("UTC"), clock.now())) if read else ""
    return {"line": entered["hours_en"] or line, "fault": ""}


def _face(entered: Entered) -> Face:
    """The brand as it is kept, or the default one for a new brand, in the looks that the form describes so far."""
    face = queries.show(entered.brand or queries.get_for(""), "en")
    line = _hours(entered)["line"]
    logo = "" if entered.brand is None or entered.has("no_logo") else face.logo
    return replace(face, hours=line, opening=None, logo=logo, **brand_form.look(entered))


def _preview(face: Face, types: list[Loaded], theme: Theme) -> Response:
    """A sample of a type that the brand speaks for: the first whose top is in the brand's colour, if there is one."""
    view = next(filter(_is_in_colour, _views(face, types)), None) or next(_views(face, types), None)
    if view is None:
        raise Conflict("No page type has a sample that can be shown; `flask situation check` says what is wrong.")
    return preview.framed(replace(view, theme=theme))


def _views(face: Face, types: list[Loaded]) -> Iterator[View]:
    zone, now = ZoneInfo(face.timezone), clock.now()
    for loaded in types:
        for name in loaded.samples:
            sample = draft.from_sample(loaded, name, language="en", zone=zone, now=now)
            view = preview.view_of(replace(sample, name=_NAME), "asks", face=face)
            if view is not None:
                yield view


def _is_in_colour(view: View) -> bool:
    step = registry.current().get(view.situation, view.version).situation.step(view.step)
    return step is not None and step.hero(view.facts, view.answers, view.now).header == "brand"


def _types_of(brand: Brand | None) -> list[Loaded]:
    """The types that a brand speaks for, or all of them where it names none."""
    every = registry.current().all()
    own = [loaded for loaded in every if brand is not None and loaded.key in brand.situations]
    return [*own] or [*every]


def _require_supervisor() -> None:
    if door.here().role is Role.AGENT:
        raise Forbidden("Only supervisors can see and change brands, so nothing was done; ask one of them.")
