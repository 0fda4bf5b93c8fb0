"""Addresses of text providers: what `twilio://`, `vonage://` and `http+json://` say, and what is wrong with one.

Nothing is called and no file is read here. Every function raises ValueError with the rest of a sentence that begins
with the setting and the entry, and never repeats the value: an address holds credentials.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

TWILIO, VONAGE, GATEWAY = "twilio", "vonage", "http+json"

NUMBER = re.compile(r"\+[1-9]\d{6,14}")
SHORT_CODE = re.compile(r"\d{3,6}")
NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
"""What phones show of an alphanumeric sender (3GPP TS 23.040, section 9.1.2.5)."""

SERVICE = re.compile(r"MG[0-9a-f]{32}")
_ACCOUNT = re.compile(r"AC[0-9a-f]{32}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Address:
    """One provider's address; credentials and options stay out of its representation.

    Written `scheme://user:password@sender?option=value`; a character that divides is written as `%` and its number.
    """

    scheme: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    sender: str
    options: Mapping[str, str] = field(repr=False)

    @property
    def is_stand_in(self) -> bool:
        """Whether somebody else stands in for the provider: for tests, never in production."""
        return "api" in self.options


def parse(text: str) -> Address:
    """Read an address and check what its scheme asks for; one of another scheme is taken as it is."""
    scheme, _, rest = text.partition("://")
    place, _, query = rest.partition("?")
    credentials, _, sender = place.rpartition("@")
    user, _, password = credentials.partition(":")
    options: dict[str, str] = {}
    for pair in query.split("&") if query else ():
        name, separator, value = pair.partition("=")
        if not separator or not value or name in options:
            raise ValueError("has an option that is not name=value, or one twice: write ?name=value&name=value.")
        options[name] = unquote(value)
    address = Address(scheme, unquote(user), unquote(password), unquote(sender.rstrip("/")), options)
    check = _CHECKS.get(scheme)
    if check is not None:
        check(address)
    return address


def _check_twilio(address: Address) -> None:
    shape = "write twilio://SID:TOKEN@SENDER"
    if not _ACCOUNT.fullmatch(address.user):
        raise ValueError(f"names no Twilio account: {shape}, the SID with AC and 32 hexadecimal digits.")
    if not address.password:
        raise ValueError(f"has no auth token: {shape}, the token as the Twilio console shows it.")
    if not any(sender.fullmatch(address.sender) for sender in (NUMBER, SHORT_CODE, NAME, SERVICE)):
        raise ValueError(
            f"names no sender: {shape}, the sender a number like +15550100, a short code, up to 11 letters and digits, "
            "or a messaging service that begins with MG."
        )
    _check_options(address, {"api"})


def _check_vonage(address: Address) -> None:
    shape = "write vonage://APPLICATION_ID@SENDER?key=FILE&signature=SECRET or vonage://KEY:SECRET@SENDER?signature=..."
    if not address.user:
        raise ValueError(f"names no application and no API key: {shape}.")
    if not address.password and not ("key" in address.options and _UUID.fullmatch(address.user)):
        raise ValueError(f"has neither an API secret nor an application's id with the file of its key: {shape}.")
    if address.password and "key" in address.options:
        raise ValueError(f"has an API secret and a key's file: keep one of them; {shape}.")
    if not any(shape.fullmatch(address.sender) for shape in (NUMBER, SHORT_CODE, NAME)):
        raise ValueError(
            f"names no sender: {shape}, the sender a number like +15550100 or up to 11 letters and digits."
        )
    if "signature" not in address.options:
        raise ValueError(f"has no signature secret, so that no receipt could be believed: {shape}.")
    _check_options(address, {"api", "key", "signature"})


def _check_gateway(address: Address) -> None:
    shape = "write http+json://USER:KEY@SENDER?template=FILE&signature=SECRET"
    if "template" not in address.options:
        raise ValueError(f"names no template: {shape}, the file as docs/providers.md describes it.")
    if not address.sender:
        raise ValueError(f"names no sender: {shape}.")
    if address.options.get("private", "yes") != "yes":
        raise ValueError("has an option private that is not known: write private=yes or leave it out.")
    _check_options(address, {"template", "signature", "private"})


def _check_options(address: Address, known: set[str]) -> None:
    # What stands there may be a secret in the wrong place, so it is not repeated.
    if not (known | {"rate"}).issuperset(address.options):  # The rate is read where providers are built.
        names = ", ".join(sorted(known))
        raise ValueError(f"has an option that is not known: {address.scheme}:// takes {names}.")
    if "api" in address.options:
        parts = urlsplit(address.options["api"])
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("has an option api that is not the address of a server: write api=http://127.0.0.1:8080.")


_CHECKS: Mapping[str, Callable[[Address], None]] = {
    TWILIO: _check_twilio,
    VONAGE: _check_vonage,
    GATEWAY: _check_gateway,
}
