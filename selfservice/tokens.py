"""Signed tokens and the keyed hashes of stored data; no database, no request.

A page's token is 34 base62 characters of fixed width: key id (1), page id (63 random bits, 11 characters),
HMAC-SHA256 cut to 128 bits (22). The first key signs, every key verifies. An answer token carries the name of
its one action after those 34 characters. Only the canonical spelling of a token is accepted.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import NamedTuple

from flask import current_app
from itsdangerous import Signer
from itsdangerous.signer import SigningAlgorithm

from selfservice.errors import AppError

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_BITS = 63
ID_WIDTH = 11
MAC_BYTES = 16
MAC_WIDTH = 22
TOKEN_WIDTH = 1 + ID_WIDTH + MAC_WIDTH

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_ID_LIMIT = 1 << ID_BITS

# Two characters at a time: a page carries a token for each of its answers.
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_PAIR = len(_PAIRS)


class BadToken(AppError):
    """Not signed by us, or not spelt as we spell it. Says nothing about which."""

    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__("The link is not one of ours, or a character of it was lost; open the link as it was sent.")


class Key(NamedTuple):
    """One entry of SELFSERVICE_SECRET_KEYS or SELFSERVICE_DATA_KEYS."""

    kid: str
    secret: str


def new_id() -> int:
    """A fresh random identifier of 63 bits, never zero, for rows that outsiders may name."""
    return secrets.randbelow(_ID_LIMIT - 1) + 1


def encode_id(value: int) -> str:
    """An identifier as outsiders see it: 11 base62 characters (a JSON number would lose digits)."""
    return _encode(value, ID_WIDTH)


def decode_id(text: str) -> int:
    """The identifier written as `text`; raises BadToken for anything `encode_id` would not write."""
    return _decode(text, ID_WIDTH, _ID_LIMIT)


class _Truncated(SigningAlgorithm):
    """HMAC-SHA256 cut to 128 bits (RFC 2104 section 5 allows the left half)."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha256")[:MAC_BYTES]


class Keyring:
    """Signs and reads tokens, one salt for each purpose, so that no token serves another purpose."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = {key.kid: key.secret for key in keys}
        self._first = next(iter(self._keys))
        self._algorithm = _Truncated()
        self._derived: dict[tuple[str, str], bytes] = {}

    def sign(self, purpose: str, value: int) -> str:
        """The 34-character token for `value`, good for `purpose` alone."""
        stem = self._first + encode_id(value)
        return stem + self._mac(purpose, self._first, stem)

    def read(self, purpose: str, token: str) -> int:
        """The value a token was signed for; raises BadToken. Reads no database."""
        if len(token) != TOKEN_WIDTH or token[0] not in self._keys:
            raise BadToken
        stem = token[: 1 + ID_WIDTH]
        if not hmac.compare_digest(self._mac(purpose, token[0], stem).encode(), token[1 + ID_WIDTH :].encode()):
            raise BadToken
        return decode_id(stem[1:])

    def sign_page(self, page_id: int) -> str:
        """The token of a page's link."""
        return self.sign("page", page_id)

    def read_page(self, token: str) -> int:
        """The page a link names; raises BadToken."""
        return self.read("page", token)

    def sign_answer(self, page_id: int, action: str) -> str:
        """An answer token: allows `action` on one page and opens nothing."""
        return self.sign_answers(page_id, (action,))[action]

    def sign_answers(self, page_id: int, actions: Iterable[str]) -> dict[str, str]:
        """An answer token for each of `actions`, by action."""
        stem = self._first + encode_id(page_id)
        return {action: stem + self._mac(_answer_purpose(action), self._first, stem) + action for action in actions}

    def read_answer(self, token: str) -> tuple[int, str]:
        """The page and the action of an answer token; raises BadToken."""
        action = token[TOKEN_WIDTH:]
        if not action:
            raise BadToken
        return self.read(_answer_purpose(action), token[:TOKEN_WIDTH]), action

    def short_macs(self, purpose: str, text: str, bits: int) -> list[int]:
        """The first `bits` (at most 128) of the MAC of a text under each key, the signing one first.

        For codes that people read out: too short for a link, long enough where each try costs a request.
        """
        macs = (self._algorithm.get_signature(self._derive(purpose, kid), text.encode()) for kid in self._keys)
        return [int.from_bytes(mac, "big") >> (MAC_BYTES * 8 - bits) for mac in macs]

    def _mac(self, purpose: str, kid: str, stem: str) -> str:
        key = self._derived.get((purpose, kid))
        if key is None:
            key = self._derive(purpose, kid)
        return _encode(int.from_bytes(self._algorithm.get_signature(key, stem.encode()), "big"), MAC_WIDTH)

    def _derive(self, purpose: str, kid: str) -> bytes:
        signer = Signer(
            self._keys[kid],
            salt=f"selfservice.{purpose}",
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )
        key = signer.derive_key()
        if len(self._derived) < 4096:  # Forged answer tokens invent purposes without end.
            self._derived[purpose, kid] = key
        return key


class DataKeys:
    """Keyed hashes of stored personal data, so that a number can be recognised without being kept."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = {key.kid: key.secret for key in keys}
        self._first = next(iter(self._keys))

    @property
    def kids(self) -> frozenset[str]:
        """The ids of the keys at hand."""
        return frozenset(self._keys)

    def hash(self, purpose: str, text: str) -> tuple[str, str]:
        """(key id, hex HMAC-SHA256) of `text` under the first key."""
        return self._first, self._digest(self._first, purpose, text)

    def hashes(self, purpose: str, text: str) -> list[tuple[str, str]]:
        """(key id, hex HMAC-SHA256) of `text` under every key, for look-ups of rows written before a rotation."""
        return [(kid, self._digest(kid, purpose, text)) for kid in self._keys]

    def _digest(self, kid: str, purpose: str, text: str) -> str:
        return hmac.new(self._keys[kid].encode(), f"{purpose}\x00{text}".encode(), hashlib.sha256).hexdigest()


def current() -> Keyring:
    """The running application's keyring."""
    keyring: Keyring = current_app.extensions["selfservice.keyring"]
    return keyring


def data_keys() -> DataKeys:
    """The running application's data keys."""
    keys: DataKeys = current_app.extensions["selfservice.data_keys"]
    return keys


def _answer_purpose(action: str) -> str:
    return f"answer.{action}"


def _encode(value: int, width: int) -> str:
    pairs = []
    for _ in range(0, width, 2):
        value, pair = divmod(value, _PAIR)
        pairs.append(_PAIRS[pair])
    return "".join(reversed(pairs))[-width:]


def _decode(text: str, width: int, limit: int) -> int:
    if len(text) != width:
        raise BadToken
    value = 0
    for character in text:
        digit = _VALUES.get(character)
        if digit is None:
            raise BadToken
        value = value * 62 + digit
    if value >= limit:
        raise BadToken
    return value
