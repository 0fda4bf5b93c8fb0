"""A page being made: what staff have entered so far, read into facts, or filled up from a sample to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from selfservice import kit, phone
from selfservice.customers import addresses
from selfservice.errors import AppError, Invalid
from selfservice.kit import Facts
from selfservice.kit.facts import FactField, facts_from_texts
from selfservice.kit.parts_kinds import PicturedKind
from selfservice.situations.registry import Loaded
from selfservice.tokens import BadToken, decode_id, new_id

LONGEST_CASE = 80
PREFIX = "fact_"
"""Stands before each fact's name in the form, so that no fact can collide with the customer's fields."""
PICTURE, FILE, NONE = "-picture", "-file", "-none"
"""Stand behind it for the picture of a fact: its id, the file that was chosen for it, and that there shall be none."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The form as it was entered. `facts` holds one text for each field, by the field's name.

    `page_id` is the page this form will make: chosen with the form, so that a form sent twice makes one page. `brand`
    is the key of the brand it speaks for, empty for the one of its type.
    """

    loaded: Loaded
    page_id: int = field(default_factory=new_id)
    facts: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    phone: str = ""
    email: str = ""
    language: str = "en"
    case_ref: str = ""
    brand: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing of the facts is filled in yet."""
        return not any(text.strip() for text in self.facts.values())


@dataclass(frozen=True)
class Specimen:
    """Facts to look at. `borrowed` are the labels of the fields whose value comes from the sample."""

    facts: Facts
    borrowed: tuple[str, ...]


def read(loaded: Loaded, form: Mapping[str, str]) -> Draft:
    """What a form holds, as entered; nothing is judged yet."""
    language = form.get("language", "")
    try:
        page_id = decode_id(form.get("page_id", ""))
    except BadToken:
        page_id = new_id()
    return Draft(
        loaded=loaded,
        page_id=page_id or new_id(),
        facts={item.name: _entered(item, form) for item in loaded.fields()},
        name=form.get("name", "").strip(),
        phone=form.get("phone", "").strip(),
        email=form.get("email", "").strip(),
        language=language if language in loaded.languages else loaded.languages[0],
        case_ref=form.get("case_ref", "").strip(),
        brand=form.get("brand", ""),
    )


def with_picture(draft: Draft, name: str, picture: str) -> Draft:
    """The draft with a picture, by its id, in the fact called `name`."""
    kind = next(item.kind for item in draft.loaded.fields() if item.name == name)
    assert isinstance(kind, PicturedKind)
    words, _old = kind.apart(draft.facts.get(name, ""))
    return replace(draft, facts={**draft.facts, name: kind.together(words, picture)})


def from_sample(loaded: Loaded, sample: str, *, language: str, zone: ZoneInfo, now: datetime) -> Draft:
    """A draft whose facts are a sample's, as staff would enter them; an unknown sample leaves it blank."""
    found = loaded.samples.get(sample)
    facts = _validated(loaded, found.facts(zone=zone, now=now)) if found else None
    texts = {item.name: _text_of(item, facts, zone) for item in loaded.fields()} if facts else {}
    return Draft(loaded=loaded, facts=texts, language=language if language in loaded.languages else "en")


def check(draft: Draft, *, region: str, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """The raw facts, ready to be issued; raises Invalid with a sentence for every field that is wrong."""
    problems: dict[str, str] = {}
    raw: dict[str, Any] = {}
    try:
        raw = facts_from_texts(draft.loaded.situation.facts, draft.facts, zone)
        draft.loaded.situation.accept(raw, now.astimezone(zone))
    except Invalid as error:
        problems |= {PREFIX + name: sentence for name, sentence in error.fields.items()}
    try:
        if draft.phone or not draft.email:
            phone.normalise(draft.phone, region)
    except Invalid as error:
        problems |= {"phone": error.message}
    try:
        addresses.clean_email(draft.email)
    except Invalid as error:
        problems |= {"email": error.message}
    if len(draft.case_ref) > LONGEST_CASE or not draft.case_ref.isprintable():
        problems["case_ref"] = f"Write the case reference on one line, with at most {LONGEST_CASE} characters."
    if problems:
        raise Invalid(" ".join(problems.values()), fields=problems)
    return raw


def specimen(draft: Draft, *, zone: ZoneInfo, now: datetime) -> Specimen | None:
    """The draft's facts as far as they go, the rest from the type's first sample; None if that is not enough.

    A field left empty on purpose stays empty; only what is required, or cannot be read, is borrowed.
    """
    samples = list(draft.loaded.samples.values())
    base = samples[0].facts(zone=zone, now=now) if samples else {}
    fields = draft.loaded.fields()
    if draft.is_blank:
        facts = _validated(draft.loaded, base)
        return Specimen(facts, tuple(item.label for item in fields)) if facts else None
    raw = _readable(draft, zone)
    borrowed = {item.name for item in fields if item.name not in raw and item.required}
    for _ in fields:
        filled = {name: value for name, value in base.items() if name in borrowed}
        try:
            facts = kit.facts.validate(draft.loaded.situation.facts, {**raw, **filled})
        except Invalid as error:
            wrong = set(error.fields) & set(raw)
            if not wrong:
                return None
            raw = {name: value for name, value in raw.items() if name not in wrong}
            borrowed |= wrong & set(base)
        else:
            return Specimen(facts, tuple(item.label for item in fields if item.name in borrowed))
    return None


def _entered(item: FactField, form: Mapping[str, str]) -> str:
    field = PREFIX + item.name
    text = form.get(field, "")
    if not isinstance(item.kind, PicturedKind) or form.get(field + NONE):
        return text
    return item.kind.together(text, form.get(field + PICTURE, "").strip())


def _readable(draft: Draft, zone: ZoneInfo) -> dict[str, Any]:
    """The fields whose text can be read by itself."""
    raw: dict[str, Any] = {}
    for item in draft.loaded.fields():
        try:
            raw |= facts_from_texts(draft.loaded.situation.facts, {item.name: draft.facts.get(item.name, "")}, zone)
        except Invalid:
            continue
    return raw


def _validated(loaded: Loaded, raw: Mapping[str, Any]) -> Facts | None:
    try:
        return kit.facts.validate(loaded.situation.facts, raw)
    except AppError:
        return None


def _text_of(item: FactField, facts: Facts, zone: ZoneInfo) -> str:
    value = getattr(facts, item.name)
    return "" if value is None else item.kind.to_text(value, zone)
