"""What pages weigh: the first view of the heaviest sample of each type and language, in every encoding served."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask

from selfservice.situations import rendering
from selfservice.situations.registry import EXTENSION, Registry
from selfservice.web.encoding import ENCODERS
from tests.situations.views import view


def table() -> Iterator[str]:
    """One line for each type and language, in bytes."""
    registry = Registry.load(strict=True)
    app = Flask(__name__)
    app.extensions[EXTENSION] = registry
    yield f"{'page':24}{'plain':>8}" + "".join(f"{coding:>8}" for coding in ENCODERS)
    with app.app_context():
        for loaded in registry:
            for language in loaded.languages:
                pages = [rendering.render(view(loaded, sample, language)).encode() for sample in loaded.samples]
                sizes = [max(len(encode(page)) for page in pages) for encode in (bytes, *ENCODERS.values())]
                yield f"{loaded.key + ' ' + language:24}" + "".join(f"{size:8}" for size in sizes)
