"""What a message centre says (SMPP 3.4), read apart from any connection; pure.

Read here and not by aiosmpplib, whose reader ends the session over things that centres do: a status of their own
(0x400 and above), an `err` that is no number, dates with seconds, a data coding that it does not know, sixteen-bit
references in a header. A receipt that ends the session comes again with the next one, for ever.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from struct import unpack_from

from aiosmpplib.codec import GSM7BitCodec
from aiosmpplib.state import TON

from selfservice import clock
from selfservice.messages.channels.contract import Inbound, Receipt, Report
from selfservice.messages.channels.smpp_place import Place

HEADER = 16
MOST_BYTES = 70_000
"""The longest PDU there can be: a payload of 64 kB, and what stands around it."""

_STATES: Mapping[str, Report] = {
    "ENROUTE": "carrier_accepted",
    "ACCEPTD": "carrier_accepted",
    "DELIVRD": "delivered",
    "EXPIRED": "undelivered_temporary",
    "DELETED": "undelivered_permanent",
    "UNDELIV": "undelivered_permanent",
    "REJECTD": "undelivered_permanent",
}
_NUMBERED = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}
_RECEIPT_ID, _MESSAGE_STATE, _PAYLOAD = 0x001E, 0x0427, 0x0424
_SAR_REF, _SAR_TOTAL, _SAR_PLACE = 0x020C, 0x020E, 0x020F


@dataclass(frozen=True)
class Pdu:
    """One PDU as it came."""

    command: int
    status: int
    sequence: int
    body: bytes


@dataclass(frozen=True)
class Delivery:
    """What a centre hands to us: a receipt or a text, or one part of `total` of it under the reference `group`."""

    sender: str
    recipient: str
    raw: bytes
    coding: int
    is_receipt: bool
    options: Mapping[int, bytes] = field(default_factory=dict)
    group: int = 0
    total: int = 1
    place: int = 1

    @property
    def text(self) -> str:
        """Its words."""
        return decode(self.raw, self.coding)


def read_header(data: bytes) -> tuple[int, Pdu]:
    """How many bytes follow a header, and the PDU without them; raises ValueError for what is none."""
    length, command, status, sequence = unpack_from("!IIII", data)
    if not HEADER <= length <= MOST_BYTES:
        raise ValueError("A PDU has an impossible length.")
    return length - HEADER, Pdu(command, status, sequence, b"")


def read_reference(body: bytes, place: Place) -> str:
    """What the centre calls a text, from its answer, spelt as its receipts spell it."""
    reference = body.split(b"\0", 1)[0].decode("ascii", "replace")[:64]
    if place.ids == "hex" and re.fullmatch(r"[0-9A-Fa-f]{1,16}", reference):
        return str(int(reference, 16))
    return reference


def read_delivery(body: bytes) -> Delivery:
    """A deliver_sm (section 4.6.1); raises ValueError for what cannot be one."""
    reader = _Reader(body)
    reader.text()
    source_ton = reader.octets(2)[0]
    source = reader.text()
    target_ton = reader.octets(2)[0]
    target = reader.text()
    esm_class = reader.octets(3)[0]
    reader.text()
    reader.text()
    _, _, coding, _, length = reader.octets(5)
    words = reader.octets(length)
    options = dict(_options(body, reader.at))
    words = options.get(_PAYLOAD, words)
    group, total, place = _sar(options)
    if esm_class & 0x40 and words:
        group, total, place = _udh(words) or (group, total, place)
        words = words[words[0] + 1 :]
    return Delivery(
        sender=_number(source, source_ton),
        recipient=_number(target, target_ton),
        raw=words,
        coding=coding,
        is_receipt=bool(esm_class & 0x3C),
        options=options,
        group=group,
        total=total,
        place=place,
    )


def read_receipt(delivery: Delivery, known: Mapping[str, str]) -> Receipt | None:
    """What a receipt says (appendix B, and the options that say it better); None when it says nothing of use.

    `known` has our ids by the centre's references.
    """
    words = delivery.raw.decode("latin-1")
    fields = {name.lower(): value for name, value in re.findall(r"\b(id|stat|err):(\S+)", words, re.IGNORECASE)}
    reference = delivery.options.get(_RECEIPT_ID, b"").split(b"\0", 1)[0].decode("latin-1") or fields.get("id", "")
    number = delivery.options.get(_MESSAGE_STATE, b"\0")[:1]
    state = fields.get("stat", "").upper()[:7] or (_NUMBERED.get(number[0], "") if number else "")
    report = _STATES.get(state)
    if not reference or report is None:
        return None
    done = re.search(r"done date:(\d{10,12})", words, re.IGNORECASE)
    key = f"{reference[:64]}:{state}:{fields.get('err', '')[:10]}:{done[1] if done else ''}"
    return Receipt(ref=reference[:64], report=report, key=key, id=known.get(reference, ""))


def read_text(delivery: Delivery, body: str, *, session: str, sequence: int) -> Inbound:
    """A text that somebody sent. Centres give none a name: it is that of the session and its place there."""
    name = hashlib.sha256(f"{session}:{sequence}".encode()).hexdigest()[:32]
    return Inbound(ref=name, sender=delivery.sender, recipient=delivery.recipient, body=body, at=clock.now())


def decode(raw: bytes, coding: int) -> str:
    """Bytes as letters, by their data coding (section 5.2.19); what cannot be read is shown as such."""
    if coding == 8:
        return raw.decode("utf-16-be", "replace")
    if coding in (1, 3):
        return raw.decode("latin-1")
    decoded: str = GSM7BitCodec().decode(raw, "replace")[0]
    return decoded


class _Reader:
    """Takes one field after the other from the body of a PDU."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.at = 0

    def text(self) -> str:
        end = self._body.index(b"\0", self.at)
        found, self.at = self._body[self.at : end].decode("latin-1"), end + 1
        return found

    def octets(self, count: int) -> bytes:
        found = self._body[self.at : self.at + count]
        if len(found) != count:
            raise ValueError("A PDU ends too early.")
        self.at += count
        return found


def _number(text: str, ton: int) -> str:
    digits = text.lstrip("+")
    is_whole = ton == TON.INTERNATIONAL or (ton == TON.UNKNOWN and len(digits) > 9) or text.startswith("+")
    return f"+{digits}" if digits.isdigit() and is_whole else text


def _options(body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(body):
        tag, length = unpack_from("!HH", body, at)
        yield tag, body[at + 4 : at + 4 + length]
        at += 4 + length


def _sar(options: Mapping[int, bytes]) -> tuple[int, int, int]:
    values = [int.from_bytes(options.get(tag, b"")) for tag in (_SAR_REF, _SAR_TOTAL, _SAR_PLACE)]
    return (values[0], values[1], values[2]) if values[1] > 1 else (0, 1, 1)


def _udh(words: bytes) -> tuple[int, int, int] | None:
    """Reference, total and place from a text's header, if it has those among its elements."""
    at, end = 1, min(words[0] + 1, len(words))
    while at + 2 <= end:
        name, length = words[at], words[at + 1]
        value = words[at + 2 : at + 2 + length]
        if (name, len(value)) in ((0, 3), (8, 4)):
            return int.from_bytes(value[:-2]), value[-2], value[-1]
        at += 2 + length
    return None
