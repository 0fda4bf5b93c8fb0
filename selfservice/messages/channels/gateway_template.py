"""A gateway's template: a TOML or JSON file that says how it is called, what it answers and how it calls us.

docs/providers.md describes the file. Nothing is called here. Every mistake raises ValueError with the rest of a
sentence that begins with the setting and the entry, and names the file, the table and the key.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from selfservice.messages.channels.contract import Report
from selfservice.messages.channels.gateway_table import PLACEHOLDER, Table

PLACEHOLDERS = frozenset({"to", "to_digits", "from", "body", "id", "ttl", "callback", "user", "key", "basic"})
IN_HEADERS = frozenset({"id", "user", "key", "basic"})
IN_FIND = frozenset({"id", "user", "key", "basic"})
SIGNED = frozenset({"timestamp", "body", "url", "method"})
LONGEST_TOLERANCE = 24 * 3600


@dataclass(frozen=True)
class Send:
    """How a text is handed over: `taken`, `busy` and `refused` are words of the answer's status, in small letters."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
    id: str
    status: str
    taken: frozenset[str]
    busy: frozenset[str]
    refused: frozenset[str]


@dataclass(frozen=True)
class Find:
    """How the gateway is asked about a text by our id; `ref` and `status` are JSON pointers (RFC 6901)."""

    url: str
    headers: Mapping[str, str]
    ref: str
    status: str


@dataclass(frozen=True)
class Signature:
    """How a callback is signed with HMAC-SHA256; `tolerance` is in seconds, headers in small letters."""

    header: str
    timestamp: str
    signed: str
    is_hex: bool
    prefix: str
    tolerance: int


@dataclass(frozen=True)
class Template:
    """A whole file. `status` and `inbound` are JSON pointers by the field of ours that they fill."""

    send: Send
    find: Find | None
    words: Mapping[str, Report]
    signature: Signature | None
    status: Mapping[str, str]
    inbound: Mapping[str, str]


def read(name: str) -> Template:
    """The template in a file that ends with .toml or .json."""
    path = Path(name)
    if path.suffix not in {".toml", ".json"}:
        raise ValueError(f"names {name} as its template: give it a file that ends with .toml or .json.")
    try:
        text = path.read_text("utf-8")
        said = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ValueError(f"names {name} as its template, which cannot be read ({reason}): mend the path.") from None
    except ValueError as error:
        raise ValueError(f"names {name} as its template, which is no {path.suffix[1:].upper()}: {error}.") from None
    return _read(Table(name, "", said))


def fill(value: Any, values: Mapping[str, Any]) -> Any:
    """A value of the template with its placeholders filled; a text that is nothing but {ttl} becomes a number."""
    if isinstance(value, dict):
        return {name: fill(inner, values) for name, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, values) for inner in value]
    if not isinstance(value, str):
        return value
    whole = PLACEHOLDER.fullmatch(value)
    if whole:
        return values[whole[1]]
    return PLACEHOLDER.sub(lambda match: str(values.get(match[1], match[0])), value)


def _read(top: Table) -> Template:
    send, find, words = top.table("send"), top.table("find"), top.table("words")
    if send is None:
        raise top.wrong("send", "is missing: it says how a text is handed over.")
    read_words = _read_words(words)
    callback = top.table("callback")
    signature, status, inbound = _read_callback(callback) if callback else (None, {}, {})
    template = Template(_read_send(send), _read_find(find) if find else None, read_words, signature, status, inbound)
    if (find or status) and not read_words:
        raise top.wrong("words", 'is missing: write what each status means, like DELIVRD = "delivered".')
    top.refuse_the_rest()
    return template


def _read_send(table: Table) -> Send:
    body = table.value("body")
    if not isinstance(body, dict | list):
        raise table.wrong("body", "is missing: write [send.body] and the keys that the gateway wants.")
    table.check_placeholders("body", body, PLACEHOLDERS)
    used = set(PLACEHOLDER.findall(json.dumps(body)))
    if "body" not in used or not used & {"to", "to_digits"}:
        raise table.wrong("body", "does not say what to send to whom: write {to} and {body} into it.")
    answer = table.table("answer")
    if answer is None:
        raise table.wrong("answer", "is missing: write [send.answer] and id, where the gateway's own reference is.")
    made = Send(
        table.choice("method", ("POST", "PUT")),
        table.url("url", PLACEHOLDERS - {"body", "key", "basic"}),
        table.headers(IN_HEADERS),
        body,
        answer.pointer("id", needed=True),
        answer.pointer("status"),
        answer.words("taken"),
        answer.words("busy"),
        answer.words("refused"),
    )
    if made.status and not made.taken:
        raise answer.wrong("taken", 'is missing: write the words of status that say yes, like ["queued"].')
    if not made.status and (made.taken or made.busy or made.refused):
        raise answer.wrong("status", "is missing: write where the words are that you listed.")
    table.refuse_the_rest()
    answer.refuse_the_rest()
    return made


def _read_find(table: Table) -> Find:
    url = table.url("url", IN_FIND)
    if "{id}" not in url:
        raise table.wrong("url", "does not say which text is asked about: write {id} into it.")
    made = Find(url, table.headers(IN_HEADERS), table.pointer("ref", needed=True), table.pointer("status", needed=True))
    table.refuse_the_rest()
    return made


def _read_words(table: Table | None) -> dict[str, Report]:
    reports = get_args(Report)
    found: dict[str, Report] = {}
    for word in table.keys if table else ():
        assert table is not None
        meaning = table.text(word)
        if meaning not in reports:
            raise table.wrong(word, f"has a meaning that is not known: write one of {', '.join(reports)}.")
        found[word.lower()] = cast(Report, meaning)
    return found


def _read_callback(table: Table) -> tuple[Signature, dict[str, str], dict[str, str]]:
    tolerance = table.value("tolerance")
    tolerance = 300 if tolerance is None else tolerance
    if type(tolerance) is not int or not 1 <= tolerance <= LONGEST_TOLERANCE:  # True is an int as well.
        raise table.wrong("tolerance", f"is no number of seconds from 1 to {LONGEST_TOLERANCE}: write 300.")
    signed = table.text("signed", "{timestamp}.{body}")
    table.check_placeholders("signed", signed, SIGNED)
    if not {"{timestamp}", "{body}"} <= {f"{{{name}}}" for name in PLACEHOLDER.findall(signed)}:
        raise table.wrong("signed", "leaves out {timestamp} or {body}, which anybody could then change.")
    signature = Signature(
        table.text("signature").lower(),
        table.text("timestamp").lower(),
        signed,
        table.choice("encoding", ("hex", "base64")) == "hex",
        table.text("prefix", ""),
        tolerance,
    )
    status = _pointers(table.table("status"), ("list", "id", "ref", "status", "at"), needed=("status",))
    inbound = _pointers(
        table.table("inbound"), ("list", "ref", "from", "to", "body", "media", "at"), needed=("ref", "from", "body")
    )
    if status and not (status["id"] or status["ref"]):
        raise table.wrong("status", "does not say whose status it is: write id or ref into [callback.status].")
    table.refuse_the_rest()
    return signature, status, inbound


def _pointers(table: Table | None, keys: tuple[str, ...], *, needed: tuple[str, ...]) -> dict[str, str]:
    if table is None:
        return {}
    found = {key: table.pointer(key, needed=key in needed) for key in keys}
    table.refuse_the_rest()
    return found
