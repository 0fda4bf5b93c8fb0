"""The language of a page that no customer stands behind. A customer's page comes in the customer's own language."""

from __future__ import annotations

from flask import request

from selfservice.situations.languages import LANGUAGES
from selfservice.situations.loading import DEFAULT_LANGUAGE


def wanted(*wishes: str) -> str:
    """What the address asks for (`?lang=zh`), else the first of `wishes`, else what the browser asks for, else English.

    Only the language itself counts, not the country or the script: a reader of `zh-TW` is better off with simplified
    Chinese than with English. The browser's wishes are taken in its order, which `best_match` does not do: it would
    give English to `pl-PL,en;q=0.5`, because that is named exactly.
    """
    tags = (request.args.get("lang", ""), *wishes, *request.accept_languages.values())
    codes = (tag.replace("_", "-").partition("-")[0].lower() for tag in tags)
    return next((code for code in codes if code in LANGUAGES), DEFAULT_LANGUAGE)
