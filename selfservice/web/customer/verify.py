"""Is this really from you? Anybody may ask, about a link, a text or a receipt code; says whether we signed it, no more.

Nothing that is put in is kept or logged, and no answer depends on what became of a page.
"""

from __future__ import annotations

import contextlib
import re
import string
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from selfservice import config, tokens
from selfservice.brands import queries as brands
from selfservice.brands.face import Face
from selfservice.errors import NotFound, TooMany
from selfservice.pages import queries, receipts
from selfservice.situations import asides, plain
from selfservice.situations.asides import Verdict
from selfservice.tokens import BadToken
from selfservice.web import encoding, languages, security

FIELD = "what"
LONGEST = 2_000
MOST_A_MINUTE = 30
_MOST_KNOWN = 10_000
_CODE = re.compile(r"(?<![\w-])\w{4}(?:[\s\-\u2010-\u2015]*\w{4}){4}(?![\w-])")
_BETWEEN = re.compile(r"[\s<>\"，。、；：！？（）]+")
_SCHEME = string.ascii_letters + string.digits + "+.-"
_PARTS = frozenset("./?#@&=%")
_OPENING, _CLOSING = "([{‘“«", ".,;:!?)]}’”»،؛؟"
_NAMES = re.compile(r"[\w.-]+")
_PATH = re.compile(r"/p/([\w-]+)(?:/-/[a-z-]+)?", re.ASCII)
_BEHIND = re.compile(r"[\w=&%-]*", re.ASCII)

blueprint = Blueprint("verify", __name__)


@dataclass
class _Asker:
    since: float
    count: int = 0


class _Limit:
    """So many questions a minute from one address, in this process."""

    def __init__(self) -> None:
        self._askers: dict[str, _Asker] = {}
        self._lock = threading.Lock()

    def take(self, address: str) -> None:
        """Count one question; raises TooMany."""
        now = time.monotonic()
        with self._lock:
            if len(self._askers) >= _MOST_KNOWN:
                self._askers.clear()
            asker = self._askers.get(address)
            if asker is None or now - asker.since >= 60:
                asker = self._askers[address] = _Asker(now)
            asker.count += 1
            if asker.count > MOST_A_MINUTE:
                raise TooMany("That was a lot at once; wait a minute and ask again.", retry_after=60)


_limit = _Limit()


def _anybody() -> None:
    if request.method == "POST":
        _limit.take(_network())


security.guard(blueprint, "public", _anybody)


@blueprint.get("/verify")
def show() -> ResponseReturnValue:
    """The question."""
    return _page(None)


@blueprint.post("/verify")
def verify() -> ResponseReturnValue:
    """The answer: ours, not ours, or nothing in it that could be told."""
    text = request.form.get(FIELD, "")[:LONGEST]
    return _page(judge(text), text)


def judge(text: str) -> Verdict:
    """Whether a text is from us: every link in it has to be ours, or the code in it one that we gave."""
    if not text.strip():
        return Verdict("nothing")
    links = list(_links(text))
    if links:
        pages = [_page_of(link) for link in links]
        if None in pages:
            return Verdict("no_link")
        return Verdict("yes_link", brand_id=_brand_of(pages[0] or 0))
    found = _CODE.search(text) or re.search(r"^\s*[\w\s-]{20,40}\s*$", text)
    if found is None:
        return Verdict("unknown")
    try:
        issued = receipts.read(found[0])
    except BadToken:
        return Verdict("no_receipt" if len(receipts.letters_of(found[0])) == receipts.LENGTH else "unknown")
    return Verdict("yes_receipt", brand_id=issued.brand_id, at=issued.at)


def _links(text: str) -> Iterator[str]:
    """What in a text a phone would open: with a scheme, or with the name of a host. Plain steps, so no text is slow."""
    # The last line of a text with a code names our host for phones to read, which open nothing by it.
    our_mark = "@" + (urlsplit(config.current().base_url).hostname or "")
    for word in _BETWEEN.split(text):
        head, scheme_ends, _rest = word.partition("://")
        if scheme_ends:
            before = head.rstrip(_SCHEME)
            # In evil.example?to=https://..., the address begins earlier: it is judged as a whole, and is not ours.
            start = 0 if set(before) & _PARTS else len(before)
            yield word[start:].rstrip(_CLOSING)
        elif word != our_mark and ("/p/" in word or any(map(_is_host, _NAMES.findall(word)))):
            yield word.lstrip(_OPENING).rstrip(_CLOSING)


def _is_host(name: str) -> bool:
    """Whether something reads as the name of a host, or as an IPv4 address, wherever it stands in a word."""
    *front, ending = name.strip(".-_").split(".")
    if front and ending.isdecimal():
        with contextlib.suppress(ValueError):
            return bool(IPv4Address(name.strip(".-_")))
    is_name = (len(ending) > 1 and ending.isalpha()) or ending.lower().startswith("xn--")
    return bool(front) and bool(front[-1]) and is_name


def _page_of(link: str) -> int | None:
    """The page that a link of ours leads to, with nothing behind it that could lead on; None for any other link."""
    base = urlsplit(config.current().base_url)
    try:
        parts = urlsplit(link if "://" in link else f"{base.scheme}://{link}")
        is_ours = (parts.scheme.lower(), parts.netloc.lower()) == (base.scheme, base.netloc)
        path = _PATH.fullmatch(parts.path)
        if not is_ours or path is None or not all(map(_BEHIND.fullmatch, (parts.query, parts.fragment))):
            return None
        return tokens.current().read_page(path[1])
    except (ValueError, BadToken):
        return None


def _brand_of(page_id: int) -> int:
    row = queries.find_sight(page_id)
    return int(row.brand_id) if row is not None else 0


def _network() -> str:
    """Who asks, as far as it counts here: an IPv4 address, or the network of an IPv6 one, which has many."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return ""
    return str(address if address.version == 4 else ip_network(f"{address}/64", strict=False))


def _page(verdict: Verdict | None, entered: str = "") -> Response:
    language = languages.wanted()
    html = asides.render_verify(
        verdict, face=_face(verdict, language), language=language, host=_host(), field=FIELD, entered=entered
    )
    response = encoding.compressed(html, 422 if verdict is not None and verdict.is_open else 200)
    response.headers.extend(
        (
            ("Cache-Control", "no-store"),
            ("X-Robots-Tag", "noindex, nofollow"),
            ("Content-Security-Policy", plain.SECURITY_POLICY),
        )
    )
    return response


def _host() -> str:
    return urlsplit(config.current().base_url).netloc


def _face(verdict: Verdict | None, language: str) -> Face:
    """The organisation that signed what was asked about; the first one as long as that is not known."""
    if verdict is not None and verdict.brand_id:
        with contextlib.suppress(NotFound):
            return brands.face(verdict.brand_id, language)
    return brands.face(brands.get_for("").id, language)
