"""Addresses of text providers: what they say, and a sentence for each mistake that never repeats the value."""

from __future__ import annotations

import pytest

from selfservice import addresses, spelling

SID = "AC" + "0" * 32
APPLICATION = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
VONAGE = "write vonage://APPLICATION_ID@SENDER?key=FILE&signature=SECRET or vonage://KEY:SECRET@SENDER?signature=..."
GATEWAY = "write http+json://USER:KEY@SENDER?template=FILE&signature=SECRET"
NO_SENDER = (
    "names no sender: write twilio://SID:TOKEN@SENDER, the sender a number like +15550100, a short code, up to 11 "
    "letters and digits, or a messaging service that begins with MG."
)


@pytest.mark.parametrize(
    "sender", ["+15550100", "32665", "Clinic", "Clinic%20Ann", "MG" + "a" * 32, "+15550100/", "A1"]
)
def test_twilio_is_read(sender: str) -> None:
    address = addresses.parse(f"twilio://{SID}:hush%40%2F@{sender}?rate=5")

    assert (address.scheme, address.user, address.password) == ("twilio", SID, "hush@/")
    assert address.sender == sender.rstrip("/").replace("%20", " ")
    assert not address.is_stand_in
    assert "hush" not in repr(address)


def test_options_keep_their_signs() -> None:
    address = addresses.parse(
        f"vonage://{APPLICATION}@Clinic?key=/a%20b/c.pem&signature=hu+sh/=&api=http://127.0.0.1:1"
    )

    assert address.options == {"key": "/a b/c.pem", "signature": "hu+sh/=", "api": "http://127.0.0.1:1"}
    assert address.is_stand_in
    assert "hu+sh" not in repr(address)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        *[
            (
                text,
                "names no Twilio account: write twilio://SID:TOKEN@SENDER, the SID with AC and 32 hexadecimal digits.",
            )
            for text in ("twilio://", "twilio://hush", f"twilio://{SID}", "twilio://AC0:hush@+15550100")
        ],
        (
            f"twilio://{SID}@+15550100",
            "has no auth token: write twilio://SID:TOKEN@SENDER, the token as the Twilio console shows it.",
        ),
        *[
            (f"twilio://{SID}:hush@{sender}", NO_SENDER)
            for sender in ("", "+0", "15550100", "An Organisation", "MG" + "a" * 31, "Clínica", "12", "+1%20555")
        ],
        (f"twilio://{SID}:hush@Clinic?token=hush", "has an option that is not known: twilio:// takes api."),
        *[
            (
                f"twilio://{SID}:hush@Clinic?api={api}",
                "has an option api that is not the address of a server: write api=http://127.0.0.1:8080.",
            )
            for api in ("127.0.0.1", "ftp://x", "http://x/y", "http://x?y", "https://")
        ],
        *[
            (
                f"twilio://{SID}:hush@Clinic?{query}",
                "has an option that is not name=value, or one twice: write ?name=value&name=value.",
            )
            for query in ("hush", "api=", "rate=1&rate=2", "&")
        ],
        ("vonage://@Clinic", f"names no application and no API key: {VONAGE}."),
        (
            "vonage://hush@Clinic?signature=x",
            f"has neither an API secret nor an application's id with the file of its key: {VONAGE}.",
        ),
        (
            "vonage://a@Clinic?key=x&signature=x",
            f"has neither an API secret nor an application's id with the file of its key: {VONAGE}.",
        ),
        (
            "vonage://a:hush@Clinic?key=x&signature=x",
            f"has an API secret and a key's file: keep one of them; {VONAGE}.",
        ),
        (
            "vonage://a:hush@?signature=x",
            f"names no sender: {VONAGE}, the sender a number like +15550100 or up to 11 letters and digits.",
        ),
        ("vonage://a:hush@Clinic", f"has no signature secret, so that no receipt could be believed: {VONAGE}."),
        (
            "vonage://a:hush@Clinic?signature=x&b=c",
            "has an option that is not known: vonage:// takes api, key, signature.",
        ),
        ("http+json://a:hush@Clinic", f"names no template: {GATEWAY}, the file as docs/providers.md describes it."),
        ("http+json://a:hush@?template=x", f"names no sender: {GATEWAY}."),
        (
            "http+json://a:hush@B?template=x&private=no",
            "has an option private that is not known: write private=yes or leave it out.",
        ),
        (
            "http+json://a:hush@B?template=x&api=x",
            "has an option that is not known: http+json:// takes private, signature, template.",
        ),
    ],
)
def test_a_mistake_is_said_without_the_value(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        addresses.parse(text)

    assert str(caught.value) == sentence
    assert "hush" not in sentence


def test_the_setting_says_which_entry_it_is() -> None:
    with pytest.raises(ValueError, match=r"^entry 2 has no auth token: "):
        spelling.providers(f"handset://,twilio://{SID}@+15550100")


def test_other_schemes_are_left_to_who_serves_them() -> None:
    assert addresses.parse("smpp://me:hush@host:2775").scheme == "smpp"
    assert spelling.providers("x://y") == ("x://y",)
