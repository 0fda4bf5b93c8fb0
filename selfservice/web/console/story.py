"""What happened to a page, told in sentences from the log of events; pure, nothing is read here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from selfservice.events.models import Event
from selfservice.kit import Follow
from selfservice.kit.locales import english_name
from selfservice.media.models import Medium
from selfservice.web.console import follow_up_words, photo_words, reasons
from selfservice.web.console.wording import Said, Tone


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that happened. `id` is the event's, so that a screen can tell what is new; `photo` one to be shown."""

    id: int
    icon: str
    title: str
    at: datetime
    details: tuple[str, ...] = ()
    tone: Tone = Tone.QUIET
    times: int = 1
    photo: str = ""


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who and what the events of one page name by key or id.

    `users` are names of staff by id, `answers` the answers in words by action, oldest first, `teams` names by key,
    `tones` the colours of the steps that answers lead to, `links` what is said of going to the address in a fact,
    `photos` what was sent by id.
    """

    users: Mapping[int, str]
    answers: Mapping[str, list[Said]]
    tones: Mapping[str, Tone]
    links: Mapping[str, str]
    teams: Mapping[str, str]
    photos: Mapping[str, Medium]
    ending: str


@dataclass(frozen=True)
class _Scene:
    """One event beside what is needed to tell it."""

    event: Event
    cast: Cast
    said: Said | None = None

    @property
    def actor(self) -> str:
        """Who did it, to stand after "by"."""
        name = self.event.actor
        if name.startswith("staff:"):
            return self.cast.users.get(int(name.removeprefix("staff:")), "a colleague")
        return _ACTORS.get(name, "the system")

    @property
    def is_push(self) -> bool:
        """Whether it is about a notification, not a text."""
        return bool(self.data("channel") == "push")

    @property
    def number(self) -> str:
        """Where texts went."""
        if self.is_push:
            return "To the customer’s phone"
        if self.data("channel") == "email":
            return "To the customer’s e-mail address"
        return f"To the number ending {self.cast.ending}" if self.cast.ending else ""

    def data(self, name: str) -> Any:
        return self.event.data.get(name, "")


def tell(events: Iterable[Event], cast: Cast) -> list[Entry]:
    """The story, newest first. Events that say nothing to staff are left out; looking again and again is told once."""
    events = list(events)
    entries: list[Entry] = []
    seen: dict[str, int] = defaultdict(int)
    arrived = {event.message_id for event in events if event.type == "message.delivered"}
    for event in events:
        told = _TOLD.get(event.type)
        if told is None or (event.type == "message.submitted" and event.message_id in arrived):
            continue
        if event.type == "conversation.waiting" and event.data.get("kind") == "unanswered":
            continue  # What was done about it says so itself.
        if event.type == "message.delivered" and event.data.get("channel") == "push":
            continue  # The device has said so itself.
        if event.type == "message.accepted" and "was" not in event.data:
            continue  # That the page was made says so.
        action = str(event.data.get("action", ""))
        said = None
        if event.type in ("answer.applied", "answer.needs_human"):
            given = cast.answers.get(action, [])
            said = given[seen[action]] if seen[action] < len(given) else None
            seen[action] += 1
        entry = told(_Scene(event, cast, said))
        if entries and entry.title == entries[-1].title == _AGAIN:
            entry = replace(entry, times=entries.pop().times + 1)
        entries.append(entry)
    return entries[::-1]


def _entry(scene: _Scene, icon: str, title: str, *details: str, tone: Tone = Tone.QUIET) -> Entry:
    kept = tuple(detail for detail in details if detail)
    return Entry(id=scene.event.id, icon=icon, title=title, at=scene.event.at, details=kept, tone=tone)


def _issued(scene: _Scene) -> Entry:
    replaces = "In place of an older page of the same case" if scene.data("was") == "superseded" else ""
    return _entry(scene, "plus", f"Made by {scene.actor}", replaces)


def _opened(scene: _Scene) -> Entry:
    return _entry(scene, "eye", "Opened the page" if scene.data("first") else _AGAIN)


def _followed(scene: _Scene) -> Entry:
    return _entry(scene, "link", scene.cast.links.get(scene.data("link"), Follow.said))


def _chose_language(scene: _Scene) -> Entry:
    return _entry(scene, "globe", f"Chose {english_name(scene.data('language'))}", "Texts and later pages come in it")


def _answered(scene: _Scene) -> Entry:
    said = scene.said
    changed = "In place of an earlier answer" if scene.data("changed") else ""
    tone = scene.cast.tones.get(scene.data("step"), Tone.GOOD)
    if said is None:
        return _entry(scene, "check", "Answered", changed, tone=tone)
    if not said.is_closing:
        return _entry(scene, "message", said.words, *said.details, tone=Tone.NOTE)
    return _entry(scene, "check", said.words, *said.details, changed, tone=tone)


def _answered_late(scene: _Scene) -> Entry:
    words = scene.said.words if scene.said else "Answered"
    details = scene.said.details if scene.said else ()
    return _entry(scene, "clock", words, *details, "Came too late to count by itself; a person looks", tone=Tone.WARN)


def _asked_for_a_person(scene: _Scene) -> Entry:
    team = scene.cast.teams.get(scene.data("team"), "")
    if scene.data("kind") == "call":
        return _entry(scene, "phone", "Chose a time for a call", f"For {team}" if team else "")
    if scene.data("again"):
        return _entry(scene, "inbox", "Needs a person again", f"For {team}" if team else "", tone=Tone.WARN)
    if scene.data("kind") == "wrong_number":
        return _entry(
            scene, "inbox", f"Handed to {team}, urgent" if team else "Handed to a person, urgent", tone=Tone.BAD
        )
    if scene.data("kind") == "callback":
        return _entry(scene, "phone", "Asked to be called back", f"For {team}" if team else "", tone=Tone.WARN)
    return _entry(scene, "inbox", f"Handed to {team}" if team else "Handed to a person", tone=Tone.WARN)


def _done(scene: _Scene) -> Entry:
    if scene.event.actor == "customer":
        title = "The call is no longer wanted" if scene.data("kind") == "call" else "Needs no person any more"
        return _entry(scene, "check", title, "The customer has answered")
    return _entry(scene, "check", f"Done by {scene.actor}")


def _followed_up(scene: _Scene) -> Entry:
    kind = scene.data("kind")
    team = scene.cast.teams.get(scene.data("team"), "")
    is_work = kind == "escalate"
    title = follow_up_words.done(kind, scene.data("by"), team)
    return _entry(scene, "inbox" if is_work else "clock", title, tone=Tone.WARN if is_work else Tone.QUIET)


def _not_followed_up(scene: _Scene) -> Entry:
    return _entry(scene, "clock", *follow_up_words.skipped(scene.data("kind"), scene.data("reason")))


def _called_off(scene: _Scene) -> Entry:
    return _entry(scene, "cross", follow_up_words.called_off(scene.data("kind"), scene.actor))


def _sent(scene: _Scene) -> Entry:
    return _entry(scene, "send", f"{_what(scene)} sent", scene.number)


def _delivered(scene: _Scene) -> Entry:
    return _entry(scene, "send", f"{_what(scene)} delivered", scene.number)


def _not_sent(reason: str) -> Callable[[_Scene], Entry]:
    def told(scene: _Scene) -> Entry:
        return _entry(scene, "alert", f"{_what(scene)} not sent", reason, tone=Tone.BAD)

    return told


def _checked(title: str, icon: str, tone: Tone = Tone.QUIET) -> Callable[[_Scene], Entry]:
    def told(scene: _Scene) -> Entry:
        return _entry(scene, icon, title.format(by=scene.actor), _CHECKS.get(scene.data("kind"), ""), tone=tone)

    return told


def _disowned(scene: _Scene) -> Entry:
    where = "Said on this page" if scene.data("here") else "Said on another page of this customer"
    hidden = "All that goes to this number is stopped; the page shows nothing any more"
    return _entry(scene, "alert", "“This isn’t me”", where, hidden, tone=Tone.BAD)


def _sent_once_more(scene: _Scene) -> Entry:
    why = {
        "dead": "A fault of ours had kept it back",
        "needs_human": "Nobody could say whether it had left",
    }
    return _entry(scene, "send", f"{_what(scene)} sent once more by {scene.actor}", why.get(scene.data("was"), ""))


def _taken_back(scene: _Scene) -> Entry:
    reason = reasons.NOT_NEEDED.get(scene.data("reason"))
    if reason is not None:
        return _entry(scene, "check", f"{_what(scene)} not needed", reason)
    if scene.data("reason") == reasons.BY_STAFF:
        return _entry(scene, "undo", f"{_what(scene)} taken back by {scene.actor}", "It had not left yet")
    why = reasons.TAKEN_BACK.get(scene.data("reason"), reasons.TAKEN_BACK["page_closed"])
    return _entry(scene, "alert", f"{_what(scene)} not sent", why, tone=Tone.BAD)


def _unwanted(scene: _Scene) -> Entry:
    why = reasons.refused(scene.data("reason"), scene.data("channel"))
    return _entry(scene, "alert", f"{_what(scene)} not sent", why, tone=Tone.BAD)


def _stopped(scene: _Scene) -> Entry:
    if scene.event.actor.startswith("staff:"):
        what = "E-mails" if scene.data("channel") == "email" else "Texts"
        return _entry(scene, "mute", f"{what} stopped by {scene.actor}", "The customer said so", tone=Tone.BAD)
    what = (
        "Stopped all e-mail to this address" if scene.data("channel") == "email" else "Stopped all texts to this number"
    )
    return _entry(scene, "mute", what, tone=Tone.BAD)


def _retired(scene: _Scene) -> Entry:
    is_type_gone = scene.event.actor == "system"
    title, why = _TYPE_GONE if is_type_gone else ("The page ended", "Its customer was erased")
    return _entry(scene, "clock", title, why)


def _allowed(scene: _Scene) -> Entry:
    what = "E-mails to this address" if scene.data("channel") == "email" else "Texts to this number"
    return _entry(scene, "send", f"{what} allowed again by {scene.actor}")


def _chose(scene: _Scene) -> Entry:
    said = {"yes": "Wants {}", "no": "Wants no {}"}
    details = [said[answer].format(_CLASSES.get(name, name)) for name, answer in scene.event.data.items()]
    by_staff = scene.event.actor.startswith("staff:")
    title = (
        f"What they want to be sent, written down by {scene.actor}" if by_staff else "Chose what we send, when and how"
    )
    return _entry(scene, "edit", title, *details)


def _refused(scene: _Scene) -> Entry:
    reason = scene.data("reason")
    if reason == "unsubscribed":
        return _entry(scene, "alert", f"{_what(scene)} not sent", _NO_LONGER)
    why = _UNRECOGNISED if reason == "unrecognised" else "The provider refused it for good"
    return _entry(scene, "alert", f"{_what(scene)} not sent", why, tone=Tone.BAD)


def _held(scene: _Scene) -> Entry:
    return _entry(scene, "clock", f"{_what(scene)} waits", reasons.WAITS.get(scene.data("reason"), ""))


def _unknown(words: str, tone: Tone) -> Callable[[_Scene], Entry]:
    def told(scene: _Scene) -> Entry:
        return _entry(scene, "alert", words.format(_NOUNS.get(scene.data("channel"), "text")), tone=tone)

    return told


def _plainly(icon: str, title: str, detail: str = "", tone: Tone = Tone.QUIET) -> Callable[[_Scene], Entry]:
    def told(scene: _Scene) -> Entry:
        return _entry(scene, icon, title.format(by=scene.actor), detail, tone=tone)

    return told


def _what(scene: _Scene) -> str:
    if scene.is_push:
        return _NOTIFICATIONS.get(scene.data("purpose"), "Notification")
    if scene.data("channel") == "email":
        return _EMAILS.get(scene.data("purpose"), "E-mail")
    return _TEXTS.get(scene.data("purpose"), "Text after the answer")


def _forgotten(scene: _Scene) -> Entry:
    kept = f"Its type keeps it for {scene.data('days')} days after the end"
    return _entry(scene, "cross", "What the page said was removed", kept)


def _photo_came(scene: _Scene) -> Entry:
    photo_id = scene.data("medium")
    words = photo_words.told(scene.cast.photos[photo_id], sender=scene.actor, ending=scene.cast.ending)
    entry = _entry(scene, words.icon, words.title, *words.details, tone=words.tone)
    return replace(entry, photo=photo_id) if words.is_shown else entry


def _wrote(scene: _Scene) -> Entry:
    title, tone = _WROTE.get(scene.data("meaning"), _WROTE["staff"])
    waits = "It waits in the inbox for a person" if scene.data("meaning") == "staff" else ""
    return _entry(scene, "message", title, waits, tone=tone)


_AGAIN = "Looked again"
_TYPE_GONE = ("No longer active", "This type of page is no longer served")
_NO_LONGER = reasons.NOT_NEEDED["unsubscribed"]
_UNRECOGNISED = "The push service does not recognise us; an administrator has to look"
_NOTIFICATIONS = {
    "update": "Notification about the change",
    "reminder": "Reminder as a notification",
    "gone": "Notification that it has gone",
}
_EMAILS = {"update": "E-mail about the change", "reminder": "Reminder by e-mail", "gone": "E-mail that it has gone"}
_CLASSES = {"service": "updates about what they have with us", "marketing": "offers", "urgent": "urgent warnings"}
_ACTORS = {"customer": "the customer", "cli": "the command line", "api": "your system", "system": "the system"}
_NOUNS = {"push": "notification", "email": "e-mail"}
_TEXTS = {
    "invitation": "Text",
    "update": "Text about the change",
    "reminder": "Reminder by text",
    "gone": "Text that it has gone",
    "another_way": "Text",
    "code": "Text with a code",
    "reply": "Reply by text",
    "help": "Reply by text",
    "started": "Reply by text",
    "stopped": "Text that confirms the stop",
}
_WROTE = {
    "stop": ("Texted that they want no more texts", Tone.BAD),
    "start": ("Texted that they want texts again", Tone.NOTE),
    "help": ("Asked by text who we are", Tone.QUIET),
    "more": ("Asked by text for the link", Tone.QUIET),
    "answer": ("Answered by text", Tone.QUIET),
    "staff": ("Wrote a text", Tone.WARN),
}
_CHECKS = {
    "last4": "Misdelivery check by the last four digits; no proof of who it is",
    "postcode": "Misdelivery check by the postcode; no proof of who it is",
    "birth_year": "Misdelivery check by the year of birth; no proof of who it is",
    "otp": "By a code texted to the number on file",
}
_TOLD: dict[str, Callable[[_Scene], Entry]] = {
    "page.issued": _issued,
    "page.updated": _plainly("edit", "Facts changed by {by}"),
    "page.resent": _plainly("send", "Sent again by {by}"),
    "page.opened": _opened,
    "page.followed": _followed,
    "page.language": _chose_language,
    "page.expired": _plainly("clock", "The page ended"),
    "page.revoked": _plainly("cross", "Closed by {by}", "The link now says that it no longer works", Tone.BAD),
    "page.superseded": _plainly("swap", "Replaced by a newer page", "The old link leads there"),
    "page.retired": _retired,
    "answer.applied": _answered,
    "answer.undone": _plainly("undo", "Took the answer back"),
    "answer.needs_human": _answered_late,
    "check.passed": _checked("Passed the check", "shield", Tone.GOOD),
    "check.failed": _checked("Gave a wrong answer to the check", "alert", Tone.WARN),
    "check.locked": _checked("Locked: too many wrong answers", "lock", Tone.BAD),
    "check.released": _checked("Check released by {by}", "key"),
    "page.disowned": _disowned,
    "customer.chose": _chose,
    "page.erased": _plainly("cross", "The customer was erased by {by}", "Who it was is kept nowhere", Tone.BAD),
    "page.forgotten": _forgotten,
    "customer.exported": _plainly("link", "All that is kept of the customer was exported by {by}"),
    "customer.stopped": _stopped,
    "customer.allowed": _allowed,
    "conversation.waiting": _asked_for_a_person,
    "conversation.open": _plainly("person", "Taken by {by}"),
    "message.accepted": _sent_once_more,
    "conversation.closed": _done,
    "page.gone": _plainly("cross", "Others have taken all that was offered", tone=Tone.WARN),
    "follow_up.done": _followed_up,
    "follow_up.skipped": _not_followed_up,
    "follow_up.called_off": _called_off,
    "message.submitted": _sent,
    "message.delivered": _delivered,
    "message.rewritten": _plainly("edit", "Text rewritten with the new facts", "It had not left yet"),
    "message.suppressed": _unwanted,
    "message.cancelled": _taken_back,
    "message.expired": _not_sent(reasons.NEXT["expired"]),
    "message.failed": _refused,
    "message.dead": _not_sent("The same fault five times; an administrator has to look"),
    "message.held": _held,
    "message.uncertain": _unknown("Nobody knows yet whether the {} left", Tone.WARN),
    "message.needs_human": _unknown("Nobody can say whether the {} left", Tone.BAD),
    "message.undelivered_temporary": _plainly("alert", "Not delivered so far", "The phone may be off", Tone.WARN),
    "message.undelivered_permanent": _plainly("alert", "Could not be delivered", "Check the number", Tone.BAD),
    "media.received": _photo_came,
    "reply.received": _wrote,
    "push.delivered": _plainly("phone", "Notification reached the phone"),
    "push.shown": _plainly("eye", "Notification shown"),
    "push.clicked": _plainly("eye", "Notification pressed"),
    "push.answered": _plainly("check", "Answered from the notification"),
    "message.no_receipt": _plainly("clock", "No word from the network in 72 hours", tone=Tone.WARN),
}
