"""Vonage: what it is asked, what its errors mean, and what it calls us with."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa

from selfservice import addresses, clock
from selfservice.errors import Invalid
from selfservice.messages.channels.contract import Forged, Inbound, Receipt, Refused, Submitted, Uncertain, Unrecognised
from selfservice.messages.channels.vonage import Vonage
from tests.harness.callbacks import Signed, from_vonage
from tests.harness.providers import APPLICATION, MEDIA, SENDER, SIGNATURE_SECRET, Providers
from tests.messages.provider_scene import BASE, ID, PHONE, build, plain_settings, text

UUID = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
STATUS = f"{BASE}/callbacks/vonage/status"
INBOUND = f"{BASE}/callbacks/vonage/inbound"
MOMENT = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


@pytest.fixture
def vonage(providers: Providers, tmp_path: Path) -> Vonage:
    found = build("vonage", providers, tmp_path)
    assert isinstance(found, Vonage)
    return found


def status(word: str, code: object = None, **more: Any) -> dict[str, Any]:
    said = {"message_uuid": UUID, "to": PHONE[1:], "from": SENDER[1:], "timestamp": "2026-11-22T05:00:00.000Z"}
    error = {
        "type": f"https://developer.vonage.com/api-errors/messages#{code}",
        "title": code,
        "detail": f"{PHONE} cannot be reached",
        "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf",
    }
    usage = {"usage": {"currency": "EUR", "price": "0.0333"}, "channel": "sms", "sms": {"count_total": "2"}}
    return {**said, "status": word, "client_ref": ID, **usage, **({"error": error} if code else {}), **more}


def test_it_is_asked_for_what_a_text_needs(vonage: Vonage, providers: Providers) -> None:
    vonage.send(text(hours=2))

    assert providers.taken[0].said == {
        "message_type": "text",
        "channel": "sms",
        "to": PHONE[1:],
        "from": SENDER[1:],
        "text": "Hello",
        "client_ref": ID,
        "ttl": 7200,
        "sms": {"encoding_type": "auto"},
        "webhook_url": STATUS,
        "webhook_version": "v1",
    }


@pytest.mark.parametrize(("hours", "seconds"), [(0, 20), (-1, 20), (2000, 259_200)])
def test_the_ttl_stays_within_what_it_takes(vonage: Vonage, providers: Providers, hours: float, seconds: int) -> None:
    vonage.send(text(hours=hours))

    assert providers.taken[0].said["ttl"] == seconds


def test_a_key_and_its_secret_do_instead_of_an_application(providers: Providers, tmp_path: Path) -> None:
    address = addresses.parse(f"vonage://key:secret@Clinic?signature=x&api={providers.base}")

    submitted = Vonage(address, plain_settings(tmp_path)).send(text())

    assert submitted == Submitted(providers.taken[0].ref)
    assert providers.taken[0].said["from"] == "Clinic"


def test_a_token_is_kept_for_ten_minutes(vonage: Vonage) -> None:
    first = vonage._authorization()

    with time_machine.travel(clock.now() + timedelta(minutes=9), tick=False):
        assert vonage._authorization() == first
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        assert vonage._authorization() != first


def test_the_key_of_another_application_is_ours_to_mend(vonage: Vonage, providers: Providers) -> None:
    providers._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    with pytest.raises(Unrecognised) as caught:
        vonage.send(text())

    assert (caught.value.host, caught.value.status) == (providers.base.removeprefix("http://"), 401)
    assert providers.taken == []


def test_a_key_that_is_none_is_found_before_anything_is_sent(providers: Providers, tmp_path: Path) -> None:
    providers.key_file.write_text("-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n")
    vonage = build("vonage", providers, tmp_path)

    with pytest.raises(Refused) as caught:
        vonage.send(text())

    assert (caught.value.permanent, providers.calls, "hush" in str(caught.value)) == (False, 0, False)


@pytest.mark.parametrize(
    ("http", "code", "kind", "permanent"),
    [
        (422, "1020", Refused, True),
        (422, "1040", Refused, True),
        (422, "1050", Refused, True),
        (429, "1000", Refused, False),
        (422, "1241", Refused, False),
        (422, "1120", Refused, False),
        (403, "1060", Refused, False),
        (402, "1070", Refused, False),
        (422, None, Refused, True),
        (500, "1030", Uncertain, None),
    ],
)
def test_what_error_codes_mean(
    vonage: Vonage, providers: Providers, http: int, code: str | None, kind: type[Exception], permanent: bool | None
) -> None:
    said = {"type": f"https://developer.vonage.com/api-errors/messages#{code}", "title": PHONE, "detail": PHONE}

    with providers.answering(http, said), pytest.raises((Refused, Uncertain)) as caught:
        vonage.send(text())

    assert type(caught.value) is kind
    assert getattr(caught.value, "permanent", None) is permanent
    assert PHONE not in str(caught.value)
    assert (code or "HTTP") in str(caught.value)


@pytest.mark.parametrize(
    ("word", "code", "report"),
    [
        ("submitted", None, "carrier_accepted"),
        ("delivered", None, "delivered"),
        ("read", None, "delivered"),
        ("undeliverable", "1330", "undelivered_temporary"),
        ("rejected", "1180", "undelivered_temporary"),
        ("rejected", 1230, "undelivered_temporary"),
        ("rejected", "1190", "undelivered_permanent"),
        ("rejected", "1050", "undelivered_permanent"),
        ("rejected", None, "undelivered_permanent"),
    ],
)
def test_what_status_words_mean(vonage: Vonage, word: str, code: object, report: Any) -> None:
    callback = from_vonage(STATUS, status(word, code)).as_callback()

    assert vonage.read(callback) == [Receipt(UUID, report, f"{UUID}:{word}:{code or ''}", MOMENT, ID)]


def test_a_word_that_is_not_known_says_nothing(vonage: Vonage) -> None:
    assert vonage.read(from_vonage(STATUS, status("pondering")).as_callback()) == []


@pytest.mark.parametrize("ours", [None, 7, "", "not ours at all"])
def test_a_reference_that_is_not_ours_is_left_out(vonage: Vonage, ours: Any) -> None:
    (receipt,) = vonage.read(from_vonage(STATUS, status("delivered", client_ref=ours)).as_callback())

    assert isinstance(receipt, Receipt)
    assert receipt.id == ""


@pytest.mark.parametrize("said", [[], {}, "text", 7, None, {"message_uuid": ""}, {"message_uuid": 7}])
def test_a_callback_about_nothing_is_invalid(vonage: Vonage, said: Any) -> None:
    with pytest.raises(Invalid):
        vonage.read(from_vonage(STATUS, said).as_callback())


def test_a_text_that_comes_in_is_read(vonage: Vonage) -> None:
    said = {
        "channel": "sms",
        "message_uuid": UUID,
        "to": SENDER[1:],
        "from": PHONE[1:],
        "timestamp": "2026-11-22T05:00:00Z",
        "text": "Não, 明天 👍",
        "sms": {"num_messages": "1", "keyword": "NÃO"},
    }

    assert vonage.read(from_vonage(INBOUND, said).as_callback()) == [
        Inbound(UUID, PHONE, SENDER, "Não, 明天 👍", (), MOMENT)
    ]


def test_a_picture_that_comes_in_is_read_with_its_caption(vonage: Vonage) -> None:
    said = {
        "channel": "mms",
        "message_uuid": UUID,
        "to": SENDER[1:],
        "from": PHONE[1:],
        "timestamp": "yesterday",
        "message_type": "image",
        "image": {"url": "https://api.nexmo.com/v3/media/1", "caption": "Broken"},
    }

    assert vonage.read(from_vonage(INBOUND, said).as_callback()) == [
        Inbound(UUID, PHONE, SENDER, "Broken", (("https://api.nexmo.com/v3/media/1", "image/*"),))
    ]


def test_it_hears_an_empty_object(vonage: Vonage) -> None:
    assert vonage.reply(from_vonage(STATUS, {}).as_callback()) == (b"{}", "application/json")


def signed(**options: Any) -> Signed:
    return from_vonage(STATUS, status("delivered"), **options)


class TestSignature:
    @pytest.mark.parametrize(
        "claims",
        [
            {},
            {"exp": int(time.time()) + 3600},
            {"iat": int(time.time()) - 24 * 3600},
            {"iat": int(time.time()) + 30},
            {"application_id": None},
        ],
    )
    def test_what_is_right_is_taken(self, vonage: Vonage, claims: dict[str, Any]) -> None:
        assert len(vonage.read(signed(claims=claims).as_callback())) == 1

    @pytest.mark.parametrize(
        "claims",
        [
            {"iat": None},
            {"iat": "now"},
            {"iat": 10**400},
            {"iat": float("nan")},
            {"iat": int(time.time()) + 3600},
            {"iat": int(time.time()) - 26 * 3600},
            {"exp": int(time.time()) - 3600},
            {"exp": "never"},
            {"payload_hash": None},
            {"payload_hash": "0" * 64},
            {"payload_hash": ["é"]},
            {"application_id": "another"},
        ],
    )
    def test_a_claim_that_is_wrong_is_forged(self, vonage: Vonage, claims: dict[str, Any]) -> None:
        with pytest.raises(Forged):
            vonage.read(signed(claims=claims).as_callback())

    @pytest.mark.parametrize("options", [{"secret": "another"}, {"alg": "none"}, {"alg": "HS512"}, {"alg": "RS256"}])
    def test_another_secret_or_algorithm_is_forged(self, vonage: Vonage, options: dict[str, Any]) -> None:
        with pytest.raises(Forged):
            vonage.read(signed(**options).as_callback())

    @pytest.mark.parametrize(
        "authorization",
        ["", "Bearer", "Bearer x", "Bearer a.b.c", "Bearer é.é.é", "Bearer ...", "Basic a2V5OnNlY3JldA=="],
    )
    def test_a_header_that_is_no_token_is_forged(self, vonage: Vonage, authorization: str) -> None:
        with pytest.raises(Forged):
            vonage.read(signed().as_callback(headers={"authorization": authorization}))

    def test_another_body_is_forged(self, vonage: Vonage) -> None:
        with pytest.raises(Forged):
            vonage.read(signed().as_callback(body=signed().body + b" "))

    def test_one_that_is_played_again_is_the_same_receipt(self, vonage: Vonage) -> None:
        callback = signed().as_callback()

        assert vonage.read(callback) == vonage.read(callback)


class TestPictures:
    def test_credentials_go_to_vonage_alone(self, vonage: Vonage, providers: Providers) -> None:
        assert vonage.fetch(f"{providers.base}/media/1") == MEDIA
        assert vonage.fetch(f"{providers.base.replace('127.0.0.1', 'localhost')}/media/2") == MEDIA
        assert ["Authorization" in headers for headers in providers.media_headers] == [True, False]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "which cannot be read (No such file or directory): mend the path."),
        ("hush", "which holds no private key: give it the application's PEM file."),
    ],
)
def test_a_key_file_that_is_none_stops_the_start(tmp_path: Path, content: str | None, sentence: str) -> None:
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_text(content)
    address = addresses.parse(f"vonage://{APPLICATION}@{SENDER}?key={path}&signature={SIGNATURE_SECRET}")

    with pytest.raises(ValueError, match=r"^names ") as caught:
        Vonage(address, plain_settings(tmp_path))

    assert str(caught.value) == f"names {path} as its key, {sentence}"
