"""What is told of the work that a page leads to: a person who is needed, and follow-ups."""

from __future__ import annotations

from selfservice.web.console import follow_up_words
from selfservice.web.console.story.scene import Entry, Scene, Told, entry, plainly
from selfservice.web.console.wording import Tone


def _asked_for_a_person(scene: Scene) -> Entry:
    team = scene.cast.teams.get(scene.data("team"), "")
    if scene.data("kind") == "call":
        return entry(scene, "phone", f"A call for {team}" if team else "A call for a person")
    if scene.data("again"):
        return entry(scene, "inbox", "Needs a person again", f"For {team}" if team else "", tone=Tone.WARN)
    if scene.data("kind") == "wrong_number":
        return entry(
            scene, "inbox", f"Handed to {team}, urgent" if team else "Handed to a person, urgent", tone=Tone.BAD
        )
    if scene.data("kind") == "callback":
        return entry(scene, "phone", "Asked to be called back", f"For {team}" if team else "", tone=Tone.WARN)
    return entry(scene, "inbox", f"Handed to {team}" if team else "Handed to a person", tone=Tone.WARN)


def _done(scene: Scene) -> Entry:
    if scene.event.actor == "customer":
        title = "The call is no longer wanted" if scene.data("kind") == "call" else "Needs no person any more"
        return entry(scene, "check", title, "The customer has answered")
    return entry(scene, "check", f"Done by {scene.actor}")


def _followed_up(scene: Scene) -> Entry:
    kind = scene.data("kind")
    team = scene.cast.teams.get(scene.data("team"), "")
    is_work = kind == "escalate"
    title = follow_up_words.done(kind, scene.data("by"), team)
    return entry(scene, "inbox" if is_work else "clock", title, tone=Tone.WARN if is_work else Tone.QUIET)


def _not_followed_up(scene: Scene) -> Entry:
    return entry(scene, "clock", *follow_up_words.skipped(scene.data("kind"), scene.data("reason")))


def _called_off(scene: Scene) -> Entry:
    return entry(scene, "cross", follow_up_words.called_off(scene.data("kind"), scene.actor))


TOLD: Told = {
    "conversation.waiting": _asked_for_a_person,
    "conversation.open": plainly("person", "Taken by {by}"),
    "conversation.closed": _done,
    "follow_up.done": _followed_up,
    "follow_up.skipped": _not_followed_up,
    "follow_up.called_off": _called_off,
}
