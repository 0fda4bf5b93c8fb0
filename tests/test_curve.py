"""The curve: points are told from other bytes, and public keys are those that others work out."""

from __future__ import annotations

import pytest

from selfservice import curve

# RFC 5903, section 8.1: a private key and its public point.
PRIVATE = "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433"
PUBLIC = (
    "04"
    "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
    "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3"
)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
MODULUS = 2**256 - 2**224 + 2**192 + 2**96 - 1


def key(number: int) -> bytes:
    return number.to_bytes(32, "big")


def test_the_public_key_of_a_private_one() -> None:
    assert curve.public_key(bytes.fromhex(PRIVATE)).hex().upper() == PUBLIC


def test_the_ends_of_the_range_mirror_each_other() -> None:
    first, last = curve.public_key(key(1)), curve.public_key(key(ORDER - 1))

    assert first[:33] == last[:33]
    assert int.from_bytes(first[33:], "big") + int.from_bytes(last[33:], "big") == MODULUS
    assert curve.is_point(last)


@pytest.mark.parametrize("raw", [key(0), key(ORDER), b"", bytes(31), bytes(33)])
def test_what_is_no_private_key_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="private key"):
        curve.public_key(raw)


def test_new_keys_are_keys_and_differ() -> None:
    one, other = curve.new_private_key(), curve.new_private_key()

    assert one != other
    assert curve.is_point(curve.public_key(one))


def test_points_are_told_from_other_bytes() -> None:
    point = bytes.fromhex(PUBLIC)
    moved = point[:-1] + bytes([point[-1] ^ 1])
    past_the_field = b"\x04" + key(MODULUS + 5) + point[33:]

    assert curve.is_point(point)
    assert [
        curve.is_point(raw) for raw in (moved, past_the_field, point[:-1], point + b"\0", b"\x02" + point[1:33], b"")
    ] == [False] * 6
    assert not curve.is_point(b"\x04" + bytes(64))


@pytest.mark.parametrize("text", ["AAA=", "AA A", "A", "AB", "é", "A+/A", "AAAA\n"])
def test_only_the_canonical_spelling_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        curve.decode(text)


def test_bytes_are_spelt_and_read() -> None:
    assert curve.decode(curve.encode(b"\xff\xfe\xfd\x00")) == b"\xff\xfe\xfd\x00"
