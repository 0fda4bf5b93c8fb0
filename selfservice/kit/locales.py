"""Locales: what CLDR says about a language in a country, each in a memory of its own."""

from __future__ import annotations

from copy import deepcopy
from functools import cached_property, lru_cache
from typing import Any, cast

from babel import Locale, localedata
from babel.core import UnknownLocaleError

SCRIPTS = {"zh": "Hans"}
"""Languages of which we have one script only: a brand in Taiwan does not turn half of a page into the other."""


def tag(language: str) -> str:
    """The BCP 47 tag that a page, a text or a notification in this language bears: `zh-Hans`, `pl`."""
    script = SCRIPTS.get(language)
    return f"{language}-{script}" if script else language


def english_name(language: str) -> str:
    """What staff call a language: `Polish`."""
    return str(locale("en").languages.get(language, language))


@lru_cache(maxsize=256)
def locale(language: str, country: str = "") -> Locale:
    """The CLDR locale of a language in a country; of the bare language where CLDR has none for the country."""
    script = SCRIPTS.get(language)
    if country:
        try:
            return _OwnLocale(language, territory=country, script=script)
        except UnknownLocaleError:
            pass
    return _OwnLocale(language, script=script)


class _OwnLocale(Locale):
    """A locale that shares nothing it may change.

    Babel keeps what it has worked out for one locale in data that others inherit, so that Hindi would be told a Chinese
    month once both were used in one process (https://github.com/python-babel/babel/issues/1234).
    """

    # One object for each, kept by `locale`; as a key it need not be spelt out each time.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @cached_property
    def _data(self) -> localedata.LocaleDataDict:
        return localedata.LocaleDataDict(deepcopy(cast(Any, localedata.load(str(self)))))
