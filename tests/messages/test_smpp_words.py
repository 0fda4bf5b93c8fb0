"""What is said to a message centre and what it says, read and written without one."""

from __future__ import annotations

from datetime import timedelta
from struct import pack

import pytest
import smpp34

from selfservice.messages.channels import smpp_place
from selfservice.messages.channels import smpp_reading as reading
from selfservice.messages.channels import smpp_words as words
from selfservice.messages.channels.smpp_place import Place

PLACE = Place("127.0.0.1", 2775, "harbour", "anchor", sender="+15550100")
EURO = "€"


def deliver(text: bytes, **details: object) -> bytes:
    """The body of a deliver_sm, as another library writes it."""
    values = {"source_addr_ton": 1, "dest_addr_ton": 1, **details}
    return smpp34.DeliverSm("12025550123", "15550100", text, **values).encode()[reading.HEADER :]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "encoding", "sizes"),
    [
        ("a" * 160, "gsm", [160]),
        ("a" * 161, "gsm", [153, 8]),
        (EURO * 80, "gsm", [160]),
        ("a" * 152 + EURO + "a" * 20, "gsm", [152, 22]),
        ("ж" * 70, "ucs2", [140]),
        ("ж" * 71, "ucs2", [134, 8]),
        ("ж" * 66 + "😀" + "ж" * 5, "ucs2", [132, 14]),
    ],
)
def test_a_text_is_cut_where_phones_can_join_it(body: str, encoding: str, sizes: list[int]) -> None:
    parts = words.split(body)

    assert {found for found, _ in parts} == {encoding}
    assert [len(part) for _, part in parts] == sizes
    assert "".join(reading.decode(part, 8 if encoding == "ucs2" else 0) for _, part in parts) == body


def test_parts_carry_one_reference_and_the_last_asks_for_a_receipt() -> None:
    ttl = timedelta(hours=2)
    pdus = [
        smpp34.decode(one.pdu())
        for one in words.submissions(PLACE, id="0abcdefghij", to="+12025550123", body="a" * 200, ttl=ttl)
    ]

    assert [pdu.short_message[:3] for pdu in pdus] == [b"\x05\x00\x03"] * 2
    assert len({pdu.short_message[3] for pdu in pdus}) == 1
    assert [tuple(pdu.short_message[4:6]) for pdu in pdus] == [(2, 1), (2, 2)]
    assert [pdu.registered_delivery for pdu in pdus] == [0, 1]
    assert {(pdu.destination_addr, pdu.dest_addr_ton, pdu.dest_addr_npi) for pdu in pdus} == {("12025550123", 1, 1)}
    assert {(pdu.source_addr, pdu.source_addr_ton) for pdu in pdus} == {("15550100", 1)}
    assert {pdu.validity_period for pdu in pdus} == {"000000020000000R"}


def test_a_centre_that_cuts_texts_itself_gets_them_whole() -> None:
    place = smpp_place.read("smpp://u:p@127.0.0.1?long=payload")
    (one,) = words.submissions(place, id="0abcdefghij", to="+12025550123", body="ж" * 100, ttl=timedelta(hours=1))
    pdu = smpp34.decode(one.pdu())

    assert (pdu.data_coding, pdu.short_message) == (8, b"")
    assert [tlv.value for tlv in pdu.tlvs if tlv.tag == smpp34.TLV_MESSAGE_PAYLOAD] == [("ж" * 100).encode("utf-16-be")]


@pytest.mark.parametrize(("sender", "ton"), [("+15550100", 1), ("12345", 3), ("Harbour", 5), ("", 0)])
def test_a_sender_is_named_by_its_kind(sender: str, ton: int) -> None:
    place = Place("127.0.0.1", 2775, "u", "p", sender=sender)
    (one,) = words.submissions(place, id="x", to="+12025550123", body="Hello", ttl=timedelta(hours=1))
    pdu = smpp34.decode(one.pdu())

    assert (pdu.source_addr, pdu.source_addr_ton) == (sender.lstrip("+"), ton)


