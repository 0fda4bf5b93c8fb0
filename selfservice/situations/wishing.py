"""Wishing: the page on which a customer says what may be sent to them, when and how; nothing here reads a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from selfservice.courtesy import CLASSES, MessageClass
from selfservice.kit.formats import Reader
from selfservice.situations import rendering
from selfservice.situations.drawing import ALWAYS, Top
from selfservice.situations.languages import LANGUAGES
from selfservice.situations.rendering import Notice
from selfservice.situations.speaking import Speaker, speaker_for
from selfservice.situations.view import View
from selfservice.windows import Window

YES, NO = "yes", "no"
SAVE = "save"
NOTHING = "none"
PLACES = ("first", "next", "last")
"""The fields of the order in which channels are tried; each has a channel, all but the first may have nothing."""


@dataclass(frozen=True)
class Told:
    """One time that the customer said yes or no to a class of messages, where, and to which words."""

    message_class: str
    is_given: bool
    at: datetime
    source: str
    wording: str = ""


@dataclass(frozen=True, kw_only=True)
class Wished:
    """What holds now: whether each class is sent, the hours (empty: as usual), what is tried from first to last.

    In `order`, empty is nothing more. `offered` and `channels` are what can be chosen; `is_alone`: a notification alone
    was. Whoever may not be the customer `can_choose` nothing: they can stop everything, and see nothing of what was
    said.
    """

    allowed: Mapping[MessageClass, bool]
    hours: str
    offered: Mapping[str, Window]
    order: Sequence[str]
    channels: Sequence[str]
    known: Sequence[Told]
    can_choose: bool
    is_stopped: bool = False
    is_saved: bool = False
    is_alone: bool = False


@dataclass(frozen=True)
class Choice:
    """One thing to pick."""

    value: str
    text: str
    is_picked: bool


@dataclass(frozen=True)
class Field:
    """One question with its choices; `look` is how they are laid out."""

    name: str
    label: str
    choices: tuple[Choice, ...]
    look: str
    hint: str = ""


def render(view: View, wished: Wished) -> str:
    """The page; `wished.is_stopped` once all texts to the number are."""
    say = speaker_for(view)
    if wished.is_stopped:
        has_both = view.ending and "email" in wished.channels
        texts = "wishes.all_" if has_both else "preferences.stopped_"
        return _stopped(view, say, texts if view.ending else "wishes.mail_")
    headline, line = _asked(view, can_choose=wished.can_choose)
    top = Top(part=ALWAYS, look="brand", headline=say(headline), line=say(line))
    return rendering.render_aside(
        view,
        "customer/preferences.html",
        top,
        title=say("preferences.title"),
        stopped=False,
        stop=say(_stop_button(has_mail="email" in wished.channels)),
        fields=_fields(say, view, wished) if wished.can_choose else (),
        known=[_told(say, told) for told in wished.known],
        notice=_notice(say, wished),
        forget="/device/forget",
    )


def render_without_mail(view: View) -> str:
    """Says that no e-mail comes any more."""
    return _stopped(view, speaker_for(view), "wishes.mail_")


def wording(view: View, message_class: str, *, is_given: bool) -> str:
    """What somebody was shown who said yes or no to a class: what they chose, and what they chose it for."""
    view = _without_number(view)
    say = speaker_for(view)
    answer = say(f"wishes.{YES if is_given else NO}")
    return f"{say('wishes.headline')}\n{say(_line(view))}\n{say(f'wishes.{message_class}')}: {answer}"


def stop_wording(view: View, *, has_mail: bool, can_choose: bool) -> str:
    """What somebody was shown who stopped everything: the question, and the button that they pressed."""
    view = _without_number(view)
    say = speaker_for(view)
    return "\n".join(say(word) for word in (*_asked(view, can_choose=can_choose), _stop_button(has_mail=has_mail)))


def one_click_wording(view: View) -> str:
    """What stands in our e-mails for whoever wants no more of them, and what their mail program posted for them."""
    return f"{speaker_for(view)('email.preferences')}\nList-Unsubscribe: One-Click"


def _asked(view: View, *, can_choose: bool) -> tuple[str, str]:
    """The words of the question at the top of the page: what somebody wants, or only whether it shall stop."""
    if not can_choose and view.ending:
        return "preferences.headline", "preferences.line"
    return "wishes.headline", _line(view)


def _stop_button(*, has_mail: bool) -> str:
    return "wishes.stop_all" if has_mail else "preferences.button"


def _without_number(view: View) -> View:
    """The same with a sign for how the number ends: evidence stays when the person is erased, so no digit is in it."""
    return replace(view, ending="…") if view.ending else view


def _line(view: View) -> str:
    """Where it goes: to the numbers that end so, or to an e-mail address."""
    return "wishes.line" if view.ending else "wishes.line_mail"


def _stopped(view: View, say: Speaker, word: str) -> str:
    top = Top(part=ALWAYS, look="good", headline=say(f"{word}headline"), line=say(f"{word}line"))
    return rendering.render_aside(view, "customer/preferences.html", top, title=say("preferences.title"), stopped=True)


def _fields(say: Speaker, view: View, wished: Wished) -> tuple[Field, ...]:
    classes = (
        Field(
            name,
            say(f"wishes.{name}"),
            tuple(Choice(word, say(f"wishes.{word}"), (word == YES) == wished.allowed[name]) for word in (YES, NO)),
            "slots",
        )
        for name in CLASSES
    )
    hours = tuple(
        Choice(value, _between(say, view.reader, value, window), value == wished.hours)
        for value, window in wished.offered.items()
    )
    languages = tuple(Choice(code, say(f"languages.{code}"), code == view.language) for code in LANGUAGES)
    return (
        *classes,
        Field("hours", say("wishes.hours"), hours, "choice", say("wishes.hours_hint")),
        *_order(say, wished),
        Field("language", say("layout.language"), languages, "days"),
    )


def _order(say: Speaker, wished: Wished) -> Iterator[Field]:
    """What is tried first, what if that does not reach them, and so on; nobody with one channel is asked."""
    if len(wished.channels) == 1:
        return
    for name, stands in zip(PLACES, wished.order, strict=False):
        choices = [Choice(channel, say(f"wishes.by_{channel}"), channel == stands) for channel in wished.channels]
        if name != PLACES[0]:
            choices.append(Choice(NOTHING, say("wishes.by_nothing"), not stands))
        hint = say("wishes.next_hint") if name == PLACES[1] else ""
        yield Field(name, say(f"wishes.{name}"), tuple(choices), "choice", hint)


def _notice(say: Speaker, wished: Wished) -> Notice | None:
    if wished.is_alone:
        return Notice(say("wishes.alone"), "problem", "alert")
    return Notice(say("wishes.saved"), "fine", "check") if wished.is_saved else None


def _between(say: Speaker, reader: Reader, value: str, window: Window) -> str:
    opens, closes = (
        datetime(2000, 1, 1, minutes // 60 % 24, minutes % 60, tzinfo=reader.zone)
        for minutes in (window.opens, window.closes)
    )
    return say("wishes.between" if value else "wishes.usual", opens=opens, closes=closes)


def _told(say: Speaker, told: Told) -> tuple[datetime, str]:
    word = "wishes.said_yes" if told.is_given else "wishes.said_no"
    return told.at, say(word, what=say(f"wishes.{told.message_class}"))
