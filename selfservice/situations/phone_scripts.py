"""What a customer's phone keeps of us: the service worker, the script behind the pages, and the release they are of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from selfservice.kit.words import Words
from selfservice.situations.bundling import bundle
from selfservice.situations.icons import icon
from selfservice.situations.inlined import SHEETS, STATIC
from selfservice.situations.registry import shared_words
from selfservice.situations.remembering import of_our_files
from selfservice.situations.templates import TEMPLATES

WORKER = STATIC.parent / "service-worker"
APP = STATIC / "js" / "app"
ICONS = STATIC / "icons" / "app"
MADE = "made.js"
"""The module that is written here: what both scripts have to know of the release and its settings."""

KEPT_ICONS = ("icon-192.png", "badge.png")
OFFLINE = ("layouts/plain.html", "customer/offline.html", "components/bar.html", "components/hero.html")
"""The templates of the page that a phone keeps for being offline."""

_WORDS = "app."
_UPLOAD_WORDS = ("upload.", "problems.upload_")
_OFFLINE_WORDS = ("plain.offline.", "plain.again", "inbox.title")
_PICTURES = ("alert", "bell", "check", "clock", "offline", "swap")


@of_our_files
@cache
def build() -> str:
    """The id of this release of all that a phone keeps: other bytes, another id."""
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(path.read_bytes())
    for language, words in shared_words().items():
        offline = [words[key] for key in words if key.startswith(_OFFLINE_WORDS)]
        digest.update(json.dumps([language, _app_words(words), _upload_words(words), offline]).encode())
    return digest.hexdigest()[:12]


def app_address(language: str) -> str:
    """Where the script behind the pages is, with the words of one language; it may be kept for ever."""
    return f"/app/{language}.js?v={build()}"


@of_our_files
@cache
def app_script(language: str) -> str:
    """The script behind the pages; raises KeyError for a language there are no words in."""
    words = _app_words(shared_words()[language])
    pictures = {name: str(icon(name)) for name in _PICTURES}
    made = f"const BUILD = {_text(build())};\nconst WORDS = {_text(words)};\nconst PICTURES = {_text(pictures)};\n"
    return bundle(APP / "main.js", {MADE: made})


def upload_address(language: str) -> str:
    """Where the script of pages that take photos is, with its words; it may be kept for ever."""
    return f"/app/upload/{language}.js?v={build()}"


@of_our_files
@cache
def upload_script(language: str) -> str:
    """The script of pages that take photos; raises KeyError for a language there are no words in."""
    return bundle(APP / "upload.js", {MADE: f"const WORDS = {_text(_upload_words(shared_words()[language]))};\n"})


@of_our_files
@cache
def worker_script(push_key: str, icons: tuple[str, ...]) -> str:
    """The service worker. `push_key` is the public key pushes are signed for, empty without any.

    `icons` are the addresses of the pictures it keeps, the one for notifications first.
    """
    shell = ["/offline", *icons]
    made = (
        f"const BUILD = {_text(build())};\nconst PUSH_KEY = {_text(push_key)};\nconst SHELL = {_text(shell)};\n"
        f"const ICON = {_text(icons[0])};\nconst BADGE = {_text(icons[1])};\n"
    )
    return bundle(WORKER / "sw.js", {MADE: made})


@of_our_files
@cache
def last_worker_script() -> str:
    """The worker that takes all of it back from phones: the kill switch."""
    return bundle(WORKER / "off.js", {MADE: f"const BUILD = {_text(build())};\n"})


def languages() -> Iterable[str]:
    """The languages that `app_script` speaks."""
    return shared_words().keys()


def _app_words(words: Words) -> Mapping[str, str]:
    return {key.removeprefix(_WORDS): words[key] for key in words if key.startswith(_WORDS)}


def _upload_words(words: Words) -> Mapping[str, str]:
    found = (key for key in words if key.startswith(_UPLOAD_WORDS) and not key.startswith("upload.count."))
    return {key.rpartition(".")[2]: words[key] for key in found}


def _sources() -> list[Path]:
    pages = [*SHEETS, *(TEMPLATES / name for name in OFFLINE)]
    return sorted([*WORKER.glob("*.js"), *APP.glob("*.js"), *(ICONS / name for name in KEPT_ICONS), *pages])


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
