"""One table of a template's file, read key by key; what the keys mean is `gateway_template`'s matter.

What is wrong raises ValueError with the rest of a sentence that begins with the setting and the entry, and names the
file, the table and the key.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class Table:
    """One table of the file; what is wrong with a key is said with the file, the table and the key."""

    def __init__(self, file: str, name: str, said: Any) -> None:
        self._file = file
        self._name = name
        if not isinstance(said, dict):
            raise ValueError(  # noqa: TRY004 - it is the file that is wrong
                f"names {file} as its template, where [{name}] is no table: write [{name}] and its keys."
            )
        self._said = said
        self._known: set[str] = set()

    @property
    def keys(self) -> tuple[str, ...]:
        """What stands in the table, in its order."""
        return tuple(self._said)

    def wrong(self, key: str, says: str) -> ValueError:
        """What to raise about a key; `says` is the rest of the sentence."""
        place = f"[{self._name}] {key}" if self._name else f"[{key}]"
        return ValueError(f"names {self._file} as its template, where {place} {says}")

    def value(self, key: str) -> Any:
        """Whatever stands at a key, None where nothing does."""
        self._known.add(key)
        return self._said.get(key)

    def table(self, key: str) -> Table | None:
        """The table at a key."""
        value = self.value(key)
        name = f"{self._name}.{key}" if self._name else key
        return None if value is None else Table(self._file, name, value)

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty; `default` where the key is left out."""
        value = self.value(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value:
            raise self.wrong(key, "is missing: write a text." if value is None else "is no text: write one in quotes.")
        return value

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        """One of `choices`, the first where the key is left out."""
        value = self.text(key, choices[0])
        if value not in choices:
            raise self.wrong(key, f"is not known: write {' or '.join(choices)}.")
        return value

    def pointer(self, key: str, *, needed: bool = False) -> str:
        """A JSON pointer (RFC 6901); empty where the key is left out."""
        value = self.text(key, None if needed else "")
        if not _POINTER.fullmatch(value):
            raise self.wrong(key, "is no JSON pointer: write it like /message/id.")
        return value

    def words(self, key: str) -> frozenset[str]:
        """A list of words, in small letters."""
        value = self.value(key)
        if value is None:
            return frozenset()
        if not isinstance(value, list) or not all(isinstance(word, str | int) for word in value):
            raise self.wrong(key, 'is no list of words: write it like ["queued", "accepted"].')
        return frozenset(str(word).lower() for word in value)

    def url(self, key: str, placeholders: frozenset[str]) -> str:
        """An address with placeholders anywhere but in its host."""
        value = self.text(key)
        self.check_placeholders(key, value, placeholders)
        try:
            parts = urlsplit(value)
            sound = bool(parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0)
        except ValueError:
            sound = False
        if not sound or "{" in parts.netloc or "@" in parts.netloc:
            raise self.wrong(key, "is no address: write https://, the host and the path, without credentials.")
        return value

    def headers(self, placeholders: frozenset[str]) -> dict[str, str]:
        """The headers in the table of that name."""
        table = self.table("headers")
        found: dict[str, str] = {}
        for name in table.keys if table else ():
            assert table is not None
            found[name] = table.text(name)
            if not _HEADER.fullmatch(name) or not found[name].isascii() or not found[name].isprintable():
                raise table.wrong(name, "is no header: write a name of letters and dashes, and a value of one line.")
            table.check_placeholders(name, found[name], placeholders)
        return found

    def check_placeholders(self, key: str, value: Any, known: frozenset[str]) -> None:
        """Look at every text inside a value."""
        if isinstance(value, dict):
            for name, inner in value.items():
                self.check_placeholders(f"{key}.{name}", inner, known)
        elif isinstance(value, list):
            for place, inner in enumerate(value):
                self.check_placeholders(f"{key}.{place}", inner, known)
        elif isinstance(value, str):
            for name in PLACEHOLDER.findall(value):
                if name not in known:
                    names = ", ".join(f"{{{one}}}" for one in sorted(known))
                    raise self.wrong(key, f"has {{{name}}}, which nothing fills in there: write one of {names}.")

    def refuse_the_rest(self) -> None:
        """Raise for a key that nobody has asked for."""
        for key in self._said:
            if key not in self._known:
                raise self.wrong(key, f"is not known: write one of {', '.join(sorted(self._known))}.")
