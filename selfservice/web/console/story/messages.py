"""What is told of the messages about a page: texts, e-mails and notifications on their way."""

from __future__ import annotations

from collections.abc import Callable

from selfservice.web.console import reasons
from selfservice.web.console.story.scene import Entry, Scene, Told, entry, plainly
from selfservice.web.console.wording import Tone


def _sent(scene: Scene) -> Entry:
    return entry(scene, "send", f"{_what(scene)} sent", scene.number)


def _delivered(scene: Scene) -> Entry:
    return entry(scene, "send", f"{_what(scene)} delivered", scene.number)


def _not_sent(reason: str) -> Callable[[Scene], Entry]:
    def told(scene: Scene) -> Entry:
        return entry(scene, "alert", f"{_what(scene)} not sent", reason, tone=Tone.BAD)

    return told


def _sent_once_more(scene: Scene) -> Entry:
    why = {
        "dead": "A fault of ours had kept it back",
        "needs_human": "Nobody could say whether it had left",
    }
    return entry(scene, "send", f"{_what(scene)} sent once more by {scene.actor}", why.get(scene.data("was"), ""))


def _taken_back(scene: Scene) -> Entry:
    reason = reasons.NOT_NEEDED.get(scene.data("reason"))
    if reason is not None:
        return entry(scene, "check", f"{_what(scene)} not needed", reason)
    if scene.data("reason") == reasons.BY_STAFF:
        return entry(scene, "undo", f"{_what(scene)} taken back by {scene.actor}", "It had not left yet")
    why = reasons.TAKEN_BACK.get(scene.data("reason"), reasons.TAKEN_BACK["page_closed"])
    return entry(scene, "alert", f"{_what(scene)} not sent", why, tone=Tone.BAD)


def _unwanted(scene: Scene) -> Entry:
    why = reasons.refused(scene.data("reason"), scene.data("channel"))
    return entry(scene, "alert", f"{_what(scene)} not sent", why, tone=Tone.BAD)


def _refused(scene: Scene) -> Entry:
    reason = scene.data("reason")
    if reason == "unsubscribed":
        return entry(scene, "alert", f"{_what(scene)} not sent", _NO_LONGER)
    why = _UNRECOGNISED if reason == "unrecognised" else "The provider refused it for good"
    return entry(scene, "alert", f"{_what(scene)} not sent", why, tone=Tone.BAD)


def _held(scene: Scene) -> Entry:
    return entry(scene, "clock", f"{_what(scene)} waits", reasons.WAITS.get(scene.data("reason"), ""))


def _unknown(words: str, tone: Tone) -> Callable[[Scene], Entry]:
    def told(scene: Scene) -> Entry:
        return entry(scene, "alert", words.format(_NOUNS.get(scene.data("channel"), "text")), tone=tone)

    return told


def _what(scene: Scene) -> str:
    if scene.is_push:
        return _NOTIFICATIONS.get(scene.data("purpose"), "Notification")
    if scene.data("channel") == "email":
        return _EMAILS.get(scene.data("purpose"), "E-mail")
    return _TEXTS.get(scene.data("purpose"), "Text after the answer")


_NO_LONGER = reasons.NOT_NEEDED["unsubscribed"]
_UNRECOGNISED = "The push service does not recognise us; an administrator has to look"
_NOTIFICATIONS = {
    "update": "Notification about the change",
    "reminder": "Reminder as a notification",
    "gone": "Notification that it has gone",
}
_EMAILS = {"update": "E-mail about the change", "reminder": "Reminder by e-mail", "gone": "E-mail that it has gone"}
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
TOLD: Told = {
    "message.accepted": _sent_once_more,
    "message.submitted": _sent,
    "message.delivered": _delivered,
    "message.rewritten": plainly("edit", "Text rewritten with the new facts", "It had not left yet"),
    "message.suppressed": _unwanted,
    "message.cancelled": _taken_back,
    "message.expired": _not_sent(reasons.NEXT["expired"]),
    "message.failed": _refused,
    "message.dead": _not_sent("The same fault five times; an administrator has to look"),
    "message.held": _held,
    "message.uncertain": _unknown("Nobody knows yet whether the {} left", Tone.WARN),
    "message.needs_human": _unknown("Nobody can say whether the {} left", Tone.BAD),
    "message.undelivered_temporary": plainly("alert", "Not delivered so far", "The phone may be off", Tone.WARN),
    "message.undelivered_permanent": plainly("alert", "Could not be delivered", "Check the number", Tone.BAD),
    "push.delivered": plainly("phone", "Notification reached the phone"),
    "push.shown": plainly("eye", "Notification shown"),
    "push.clicked": plainly("eye", "Notification pressed"),
    "push.answered": plainly("check", "Answered from the notification"),
    "message.no_receipt": plainly("clock", "No word from the network in 72 hours", tone=Tone.WARN),
}
