"""The providers that are configured, by the channel they serve; building them from their addresses, nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from sqlalchemy import Engine

from selfservice import addresses
from selfservice.addresses import Address
from selfservice.config import Settings
from selfservice.errors import ConfigError
from selfservice.messages.channels import relay
from selfservice.messages.channels.contract import Channel, Findable
from selfservice.messages.channels.gateway import Gateway
from selfservice.messages.channels.handset import SCHEME, Handset
from selfservice.messages.channels.mailbox import Mailbox
from selfservice.messages.channels.push import WebPush
from selfservice.messages.channels.smpp import NAME as SMPP
from selfservice.messages.channels.smpp import Smpp
from selfservice.messages.channels.smtp import Smtp
from selfservice.messages.channels.twilio import Twilio
from selfservice.messages.channels.vonage import Vonage

_SMS: Mapping[str, Callable[[Address, Settings], Channel]] = {
    addresses.TWILIO: Twilio,
    addresses.VONAGE: Vonage,
    addresses.GATEWAY: Gateway,
}


class Channels:
    """The providers of one process, in their order for each channel; no two have the same name.

    `rates` are the messages a second that a provider may be handed, by its name.
    """

    def __init__(self, providers: Mapping[str, Sequence[Channel]], rates: Mapping[str, float] | None = None) -> None:
        self._providers = {channel: tuple(those) for channel, those in providers.items() if those}
        self._named = {provider.name: provider for those in self._providers.values() for provider in those}
        self.rates = dict(rates or {})

    @property
    def names(self) -> tuple[str, ...]:
        """The channels that have a provider."""
        return tuple(self._providers)

    @property
    def lanes(self) -> dict[str, int]:
        """How many calls may run at once for each provider."""
        return {name: provider.parallel for name, provider in self._named.items()}

    @property
    def findable(self) -> frozenset[str]:
        """The names of those that can be asked what became of a message."""
        return frozenset(name for name, provider in self._named.items() if isinstance(provider, Findable))

    def of(self, channel: str) -> tuple[Channel, ...]:
        """The providers that send for `channel`, in their order; raises ConfigError when there is none."""
        those = self._providers.get(channel)
        if those is None:
            raise ConfigError(
                f"No provider is set for the channel {channel}: set SELFSERVICE_{channel.upper()} to its address."
            )
        return those

    def get(self, channel: str) -> Channel:
        """The first provider that sends for `channel`; raises ConfigError when there is none."""
        return self.of(channel)[0]

    def find_named(self, name: str) -> Channel | None:
        """The provider an attempt was made with, if it is still configured."""
        return self._named.get(name)


def take_rate(address: str, *, place: str) -> tuple[str, float | None]:
    """An address without its `rate`, and the messages a second that it asks for, None when it does not.

    Raises ConfigError, beginning with `place`, for a rate that is not a number above zero.
    """
    base, _, query = address.partition("?")
    pairs = [pair for pair in query.split("&") if pair]
    rates = [pair.partition("=")[2] for pair in pairs if pair.partition("=")[0] == "rate"]
    if not rates:
        return address, None
    if len(rates) > 1 or not re.fullmatch(r"\d{1,5}(\.\d{1,3})?", rates[0], re.ASCII) or not float(rates[0]):
        raise ConfigError(f"{place} has a rate that is not one: write ?rate= and messages a second, such as rate=10.")
    rest = "&".join(pair for pair in pairs if pair.partition("=")[0] != "rate")
    return (f"{base}?{rest}" if rest else base), float(rates[0])


def build(settings: Settings, *, writer: Engine, reader: Engine) -> Channels:
    """The providers that the settings name, in their order; raises ConfigError naming an entry that is not served.

    The engines are for the handset: threads without an application context call it.
    """
    providers: list[Channel] = []
    rates: dict[str, float] = {}
    for position, entry in enumerate(settings.sms, start=1):
        address, rate = take_rate(entry, place=f"SELFSERVICE_SMS entry {position}")
        provider = _text_provider(address, settings, writer, reader, place=f"SELFSERVICE_SMS entry {position}")
        if any(other.name == provider.name for other in providers):
            raise ConfigError(
                f"SELFSERVICE_SMS entry {position} names {provider.name} a second time: name each provider once."
            )
        providers.append(provider)
        if rate is not None:
            rates[provider.name] = rate
    email, rate = _email(settings, writer, reader)
    rates |= {provider.name: rate for provider in email if rate is not None}
    return Channels({"sms": providers, "email": email, "push": [WebPush(settings)]}, rates)


def _text_provider(address: str, settings: Settings, writer: Engine, reader: Engine, *, place: str) -> Channel:
    scheme = address.partition("://")[0]
    if scheme == SCHEME:
        return Handset(writer, reader)
    if scheme == SMPP:
        try:
            return Smpp(address)
        except ValueError as error:
            raise ConfigError(f"{place} {error}") from None
    make = _SMS.get(scheme)
    if make is None:
        served = " or ".join(f"{known}://" for known in (SCHEME, *_SMS, SMPP))
        raise ConfigError(f"{place} names the provider {scheme}://, which is not served: write {served}.")
    try:
        read = addresses.parse(address)
        if read.is_stand_in and settings.is_production:
            raise ConfigError(f"{place} says api=, which is for tests: production calls the provider itself.")
        return make(read, settings)
    except ValueError as error:
        raise ConfigError(f"{place} {error}") from None


def _email(settings: Settings, writer: Engine, reader: Engine) -> tuple[list[Channel], float | None]:
    """What sends e-mails, none where none is set, and the messages a second that it may be handed."""
    if settings.email is None:
        return [], None
    address, rate = take_rate(settings.email, place="SELFSERVICE_EMAIL")
    if urlsplit(address).scheme == SCHEME:
        return [Mailbox(writer, reader)], rate
    return [Smtp(relay.read(address, is_demo=not settings.is_production))], rate
