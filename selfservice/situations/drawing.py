"""Drawing: what a page shows, worked out from its view and its type before any template: tops, docks, rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from markupsafe import Markup

from selfservice.kit import AddToCalendar, Change, Do, Follow, Go, Situation, Step
from selfservice.kit.forms import UPLOAD, takes_photos
from selfservice.kit.steps import Control, Header
from selfservice.kit.tracing import call
from selfservice.situations.fields import Field, fields_of_action
from selfservice.situations.speaking import Speaker
from selfservice.situations.view import View

CHANGE = "change"
MOST_QUIET = 2


@dataclass(frozen=True)
class Stage:
    """The steps a page carries, and the one it shows; the script shows the others without a request."""

    shown: str
    carried: tuple[str, ...]

    def during(self, *steps: str) -> Part:
        """The part of a page that is there during `steps`, during all of them if none is named."""
        named = tuple(step for step in steps if step in self.carried)
        is_always = not steps or len(named) == len(self.carried)
        return Part(() if is_always else named, bool(named) or not steps, is_always or self.shown in named)


@dataclass(frozen=True)
class Part:
    """Where a part of a page belongs: false if no step it carries has it; in a template, the attributes that say so."""

    steps: tuple[str, ...]
    is_carried: bool
    is_shown: bool

    def __bool__(self) -> bool:
        return self.is_carried

    def __html__(self) -> str:
        named = Markup(' data-w="{}"').format(" ".join(self.steps)) if self.steps else Markup()
        return named + ("" if self.is_shown else Markup(" hidden"))


ALWAYS = Part((), is_carried=True, is_shown=True)
"""Where something belongs that is on every step, or on a page that has none."""


@dataclass(frozen=True, kw_only=True)
class Top:
    """The top of one step: the question or the news."""

    part: Part
    look: Header
    headline: str
    pill: str = ""
    line: str = ""


@dataclass(frozen=True, kw_only=True)
class Button:
    """One button. `kind`: "do" posts its form to `address`, "go" shows `step`, "link" leads to `address`.

    `token` is what the script posts to, `chosen` its words once something is picked, with % for what was picked.
    `small` stands below the words. A link that leads away from us has a `ping`: where the browser says, if it can, that
    somebody went by it (HTML, hyperlink auditing). What `takes_photos` sends
    files.
    """

    kind: str
    text: str
    look: str
    address: str = ""
    icon: str = ""
    step: str = ""
    token: str = ""
    chosen: str = ""
    small: str = ""
    ping: str = ""
    takes_photos: bool = False


@dataclass(frozen=True, kw_only=True)
class Dock:
    """What can be done in one step: a primary button, others below it, rows further down, and the fields above."""

    step: str
    part: Part
    primary: Button | None
    quiet: tuple[Button, ...]
    rows: tuple[Button, ...]
    fields: tuple[Field, ...]

    @property
    def form(self) -> str:
        """The id of its form, by which fields elsewhere on the page belong to it."""
        return f"form-{self.step}"

    @property
    def is_form(self) -> bool:
        """Whether anything in it sends an answer."""
        return any(button.kind == "do" for button in (self.primary, *self.quiet, *self.rows) if button)

    @property
    def address(self) -> str:
        """Where its form goes, by the first button that sends it."""
        buttons = (button for button in (self.primary, *self.quiet, *self.rows) if button and button.kind == "do")
        return next(buttons).address


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """All the steps of one page as they are drawn."""

    stage: Stage
    tops: tuple[Top, ...]
    docks: tuple[Dock, ...]

    @property
    def takes_photos(self) -> bool:
        """Whether a form on it does, which needs a script of its own."""
        return any(field.control == UPLOAD for dock in self.docks for field in dock.fields)

    @property
    def look(self) -> Header:
        """The colour of the top that is shown first."""
        return next(top.look for top in self.tops if top.part.is_shown)


class Artist:
    """Draws the steps of one page."""

    def __init__(self, view: View, situation: Situation, say: Speaker) -> None:
        self._view = view
        self._situation = situation
        self._say = say

    def draw(self) -> Drawing:
        """The step shown and all that its buttons lead to."""
        view = self._view
        steps = self._situation.reachable(view.step, view.facts)
        stage = Stage(view.step, tuple(step.key for step in steps))
        return Drawing(
            stage=stage,
            tops=tuple(self._top(step, stage) for step in steps),
            docks=tuple(self._dock(step, self._situation.visible(step, view.facts), stage) for step in steps),
        )

    def draw_ended(self, top: Top) -> Drawing:
        """A page that has ended, with what is taken all the same: the actions that accept being late."""
        first = self._situation.steps[0]
        stage = Stage(first.key, (first.key,))
        return Drawing(stage=stage, tops=(top,), docks=(self._dock(first, self._late_buttons(), stage),))

    def _top(self, step: Step, stage: Stage) -> Top:
        hero = step.hero(self._view.facts, self._view.answers, self._view.local_now)
        return Top(
            part=stage.during(step.key),
            look=hero.header,
            headline=self._say(f"{hero.words}.headline"),
            pill=self._say.find(f"{hero.words}.pill"),
            line=self._say.find(f"{hero.words}.line"),
        )

    def _dock(self, step: Step, controls: Iterable[Control], stage: Stage) -> Dock:
        asked = tuple(self._fields(step, controls))
        empty = {field.action for field in asked if field.is_exhausted}
        left = [control for control in controls if self._is_there(control, empty)]
        above = [control for control in left if not (isinstance(control, Go | Follow) and control.row)]
        primary = next((control for control in above[:1] if _may_lead(control)), None)
        quiet = [control for control in above if control is not primary]
        below = [control for control in left if control not in above]
        return Dock(
            step=step.key,
            part=stage.during(step.key),
            primary=self._button(primary, "danger" if _is_dangerous(primary) else "") if primary else None,
            quiet=self._quiet_buttons(quiet[:MOST_QUIET]),
            rows=tuple(self._button(control, "row") for control in (*quiet[MOST_QUIET:], *below)),
            fields=tuple(field for field in asked if field.is_exhausted or field.action not in empty),
        )

    def _quiet_buttons(self, controls: list[Control]) -> tuple[Button, ...]:
        """Two stand side by side with their words alone; one answer of the same weight as the primary is as large."""
        if len(controls) > 1:
            return tuple(replace(self._button(control, "quiet"), icon="") for control in controls)
        is_answer = [isinstance(control, Do) and control.tone == "plain" for control in controls]
        return tuple(
            self._button(control, "quiet even" if even else "quiet")
            for control, even in zip(controls, is_answer, strict=True)
        )

    def _fields(self, step: Step, controls: Iterable[Control]) -> Iterator[Field]:
        seen: set[str] = set()
        for control in controls:
            if isinstance(control, Do) and control.action not in seen:
                seen.add(control.action)
                yield from fields_of_action(control.action, step.key, self._view, self._situation, self._say)

    def _is_there(self, control: Control, empty: set[str]) -> bool:
        if isinstance(control, Change):
            return self._view.can_change
        if isinstance(control, Do):
            return control.action not in empty
        make = self._situation.calendar
        if isinstance(control, AddToCalendar):
            return make is not None and call(make, self._view.facts, self._view.answers) is not None
        return True

    def _late_buttons(self) -> tuple[Do, ...]:
        found: dict[str, Do] = {}
        for step in self._situation.steps:
            for control in self._situation.visible(step, self._view.facts):
                if isinstance(control, Do):
                    action = self._situation.action(control.action)
                    if action is not None and action.accepts_late:
                        found.setdefault(control.action, control)
        return tuple(found.values())

    def _button(self, control: Control, look: str) -> Button:
        text = self._say(f"buttons.{control.words}")
        if isinstance(control, Go):
            return Button(
                kind="go",
                text=text,
                look=look,
                icon=control.icon,
                step=control.step,
                address=f"?lang={self._view.language}&step={control.step}",
            )
        if isinstance(control, Follow):
            address = getattr(self._view.facts, control.fact)
            host = call(_host, address)
            ping = link(self._view, "-/followed")
            return Button(
                kind="link",
                text=text,
                look=look,
                icon=control.icon,
                address=address,
                small=host,
                ping=f"{ping}&link={control.fact}" if ping else "",
            )
        if isinstance(control, AddToCalendar):
            address = link(self._view, "-/calendar.ics")
            return Button(kind="link", text=text, look=look, icon="calendar", address=address)
        action = CHANGE if isinstance(control, Change) else control.action
        declared = self._situation.action(action)
        return Button(
            kind="do",
            text=text,
            look=look,
            icon=control.icon,
            address=link(self._view, action),
            token=self._view.answer_tokens.get(action, ""),
            chosen=self._say.find(f"buttons.{action}_chosen", chosen="%"),
            takes_photos=declared is not None and takes_photos(declared.form),
        )


def link(view: View, place: str) -> str:
    """The address of something under the page, in the language it is read in; a preview has none."""
    return f"/p/{view.token}/{place}?lang={view.language}" if view.token else ""


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def _may_lead(control: Control) -> bool:
    return not isinstance(control, Change) and not (isinstance(control, Do) and control.tone == "quiet")


def _is_dangerous(control: Control | None) -> bool:
    return isinstance(control, Do) and control.tone == "danger"
