"""Endpoints: only push services that are known, or that the installation's owner has named."""

from __future__ import annotations

from pathlib import Path

import pytest

from selfservice.config import Settings
from selfservice.customers import endpoints
from selfservice.customers.endpoints import Endpoint
from selfservice.errors import Invalid
from tests.harness.application import make_settings


def demo(root: Path, hosts: str = "") -> Settings:
    return make_settings(f"sqlite:///{root}/x.sqlite", root, PUSH_HOSTS=hosts)


def production(root: Path, hosts: str = "") -> Settings:
    return make_settings(
        f"sqlite:///{root}/x.sqlite",
        root,
        ENV="production",
        BASE_URL="https://go.example.org",
        SMS=f"twilio://AC{32 * '0'}:hush@+15550100",
        PUSH_HOSTS=hosts,
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://fcm.googleapis.com/fcm/send/abc:APA91b_-x",
        "https://jmt17.google.com/fcm/send/abc",
        "https://updates.push.services.mozilla.com:443/wpush/v2/abc",
        "https://web.push.apple.com/QGuQyavXutnMH",
        "https://wns2-par02p.notify.windows.com/w/?token=BQYAAA%2bb",
        "https://FCM.googleapis.com/fcm/send/abc",
    ],
)
def test_known_push_services_are_allowed(tmp_path: Path, url: str) -> None:
    assert endpoints.read(url, production(tmp_path)) == Endpoint(url, may_be_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/fcm/send/abc",
        "https://fcm.googleapis.com.evil.example/x",
        "https://xfcm.googleapis.com/x",
        "https://fcm.googleapis.com./x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://evil.example\\@fcm.googleapis.com/x",
        "https://evil.example/@fcm.googleapis.com",
        "https://fcm.googleapis.com:22/x",
        "https://fcm.googleapis.com:99999/x",
        "https://[::1/x",
        "http://fcm.googleapis.com/x",
        "ftp://fcm.googleapis.com/x",
        "https://fcm.googleapis.com",
        "https://fcm.googleapis.com/x y",
        "https://fcm.googleapis.com/x\r\nHost: evil.example",
        "https://fcm.googleapis.com/\u00e9",
        "https://127.0.0.1/x",
        "//fcm.googleapis.com/x",
        "",
        "https://fcm.googleapis.com/" + "x" * 2048,
    ],
)
def test_everything_else_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(Invalid) as caught:
        endpoints.read(url, demo(tmp_path))

    assert caught.value.code == "endpoint_not_allowed"
    assert "evil" not in caught.value.message


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("https://push.example.org/x", "push.example.org"),
        ("https://eu.push.example.org:8443/x", "push.example.org"),
        ("http://127.0.0.1:4000/x", "other.example,127.0.0.1"),
        ("http://localhost:4000/x", "localhost"),
        ("http://[::1]:4000/x", "[::1]"),
    ],
)
def test_named_hosts_may_be_private_and_have_any_port(tmp_path: Path, url: str, hosts: str) -> None:
    assert endpoints.read(url, demo(tmp_path, hosts)) == Endpoint(url, may_be_private=True)


def test_production_sends_nothing_in_plain_http(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="not encrypted"):
        endpoints.read("http://127.0.0.1:4000/x", production(tmp_path, "127.0.0.1"))


def test_the_origin_is_the_audience_of_tokens(tmp_path: Path) -> None:
    endpoint = endpoints.read("https://eu.push.example.org:8443/a/b?c", demo(tmp_path, "push.example.org"))

    assert endpoint.origin == "https://eu.push.example.org:8443"
