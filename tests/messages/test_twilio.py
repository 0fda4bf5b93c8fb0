"""Twilio: what it is asked, what its error codes mean, and what it calls us with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from selfservice import addresses
from selfservice.errors import Invalid
from selfservice.messages.channels.contract import (
    Forged,
    Inbound,
    Receipt,
    Refused,
    Uncertain,
    Unrecognised,
    Unsubscribed,
)
from selfservice.messages.channels.twilio import Twilio
from tests.harness.application import make_settings
from tests.harness.callbacks import from_twilio
from tests.harness.providers import ACCOUNT, MEDIA, SENDER, TOKEN, Providers
from tests.messages.provider_scene import BASE, ID, PHONE, build, plain_settings, text

SID = "SM" + "7" * 32
STATUS = f"{BASE}/callbacks/twilio/status?id={ID}"
INBOUND = f"{BASE}/callbacks/twilio/inbound"


@pytest.fixture
def twilio(providers: Providers, tmp_path: Path) -> Twilio:
    found = build("twilio", providers, tmp_path)
    assert isinstance(found, Twilio)
    return found


def status(word: str, **more: str) -> dict[str, str]:
    said = {"MessageSid": SID, "SmsSid": SID, "AccountSid": ACCOUNT, "MessageStatus": word, "SmsStatus": word}
    return {**said, "To": PHONE, "From": SENDER, "ApiVersion": "2010-04-01", **more}


def test_it_is_asked_for_what_a_text_needs(twilio: Twilio, providers: Providers) -> None:
    twilio.send(text(hours=2))

    assert providers.taken[0].said == {
        "To": PHONE,
        "From": SENDER,
        "Body": "Hello",
        "ValidityPeriod": "7200",
        "StatusCallback": STATUS,
    }


@pytest.mark.parametrize(("hours", "seconds"), [(0, "1"), (-1, "1"), (48, "36000")])
def test_the_validity_stays_within_what_it_takes(
    twilio: Twilio, providers: Providers, hours: float, seconds: str
) -> None:
    twilio.send(text(hours=hours))

    assert providers.taken[0].said["ValidityPeriod"] == seconds


@pytest.mark.parametrize(
    ("sender", "name"), [("MG" + "a" * 32, "MessagingServiceSid"), ("Clinic%20Ann", "From"), ("32665", "From")]
)
def test_a_service_a_name_and_a_short_code_send(providers: Providers, tmp_path: Path, sender: str, name: str) -> None:
    address = addresses.parse(f"twilio://{ACCOUNT}:{TOKEN}@{sender}?api={providers.base}")

    Twilio(address, plain_settings(tmp_path)).send(text())

    said = providers.taken[0].said
    assert said[name] == sender.replace("%20", " ")
    assert len({"MessagingServiceSid", "From"} & set(said)) == 1


def test_a_demo_on_this_machine_does_not_ask_to_be_called(tmp_path: Path) -> None:
    settings = make_settings(f"sqlite:///{tmp_path}/x.sqlite", tmp_path)
    plain = Twilio(addresses.parse(f"twilio://{ACCOUNT}:{TOKEN}@{SENDER}"), settings)

    assert not plain._may_be_called
    assert plain._base == "https://api.twilio.com"


@pytest.mark.parametrize(
    ("http", "code", "kind", "permanent"),
    [
        (400, 21211, Refused, True),
        (400, 21408, Refused, True),
        (403, 21408, Refused, True),
        (400, 21614, Refused, True),
        (400, 21617, Refused, True),
        (400, 21610, Unsubscribed, True),
        (400, 21611, Refused, False),
        (429, 20429, Refused, False),
        (429, 30001, Refused, False),
        (401, 20003, Unrecognised, True),
        (403, 20003, Unrecognised, True),
        (403, 20005, Unrecognised, True),
        (404, 20404, Unrecognised, True),
        (400, 21606, Refused, False),
        (400, 21659, Refused, False),
        (400, "21211", Refused, True),
        (400, None, Refused, True),
        (503, 20503, Uncertain, None),
        (500, 20500, Uncertain, None),
    ],
)
def test_what_error_codes_mean(
    twilio: Twilio, providers: Providers, http: int, code: Any, kind: type[Exception], permanent: bool | None
) -> None:
    said = {"code": code, "message": f"{PHONE} is wrong", "status": http}

    with providers.answering(http, said), pytest.raises((Refused, Uncertain)) as caught:
        twilio.send(text())

    assert type(caught.value) is kind
    assert getattr(caught.value, "permanent", None) is permanent
    assert PHONE not in str(caught.value)


@pytest.mark.parametrize(
    ("word", "error", "report"),
    [
        ("accepted", "", "submitted"),
        ("scheduled", "", "submitted"),
        ("queued", "", "submitted"),
        ("sending", "", "submitted"),
        ("sent", "", "carrier_accepted"),
        ("delivered", "", "delivered"),
        ("read", "", "delivered"),
        ("undelivered", "30003", "undelivered_temporary"),
        ("undelivered", "30008", "undelivered_temporary"),
        ("undelivered", "30005", "undelivered_permanent"),
        ("undelivered", "30007", "undelivered_permanent"),
        ("undelivered", "", "undelivered_permanent"),
        ("failed", "30001", "undelivered_temporary"),
        ("failed", "30004", "undelivered_permanent"),
        ("canceled", "", "undelivered_permanent"),
    ],
)
def test_what_status_words_mean(twilio: Twilio, word: str, error: str, report: Any) -> None:
    said = status(word, **({"ErrorCode": error} if error else {}))

    assert twilio.read(from_twilio(STATUS, said).as_callback()) == [
        Receipt(SID, report, f"{SID}:{word}:{error}", id=ID)
    ]


@pytest.mark.parametrize("word", ["receiving", "partially_delivered", "", "new"])
def test_a_word_that_is_not_known_says_nothing(twilio: Twilio, word: str) -> None:
    assert twilio.read(from_twilio(STATUS, status(word)).as_callback()) == []


@pytest.mark.parametrize("ours", ["", "?id=", "?id=short", "?id=AbCdEf1234%27", "?other=1"])
def test_an_id_that_is_not_ours_is_left_out(twilio: Twilio, ours: str) -> None:
    url = f"{BASE}/callbacks/twilio/status{ours}"

    assert twilio.read(from_twilio(url, status("sent")).as_callback()) == [
        Receipt(SID, "carrier_accepted", f"{SID}:sent:")
    ]


def test_a_callback_about_nothing_is_invalid(twilio: Twilio) -> None:
    with pytest.raises(Invalid):
        twilio.read(from_twilio(STATUS, {"AccountSid": ACCOUNT}).as_callback())


def test_a_text_that_comes_in_is_read(twilio: Twilio) -> None:
    said = {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": SID,
        "NumMedia": "0",
        "SmsSid": SID,
        "MessageSid": SID,
        "FromCity": "",
        "SmsStatus": "received",
        "To": SENDER,
        "Body": "Não, 明天 + & =\n👍",
        "From": PHONE,
    }

    assert twilio.read(from_twilio(INBOUND, said).as_callback()) == [Inbound(SID, PHONE, SENDER, "Não, 明天 + & =\n👍")]


@pytest.mark.parametrize(
    ("count", "media"),
    [("2", 2), ("1", 1), ("0", 0), ("", 0), ("-1", 0), ("two", 0), ("9999999", 0), ("30", 3), ("٣", 0)],
)
def test_pictures_are_read_as_many_as_there_are(twilio: Twilio, count: str, media: int) -> None:
    pictures = {
        f"{name}{place}": value
        for place in range(3)
        for name, value in (("MediaUrl", f"https://api.twilio.com/m/{place}"), ("MediaContentType", "image/jpeg"))
    }
    said = {"MessageSid": SID, "SmsStatus": "received", "From": PHONE, "To": SENDER, "Body": "", "NumMedia": count}

    (found,) = twilio.read(from_twilio(INBOUND, {**said, **pictures}).as_callback())

    assert isinstance(found, Inbound)
    assert found.media == tuple((f"https://api.twilio.com/m/{place}", "image/jpeg") for place in range(media))


def test_it_is_answered_with_twiml_that_says_nothing(twilio: Twilio) -> None:
    body, kind = twilio.reply(from_twilio(STATUS, {}).as_callback())

    assert (body, kind) == (
        b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>',
        "text/xml; charset=utf-8",
    )


class TestSignature:
    @pytest.mark.parametrize(
        ("number", "signature"),
        [("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="), ("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8=")],
    )
    def test_twilios_own_examples_are_right(self, tmp_path: Path, number: str, signature: str) -> None:
        """The examples of https://www.twilio.com/docs/usage/security and of Twilio's own libraries."""
        address = addresses.parse(f"twilio://{ACCOUNT}:12345@{SENDER}")
        form = {"CallSid": "CA1234567890ABCDE", "Caller": number, "Digits": "1234", "From": number}
        signed = from_twilio("https://mycompany.com/myapp.php?foo=1&bar=2", {**form, "To": "+18005551212"}, token="x")
        right = signed.as_callback(headers={"x-twilio-signature": signature})

        Twilio(address, plain_settings(tmp_path))._check(right)
        with pytest.raises(Forged):
            Twilio(address, plain_settings(tmp_path))._check(signed.as_callback())

    @pytest.mark.parametrize(
        "changes",
        [
            {"headers": {}},
            {"headers": {"x-twilio-signature": ""}},
            {"headers": {"x-twilio-signature": "%%%"}},
            {"headers": {"x-twilio-signature": "é"}},
            {"headers": {"x-twilio-signature": "0/KCTR6DLpKmkAf8muzZqo1nDgQ="}},
            {"url": f"{BASE}/callbacks/twilio/status?id=ZZZZZZZZZZZ"},
            {"url": f"{BASE}/callbacks/twilio/inbound?id={ID}"},
            {"url": STATUS.replace("https", "http")},
            {"url": STATUS.replace("go.", "no.")},
            {"form": [*status("sent").items(), ("Extra", "1")]},
            {"form": list(status("delivered").items())},
            {"form": list(status("sent").items())[:-1]},
            {"form": []},
        ],
    )
    def test_whatever_is_changed_is_forged(self, twilio: Twilio, changes: dict[str, Any]) -> None:
        with pytest.raises(Forged):
            twilio.read(from_twilio(STATUS, status("sent")).as_callback(**changes))

    def test_another_token_is_forged(self, twilio: Twilio) -> None:
        with pytest.raises(Forged):
            twilio.read(from_twilio(STATUS, status("sent"), token="another").as_callback())

    def test_one_that_is_played_again_is_the_same_receipt(self, twilio: Twilio) -> None:
        callback = from_twilio(STATUS, status("delivered")).as_callback()

        assert twilio.read(callback) == twilio.read(callback)

    @pytest.mark.parametrize("signs", [STATUS.replace(".org", ".org:443"), STATUS])
    def test_the_port_that_https_means_may_be_signed_or_not(self, twilio: Twilio, signs: str) -> None:
        assert len(twilio.read(from_twilio(STATUS, status("sent"), signs=signs).as_callback())) == 1

    def test_another_port_may_be_left_out(self, twilio: Twilio) -> None:
        url = STATUS.replace(".org", ".org:8443")

        assert len(twilio.read(from_twilio(url, status("sent"), signs=STATUS).as_callback())) == 1

    def test_a_value_that_comes_twice_counts_once(self, twilio: Twilio) -> None:
        pairs = [*status("sent").items(), ("Tag", "b"), ("Tag", "a"), ("Tag", "b"), ("Empty", "")]

        assert len(twilio.read(from_twilio(STATUS, pairs).as_callback())) == 1


