"""A composed type to be looked at: its page in one of its stages, and its text in each of its languages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from selfservice.errors import Invalid
from selfservice.recipes import specimen
from selfservice.situations import registry, rendering
from selfservice.situations.loading import Loaded, load_folder, unload
from selfservice.situations.making.recipe import write
from selfservice.situations.stages import CHECK, ENDS, stages
from selfservice.situations.view import View
from selfservice.web.console import gallery, glance

FIRST = "ask"
_NAMED = {CHECK: "Who is there?", FIRST: "What it asks", "expired": "After its end"}


@dataclass(frozen=True)
class Text:
    """The text message in one language, and what it costs; `problem` says why it cannot be sent."""

    language: str
    own_name: str
    body: str
    link: str
    meter: str
    warning: str
    problem: str


@contextmanager
def drawn(draft: Mapping[str, Any], key: str) -> Iterator[Loaded]:
    """Within, there is the type of a draft alone, whether or not it is served; raises Invalid if it cannot be shown."""
    try:
        with tempfile.TemporaryDirectory(prefix="selfservice-") as beside, ExitStack() as after:
            folder = write(specimen.whole(draft), key, Path(beside))
            loaded = replace(load_folder(folder, registry.shared_words()), is_composed=True)
            after.callback(unload, loaded)
            after.callback(rendering.forget, loaded)
            with registry.trying(loaded):
                yield loaded
    except Invalid:
        raise
    except Exception as error:
        # Whatever a draft stumbles over, its composer stays there to mend it.
        structlog.get_logger().warning("type.undrawable", situation=key, error=type(error).__name__)
        raise Invalid(specimen.NOT_YET) from error


def view_of(loaded: Loaded, stage: str, language: str) -> View:
    """The page of the fullest case in a stage, the first one if it has none called so."""
    sample = gallery.fullest(loaded)
    assert sample is not None  # A recipe always has one.
    fresh = gallery.fresh_view(loaded, sample, language)
    every = dict(stages(loaded, fresh))
    return every.get(stage) or every.get(FIRST) or fresh


def texts(draft: Mapping[str, Any], key: str) -> list[Text]:
    """The text message of a draft in each of its languages; raises Invalid for a draft that cannot be shown."""
    with drawn(draft, key) as loaded:
        sample = gallery.fullest(loaded)
        assert sample is not None
        said = []
        for language in loaded.languages:
            told = glance.text_of(loaded, gallery.fresh_view(loaded, sample, language))
            said.append(Text(language, loaded.words[language].own_name, **told))
        return said


def stages_of(draft: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The stages to choose from, each with its words: what is asked, each answer's own step, what comes after it."""
    answers = [answer for answer in draft.get("answers") or () if answer.get("key")]
    found = [(CHECK, _NAMED[CHECK])] if draft.get("check") else []
    found.append((FIRST, _NAMED[FIRST]))
    for answer in answers:
        button = (answer.get("button") or {}).get("en", answer["key"])
        if answer.get("ask") and len(answers) > 1:
            found.append((f"ask_{answer['key']}", f"{button}: what is asked"))
        found.append((f"done_{answer['key']}", f"{button}: afterwards"))
    return [*found, (ENDS[0], _NAMED[ENDS[0]])]
