"""The mail server that SELFSERVICE_EMAIL names: read from its address, a sentence for what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

from selfservice.errors import ConfigError
from selfservice.messages.channels.contract import Refused
from selfservice.messages.channels.letters import clean_address

PORTS = {"smtp": 587, "smtps": 465}
_EXAMPLE = "smtp://user:password@host:587?from=name@example.com"


@dataclass(frozen=True)
class Relay:
    """A server that takes our e-mails, and the address that they come from.

    `is_tls`: encrypted from the first byte (smtps). `needs_starttls`: encrypted before anything is said.
    """

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    is_tls: bool = False
    needs_starttls: bool = True


def read(address: str, *, is_demo: bool) -> Relay:
    """The server that an address names; raises ConfigError, whose sentence never repeats the address.

    In a demo a server on this very machine may go without encryption: that is where people try things out.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _wrong("cannot be read") from None
    if parts.scheme not in PORTS:
        raise _wrong(f"names the provider {parts.scheme}://, which is not served")
    if not host:
        raise _wrong("names no host")
    if parts.path.strip("/") or parts.fragment:
        raise _wrong("has something behind its host that is no question mark")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(options.keys() - {"from"})
    if unknown:
        raise _wrong(f"has the option {unknown[0]}, which is not known")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise _wrong("has a user without a password, or a password without a user")
    try:
        sender = clean_address(options.get("from", ""))
    except Refused:
        raise _wrong("does not say which address e-mails come from (from=)") from None
    return Relay(
        host=host,
        port=port or PORTS[parts.scheme],
        sender=sender,
        user=user,
        password=password,
        is_tls=parts.scheme == "smtps",
        needs_starttls=not (is_demo and _is_this_machine(host)),
    )


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _wrong(what: str) -> ConfigError:
    return ConfigError(f"SELFSERVICE_EMAIL {what}: write handset:// or {_EXAMPLE}, with % codes for special letters.")
