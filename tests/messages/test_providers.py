"""What every provider of texts does alike: hand over, be honest about what left, keep its secrets."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from selfservice import http
from selfservice.messages.channels.contract import (
    Calling,
    Findable,
    Keeping,
    Refused,
    Submitted,
    Uncertain,
    Unrecognised,
)
from tests.harness.providers import ACCOUNT, GATEWAY_KEY, SIGNATURE_SECRET, TOKEN, Providers
from tests.messages.provider_scene import ID, KINDS, PHONE, Provider, build, text

SECRETS = (TOKEN, GATEWAY_KEY, SIGNATURE_SECRET, ACCOUNT, PHONE, "Hello")


@pytest.fixture(params=KINDS)
def provider(request: pytest.FixtureRequest, providers: Providers, tmp_path: Path) -> Provider:
    return build(request.param, providers, tmp_path)


def outcome_of(provider: Provider) -> Refused | Uncertain:
    with pytest.raises((Refused, Uncertain)) as caught:
        provider.send(text())
    assert not [secret for secret in SECRETS if secret in repr(caught.value)]
    assert caught.value.__cause__ is None
    return caught.value


def test_a_text_is_taken_once_under_our_id(provider: Provider, providers: Providers) -> None:
    submitted = provider.send(text())

    (taken,) = providers.taken
    assert submitted == Submitted(taken.ref)
    assert (taken.provider, taken.id, taken.to, taken.body) == (provider.name, ID, PHONE, "Hello")
    assert providers.counts == {ID: 1}


@pytest.mark.parametrize("body", ["Grüße, ça va? 你好 👋🏽 سلام", "a & b=c + 100% {id} \"'\\ \n\tend", "x" * 1000])
def test_a_body_arrives_as_it_was_written(provider: Provider, providers: Providers, body: str) -> None:
    provider.send(text(body))

    assert [taken.body for taken in providers.taken] == [body]


def test_a_text_that_is_too_long_for_the_provider_is_refused_for_good(provider: Provider, providers: Providers) -> None:
    if provider.name == "gateway":
        provider.send(text("x" * 20_000))
        assert len(providers.taken[0].body) == 20_000
        return

    with pytest.raises(Refused) as caught:
        provider.send(text("x" * 2000))

    assert caught.value.permanent
    assert providers.taken == []


@pytest.mark.parametrize(
    ("status", "headers", "kind", "details"),
    [
        (400, {}, Refused, {"permanent": True}),
        (422, {}, Refused, {"permanent": True}),
        (413, {}, Refused, {"permanent": True}),
        (301, {"Location": "http://127.0.0.1:1/"}, Refused, {"permanent": False}),
        (401, {}, Unrecognised, {"status": 401}),
        (402, {}, Refused, {"permanent": False, "retry_after": None}),
        (403, {}, Unrecognised, {"status": 403}),
        (404, {}, Refused, {"permanent": False, "retry_after": None}),
        (429, {}, Refused, {"permanent": False, "retry_after": None}),
        (429, {"Retry_After": "7"}, Refused, {"permanent": False, "retry_after": timedelta(seconds=7)}),
        (429, {"Retry_After": "soon"}, Refused, {"permanent": False, "retry_after": None}),
        (
            429,
            {"Retry_After": f"Mon, 01 Jan {'9' * 20} 00:00:00 GMT"},
            Refused,
            {"permanent": False, "retry_after": None},
        ),
        (429, {"Retry_After": "9" * 40}, Refused, {"permanent": False, "retry_after": timedelta(hours=1)}),
        (408, {}, Uncertain, {}),
        (500, {}, Uncertain, {}),
        (502, {}, Uncertain, {}),
        (503, {"Retry_After": "7"}, Uncertain, {}),
    ],
)
def test_what_an_answer_means(
    provider: Provider,
    providers: Providers,
    status: int,
    headers: dict[str, str],
    kind: type[Exception],
    details: dict[str, Any],
) -> None:
    with providers.answering(status, {"message": f"{PHONE} {TOKEN}"}, **headers):
        outcome = outcome_of(provider)

    assert type(outcome) is kind
    assert {name: getattr(outcome, name) for name in details} == details


@pytest.mark.parametrize(
    "body", [b"", b"<html>busy</html>", b"\xff\xfe\x00", b"[]", b"null", b'{"sid": 7, "message_uuid": []}', b"[" * 9000]
)
def test_an_answer_that_cannot_be_read_is_uncertain(provider: Provider, providers: Providers, body: bytes) -> None:
    with providers.garbling(body):
        assert type(outcome_of(provider)) is Uncertain

    assert providers.counts == {ID: 1}


def test_a_connection_that_is_cut_after_the_text_left_is_uncertain(provider: Provider, providers: Providers) -> None:
    with providers.dropping():
        assert type(outcome_of(provider)) is Uncertain

    assert providers.counts == {ID: 1}


def test_an_answer_that_comes_too_late_is_uncertain(
    provider: Provider, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "ANSWER_SECONDS", 0.3)
    with providers.delaying(1.0):
        assert type(outcome_of(provider)) is Uncertain

    assert providers.counts == {ID: 1}


def test_a_slow_answer_within_the_time_is_taken(provider: Provider, providers: Providers) -> None:
    with providers.delaying(0.4):
        assert provider.send(text()) == Submitted(providers.taken[0].ref)


def test_nobody_there_is_refused_for_now(provider: Provider, providers: Providers) -> None:
    providers.__exit__()

    outcome = outcome_of(provider)

    assert isinstance(outcome, Refused)
    assert not outcome.permanent


def test_no_secret_is_shown_by_a_provider_or_its_address(
    provider: Provider, providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):  # The least that is ever written.
        provider.send(text())
        shown = repr(provider) + str(provider) + caplog.text

    assert not [secret for secret in SECRETS if secret in shown]


def test_each_keeps_the_contract(provider: Provider) -> None:
    assert isinstance(provider, Calling)
    assert isinstance(provider, Keeping)
    assert isinstance(provider, Findable)


@pytest.mark.parametrize("kind", ["twilio", "vonage"])
def test_one_that_cannot_be_asked_says_so(kind: str, providers: Providers, tmp_path: Path) -> None:
    provider = build(kind, providers, tmp_path)

    with pytest.raises(Uncertain):
        provider.find(ID)

    assert (providers.calls, provider.tells_receipts) == (0, False)


def test_nothing_is_sent_to_a_private_address_unless_that_is_said(providers: Providers, tmp_path: Path) -> None:
    provider = build("twilio", providers, tmp_path)
    provider._is_stand_in = False

    outcome = outcome_of(provider)

    assert isinstance(outcome, Refused)
    assert (outcome.permanent, providers.calls) == (False, 0)
