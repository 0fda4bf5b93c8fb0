"""A new page type's folder: real files copied under a new name, written whole or not at all."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from selfservice.errors import Conflict, Invalid
from selfservice.situations.loading import KEY, load_folder
from selfservice.situations.registry import shared_words

SKELETON = Path(__file__).parent / "skeleton"
_WRITTEN_IN = frozenset({".py", ".html", ".toml", ".json", ".md"})
_NAME = re.compile(r"""(^\[about\]\s*?$.*?^name\s*=\s*)(?:"[^"\n]*"|'[^'\n]*')""", re.MULTILINE | re.DOTALL)


def make(key: str, into: Path, *, like: Path = SKELETON) -> Path:
    """The folder of a new type called `key` in `into`: a copy of `like` with that type's own names changed.

    Raises Invalid for a key that is none and a place that cannot be written to, Conflict where something is already.
    """
    if not KEY.fullmatch(key):
        raise Invalid(
            f"{key!r} cannot be a page type's key; write 2 to 40 small letters, digits and _, a letter first, "
            "such as boiler_service."
        )
    target = into / key
    if target.exists():
        raise Conflict(f"{target} is there already, and nothing was written; choose another key or take it away.")
    try:
        into.mkdir(parents=True, exist_ok=True)
        # Beside its place, so that it comes there in one step; whatever happens before leaves nothing behind.
        with tempfile.TemporaryDirectory(prefix=".new-", dir=into) as beside:
            made = Path(beside) / key
            _copy(like, made, key)
            load_folder(made, shared_words())
            made.rename(target)
    except OSError as error:
        raise Invalid(f"{target} cannot be written ({error.strerror}); choose a folder with --into.") from None
    return target


def _copy(source: Path, target: Path, key: str) -> None:
    for path in sorted(source.rglob("*")):
        if not path.is_file() or any(part.startswith((".", "__")) for part in path.relative_to(source).parts):
            continue
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in _WRITTEN_IN:
            copy.write_text(_renamed(path.read_text(encoding="utf-8"), source.name, key, path.suffix), encoding="utf-8")
        else:
            copy.write_bytes(path.read_bytes())


def _renamed(text: str, old: str, new: str, suffix: str) -> str:
    """The same with what staff call the type changed, its class and the names of its claims; sentences stay."""
    if suffix == ".toml":
        return _NAME.sub(lambda found: f'{found[1]}"{_spoken(new)}"', text, count=1)
    if suffix != ".py":
        return text
    text = re.sub(rf"(?<=[\"']){old}(?=[:/])", new, text)
    return re.sub(rf"\b{_class_name(old)}\b", _class_name(new), text)


def _spoken(key: str) -> str:
    return key.replace("_", " ").strip().capitalize()


def _class_name(key: str) -> str:
    return "".join(part.capitalize() for part in key.split("_"))
