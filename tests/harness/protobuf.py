"""As much of protocol buffers as Chromium's push connection needs: numbers, fixed numbers and bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import IO

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def varint(value: int) -> bytes:
    """A number in as many bytes as it needs, seven bits each."""
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    return bytes([*written, value])


def number(field: int, value: int) -> bytes:
    """A field that holds a number."""
    return varint(field << 3 | _VARINT) + varint(value)


def fixed64(field: int, value: int) -> bytes:
    """A field that holds a number in eight bytes."""
    return varint(field << 3 | _FIXED64) + struct.pack("<Q", value)


def data(field: int, value: bytes | str) -> bytes:
    """A field that holds bytes, a text or another message."""
    raw = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | _BYTES) + varint(len(raw)) + raw


def read_varint(stream: IO[bytes]) -> int:
    """The number that comes next; raises EOFError at the end."""
    value = shift = 0
    while True:
        byte = stream.read(1)
        if not byte:
            raise EOFError
        value |= (byte[0] & 127) << shift
        shift += 7
        if byte[0] < 128:
            return value


def read(message: bytes) -> dict[int, int | bytes]:
    """The fields of a message by their numbers; of a repeated one the last."""
    return dict(_fields(message))


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    stream = BytesIO(message)
    while stream.tell() < len(message):
        key = read_varint(stream)
        if key & 7 == _VARINT:
            yield key >> 3, read_varint(stream)
        elif key & 7 == _BYTES:
            yield key >> 3, stream.read(read_varint(stream))
        else:
            yield key >> 3, stream.read({_FIXED64: 8, _FIXED32: 4}[key & 7])
