"""The message centre that an `smpp://` entry names: read from its address, a sentence for what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from selfservice.addresses import NAME, NUMBER, SHORT_CODE

PORT = 2775
_SHAPE = "write smpp://user:password@host:2775?from=+15550100"
_CHOICES: Mapping[str, tuple[str, ...]] = {"long": ("udh", "payload"), "ids": ("same", "hex")}
_MOST_WINDOW = 100


@dataclass(frozen=True)
class Place:
    """A message centre, who we are there, and how it likes things.

    `long`: texts of several parts are cut by us ("udh") or by the centre ("payload"). `ids`: its receipts spell a
    reference as its answers do ("same"), or in decimal what the answers say in hexadecimal ("hex"). `window`: how many
    texts may wait for their answer at once.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str = ""
    system_type: str = ""
    long: str = "udh"
    ids: str = "same"
    window: int = 10


def read(address: str) -> Place:
    """The centre that an address names. Raises ValueError with the rest of a sentence that never repeats the value."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or PORT
    except ValueError:
        raise ValueError(f"cannot be read: {_SHAPE}.") from None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not host or not user or parts.path.strip("/"):
        raise ValueError(f"names no user or no host of a message centre: {_SHAPE}.")
    if len(user) > 15 or len(password) > 8 or not (user + password).isascii():
        raise ValueError("has a user of more than 15 letters or a password of more than 8, which SMPP has no room for.")
    options = _options(parts.query)
    sender = options.pop("from", "")
    if sender and not any(shape.fullmatch(sender) for shape in (NUMBER, SHORT_CODE, NAME)):
        raise ValueError("names no sender in from=: write a number like +15550100, a short code, or up to 11 letters.")
    window = options.pop("window", "10")
    if not window.isascii() or not window.isdigit() or not 1 <= int(window) <= _MOST_WINDOW:
        raise ValueError(f"has a window that is not one: write window= and a number from 1 to {_MOST_WINDOW}.")
    system_type = options.pop("system_type", "")
    if not re.fullmatch(r"[!-~]{0,12}", system_type):
        raise ValueError("has a system_type of more than 12 letters, which SMPP has no room for.")
    for name, choices in _CHOICES.items():
        if options.get(name, choices[0]) not in choices:
            raise ValueError(f"has an option {name} with a wrong value: write {name}={' or '.join(choices)}.")
    if not options.keys() <= _CHOICES.keys():
        raise ValueError("has an option that is not known: smpp:// takes from, ids, long, rate, system_type, window.")
    return Place(host, port, user, password, sender, system_type, window=int(window), **options)


def _options(query: str) -> dict[str, str]:
    # Not as a form is read: a number begins with a plus, which means a space there.
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return {name: unquote(value) for name, _, value in pairs}
