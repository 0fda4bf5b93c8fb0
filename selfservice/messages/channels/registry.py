"""The providers that are configured, by the channel they serve; building them from their addresses, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from sqlalchemy import Engine

from selfservice.config import Settings
from selfservice.errors import ConfigError
from selfservice.messages.channels.contract import Channel
from selfservice.messages.channels.handset import SCHEME, Handset
from selfservice.messages.channels.push import WebPush

_SMS: Mapping[str, Callable[[Engine, Engine], Channel]] = {SCHEME: Handset}


class Channels:
    """The providers of one process. For each channel the first is used."""

    def __init__(self, providers: Mapping[str, Sequence[Channel]]) -> None:
        self._providers = {channel: tuple(those) for channel, those in providers.items() if those}

    @property
    def lanes(self) -> dict[str, int]:
        """How many calls may run at once for each channel."""
        return {channel: those[0].parallel for channel, those in self._providers.items()}

    def get(self, channel: str) -> Channel:
        """The provider that sends for `channel`; raises ConfigError when there is none."""
        those = self._providers.get(channel)
        if those is None:
            raise ConfigError(
                f"No provider is set for the channel {channel}: set SELFSERVICE_{channel.upper()} to its address."
            )
        return those[0]

    def find_named(self, name: str) -> Channel | None:
        """The provider an attempt was made with, if it is still configured."""
        named = (provider for those in self._providers.values() for provider in those if provider.name == name)
        return next(named, None)


def build(settings: Settings, *, writer: Engine, reader: Engine) -> Channels:
    """The providers that the settings name, in their order; raises ConfigError naming an entry that is not served.

    The engines are for the handset: threads without an application context call it.
    """
    providers: list[Channel] = []
    for position, address in enumerate(settings.sms, start=1):
        scheme = urlsplit(address).scheme
        make = _SMS.get(scheme)
        if make is None:
            served = " or ".join(f"{known}://" for known in _SMS)
            raise ConfigError(
                f"SELFSERVICE_SMS entry {position} names the provider {scheme}://, which is not served: write {served}."
            )
        providers.append(make(writer, reader))
    return Channels({"sms": providers, "push": [WebPush(settings)]})
