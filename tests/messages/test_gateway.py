"""Any gateway by its template: what it is asked, what its words mean, and what it calls us with."""

from __future__ import annotations

import hmac
import json
import time
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from selfservice import addresses
from selfservice.errors import Invalid
from selfservice.messages.channels.contract import Forged, Found, Inbound, Receipt, Refused, Submitted, Uncertain
from selfservice.messages.channels.gateway import Gateway
from tests.harness.callbacks import Signed, from_gateway
from tests.harness.providers import GATEWAY_KEY, MEDIA, SENDER, SIGNATURE_SECRET, Providers
from tests.messages.provider_scene import BASE, ID, PHONE, build, plain_settings, text

STATUS = f"{BASE}/callbacks/gateway/status"
INBOUND = f"{BASE}/callbacks/gateway/inbound"
MOMENT = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


@pytest.fixture
def gateway(providers: Providers, tmp_path: Path) -> Gateway:
    found = build("gateway", providers, tmp_path)
    assert isinstance(found, Gateway)
    return found


def rewritten(providers: Providers, root: Path, *changes: tuple[str, str]) -> Gateway:
    """The gateway after changes to its template."""
    whole = providers.template.read_text("utf-8")
    for old, new in changes:
        assert old in whole
        whole = whole.replace(old, new)
    providers.template.write_text(whole)
    return Gateway(addresses.parse(providers.gateway), plain_settings(root))


def test_it_is_asked_as_its_template_says(gateway: Gateway, providers: Providers) -> None:
    gateway.send(text(hours=2))

    assert providers.taken[0].said == {
        "reference": ID,
        "recipient": {"number": PHONE},
        "sender": SENDER,
        "text": "Hello",
        "validity": 7200,
        "report_to": STATUS,
    }


def test_what_a_text_says_fills_nothing_in(gateway: Gateway, providers: Providers) -> None:
    gateway.send(text('{key} {id}", "reference": "x'))

    assert providers.taken[0].body == '{key} {id}", "reference": "x'
    assert providers.taken[0].id == ID


def test_a_template_may_be_json_and_put(providers: Providers, tmp_path: Path) -> None:
    path = tmp_path / "gateway.json"
    body = {
        "reference": "{id}",
        "recipient": {"number": "+{to_digits}"},
        "text": "{body}",
        "parts": ["{user}", 7, None],
    }
    path.write_text(
        json.dumps(
            {
                "send": {
                    "method": "PUT",
                    "url": f"{providers.base}/gateway/messages?by={{user}}&ref={{id}}",
                    "headers": {"X-Api-Key": "{key}", "Authorization": "Basic {basic}"},
                    "body": body,
                    "answer": {"id": "/message/id"},
                }
            }
        )
    )
    address = addresses.parse(f"http+json://m%26e:{GATEWAY_KEY}@{SENDER}?template={path}&private=yes")

    submitted = Gateway(address, plain_settings(tmp_path)).send(text())

    assert submitted == Submitted(providers.taken[0].ref)
    assert providers.taken[0].said["parts"] == ["m&e", 7, None]
    assert providers.taken[0].to == PHONE


@pytest.mark.parametrize(
    ("said", "kind", "permanent"),
    [
        ({"message": {"state": "blocked"}}, Refused, True),
        ({"message": {"state": "THROTTLED"}}, Refused, False),
        ({"message": {"id": "7", "state": "new"}}, Uncertain, None),
        ({"message": {"id": "", "state": "queued"}}, Uncertain, None),
        ({"message": {"id": "7"}}, Uncertain, None),
        ({"message": {"id": "7" * 81, "state": "queued"}}, Uncertain, None),
        ({"message": {"id": "7\n", "state": "queued"}}, Uncertain, None),
        ({"message": []}, Uncertain, None),
    ],
)
def test_what_its_words_mean(
    gateway: Gateway, providers: Providers, said: Any, kind: type[Exception], permanent: bool | None
) -> None:
    with providers.answering(200, said), pytest.raises((Refused, Uncertain)) as caught:
        gateway.send(text())

    assert type(caught.value) is kind
    assert getattr(caught.value, "permanent", None) is permanent


def test_a_number_is_a_reference_too(gateway: Gateway, providers: Providers) -> None:
    with providers.answering(200, {"message": {"id": 12, "state": "Queued"}}):
        assert gateway.send(text()) == Submitted("12")


