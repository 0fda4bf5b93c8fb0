"""Fields: what a customer fills in with an action, as the layout draws it: words found, options grouped by day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from selfservice.kit import Situation
from selfservice.kit.formats import Reader, day, moment, short_day, time
from selfservice.kit.forms import UPLOAD, Input, Option
from selfservice.kit.tracing import call
from selfservice.situations.speaking import Speaker, sentence
from selfservice.situations.view import View


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One option; the first stands for the whole field. `says` is how a button that repeats the choice puts it,
    `icon` a picture above its words.
    """

    value: str
    text: str
    says: str
    icon: str
    is_picked: bool
    is_first: bool


@dataclass(frozen=True, kw_only=True)
class Group:
    """Options under a heading of their own, such as a day; the heading is empty where there is only one group."""

    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field. `id` is the element that a link to it leads to, `problem` why what was sent cannot be used.

    `ends` are the words under the first and the last number of a row of numbers. Photos are sent to `address`; those
    that are there already stand among the choices.
    """

    action: str
    name: str
    id: str
    control: str
    label: str
    hint: str
    problem: str
    empty: str
    entered: str
    is_required: bool
    is_exhausted: bool
    max_length: int | None
    autocomplete: str
    ends: tuple[str, str]
    groups: tuple[Group, ...]
    address: str = ""


def fields_of_action(action: str, step: str, view: View, situation: Situation, say: Speaker) -> Iterator[Field]:
    """The fields of an action's form in one step of a page."""
    inputs = situation.inputs(action, view.facts, view.case, view.taken)
    is_shown = step == view.step
    for field in inputs:
        word = view.problems.get(field.name, "") if is_shown else ""
        entered = view.entered.get(field.name, "") if is_shown else ""
        yield Field(
            action=action,
            name=field.name,
            id=f"{step}-{field.name}",
            control=field.control,
            label=say(f"fields.{field.name}"),
            hint=say.find(f"fields.{field.name}_hint"),
            problem=say(f"problems.{word}") if word else "",
            empty=say(f"empty.{field.name}") if field.is_exhausted else "",
            entered=entered,
            is_required=field.required,
            is_exhausted=field.is_exhausted,
            max_length=field.max_length,
            autocomplete=field.autocomplete,
            ends=(say.find(f"fields.{field.name}_low"), say.find(f"fields.{field.name}_high")),
            groups=_groups(field, action, entered, view.reader, say),
            address=f"/p/{view.token}/-/upload?lang={view.language}&action={action}" if view.token else "",
        )


def _kept(entered: str, say: Speaker) -> Group:
    """The photos that were uploaded before, to be sent with the answer or left out."""
    ids = [text for text in entered.split(",") if text]
    return Group(
        title="",
        choices=tuple(
            Choice(
                value=text,
                text=say("upload.photo", number=number),
                says="",
                icon="",
                is_picked=True,
                is_first=False,
            )
            for number, text in enumerate(ids, start=1)
        ),
    )


def _groups(field: Input, action: str, entered: str, reader: Reader, say: Speaker) -> tuple[Group, ...]:
    return (_kept(entered, say),) if field.control == UPLOAD else tuple(_grouped(field, action, entered, reader, say))


def _grouped(field: Input, action: str, entered: str, reader: Reader, say: Speaker) -> Iterator[Group]:
    numbered = enumerate(field.options)
    is_repeated = bool(say.find(f"buttons.{action}_chosen", chosen=""))
    for title, options in groupby(numbered, key=lambda pair: _heading(pair[1], reader)):
        yield Group(
            title=title,
            choices=tuple(
                Choice(
                    value=option.value,
                    text=_text(option, reader, say),
                    says=_long_text(option, reader, say) if is_repeated else "",
                    icon=f"face{option.value}" if field.control == "faces" else "",
                    is_picked=option.value == entered,
                    is_first=number == 0,
                )
                for number, option in options
            ),
        )


def _heading(option: Option, reader: Reader) -> str:
    return sentence(call(day, option.shown, reader)) if isinstance(option.shown, datetime) else ""


def _text(option: Option, reader: Reader, say: Speaker) -> str:
    if isinstance(option.shown, datetime):
        return call(time, option.shown, reader)
    if isinstance(option.shown, date):
        return call(short_day, option.shown, reader)
    return say(option.word) if option.word else str(option.shown)


def _long_text(option: Option, reader: Reader, say: Speaker) -> str:
    if isinstance(option.shown, datetime):
        return call(moment, option.shown, reader)
    if isinstance(option.shown, date):
        return call(day, option.shown, reader)
    return _text(option, reader, say)
