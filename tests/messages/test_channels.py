"""Providers from their addresses, and what the development handset remembers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine

from selfservice.config import Settings
from selfservice.db import db
from selfservice.errors import ConfigError
from selfservice.messages.channels import handset, registry
from selfservice.messages.channels.contract import Findable, Found, Outgoing, Submitted, Text, Uncertain
from selfservice.messages.channels.handset import Handset
from tests.harness.providers import Providers
from tests.messages.scenes import OTHER, PHONE, handset_channels


def outgoing(reference: str = "A" * 11, number: str = PHONE, body: str = "Hello") -> Outgoing:
    return Outgoing(reference, number, Text(body, "Clinic"), timedelta(hours=1))


def refusal_of(settings: Settings, *sms: str, env: str = "demo") -> str:
    with pytest.raises(ConfigError) as caught:
        registry.build(settings.model_copy(update={"sms": sms, "env": env}), writer=db.engine, reader=db.engine)
    return caught.value.message


def test_a_scheme_that_is_not_served_is_named_with_those_that_are(session: Any, settings: Settings) -> None:
    says = refusal_of(settings, "handset://", "pigeon://coop")

    assert says.startswith("SELFSERVICE_SMS entry 2 names the provider pigeon://, which is not served: write ")
    assert "handset:// or twilio:// or vonage:// or http+json://" in says


def test_every_text_provider_is_built_in_its_order(session: Any, settings: Settings, providers: Providers) -> None:
    sms = (providers.gateway, "handset://", f"{providers.twilio}&rate=5", providers.vonage)

    channels = registry.build(settings.model_copy(update={"sms": sms}), writer=db.engine, reader=db.engine)

    assert [provider.name for provider in channels.of("sms")] == ["gateway", "handset", "twilio", "vonage"]
    assert channels.rates == {"twilio": 5.0}


def test_a_stand_in_is_refused_in_production(session: Any, settings: Settings, providers: Providers) -> None:
    says = "SELFSERVICE_SMS entry 1 says api=, which is for tests: production calls the provider itself."

    assert [refusal_of(settings, sms, env="production") for sms in (providers.twilio, providers.vonage)] == [says] * 2


def test_a_mistake_in_a_template_names_the_entry(session: Any, settings: Settings, providers: Providers) -> None:
    providers.template.write_text("[send]\n")

    assert refusal_of(settings, "handset://", providers.gateway) == (
        f"SELFSERVICE_SMS entry 2 names {providers.template} as its template, where [send] body is missing: "
        "write [send.body] and the keys that the gateway wants."
    )


def test_the_first_provider_sends_and_each_is_found_by_name(session: Any) -> None:
    channels = handset_channels()

    assert (channels.get("sms").name, channels.lanes) == (
        "handset",
        {"handset": 4, "mailbox": 4, "push": 32},
    )
    assert channels.find_named("handset") is channels.get("sms")
    assert channels.find_named("twilio") is None
    assert isinstance(channels.get("sms"), Findable)
    with pytest.raises(ConfigError, match="SELFSERVICE_PIGEON"):
        channels.get("pigeon")


def test_the_handset_finds_what_it_has_and_nothing_else(session: Any) -> None:
    phone = handset_channels().get("sms")
    assert isinstance(phone, Findable)

    assert phone.send(outgoing()) == Submitted("A" * 11)
    assert phone.send(outgoing(body="Again")) == Submitted("A" * 11)

    assert (phone.find("A" * 11), phone.find("B" * 11)) == (Found("A" * 11, "delivered"), None)
    assert [text.body for text in handset.list_texts(PHONE)] == ["Hello"]


def test_a_handset_without_its_database_is_uncertain(tmp_path: Any) -> None:
    nowhere = create_engine(f"sqlite:///{tmp_path}/missing/handset.sqlite")
    phone = Handset(nowhere, nowhere)

    with pytest.raises(Uncertain):
        phone.send(outgoing())
    with pytest.raises(Uncertain):
        phone.find("A" * 11)


@pytest.mark.parametrize("size", [1, 3])
def test_threads_are_listed_latest_first_in_one_statement(
    session: Any, size: int, counting: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    phone = handset_channels().get("sms")
    for place in range(size):
        phone.send(outgoing(f"{place:011}", f"+1202555010{place}", f"Text {place}"))
        phone.send(outgoing(f"{place + 50:011}", f"+1202555010{place}", f"More {place}"))

    with counting() as statements:
        threads = handset.list_threads()

    assert [(thread.number[-1], thread.body, thread.count) for thread in threads] == [
        (str(place), f"More {place}", 2) for place in reversed(range(size))
    ]
    assert sum(statement.startswith("SELECT") for statement in statements) == 1


def test_a_reply_joins_its_thread(session: Any) -> None:
    handset_channels().get("sms").send(outgoing())

    handset.reply(PHONE, sender="Clinic", body="Yes")
    session.commit()

    assert [(text.direction, text.body) for text in handset.list_texts(PHONE)] == [("out", "Hello"), ("in", "Yes")]
    assert handset.list_texts(OTHER) == []
    assert handset.last_id() == handset.list_texts(PHONE)[-1].id