class TestAsking:
    def test_what_it_has_is_found(self, gateway: Gateway, providers: Providers) -> None:
        gateway.send(text())
        ref = providers.taken[0].ref

        assert gateway.find(ID) == Found(ref, "submitted")
        providers.states[ID] = "DELIVRD"
        assert gateway.find(ID) == Found(ref, "delivered")
        providers.states[ID] = "never heard of"
        assert gateway.find(ID) == Found(ref, "submitted")

    def test_what_it_never_had_is_none(self, gateway: Gateway) -> None:
        assert gateway.find(ID) is None

    @pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 429, 500])
    def test_whatever_else_it_says_is_uncertain(self, gateway: Gateway, providers: Providers, status: int) -> None:
        with providers.answering(status), pytest.raises(Uncertain):
            gateway.find(ID)

    def test_nobody_there_is_uncertain(self, gateway: Gateway, providers: Providers) -> None:
        providers.__exit__()

        with pytest.raises(Uncertain):
            gateway.find(ID)

    def test_one_that_cannot_be_asked_says_so(self, providers: Providers, tmp_path: Path) -> None:
        whole = providers.template.read_text("utf-8")
        find = whole[whole.index("[find]") : whole.index("[words]")]
        gateway = rewritten(providers, tmp_path, (find, ""))

        with pytest.raises(Uncertain, match="cannot be asked"):
            gateway.find(ID)
        assert not gateway.tells_receipts

    def test_asking_tells_receipts_where_nobody_calls(
        self, gateway: Gateway, providers: Providers, tmp_path: Path
    ) -> None:
        whole = providers.template.read_text("utf-8")
        callback = whole[whole.index("[callback]") :]

        assert not gateway.tells_receipts
        assert rewritten(providers, tmp_path, (callback, "")).tells_receipts


def reports(*those: dict[str, Any]) -> dict[str, Any]:
    return {"reports": list(those)}


class TestCallbacks:
    @pytest.mark.parametrize(
        ("word", "report"),
        [
            ("SENT", "carrier_accepted"),
            ("delivrd", "delivered"),
            ("EXPIRED", "undelivered_temporary"),
            ("UNDELIV", "undelivered_permanent"),
        ],
    )
    def test_what_status_words_mean(self, gateway: Gateway, word: str, report: Any) -> None:
        said = reports({"id": "x1", "reference": ID, "state": word, "at": "2026-11-22T06:00:00+01:00"})

        assert gateway.read(from_gateway(STATUS, said).as_callback()) == [
            Receipt("x1", report, f"x1:{word.lower()}", MOMENT, ID)
        ]

    def test_several_come_at_once(self, gateway: Gateway) -> None:
        those = reports(
            {"id": "x1", "state": "SENT", "at": MOMENT.timestamp()},
            {"reference": ID, "state": "SENT"},
            {"id": 7, "reference": "somebody else's", "state": "SENT", "at": "soon"},
            {"id": "x2", "state": "never heard of"},
            {"id": "x" * 81, "reference": ID, "state": "SENT"},
        )

        assert gateway.read(from_gateway(STATUS, those).as_callback()) == [
            Receipt("x1", "carrier_accepted", "x1:sent", MOMENT),
            Receipt("", "carrier_accepted", f"{ID}:sent", id=ID),
            Receipt("7", "carrier_accepted", "7:sent"),
            Receipt("", "carrier_accepted", f"{ID}:sent", id=ID),
        ]

    def test_a_text_that_comes_in_is_read(self, gateway: Gateway) -> None:
        said = {
            "id": "in1",
            "sender": PHONE[1:],
            "recipient": "32665",
            "text": "Não, 明天 👍",
            "at": 1795323600,
            "files": ["https://sms.example/1", {"url": "https://sms.example/2", "type": "image/png"}, 7, {"url": 7}],
        }

        (found,) = gateway.read(from_gateway(INBOUND, said).as_callback())

        media = (("https://sms.example/1", ""), ("https://sms.example/2", "image/png"))
        assert found == Inbound("in1", PHONE, "32665", "Não, 明天 👍", media, datetime.fromtimestamp(1795323600, UTC))

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            (STATUS, reports({"state": "SENT"})),
            (STATUS, {}),
            (INBOUND, {"sender": PHONE}),
            (STATUS, None),
        ],
    )
    def test_a_callback_about_nothing_is_invalid(self, gateway: Gateway, url: str, said: Any) -> None:
        with pytest.raises(Invalid):
            gateway.read(from_gateway(url, said).as_callback())

    def test_what_no_database_stores_is_left_out(self, gateway: Gateway) -> None:
        said = {"id": "in1", "sender": "Cli\0nic", "recipient": SENDER, "text": "a\0b \ud83d c"}

        (found,) = gateway.read(from_gateway(INBOUND, said).as_callback())

        assert found == Inbound("in1", "Clinic", SENDER, "ab ? c")

    def test_it_hears_an_empty_object(self, gateway: Gateway) -> None:
        assert gateway.reply(from_gateway(STATUS, {}).as_callback()) == (b"{}", "application/json")


