"""What is said to a message centre (SMPP 3.4), built by aiosmpplib, apart from any connection; pure."""

from __future__ import annotations

import zlib
from datetime import timedelta

from aiosmpplib.codec import GSM7BitCodec, UCS2Codec
from aiosmpplib.protocol import SubmitSm
from aiosmpplib.state import NPI, TON, PhoneNumber

from selfservice.messages.channels.contract import Refused
from selfservice.messages.channels.smpp_place import Place

OK, THROTTLED, QUEUE_FULL, TRY_AGAIN = 0x00, 0x58, 0x14, 0x64
SUBMIT_RESP, DELIVER, DELIVER_RESP, NACK = 0x80000004, 0x00000005, 0x80000005, 0x80000000
BIND_RESP, ENQUIRE, ENQUIRE_RESP, UNBIND, UNBIND_RESP = 0x80000009, 0x15, 0x80000015, 0x06, 0x80000006
_FOR_GOOD = frozenset({0x01, 0x0B, 0x33, 0x40, 0x42, 0x43, 0x65, 0x66})
"""Length, destination, and what a centre or the application behind it refuses for ever (section 5.1.3)."""

_PAUSES = {THROTTLED: timedelta(seconds=2), QUEUE_FULL: timedelta(seconds=30)}
_OURS = frozenset({0x0A, 0x48, 0x49})
_OUR_PAUSE = timedelta(minutes=5)
_LONGEST_TTL = timedelta(days=3)
_SINGLE, _PART = {"gsm": 160, "ucs2": 70}, {"gsm": 153, "ucs2": 67}


def split(body: str) -> list[tuple[str, bytes]]:
    """A text cut into what fits one message each, the header of a concatenated one (3GPP TS 23.040, 9.2.3.24.1) apart.

    Pairs of the encoding ("gsm" or "ucs2") and the bytes. An escape and its letter, and the two halves of a rare sign,
    stay together.
    """
    encoding = "gsm" if GSM7BitCodec.is_gsm_text(body) else "ucs2"
    units = [encode(sign, encoding) for sign in body]
    size = 1 if encoding == "gsm" else 2
    if sum(map(len, units)) <= _SINGLE[encoding] * size:
        return [(encoding, b"".join(units))]
    parts = [b""]
    for unit in units:
        if len(parts[-1]) + len(unit) > _PART[encoding] * size:
            parts.append(b"")
        parts[-1] += unit
    return [(encoding, part) for part in parts]


def submissions(place: Place, *, id: str, to: str, body: str, ttl: timedelta) -> list[SubmitSm]:  # noqa: A002
    """What is submitted for one text, in order. The last part alone asks for a receipt: it stands for the whole."""
    parts = split(body)
    common = {
        "source": _source(place.sender),
        "destination": PhoneNumber(to.removeprefix("+"), TON.INTERNATIONAL, NPI.ISDN),
        "validity_period": max(timedelta(minutes=1), min(ttl, _LONGEST_TTL)),
    }
    coding = "ucs2" if parts[0][0] == "ucs2" else None
    if len(parts) == 1 or place.long == "payload":
        whole = {"short_message": body} if len(parts) == 1 else {"message_payload": body}
        return [SubmitSm(**whole, encoding=coding, registered_delivery=1, **common)]
    # The same text again carries the same reference: a phone then shows it once.
    group = zlib.crc32(id.encode()) & 0xFF
    found = []
    for number, (_, part) in enumerate(parts, start=1):
        is_last = number == len(parts)
        submission = SubmitSm(
            short_message=body[:1] or " ",  # The bytes below are what leaves.
            encoding=coding,
            esm_class=0x40,
            registered_delivery=int(is_last),
            **common,
        )
        submission.set_encoded_message(bytes((5, 0, 3, group, len(parts), number)) + part)
        found.append(submission)
    return found


def refusal(status: int) -> Refused:
    """What a status other than OK means for a text."""
    sentence = f"The message centre refused it (status 0x{status:02X})."
    pause = _OUR_PAUSE if status in _OURS else _PAUSES.get(status)
    return Refused(sentence, permanent=status in _FOR_GOOD, retry_after=pause)


def encode(text: str, encoding: str) -> bytes:
    """Letters as bytes, a septet in each byte for "gsm"."""
    codec = GSM7BitCodec() if encoding == "gsm" else UCS2Codec()
    encoded: bytes = codec.encode(text)[0]
    return encoded


def _source(sender: str) -> PhoneNumber:
    if not sender:
        return PhoneNumber("")
    if sender.startswith("+"):
        return PhoneNumber(sender[1:], TON.INTERNATIONAL, NPI.ISDN)
    if sender.isdigit():
        return PhoneNumber(sender, TON.NETWORK_SPECIFIC, NPI.ISDN)
    return PhoneNumber(sender, TON.ALPHANUMERIC, NPI.UNKNOWN)
