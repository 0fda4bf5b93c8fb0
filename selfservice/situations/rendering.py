"""Rendering: a view becomes the page its customer sees, in every state; nothing here reads a database or a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from selfservice.kit.steps import Header
from selfservice.situations import registry, remembering
from selfservice.situations.drawing import ALWAYS, Artist, Drawing, Top
from selfservice.situations.framing import frame, styles_of
from selfservice.situations.inlined import script
from selfservice.situations.languages import other_languages
from selfservice.situations.loading import Loaded
from selfservice.situations.phone_scripts import app_address, upload_address
from selfservice.situations.registry import shared_words
from selfservice.situations.shells import Shells
from selfservice.situations.speaking import Speaker, speaker_for
from selfservice.situations.templates import environment, forget_page, page_of
from selfservice.situations.view import View

LIVE = frozenset({"scheduled", "open", "answered"})

_NOTICES = {"needs_human": ("fine", "check"), "changed": ("fine", "undo")}
_TAKES_FOCUS = 'tabindex="-1" autofocus'


@dataclass(frozen=True)
class Notice:
    """What became of an answer, said on top of the page."""

    text: str
    look: str
    icon: str


@dataclass(frozen=True)
class Problem:
    """What is wrong with a form; `id` is the field it is about, empty if it is about none."""

    text: str
    id: str


def render(view: View) -> str:
    """One page of any type in any state, from its shell where there is one; `asides.show` knows who may not see it."""
    assert view.ask is None
    assert not view.is_disowned
    return _SHELLS.render(view, registry.current().find(view.situation, view.version))


def render_in_full(view: View) -> str:
    """The same page by its templates; pure, as `kit.tracing` has it."""
    loaded = registry.current().find(view.situation, view.version)
    say = speaker_for(view)
    if loaded is not None and view.state in LIVE:
        drawing = Artist(view, loaded.situation, say).draw()
        return _page(view, loaded, say, drawing, title=_title(view, say, drawing))
    top = _ended(view, say)
    if loaded is not None and top.look == "closed":
        drawing = Artist(view, loaded.situation, say).draw_ended(top)
        if drawing.docks[0].is_form:
            return _page(view, loaded, say, drawing, title=top.headline)
    return _plain(view, say, "customer/ended.html", top, notice=_notice(view, say) if top.look == "closed" else None)


def among_others(html: str) -> str:
    """A page as it stands beside other things, where it may not take the focus."""
    return html.replace(_TAKES_FOCUS, _TAKES_FOCUS.removesuffix(" autofocus"))


def forget(loaded: Loaded) -> None:
    """Let go of all that was drawn of a type whose files have changed, and of nothing that other pages are made of."""
    forget_page(loaded.folder, loaded.languages)
    _SHELLS.forget(loaded)


def forget_all() -> None:
    """Let go of all that was drawn: a file has changed that every page may be made of."""
    remembering.forget()
    _SHELLS.forget_all()


def render_aside(view: View, template: str, top: Top, **more: Any) -> str:
    """A small page beside a page; its title is the headline unless `more` gives a `title`."""
    return _plain(view, speaker_for(view), template, top, **more)


def render_receipt(view: View, top: Top, **more: Any) -> str:
    """The receipt of a page: its own cards as they stand, under another top, with what `more` gives the template."""
    loaded = registry.current().get(view.situation, view.version)
    say = speaker_for(view)
    drawing = Artist(view, loaded.situation, say).draw()
    context = {
        **_context(view, say, drawing, title=top.headline),
        "top": top,
        "look": top.look,
        "back": f"/p/{view.token}?lang={view.language}",
        "body": {"class": "one receipt"},
        "type_page": page_of(loaded.folder, view.language),
        **more,
    }
    return environment(view.language).get_template("customer/receipt.html").render(context)


def _ended(view: View, say: Speaker) -> Top:
    """The top of a page that can no longer be answered: what happened, and what is safe."""
    word: str = view.state
    look: Header = "closed"
    if view.notice == "needs_human":
        word, look = "needs_human", "good"
    elif view.state == "expired" and view.answered_at is not None:
        word = "answered_expired"
    return Top(part=ALWAYS, look=look, headline=say(f"steps.{word}.headline"), line=say(f"steps.{word}.line"))


def _title(view: View, say: Speaker, drawing: Drawing) -> str:
    """What the page is about, without a fact, because previews of a link show it; first of all what is wrong."""
    title = say("title")
    problems = _problems(view, say, drawing)
    return f"{problems[0].text} · {title}" if problems else title


def _notice(view: View, say: Speaker) -> Notice | None:
    if not view.notice:
        return None
    look, icon = _NOTICES.get(view.notice, ("", "alert"))
    return Notice(say(f"notices.{view.notice}"), look, icon)


def _problems(view: View, say: Speaker, drawing: Drawing) -> list[Problem]:
    ids = {
        field.name: field.id
        for dock in drawing.docks
        if dock.part.is_shown
        for field in dock.fields
        if not field.is_exhausted
    }
    return [Problem(say(f"problems.{word}"), ids.get(name, "")) for name, word in view.problems.items()]


def _page(view: View, loaded: Loaded, say: Speaker, drawing: Drawing, *, title: str) -> str:
    body = {
        "data-more": app_address(view.language) if view.token else None,
        "class": "page",
        **_beacon(view),
        "data-step": drawing.stage.shown,
        "data-sending": say("notices.sending"),
        "data-failed": say("notices.failed"),
        "data-tell": "" if _may_tell(view, loaded) else None,
    }
    context = {
        **_context(view, say, drawing, title=title),
        "script": script().text,
        "upload": upload_address(view.language) if view.token and drawing.takes_photos else "",
        "body": body,
    }
    return page_of(loaded.folder, view.language).render(context)


def _context(view: View, say: Speaker, drawing: Drawing, *, title: str) -> dict[str, Any]:
    return {
        **_around(view, say, drawing.look),
        "facts": view.facts,
        "answers": view.answers,
        "during": drawing.stage.during,
        "drawing": drawing,
        "notice": _notice(view, say),
        "problems": _problems(view, say, drawing),
        "title": title,
        "ended": view.state not in LIVE,
    }


def _beacon(view: View) -> dict[str, str | None]:
    """Where the page is, and where its script says that a person looks at it, as it is now; nothing for a preview."""
    if not view.token:
        return {"data-page": None, "data-opened": None}
    page = f"/p/{view.token}"
    return {"data-page": page, "data-opened": f"{page}/-/opened?revision={view.revision}"}


def _may_tell(view: View, loaded: Loaded) -> bool:
    """Whether the page may offer to tell of news here: once answered, or from the first if its type says so."""
    return bool(view.push_key) and (loaded.situation.tells_early or view.state == "answered")


def _plain(view: View, say: Speaker, template: str, top: Top, **more: Any) -> str:
    context = {
        **_around(view, say, top.look),
        "title": top.headline,
        "top": top,
        "back": f"/p/{view.token}?lang={view.language}" if view.token else "#",
        "body": {"class": "one", **_beacon(view)},
        **more,
    }
    return environment(view.language).get_template(template).render(context)


def _around(view: View, say: Speaker, look: Header) -> dict[str, Any]:
    loaded = registry.current().find(view.situation, view.version)
    codes = loaded.languages if loaded is not None else tuple(shared_words())
    return {
        **frame(view.language, view.brand, look, view.brand.colour, view.brand.colour_dark),
        "view": view,
        "say": say,
        "app": app_address(view.language) if view.token else "",
        "reader": view.reader,
        "styles": styles_of(view).text,
        "languages": other_languages(say, codes, view.language),
        "language_label": say("layout.language"),
    }


_SHELLS = Shells(render_in_full)