class TestSignature:
    SAID = reports({"id": "x1", "state": "SENT"})

    @pytest.mark.parametrize("ago", [0, 290, -290])
    def test_one_that_is_lately_signed_is_taken(self, gateway: Gateway, ago: int) -> None:
        assert len(gateway.read(from_gateway(STATUS, self.SAID, at=time.time() - ago).as_callback())) == 1

    @pytest.mark.parametrize("ago", [310, -310, 10**8])
    def test_one_of_another_time_is_forged(self, gateway: Gateway, ago: int) -> None:
        with pytest.raises(Forged, match="time server"):
            gateway.read(from_gateway(STATUS, self.SAID, at=time.time() - ago).as_callback())

    @pytest.mark.parametrize(
        "headers",
        [
            {"x-signature": ""},
            {"x-signature": "sha256="},
            {"x-signature": "sha256=zz"},
            {"x-signature": "sha256=" + "0" * 64},
            {"x-signature": "0" * 64},
            {"x-timestamp": ""},
            {"x-timestamp": "now"},
            {"x-timestamp": "٣" * 10},
            {"x-timestamp": str(int(time.time()) + 1)},
        ],
    )
    def test_a_header_that_is_changed_is_forged(self, gateway: Gateway, headers: dict[str, str]) -> None:
        callback = from_gateway(STATUS, self.SAID, at=time.time() - 5).as_callback()

        with pytest.raises(Forged):
            gateway.read(replace(callback, headers={**callback.headers, **headers}))

    def test_another_body_or_secret_is_forged(self, gateway: Gateway) -> None:
        with pytest.raises(Forged):
            gateway.read(from_gateway(STATUS, self.SAID).as_callback(body=b"{}"))
        with pytest.raises(Forged):
            gateway.read(from_gateway(STATUS, self.SAID, secret="another").as_callback())

    def test_one_that_is_played_again_is_the_same_receipt(self, gateway: Gateway) -> None:
        callback = from_gateway(STATUS, self.SAID).as_callback()

        assert gateway.read(callback) == gateway.read(callback)

    def test_without_callbacks_in_the_template_all_are_forged(self, providers: Providers, tmp_path: Path) -> None:
        whole = providers.template.read_text("utf-8")
        gateway = rewritten(providers, tmp_path, (whole[whole.index("[callback]") :], ""))

        with pytest.raises(Forged):
            gateway.read(from_gateway(STATUS, self.SAID).as_callback())

    def test_the_address_may_be_signed_too_in_base64(self, providers: Providers, tmp_path: Path) -> None:
        gateway = rewritten(
            providers,
            tmp_path,
            ('signed = "{timestamp}.{body}"', 'signed = "{method} {url}|{timestamp}|{body}"\nencoding = "base64"'),
            ('prefix = "sha256="', ""),
        )
        body, stamp = json.dumps(self.SAID).encode(), str(int(time.time()))
        signed = f"POST {STATUS}|{stamp}|".encode() + body
        digest = b64encode(hmac.digest(SIGNATURE_SECRET.encode(), signed, "sha256")).decode()
        callback = Signed(STATUS, {"X-Timestamp": stamp, "X-Signature": digest}, body).as_callback()

        assert len(gateway.read(callback)) == 1
        for changes in ({"url": INBOUND}, {"method": "PUT"}, {"body": b"{}"}):
            with pytest.raises(Forged):
                gateway.read(replace(callback, **changes))


class TestPictures:
    def test_credentials_go_to_the_gateway_alone(self, gateway: Gateway, providers: Providers) -> None:
        assert gateway.fetch(f"{providers.base}/media/1") == MEDIA
        assert gateway.fetch(f"{providers.base.replace('127.0.0.1', 'localhost')}/media/2") == MEDIA
        assert [headers.get("X-Api-Key") for headers in providers.media_headers] == [GATEWAY_KEY, None]


def test_plain_http_has_to_be_said(providers: Providers, tmp_path: Path) -> None:
    address = addresses.parse(providers.gateway.replace("&private=yes", ""))

    with pytest.raises(ValueError, match=r"\[send\] url is plain http: write https://, or private=yes"):
        Gateway(address, plain_settings(tmp_path))


def test_callbacks_need_a_secret(providers: Providers, tmp_path: Path) -> None:
    address = addresses.parse(f"http+json://me:x@{SENDER}?template={providers.template}&private=yes")

    with pytest.raises(ValueError, match=r"has no signature secret, which .* asks for in \[callback\]"):
        Gateway(address, plain_settings(tmp_path))
