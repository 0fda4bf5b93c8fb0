"""The curve P-256 (FIPS 186-4) as far as pages need it: whether bytes are a point, and a private key's public one.

`cryptography` does both too, and costs every server process 12 MB. Encrypting and signing are left to it, in the
worker: nothing here runs in constant time, and the one private key it sees is ours, once at the start.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from functools import cache

KEY_BYTES = 32
POINT_BYTES = 65

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_A = _P - 3
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_UNCOMPRESSED = b"\x04"

_Point = tuple[int, int]


def decode(text: str) -> bytes:
    """The bytes that `text` spells in base64url without padding (RFC 7515, section 2); raises ValueError.

    Only the canonical spelling is read.
    """
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("This is not base64url.") from None
    if encode(raw) != text:
        raise ValueError("This is not base64url as it is spelt without padding.")
    return raw


def encode(raw: bytes) -> str:
    """Bytes in base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def is_point(raw: bytes) -> bool:
    """Whether `raw` is a point of the curve, uncompressed (SEC 1, section 2.3.3); the point at infinity is none."""
    if len(raw) != POINT_BYTES or raw[:1] != _UNCOMPRESSED:
        return False
    x, y = int.from_bytes(raw[1:33], "big"), int.from_bytes(raw[33:], "big")
    return x < _P and y < _P and (y * y - (x * x * x + _A * x + _B)) % _P == 0


def new_private_key() -> bytes:
    """A fresh private key, 32 bytes."""
    return (secrets.randbelow(_N - 1) + 1).to_bytes(KEY_BYTES, "big")


@cache
def public_key(private_key: bytes) -> bytes:
    """The public key of a private one, an uncompressed point; raises ValueError when it is no private key."""
    number = int.from_bytes(private_key, "big")
    if len(private_key) != KEY_BYTES or not 0 < number < _N:
        raise ValueError("This is not a private key of the curve P-256.")
    x, y = _times(number)
    return _UNCOMPRESSED + x.to_bytes(KEY_BYTES, "big") + y.to_bytes(KEY_BYTES, "big")


def _times(number: int) -> _Point:
    """The generator so many times, by doubling and adding."""
    total: _Point | None = None
    power = _G
    while number:
        if number & 1:
            total = power if total is None else _plus(total, power)
        power = _plus(power, power)
        number >>= 1
    assert total is not None
    return total


def _plus(one: _Point, other: _Point) -> _Point:
    # Never a point and its opposite: all are multiples of the generator below its order.
    if one == other:
        slope = (3 * one[0] * one[0] + _A) * pow(2 * one[1], -1, _P) % _P
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, _P) % _P
    x = (slope * slope - one[0] - other[0]) % _P
    return x, (slope * (one[0] - x) - one[1]) % _P
