"""The language of pages that no customer stands behind."""

from __future__ import annotations

import pytest
from flask import Flask

from selfservice.web import languages


@pytest.mark.parametrize(
    ("address", "accepted", "spoken"),
    [
        ("/", "", "en"),
        ("/", "*", "en"),
        ("/", "fr,cy;q=0.8", "en"),
        ("/", "pl-PL,en;q=0.5", "pl"),
        ("/", "fr,hi-IN;q=0.9,en;q=0.8", "hi"),
        ("/", "en;q=0.5,ar;q=0.9", "ar"),
        ("/", "zh-CN,zh;q=0.9", "zh"),
        ("/", "zh-Hans-SG", "zh"),
        ("/", "zh-TW,en;q=0.9", "zh"),
        ("/?lang=es", "pl", "es"),
        ("/?lang=zh-Hans", "pl", "zh"),
        ("/?lang=xx", "pl", "pl"),
    ],
)
def test_address_goes_before_the_browser(address: str, accepted: str, spoken: str) -> None:
    with Flask(__name__).test_request_context(address, headers={"Accept-Language": accepted}):
        assert languages.wanted() == spoken


def test_what_is_known_of_the_device_goes_before_the_browser() -> None:
    with Flask(__name__).test_request_context("/", headers={"Accept-Language": "pl"}):
        assert languages.wanted("xx", "zh-Hans-CN", "es") == "zh"
