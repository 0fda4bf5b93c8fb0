"""Checks of pictures: that something draws them, and that samples name those that every installation has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selfservice.kit.parts_kinds import PictureKind
from selfservice.kit.pictures import EXAMPLES
from selfservice.situations.contract.places import line_naming
from selfservice.situations.loading import Loaded
from selfservice.situations.problem import Problem
from selfservice.situations.samples import EXAMPLE

_WRITTEN = [f"{EXAMPLE}{name}" for name in EXAMPLES]


def check(loaded: Loaded) -> Iterator[Problem]:
    """All that is wrong with the pictures of a type."""
    file = loaded.folder / "situation.py"
    template = (loaded.folder / "page.html").read_text(encoding="utf-8")
    for field in loaded.fields():
        if isinstance(field.kind, PictureKind) and not re.search(rf"shown\(['\"]{field.name}['\"]", template):
            call = f'{{{{ picture(shown("{field.name}")) }}}}'
            sentence = f"Nothing draws {field.name}; write {call} in page.html."
            yield Problem(file, line_naming(file, field.name), sentence)
        if field.kind.takes_picture:
            yield from _samples(loaded, field.name)


def _samples(loaded: Loaded, name: str) -> Iterator[Problem]:
    """A picture that was uploaded is in one database alone."""
    for sample in (*loaded.samples.values(), *loaded.older_samples):
        value = sample.raw.get(name)
        picture = value.get("picture") if isinstance(value, dict) else None
        if picture is not None and picture not in _WRITTEN:
            sentence = f"{name} names a picture that no other installation has; write {' or '.join(_WRITTEN)}."
            yield Problem(sample.path, line_naming(sample.path, str(picture)), sentence)
