"""Every component is shown with all its variants."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest
from jinja2 import Environment, nodes

from selfservice.kit.forms import Control
from selfservice.situations.contract import looks, whole
from selfservice.situations.loading import load_folder
from selfservice.situations.registry import shared_words
from selfservice.situations.showing import components
from selfservice.situations.templates import TEMPLATES
from tests.situations.views import NOW, face

NAMES = components.names()


def parsed(path: str) -> nodes.Template:
    return Environment(autoescape=True).parse((TEMPLATES / path).read_text(encoding="utf-8"))


def optional_arguments(name: str) -> list[tuple[int, str]]:
    """What a component can be given and need not be, with its place."""
    macro = next(one for one in parsed(f"components/{name}.html").find_all(nodes.Macro) if one.name == name)
    first = len(macro.args) - len(macro.defaults)
    return [(place, argument.name) for place, argument in enumerate(macro.args) if place >= first]


def given_arguments(name: str) -> set[int | str]:
    """What its specimens give it, by place or by name."""
    calls = [
        call
        for call in parsed(f"specimens/{name}.html").find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name == name
    ]
    places = {place for call in calls for place in range(len(call.args))}
    return places | {argument.key for call in calls for argument in call.kwargs}


@pytest.mark.parametrize("name", NAMES)
def test_component_is_shown_with_all_that_it_can_be_given(name: str) -> None:
    given = given_arguments(name)

    missing = [argument for place, argument in optional_arguments(name) if place not in given and argument not in given]

    assert given or not optional_arguments(name)
    assert missing == []


@pytest.mark.parametrize("name", NAMES)
def test_component_is_drawn_in_light_and_dark_and_large(name: str) -> None:
    light = components.render(name, face(), NOW)
    dark = components.render(name, face(), NOW, "dark", large=True)

    assert light.count('<section class="variant"') == dark.count('<section class="variant"') > 0
    assert "color-scheme:dark" in dark
    assert "data-token" not in light


def test_every_field_is_shown_and_refused() -> None:
    shown = components.render("field_box", face(), NOW)

    for control in get_args(Control):
        assert f'aria-label="{control.capitalize()}"' in shown
        assert f'aria-label="{control.capitalize()}, refused"' in shown


def test_specimen_fulfils_the_contract_of_any_type() -> None:
    loaded = load_folder(components.SPECIMEN, shared_words())

    assert [str(problem) for problem in whole.check(loaded, now=NOW)] == []
    assert [str(problem) for problem in looks.check(loaded, datetime.now(UTC))] == []
