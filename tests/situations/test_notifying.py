"""Notifications: what a phone shows in each language, with answers that count and nothing that should not be seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from selfservice.kit import Action
from selfservice.kit.words import Words
from selfservice.situations import notifying
from selfservice.situations.contract import notifications, whole
from selfservice.situations.loading import Loaded
from selfservice.situations.notifying import Saying, Sending
from selfservice.situations.registry import Registry
from tests.situations.views import NOW, view

LINK = "https://go.harbourstreet.example/p/" + "0" * 34
ALL = ("confirm", "cancel", "no", "yes", "move", "note", "report", "change_day", "leave_safe")


def sending() -> Sending:
    answers = {action: (f"token-of-{action}", f"key-of-{action}") for action in ALL}
    return Sending(tag="0" * 11, link=LINK, receipt="receipt", answers=answers, badge=2)


def shown(loaded: Loaded, language: str = "en", *, saying: Saying = "body", **changes: Any) -> dict[str, Any]:
    sample = next(iter(loaded.samples))
    return notifying.compose(view(loaded, sample, language, **changes), loaded, sending(), saying=saying)


def test_a_notification_has_the_declared_shape(registry: Registry) -> None:
    payload = shown(registry.get("appointment_reminder"))

    notification = payload["notification"]
    assert (payload["web_push"], payload["app_badge"]) == (8030, "2")
    assert notification["title"].startswith("Can you come on ")
    assert (notification["lang"], notification["dir"], notification["silent"]) == ("en", "ltr", False)
    assert (notification["tag"], notification["navigate"]) == ("0" * 11, LINK)
    assert notification["actions"] == [
        {"action": "confirm", "title": "Yes, I’ll be there", "navigate": f"{LINK}?step=ask"},
        {"action": "cancel", "title": "I can’t come", "navigate": f"{LINK}?step=sure"},
    ]
    assert notification["data"]["answers"]["confirm"] == {
        "url": "/a/token-of-confirm",
        "key": "key-of-confirm",
        "revision": 3,
        "said": "Yes, I’ll be there",
    }
    assert (notification["data"]["v"], notification["data"]["receipt"]) == (1, "receipt")
    assert set(notification["data"]["words"]) == {"saved", "sent", "failed", "open"}


def test_a_change_is_told_as_one(registry: Registry) -> None:
    body = shown(registry.get("appointment_reminder"), saying="updated")["notification"]["body"]

    assert body == "Harbour Street Health Centre has changed your appointment. Can you still come?"


@pytest.mark.parametrize(("language", "tag", "direction"), [("ar", "ar", "rtl"), ("zh", "zh-Hans", "ltr")])
def test_a_notification_speaks_the_pages_language(registry: Registry, language: str, tag: str, direction: str) -> None:
    loaded = registry.get("appointment_reminder")
    own, english = (shown(loaded, code)["notification"] for code in (language, "en"))

    assert (own["lang"], own["dir"]) == (tag, direction)
    assert own["title"] != english["title"]
    assert own["data"]["words"]["saved"] != english["data"]["words"]["saved"]
    assert own["actions"][1]["title"] != english["actions"][1]["title"]


def test_an_answered_page_offers_nothing_more(registry: Registry) -> None:
    loaded = registry.get("appointment_reminder")

    assert shown(loaded, state="answered", step="confirmed")["notification"]["actions"] == []


def test_what_asks_for_a_form_is_never_offered(registry: Registry) -> None:
    assert shown(registry.get("order_status"))["notification"]["actions"] == []


def test_only_the_protective_answer_is_offered_where_somebody_is_asked_who_they_are(registry: Registry) -> None:
    notification = shown(registry.get("fraud_alert"))["notification"]

    assert [action["action"] for action in notification["actions"]] == ["no"]
    assert set(notification["data"]["answers"]) == {"no"}


@pytest.mark.parametrize("key", ["fraud_alert", "order_status"])
def test_a_type_that_asks_tells_no_fact(registry: Registry, key: str) -> None:
    loaded = registry.get(key)
    facts = view(loaded, next(iter(loaded.samples))).facts
    secrets = [str(value) for value in facts.model_dump().values() if isinstance(value, str) and len(value) > 2]
    assert notifying.asks_who(loaded.situation)

    for language in loaded.languages:
        told = notifying.words_of(shown(loaded, language))
        assert [secret for secret in secrets if secret in told] == []


def with_words(loaded: Loaded, **sentences: str) -> Loaded:
    """The same type with other words in English."""
    words = {f"push.{name}": text for name, text in sentences.items()}
    return replace(loaded, words={**loaded.words, "en": Words("en", {**loaded.words["en"], **words})})


def test_words_that_would_tell_a_fact_are_those_of_every_page_instead(registry: Registry) -> None:
    careless = with_words(registry.get("fraud_alert"), title="{name}, {merchant}?", body="Card ending {card_ending}")

    notification = shown(careless)["notification"]

    assert notification["title"] == "A message from Harbour Street Health Centre"
    assert notification["body"] == "Open your page to see what it is about."


def test_a_type_without_words_of_its_own_says_those_of_every_page(registry: Registry) -> None:
    loaded = registry.get("appointment_reminder")
    shared = registry.shared["en"]
    own = {key: text for key, text in loaded.words["en"].items() if not key.startswith("push.")}
    bare = replace(loaded, words={"en": Words("en", own).over(shared)})

    notification = shown(bare)["notification"]

    assert notification["title"] == "A message from Harbour Street Health Centre"
    assert notification["actions"][1]["title"] == "Yes, cancel it"


def test_the_built_in_types_fit_and_tell_nothing(registry: Registry) -> None:
    assert [problem for loaded in registry for problem in whole.check(loaded, now=NOW)] == []


def declared(loaded: Loaded, key: str, **changes: Any) -> Loaded:
    """The same type with one action declared otherwise."""
    actions: tuple[Action, ...] = tuple(
        replace(action, **changes) if action.key == key else action for action in loaded.situation.actions
    )
    return replace(loaded, situation=replace(loaded.situation, actions=actions))


@pytest.mark.parametrize(
    ("situation", "action", "sentence"),
    [
        ("appointment_reminder", "move", "The action move asks for a form, which no notification has; "),
        ("fraud_alert", "yes", "The action yes is offered in notifications, but somebody is asked who they are "),
    ],
)
def test_an_action_that_cannot_be_offered_is_told(
    registry: Registry, situation: str, action: str, sentence: str
) -> None:
    loaded = declared(registry.get(situation), action, in_notification=True)

    problems = list(notifications.check(loaded, NOW))

    assert [problem.sentence.startswith(sentence) for problem in problems] == [True]


def test_words_that_do_not_fit_are_told_with_their_place(registry: Registry) -> None:
    loaded = with_words(registry.get("appointment_reminder"), body="x" * 4000)

    problems = list(notifications.check(loaded, NOW))

    assert {problem.file.name for problem in problems} == {"en.toml"}
    assert " bytes, 3993 fit; shorten its words." in problems[0].sentence
    assert problems[0].line
