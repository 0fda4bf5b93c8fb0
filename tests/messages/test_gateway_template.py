"""A gateway's template: every mistake in it is named with the file, the table and the key."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from selfservice.messages.channels import gateway_template
from selfservice.messages.channels.gateway_template import Signature, fill
from tests.harness.providers import TEMPLATE

WHOLE = tomllib.loads(TEMPLATE.replace("BASE", "https://sms.example.net"))


def path_of(root: Path, said: Any) -> Path:
    path = root / "gateway.json"
    path.write_text(json.dumps(said))
    return path


def changed(place: str, value: Any) -> Any:
    """The whole template with one value changed, or taken out where `value` is None."""
    said = json.loads(json.dumps(WHOLE))
    *tables, key = place.split("/")
    table = said
    for name in tables:
        table = table[name]
    if value is None:
        del table[key]
    else:
        table[key] = value
    return said


def test_a_whole_template_is_read(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(TEMPLATE.replace("BASE", "https://sms.example.net"))

    template = gateway_template.read(str(path))

    assert template == gateway_template.read(str(path_of(tmp_path, WHOLE)))
    assert template.send.url == "https://sms.example.net/gateway/messages"
    assert (template.send.method, template.send.taken) == ("POST", {"queued"})
    assert template.words["delivrd"] == "delivered"
    assert template.signature == Signature("x-signature", "x-timestamp", "{timestamp}.{body}", True, "sha256=", 300)
    assert template.status["list"] == "/reports"
    assert template.inbound["media"] == "/files"


def test_the_documented_template_is_right(tmp_path: Path) -> None:
    document = (Path(__file__).parents[2] / "docs" / "providers.md").read_text("utf-8")
    path = tmp_path / "acme.toml"
    path.write_text(document.partition("```toml\n")[2].partition("```")[0])

    template = gateway_template.read(str(path))

    assert (template.send.id, template.send.busy) == ("/messages/0/id", {"throttled"})
    assert template.find is not None
    assert all(template.status.values())
    for name in gateway_template.PLACEHOLDERS:
        assert f"`{{{name}}}`" in document


PLACES = "{basic}, {body}, {callback}, {from}, {id}, {key}, {to}, {to_digits}, {ttl}, {user}"


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ("send", None, "[send] is missing: it says how a text is handed over."),
        ("send", "x", "[send] is no table: write [send] and its keys."),
        ("sent", {}, "[sent] is not known: write one of callback, find, send, words."),
        ("send/url", None, "[send] url is missing: write a text."),
        ("send/url", 7, "[send] url is no text: write one in quotes."),
        ("send/url", "", "[send] url is no text: write one in quotes."),
        *[
            (
                "send/url",
                url,
                "[send] url is no address: write https://, the host and the path, without credentials.",
            )
            for url in (
                "ftp://x",
                "https://",
                "/path",
                "https://me:hush@x/",
                "https://{id}.x/",
                "https://x:0/",
                "https://[",
            )
        ],
        (
            "send/url",
            "https://x/?key={key}",
            (
                "[send] url has {key}, which nothing fills in there: write one of {callback}, {from}, {id}, {to}, "
                "{to_digits}, {ttl}, {user}."
            ),
        ),
        ("send/method", "GET", "[send] method is not known: write POST or PUT."),
        ("send/verb", "POST", "[send] verb is not known: write one of answer, body, headers, method, url."),
        ("send/headers", "x", "[send.headers] is no table: write [send.headers] and its keys."),
        *[
            (
                f"send/headers/{name}",
                value,
                f"[send.headers] {name} is no header: write a name of letters and dashes, and a value of one line.",
            )
            for name, value in (("X Key", "x"), ("X-A", "a\nb"), ("X-B", "é"), ("X:", "a"))
        ],
        (
            "send/headers/X-Text",
            "{body}",
            (
                "[send.headers] X-Text has {body}, which nothing fills in there: write one of {basic}, {id}, {key}, "
                "{user}."
            ),
        ),
        ("send/body", None, "[send] body is missing: write [send.body] and the keys that the gateway wants."),
        ("send/body", "x", "[send] body is missing: write [send.body] and the keys that the gateway wants."),
        (
            "send/body/recipient",
            {"numbers": ["{tto}"]},
            f"[send] body.recipient.numbers.0 has {{tto}}, which nothing fills in there: write one of {PLACES}.",
        ),
        ("send/body/text", "x", "[send] body does not say what to send to whom: write {to} and {body} into it."),
        ("send/body/recipient", {}, "[send] body does not say what to send to whom: write {to} and {body} into it."),
        (
            "send/answer",
            None,
            "[send] answer is missing: write [send.answer] and id, where the gateway's own reference is.",
        ),
        ("send/answer/id", None, "[send.answer] id is missing: write a text."),
        ("send/answer/id", "message.id", "[send.answer] id is no JSON pointer: write it like /message/id."),
        ("send/answer/id", "/a~2", "[send.answer] id is no JSON pointer: write it like /message/id."),
        (
            "send/answer/taken",
            None,
            '[send.answer] taken is missing: write the words of status that say yes, like ["queued"].',
        ),
        (
            "send/answer/taken",
            "queued",
            '[send.answer] taken is no list of words: write it like ["queued", "accepted"].',
        ),
        ("send/answer/status", None, "[send.answer] status is missing: write where the words are that you listed."),
        ("send/answer/at", "/at", "[send.answer] at is not known: write one of busy, id, refused, status, taken."),
        ("find/url", "https://x/", "[find] url does not say which text is asked about: write {id} into it."),
        ("find/status", None, "[find] status is missing: write a text."),
        ("find/method", "GET", "[find] method is not known: write one of headers, ref, status, url."),
        ("words", None, '[words] is missing: write what each status means, like DELIVRD = "delivered".'),
        (
            "words/GONE",
            "gone",
            (
                "[words] GONE has a meaning that is not known: write one of submitted, carrier_accepted, "
                "undelivered_temporary, undelivered_permanent, delivered, failed."
            ),
        ),
        ("callback/signature", None, "[callback] signature is missing: write a text."),
        ("callback/timestamp", None, "[callback] timestamp is missing: write a text."),
        ("callback/encoding", "hax", "[callback] encoding is not known: write hex or base64."),
        (
            "callback/signed",
            "{body}",
            "[callback] signed leaves out {timestamp} or {body}, which anybody could then change.",
        ),
        (
            "callback/signed",
            "{timestamp}{body}{secret}",
            (
                "[callback] signed has {secret}, which nothing fills in there: "
                "write one of {body}, {method}, {timestamp}, {url}."
            ),
        ),
        *[
            (
                "callback/tolerance",
                tolerance,
                "[callback] tolerance is no number of seconds from 1 to 86400: write 300.",
            )
            for tolerance in (0, 86401, "300", 2.5, True)
        ],
        ("callback/status/status", None, "[callback.status] status is missing: write a text."),
        (
            "callback/status",
            {"status": "/state"},
            "[callback] status does not say whose status it is: write id or ref into [callback.status].",
        ),
        ("callback/inbound/from", None, "[callback.inbound] from is missing: write a text."),
        (
            "callback/inbound/number",
            "/n",
            "[callback.inbound] number is not known: write one of at, body, from, list, media, ref, to.",
        ),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, place: str, value: Any, sentence: str) -> None:
    path = path_of(tmp_path, changed(place, value))

    with pytest.raises(ValueError, match=r"^names ") as caught:
        gateway_template.read(str(path))

    says = str(caught.value)
    assert says.removeprefix(f"names {path} as its template, where ") == sentence
    assert "hush" not in says


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    broken, binary = tmp_path / "broken.toml", tmp_path / "binary.toml"
    broken.write_text("[send\n")
    binary.write_bytes(b"\xff\xfe")
    sentences = {
        tmp_path / "none.toml": "which cannot be read (No such file or directory): mend the path.",
        tmp_path: "give it a file that ends with .toml or .json.",
        binary: "which cannot be read (it is not text): mend the path.",
        broken: "which is no TOML: ",
        path_of(tmp_path, []): "where [] is no table: ",
    }

    for path, sentence in sentences.items():
        with pytest.raises(ValueError, match=r"^names ") as caught:
            gateway_template.read(str(path))
        assert sentence in str(caught.value)


def test_placeholders_are_filled_once() -> None:
    values = {"to": "{body}", "body": "{to}", "ttl": 7}

    assert fill({"a": ["{to}", "{to}{body}", "{ttl}", "{ttl} s", 1, None, "{"]}, values) == {
        "a": ["{body}", "{body}{to}", 7, "7 s", 1, None, "{"]
    }
