"""A brand's colours: what fails is refused, what is offered passes and is of the same hue."""

from __future__ import annotations

import colorsys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfservice.brands import colours

ANY = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def hue_of(colour: str) -> tuple[float, float]:
    """Hue and saturation."""
    hue, _, saturation = colorsys.rgb_to_hls(*(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)))
    return hue, saturation


def test_contrast_is_that_of_the_standard() -> None:
    # The examples of WCAG's own understanding documents, and of every other calculator.
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert colours.contrast("#0000ff", "#ffffff") == pytest.approx(8.59, abs=0.005)


@pytest.mark.parametrize(
    ("colour", "on_dark", "fault"),
    [
        ("#0b5c66", False, ""),
        ("#6fd3d0", True, ""),
        (
            "#6a9bd8",
            False,
            "#6a9bd8 is too light for white text (2.2:1, and 4.5:1 is needed); #25548f passes.",
        ),
        (
            "#333333",
            True,
            "#333333 is too dark for letters on a dark tint of it (1.3:1, and 4.5:1 is needed); #919191 passes.",
        ),
    ],
)
def test_a_colour_that_fails_is_refused_with_the_nearest_that_passes(colour: str, on_dark: bool, fault: str) -> None:
    assert colours.find_fault(colour, on_dark=on_dark) == fault


@given(colour=ANY, on_dark=st.booleans())
def test_what_is_offered_passes_and_is_the_same_hue(colour: str, on_dark: bool) -> None:
    offered = colours.nearest(colour, on_dark=on_dark)

    assert colours.passes(offered, on_dark=on_dark)
    assert (offered == colour) is colours.passes(colour, on_dark=on_dark)
    (hue, _), (offered_hue, saturation) = hue_of(colour), hue_of(offered)
    # In eight bits the hue of what is nearly grey is anybody's guess.
    assert saturation < 0.25 or min(abs(hue - offered_hue), 1 - abs(hue - offered_hue)) < 0.02


@given(colour=ANY)
def test_a_dark_colour_that_is_worked_out_passes_with_room(colour: str) -> None:
    proposed = colours.propose_dark(colour)

    assert colours.passes(proposed, on_dark=True)
    assert colours.contrast(proposed, colours.CARD_DARK) >= 8.5


@pytest.mark.parametrize(("spelt", "colour"), [("#0B5C66", "#0b5c66"), ("05c", "#0055cc"), (" #abc ", "#aabbcc")])
def test_a_colour_is_read_as_it_is_usually_written(spelt: str, colour: str) -> None:
    assert colours.read(spelt) == colour


@pytest.mark.parametrize("spelt", ["", "red", "#12", "#12345g", "rgb(1,2,3)"])
def test_what_is_no_colour_is_refused(spelt: str) -> None:
    with pytest.raises(ValueError, match="This is no colour"):
        colours.read(spelt)
