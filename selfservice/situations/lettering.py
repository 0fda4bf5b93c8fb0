"""E-mails: what a mailbox shows of a page, as plain text and as HTML; pure.

A type that asks who looks says as little here as on a phone's screen (see `notifying`).
"""

from __future__ import annotations

from dataclasses import dataclass

from selfservice.kit.locales import tag
from selfservice.situations import notifying
from selfservice.situations.loading import Loaded
from selfservice.situations.notifying import Saying
from selfservice.situations.speaking import RIGHT_TO_LEFT
from selfservice.situations.templates import environment
from selfservice.situations.view import View

CHANNEL = "email"
SUBJECT = "email.subject"
_TEMPLATE = "messages/email.html"


@dataclass(frozen=True)
class Letter:
    """The words of one e-mail. `instead` introduces the `link` for whom the button does not work."""

    subject: str
    lines: tuple[str, ...]
    button: str
    instead: str
    link: str
    why: str
    phone: str
    preferences: str
    preferences_url: str


@dataclass(frozen=True)
class Rendered:
    """The same e-mail in both its forms."""

    subject: str
    text: str
    html: str


def compose(view: View, loaded: Loaded, *, link: str, preferences_url: str, saying: Saying = "body") -> Rendered:
    """One e-mail in the view's language; `preferences_url` is where its reader chooses, empty if nowhere."""
    letter = _letter(view, loaded, link=link, preferences_url=preferences_url, saying=saying)
    html = (
        environment(view.language)
        .get_template(_TEMPLATE)
        .render(
            letter=letter,
            brand=view.brand,
            reader=view.reader,
            language=tag(view.language),
            direction="rtl" if view.language in RIGHT_TO_LEFT else "ltr",
        )
    )
    # No sentence of ours has marks that only order letters; a subject shows some of them as boxes.
    return Rendered(subject=letter.subject, text=_text(view, letter), html=html)


def preview(view: View, loaded: Loaded) -> tuple[str, str]:
    """The subject and the body of the e-mail that invites to a page, as somebody reads them."""
    letter = _letter(view, loaded, link="", preferences_url="")
    return letter.subject, "\n".join(letter.lines)


def _letter(view: View, loaded: Loaded, *, link: str, preferences_url: str, saying: Saying = "body") -> Letter:
    say = notifying.speaker(view, loaded)
    return Letter(
        subject=say(SUBJECT),
        lines=(say(f"email.{saying}"),),
        button=say("email.button"),
        instead=say("email.instead"),
        link=link,
        why=say("why.text"),
        phone=view.brand.phone_shown or view.brand.phone,
        preferences=say("email.preferences"),
        preferences_url=preferences_url,
    )


def _text(view: View, letter: Letter) -> str:
    """The plain form: an address stands alone on its line, so that every program makes a link of it."""
    parts = [*letter.lines, letter.link, "-- ", letter.why, f"{view.brand.name} · {letter.phone}"]
    if letter.preferences_url:
        parts.append(f"{letter.preferences}:\n{letter.preferences_url}")
    return "\n\n".join(parts).replace("-- \n\n", "-- \n") + "\n"