@pytest.mark.parametrize(
    ("text", "options", "report", "ref"),
    [
        (b"id:r1 sub:001 dlvrd:001 done date:2611220531 stat:DELIVRD err:000 text:Hi", {}, "delivered", "r1"),
        (b"id:r1 done date:261122053107 stat:UNDELIV err:00A text:", {}, "undelivered_permanent", "r1"),
        (b"id:r1 stat:EXPIRED err:abc", {}, "undelivered_temporary", "r1"),
        (b"id:r1 stat:ACCEPTD", {}, "carrier_accepted", "r1"),
        (b"ID:r1 STAT:REJECTD", {}, "undelivered_permanent", "r1"),
        (b"", {0x001E: b"r2\0", 0x0427: b"\x02"}, "delivered", "r2"),
        (b"id:other stat:DELIVRD", {0x001E: b"r2\0"}, "delivered", "r2"),
    ],
)  # fmt: skip
def test_a_receipt_is_read_however_a_centre_spells_it(
    text: bytes, options: dict[int, bytes], report: str, ref: str
) -> None:
    tlvs = [smpp34.Tlv(tag, value) for tag, value in options.items()]

    receipt = reading.read_receipt(reading.read_delivery(deliver(text, esm_class=4, tlvs=tlvs)), {ref: "0abcdefghij"})

    assert receipt is not None
    assert (receipt.report, receipt.ref, receipt.id) == (report, ref, "0abcdefghij")
    assert len(receipt.key) <= 120


@pytest.mark.parametrize("text", [b"", b"id:r1 stat:UNKNOWN err:000", b"stat:DELIVRD", b"\xff\xfe"])
def test_a_receipt_that_says_nothing_is_none(text: bytes) -> None:
    assert reading.read_receipt(reading.read_delivery(deliver(text, esm_class=4)), {}) is None


@pytest.mark.parametrize(
    ("raw", "coding", "text"),
    [
        (b"YES", 0, "YES"),
        (b"\x00\x1be", 0, "@€"),
        ("Да".encode("utf-16-be"), 8, "Да"),
        ("sí".encode("latin-1"), 3, "sí"),
        (b"Hello", 0xF5, "Hello"),
    ],
)
def test_a_text_that_comes_in_is_read_by_its_coding(raw: bytes, coding: int, text: str) -> None:
    delivery = reading.read_delivery(deliver(raw, data_coding=coding))

    assert (delivery.text, delivery.sender, delivery.recipient) == (text, "+12025550123", "+15550100")
    assert not delivery.is_receipt


@pytest.mark.parametrize("header", [b"\x05\x00\x03\x07\x02\x01", b"\x06\x08\x04\x01\x07\x02\x01"])
def test_parts_are_known_by_either_kind_of_header(header: bytes) -> None:
    delivery = reading.read_delivery(deliver(header + b"Hello", esm_class=0x40))

    assert (delivery.total, delivery.place, delivery.text) == (2, 1, "Hello")
    assert delivery.group == (7 if len(header) == 6 else 0x0107)


@pytest.mark.parametrize("cut", range(0, 40, 3))
def test_what_is_cut_short_is_unreadable_and_nothing_worse(cut: int) -> None:
    body = deliver(b"Hello there")[:cut]

    with pytest.raises(ValueError):  # noqa: PT011 - whichever; the session tells them apart from nothing
        reading.read_delivery(body)


@pytest.mark.parametrize("length", [0, 15, 10_000_000])
def test_an_impossible_length_ends_the_session(length: int) -> None:
    with pytest.raises(ValueError, match="impossible"):
        reading.read_header(pack("!IIII", length, 5, 0, 1))


def test_a_status_of_the_centres_own_is_refused_for_now() -> None:
    assert not words.refusal(0x0499).permanent
    assert words.refusal(0x0B).permanent
    assert words.refusal(words.THROTTLED).retry_after == timedelta(seconds=2)


def test_a_reference_is_spelt_as_receipts_spell_it() -> None:
    decimal = smpp_place.read("smpp://u:p@127.0.0.1?ids=hex")

    assert reading.read_reference(b"1A2b\0", decimal) == "6699"
    assert reading.read_reference(b"1A2b\0", PLACE) == "1A2b"


def test_an_address_of_a_centre_is_read() -> None:
    found = smpp_place.read("smpp://harbour:an%2Fchor@smsc.example.com:3775?from=+15550100&window=4&system_type=SMPP")

    assert found == Place(
        "smsc.example.com", 3775, "harbour", "an/chor", sender="+15550100", system_type="SMPP", window=4
    )


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("smpp://127.0.0.1", "no user"),
        ("smpp://u:123456789@127.0.0.1", "password of more than 8"),
        ("smpp://u:p@127.0.0.1:99999", "cannot be read"),
        ("smpp://u:p@127.0.0.1?from=Harbour+Clinic+Ltd", "no sender"),
        ("smpp://u:p@127.0.0.1?window=0", "a window that is not one"),
        ("smpp://u:p@127.0.0.1?long=no", "an option long"),
        ("smpp://u:p@127.0.0.1?secret=1", "an option that is not known"),
    ],
)
def test_an_address_that_is_wrong_is_told(address: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        smpp_place.read(address)
