"""Any gateway that takes a text as JSON over HTTP, as its template describes it; nothing here knows a company."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from selfservice import clock
from selfservice.addresses import Address
from selfservice.config import Settings
from selfservice.errors import Invalid
from selfservice.http import Client, Reply, Request
from selfservice.messages.channels import answers, gateway_template
from selfservice.messages.channels.contract import (
    Callback,
    Forged,
    Found,
    Inbound,
    Outgoing,
    Receipt,
    Refused,
    Submitted,
    Text,
    Uncertain,
)
from selfservice.messages.channels.gateway_template import Signature, Template, fill

_WHO = "The gateway"
_ID = re.compile(r"[0-9A-Za-z]{11}")


class Gateway:
    """Sends texts through the gateway of a template, and reads what it reports."""

    name = "gateway"
    parallel = 8

    def __init__(self, address: Address, settings: Settings) -> None:
        """Raises ValueError with the rest of a sentence for a template that cannot be used."""
        file = address.options["template"]
        self._template = gateway_template.read(file)
        self._may_be_private = "private" in address.options
        self._secret = address.options.get("signature", "").encode()
        self.sender = address.sender
        self._callback = f"{settings.base_url}/callbacks/{self.name}/status"
        self._credentials = {
            "user": address.user,
            "key": address.password,
            "basic": b64encode(f"{address.user}:{address.password}".encode()).decode(),
        }
        self._client = Client(parallel=self.parallel)
        self._refuse_plain_http(file)
        if self._template.signature and not self._secret:
            raise ValueError(f"has no signature secret, which {file} asks for in [callback]: add signature=SECRET.")

    @property
    def tells_receipts(self) -> bool:
        """Whether asking is how receipts are learnt: the gateway can be asked and calls nobody."""
        return self._template.find is not None and not self._template.status

    def send(self, outgoing: Outgoing) -> Submitted:
        """Hand a text over as the template says."""
        assert isinstance(outgoing.content, Text)
        send = self._template.send
        values = {
            **self._credentials,
            "to": outgoing.to,
            "to_digits": outgoing.to.removeprefix("+"),
            "from": self.sender,
            "body": outgoing.content.body,
            "id": outgoing.id,
            "ttl": max(1, int(outgoing.ttl.total_seconds())),
            "callback": self._callback,
        }
        body = json.dumps(fill(send.body, values), ensure_ascii=False).encode()
        return self._taken(self._ask(send.method, send.url, send.headers, values, body))

    def find(self, id: str) -> Found | None:  # noqa: A002 - the contract's word
        """What the gateway knows of a text; 404 says that it never had it. Uncertain where it cannot be asked."""
        find = self._template.find
        if find is None:
            raise Uncertain("The gateway cannot be asked; only its receipt can tell.")
        try:
            reply = self._ask("GET", find.url, find.headers, {**self._credentials, "id": id})
        except Refused as refusal:
            raise Uncertain(refusal.message) from None
        if reply.status == 404:
            return None
        said = answers.read_json(reply.body)
        ref = answers.read_ref(_text_at(said, find.ref))
        if reply.status != 200 or not ref:
            raise Uncertain(f"The gateway's answer does not say (HTTP {reply.status}).")
        return Found(ref, self._template.words.get(_text_at(said, find.status).lower(), "submitted"))

    def read(self, callback: Callback) -> Sequence[Receipt | Inbound]:
        """What the gateway says at `/callbacks/gateway/status` or `/callbacks/gateway/inbound`."""
        template = self._template
        if template.signature is None:
            raise Forged("The gateway's template has no [callback], so that nothing it says can be believed.")
        _check(callback, template.signature, self._secret)
        said = answers.read_json(callback.body)
        if said is None:
            raise Invalid("The callback is no JSON.")
        if urlsplit(callback.url).path.rstrip("/").endswith("/inbound"):
            return [_inbound(one, template.inbound) for one in _each(said, template.inbound)]
        return [found for one in _each(said, template.status) for found in _receipts(one, template)]

    def reply(self, callback: Callback) -> tuple[bytes, str]:
        """An empty object; a gateway reads the status alone."""
        return b"{}", "application/json"

    def fetch(self, url: str) -> bytes:
        """A picture of a text that came in; the credentials go to the host that takes our texts alone."""
        send = self._template.send
        is_theirs = answers.place_of(url) == answers.place_of(send.url)
        headers = fill(dict(send.headers), {**self._credentials, "id": ""}) if is_theirs else {}
        return answers.fetch(self._client, url, headers, who=_WHO, may_be_private=self._may_be_private)

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str], values: Mapping[str, Any], body: bytes = b""
    ) -> Reply:
        kinds = {"Accept": "application/json", **({"Content-Type": "application/json"} if body else {})}
        escaped = {name: quote(str(value), safe="") for name, value in values.items()}
        request = Request(method, str(fill(url, escaped)), {**kinds, **fill(dict(headers), values)}, body)
        return answers.ask(self._client, request, who=_WHO, may_be_private=self._may_be_private)

    def _taken(self, reply: Reply) -> Submitted:
        if not 200 <= reply.status < 300:
            answers.refuse(reply, who=_WHO, host=answers.place_of(self._template.send.url)[1])
        send = self._template.send
        said = answers.read_json(reply.body)
        word = _text_at(said, send.status).lower() if send.status else ""
        if word and word in send.busy:
            pause = answers.retry_after(reply)
            raise Refused("The gateway asks to wait, by its own word.", permanent=False, retry_after=pause)
        if word and word in send.refused:
            raise Refused("The gateway refused it, by its own word.", permanent=True)
        ref = answers.read_ref(_text_at(said, send.id))
        if not ref or (send.status and word not in send.taken):
            raise Uncertain(f"The gateway's answer does not say what became of it (HTTP {reply.status}).")
        return Submitted(ref)

    def _refuse_plain_http(self, file: str) -> None:
        find = self._template.find
        for name, url in (("send", self._template.send.url), ("find", find.url if find else "")):
            if url.startswith("http:") and not self._may_be_private:
                raise ValueError(
                    f"names {file} as its template, where [{name}] url is plain http: write https://, or private=yes "
                    "in the provider's address for a gateway on your own network."
                )


def _check(callback: Callback, signature: Signature, secret: bytes) -> None:
    """Raise Forged unless the request is signed with our secret, lately enough."""
    stamp = callback.headers.get(signature.timestamp, "")
    said = callback.headers.get(signature.header, "")
    if not re.fullmatch(r"\d{9,11}", stamp, re.ASCII) or not said.startswith(signature.prefix):
        raise Forged
    values = {
        "{timestamp}": stamp.encode(),
        "{body}": callback.body,
        "{url}": callback.url.encode(),
        "{method}": callback.method.encode(),
    }
    parts = re.split(r"(\{[a-z]+\})", signature.signed)
    signed = b"".join(values.get(part, part.encode()) for part in parts)
    try:
        text = said.removeprefix(signature.prefix)
        digest = bytes.fromhex(text) if signature.is_hex else b64decode(text, validate=True)
    except ValueError:
        raise Forged from None
    if not hmac.compare_digest(hmac.digest(secret, signed, hashlib.sha256), digest):
        raise Forged
    if abs(clock.now().timestamp() - int(stamp)) > signature.tolerance:
        raise Forged("The signature is of another time: let this machine take the time from a time server.")


def _each(said: Any, pointers: Mapping[str, str]) -> Iterable[Any]:
    """What a callback speaks of: one thing, or each of a list; nothing where the template does not read it."""
    if not pointers:
        return []
    found = _at(said, pointers["list"])
    return found if isinstance(found, list) else [found]


def _receipts(said: Any, template: Template) -> list[Receipt]:
    pointers = template.status
    ours, ref, word = (_text_at(said, pointers[key]) if pointers[key] else "" for key in ("id", "ref", "status"))
    ours, ref = ours if _ID.fullmatch(ours) else "", answers.read_ref(ref)
    if not ours and not ref:
        raise Invalid("The callback names no message: neither [callback.status] id nor ref is there.")
    report = template.words.get(word.lower())
    if report is None:
        return []
    at = answers.read_moment(_at(said, pointers["at"]) if pointers["at"] else None)
    return [Receipt(ref, report, f"{ref or ours}:{word.lower()[:30]}", at, ours)]


def _inbound(said: Any, pointers: Mapping[str, str]) -> Inbound:
    texts = {key: _text_at(said, pointers[key]) if pointers[key] else "" for key in pointers}
    ref = answers.read_ref(texts["ref"])
    if not ref or not texts["from"]:
        raise Invalid("The callback names no text: [callback.inbound] ref or from is not there.")
    media = _at(said, pointers["media"]) if pointers["media"] else None
    at = answers.read_moment(_at(said, pointers["at"]) if pointers["at"] else None)
    sender, recipient = answers.read_number(texts["from"]), answers.read_number(texts["to"])
    return Inbound(ref, sender, recipient, texts["body"], tuple(_media(media)), at)


def _media(said: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for one in said if isinstance(said, list) else []:
        url, kind = (one.get("url"), one.get("type", "")) if isinstance(one, dict) else (one, "")
        if isinstance(url, str) and url and isinstance(kind, str):
            found.append((url, kind))
    return found


def _at(said: Any, pointer: str) -> Any:
    """What a JSON pointer leads to (RFC 6901); None where it leads nowhere."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(said, dict):
            said = said.get(name)
        elif isinstance(said, list) and name.isascii() and name.isdigit() and len(name) < 6 and int(name) < len(said):
            said = said[int(name)]
        else:
            return None
    return said


def _text_at(said: Any, pointer: str) -> str:
    """A text or a whole number at a pointer, as text; empty for anything else."""
    found = _at(said, pointer)
    return answers.read_text(str(found)) if isinstance(found, str | int) and not isinstance(found, bool) else ""
