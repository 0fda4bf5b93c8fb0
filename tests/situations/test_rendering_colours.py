"""The colours of a page: every text on every ground it stands on, in light and dark, by WCAG 2.2's contrast ratio."""

from __future__ import annotations

import re

import pytest

from selfservice.brands.colours import contrast, mixed
from selfservice.situations.inlined import styles

TEXT, EDGE = 4.5, 3.0
WHITE = "#ffffff"
# The lightest point of a header: its glow, and the pill on what reaches it of that.
GLOW, REACHES, PILL = 0x24 / 255, 0.8, 0x1D / 255
TEXTS = (
    ("ink", "card"),
    ("ink", "bg"),
    ("ink2", "card"),
    ("ink2", "bg"),
    ("brand", "card"),
    ("brand", "bg"),
    ("brand", "tint"),
    ("on", "brand"),
    ("good", "goodt"),
    ("warn", "warnt"),
    ("bad", "badt"),
    ("bad", "card"),
    ("onbad", "bad"),
)


@pytest.fixture(params=["light", "dark"])
def colours(request: pytest.FixtureRequest) -> dict[str, str]:
    """What each token comes to in a theme."""
    brand, light, dark = re.findall(r":root\{(.*?)\}", styles("#0b5c66", "#6fd3d0").text)[:3]
    values = dict(re.findall(r"--(\w+):([^;]+)", ";".join((brand, light, dark if request.param == "dark" else ""))))

    def resolved(value: str) -> str:
        if value.startswith("var("):
            return resolved(values[value[6:-1]])
        return "#" + "".join(digit * 2 for digit in value[1:]) if len(value) == 4 else value

    return {name: resolved(value) for name, value in values.items() if name != "lift"}


def test_every_text_can_be_read_on_its_ground(colours: dict[str, str]) -> None:
    found = {f"{text} on {ground}": round(contrast(colours[text], colours[ground]), 2) for text, ground in TEXTS}

    assert {pair: ratio for pair, ratio in found.items() if ratio < TEXT} == {}


def test_edge_of_a_control_can_be_seen(colours: dict[str, str]) -> None:
    assert contrast(colours["edge"], colours["card"]) >= EDGE
    assert contrast(colours["edge"], colours["bg"]) >= EDGE


@pytest.mark.parametrize("header", ["done", "over"])
def test_white_can_be_read_on_every_header_at_its_lightest(colours: dict[str, str], header: str) -> None:
    ground = colours[header]

    assert contrast(WHITE, mixed(WHITE, ground, GLOW)) >= TEXT
    assert contrast(WHITE, mixed(WHITE, mixed(WHITE, ground, GLOW * REACHES), PILL)) >= TEXT
