"""What is told of a page itself: made, opened, answered, checked, ended."""

from __future__ import annotations

from collections.abc import Callable

from selfservice.kit import Follow
from selfservice.kit.locales import english_name
from selfservice.web.console.story.scene import AGAIN, Entry, Scene, Told, entry, plainly
from selfservice.web.console.wording import Tone


def _issued(scene: Scene) -> Entry:
    replaces = "In place of an older page of the same case" if scene.data("was") == "superseded" else ""
    return entry(scene, "plus", f"Made by {scene.actor}", replaces)


def _opened(scene: Scene) -> Entry:
    return entry(scene, "eye", "Opened the page" if scene.data("first") else AGAIN)


def _followed(scene: Scene) -> Entry:
    return entry(scene, "link", scene.cast.links.get(scene.data("link"), Follow.said))


def _chose_language(scene: Scene) -> Entry:
    return entry(scene, "globe", f"Chose {english_name(scene.data('language'))}", "Texts and later pages come in it")


def _answered(scene: Scene) -> Entry:
    said = scene.said
    changed = "In place of an earlier answer" if scene.data("changed") else ""
    tone = scene.cast.tones.get(scene.data("step"), Tone.GOOD)
    if said is None:
        return entry(scene, "check", "Answered", changed, tone=tone)
    if not said.is_closing:
        return entry(scene, "message", said.words, *said.details, tone=Tone.NOTE)
    return entry(scene, "check", said.words, *said.details, changed, tone=tone)


def _answered_late(scene: Scene) -> Entry:
    words = scene.said.words if scene.said else "Answered"
    details = scene.said.details if scene.said else ()
    return entry(scene, "clock", words, *details, "Came too late to count by itself; a person looks", tone=Tone.WARN)


def _checked(title: str, icon: str, tone: Tone = Tone.QUIET) -> Callable[[Scene], Entry]:
    def told(scene: Scene) -> Entry:
        return entry(scene, icon, title.format(by=scene.actor), _CHECKS.get(scene.data("kind"), ""), tone=tone)

    return told


def _disowned(scene: Scene) -> Entry:
    where = "Said on this page" if scene.data("here") else "Said on another page of this customer"
    hidden = "All that goes to this number is stopped; the page shows nothing any more"
    return entry(scene, "alert", "“This isn’t me”", where, hidden, tone=Tone.BAD)


def _retired(scene: Scene) -> Entry:
    is_type_gone = scene.event.actor == "system"
    title, why = _TYPE_GONE if is_type_gone else ("The page ended", "Its customer was erased")
    return entry(scene, "clock", title, why)


def _forgotten(scene: Scene) -> Entry:
    kept = f"Its type keeps it for {scene.data('days')} days after the end"
    return entry(scene, "cross", "What the page said was removed", kept)


_TYPE_GONE = ("No longer active", "This type of page is no longer served")
_CHECKS = {
    "last4": "Misdelivery check by the last four digits; no proof of who it is",
    "postcode": "Misdelivery check by the postcode; no proof of who it is",
    "birth_year": "Misdelivery check by the year of birth; no proof of who it is",
    "otp": "By a code texted to the number on file",
}
TOLD: Told = {
    "page.issued": _issued,
    "page.updated": plainly("edit", "Facts changed by {by}"),
    "page.resent": plainly("send", "Sent again by {by}"),
    "page.opened": _opened,
    "page.followed": _followed,
    "page.language": _chose_language,
    "page.expired": plainly("clock", "The page ended"),
    "page.revoked": plainly("cross", "Closed by {by}", "The link now says that it no longer works", Tone.BAD),
    "page.superseded": plainly("swap", "Replaced by a newer page", "The old link leads there"),
    "page.retired": _retired,
    "answer.applied": _answered,
    "answer.undone": plainly("undo", "Took the answer back"),
    "answer.needs_human": _answered_late,
    "answer.unreadable": plainly("alert", "A photo cannot be read", "The page asks for it again", Tone.WARN),
    "check.passed": _checked("Passed the check", "shield", Tone.GOOD),
    "check.failed": _checked("Gave a wrong answer to the check", "alert", Tone.WARN),
    "check.locked": _checked("Locked: too many wrong answers", "lock", Tone.BAD),
    "check.released": _checked("Check released by {by}", "key"),
    "page.disowned": _disowned,
    "page.forgotten": _forgotten,
    "page.gone": plainly("cross", "Others have taken all that was offered", tone=Tone.WARN),
}
