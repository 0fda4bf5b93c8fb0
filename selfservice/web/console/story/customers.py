"""What is told of a page's customer: what they wrote and sent us, and what they want to be sent."""

from __future__ import annotations

from dataclasses import replace

from selfservice.web.console import photo_words
from selfservice.web.console.story.scene import Entry, Scene, Told, entry, plainly
from selfservice.web.console.wording import Tone


def _stopped(scene: Scene) -> Entry:
    if scene.event.actor.startswith("staff:"):
        what = "E-mails" if scene.data("channel") == "email" else "Texts"
        return entry(scene, "mute", f"{what} stopped by {scene.actor}", "The customer said so", tone=Tone.BAD)
    what = (
        "Stopped all e-mail to this address" if scene.data("channel") == "email" else "Stopped all texts to this number"
    )
    return entry(scene, "mute", what, tone=Tone.BAD)


def _allowed(scene: Scene) -> Entry:
    what = "E-mails to this address" if scene.data("channel") == "email" else "Texts to this number"
    return entry(scene, "send", f"{what} allowed again by {scene.actor}")


def _chose(scene: Scene) -> Entry:
    said = {"yes": "Wants {}", "no": "Wants no {}"}
    details = [said[answer].format(_CLASSES.get(name, name)) for name, answer in scene.event.data.items()]
    by_staff = scene.event.actor.startswith("staff:")
    title = (
        f"What they want to be sent, written down by {scene.actor}" if by_staff else "Chose what we send, when and how"
    )
    return entry(scene, "edit", title, *details)


def _photo_came(scene: Scene) -> Entry:
    photo_id = scene.data("medium")
    words = photo_words.told(scene.cast.photos[photo_id], sender=scene.actor, ending=scene.cast.ending)
    came = entry(scene, words.icon, words.title, *words.details, tone=words.tone)
    return replace(came, photo=photo_id) if words.is_shown else came


def _wrote(scene: Scene) -> Entry:
    title, tone = _WROTE.get(scene.data("meaning"), _WROTE["staff"])
    waits = "It waits in the inbox for a person" if scene.data("meaning") == "staff" else ""
    return entry(scene, "message", title, waits, tone=tone)


_CLASSES = {"service": "updates about what they have with us", "marketing": "offers", "urgent": "urgent warnings"}
_WROTE = {
    "stop": ("Texted that they want no more texts", Tone.BAD),
    "start": ("Texted that they want texts again", Tone.NOTE),
    "help": ("Asked by text who we are", Tone.QUIET),
    "more": ("Asked by text for the link", Tone.QUIET),
    "answer": ("Answered by text", Tone.QUIET),
    "staff": ("Wrote a text", Tone.WARN),
}
TOLD: Told = {
    "customer.chose": _chose,
    "page.erased": plainly("cross", "The customer was erased by {by}", "Who it was is kept nowhere", Tone.BAD),
    "customer.exported": plainly("link", "All that is kept of the customer was exported by {by}"),
    "customer.stopped": _stopped,
    "customer.allowed": _allowed,
    "media.received": _photo_came,
    "reply.received": _wrote,
}