class TestPictures:
    def test_a_picture_is_fetched_with_our_credentials(self, twilio: Twilio, providers: Providers) -> None:
        assert twilio.fetch(f"{providers.base}/media/1") == MEDIA
        assert providers.media_headers[0]["Authorization"].startswith("Basic ")

    def test_where_it_redirects_gets_no_credentials(self, twilio: Twilio, providers: Providers) -> None:
        assert twilio.fetch(f"{providers.base}/media/away") == MEDIA
        assert ["Authorization" in headers for headers in providers.media_headers] == [True, False]

    @pytest.mark.parametrize(("path", "permanent"), [("/media/gone", True), ("/media/loop", False), ("/nowhere", True)])
    def test_one_that_is_not_there_is_refused(
        self, twilio: Twilio, providers: Providers, path: str, permanent: bool
    ) -> None:
        with pytest.raises(Refused) as caught:
            twilio.fetch(providers.base + path)

        assert caught.value.permanent is permanent

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example/x",
            "https://api.twilio.com.evil.example/x",
            "http://127.0.0.1:1/x",
            "",
            "x:y",
            "https://[",
        ],
    )
    def test_no_other_host_is_called(self, twilio: Twilio, url: str) -> None:
        with pytest.raises(Refused) as caught:
            twilio.fetch(url)

        assert caught.value.permanent

    @pytest.mark.parametrize(
        "location", ["", "https://[", "ftp://127.0.0.1/x", "https://x:0/", "https://me@127.0.0.1/"]
    )
    def test_a_redirect_to_nowhere_is_refused(self, twilio: Twilio, providers: Providers, location: str) -> None:
        with providers.answering(307, None, Location=location), pytest.raises(Refused):
            twilio.fetch(f"{providers.base}/media/1")

    def test_one_that_is_too_large_is_refused(
        self, twilio: Twilio, providers: Providers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("selfservice.messages.channels.answers.MOST_MEDIA_BYTES", len(MEDIA) - 1)

        with pytest.raises(Refused, match="larger than"):
            twilio.fetch(f"{providers.base}/media/1")
