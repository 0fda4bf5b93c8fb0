"""What a page carries inside itself: small, in the brand's colours, and squeezed without changing its meaning."""

from __future__ import annotations

import traceback

import pytest
from jinja2 import TemplateSyntaxError, UndefinedError

from selfservice.situations import icons
from selfservice.situations.inlined import SHEETS, header_colours, mixed, script, styles
from selfservice.situations.squeezing import squeeze_script, squeeze_styles
from selfservice.situations.templates import environment

MOST_SCRIPT = 2048


def test_script_weighs_at_most_two_kilobytes() -> None:
    assert len(script().text.encode()) <= MOST_SCRIPT


@pytest.mark.parametrize(
    ("source", "squeezed"),
    [
        ("// why\nconst longName = 1;\nuse(longName);", "const a=1;use(a);"),
        ("const one = 1;\nconst two = one;", "const a=1,b=a;"),
        ('const text = "const text  // kept";', 'const a="const text  // kept";'),
        ("const name = (word) => word.name;", "const b=a=>a.name;"),
        ("const one = (word) => word;\nconst two = (name) => one(name);", "const b=a=>a,c=a=>b(a);"),
        ("const step = 1;\nshow({ step: step });", "const a=1;show({step:a});"),
        ("const step = 1;\nfind(`[data-w~=${step}]`);", "const a=1;find(`[data-w~=${a}]`);"),
        ("text.replace(/step=\\w+&?/, x);", "text.replace(/step=\\w+&?/,x);"),
        ("if (a) {\n  b();\n}", "if(a){b()}"),
        ("call(\n  1,\n);", "call(1);"),
        ("const one = two;\nlet other;\nother = typeof one;", "const a=two;let b;b=typeof a;"),
    ],
)
def test_script_is_squeezed_without_changing_its_meaning(source: str, squeezed: str) -> None:
    assert squeeze_script(source) == squeezed


@pytest.mark.parametrize(
    ("source", "squeezed"),
    [
        (
            "/* why */\na,\nb > c {\n  color: red;\n  margin: 0 0.5rem -0.5px;\n}\n",
            "a,b>c{color:red;margin:0 .5rem -.5px}",
        ),
        (
            "@media (min-width: 56em) {\n  p + p {\n    flex: 1 1 0;\n  }\n}",
            "@media (min-width:56em){p + p{flex:1 1 0}}",
        ),
        ("p {\n  bottom: min(0px, (100vh - 34rem) * 9);\n}", "p{bottom:min(0px,(100vh - 34rem) * 9)}"),
    ],
)
def test_style_sheet_is_squeezed_without_changing_its_meaning(source: str, squeezed: str) -> None:
    assert squeeze_styles(source) == squeezed


def test_style_sheet_holds_the_brands_colours_first() -> None:
    text = styles("#0b5c66", "#6fd3d0").text

    assert text.startswith(":root{--b:#0b5c66;--bd:#6fd3d0;--bt:#e9f0f1;--bdt:#223439;--bh:#0c383f}:root{")
    assert styles("#0b5c66", "#6fd3d0").hash != styles("#0b5c67", "#6fd3d0").hash


def test_colours_mix_as_paint_on_a_ground() -> None:
    assert mixed("#ffffff", "#000000", 0.5) == "#808080"
    assert mixed("#0b5c66", "#0d1014", 1) == "#0b5c66"
    assert header_colours("#0b5c66", "good") == ("#116136", "#14512f")
    assert header_colours("#0b5c66", "brand") == ("#0b5c66", "#0c383f")


def test_every_icon_is_a_drawing_without_colours_of_its_own() -> None:
    for name in icons.names():
        drawing = icons.icon(name)
        assert drawing.startswith('<svg viewBox="0 0 24 24" aria-hidden="true"><'), name
        assert "fill" not in drawing, name
        assert "style" not in drawing, name


def test_unknown_icon_is_told_with_those_that_there_are() -> None:
    with pytest.raises(icons.ConfigError, match=r"There is no icon called anchor; use one of alert, bag, "):
        icons.icon("anchor")


def test_dark_colours_stand_in_one_place() -> None:
    assert "".join(path.read_text("utf-8") for path in SHEETS).count("prefers-color-scheme") == 1


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("{# why #}\n<p>\n  one\n  two\n</p>\n", "<p>one two</p>"),
        ("<p>\n  {{ 1 }}\n  {{ 2 }}\n</p>", "<p>1 2</p>"),
        ("<b>one</b>\n<i>two</i>", "<b>one</b> <i>two</i>"),
        ("<p class='a'\n   id='b'>x</p>", "<p class='a' id='b'>x</p>"),
        ("{% if 1 %}\n  <p>{{ [\n  1,\n]|length }}</p>\n{% endif %}\n<p></p>", "<p>1</p><p></p>"),
    ],
)
def test_template_loses_the_spaces_that_nobody_sees(source: str, written: str) -> None:
    assert environment("en").from_string(source).render().strip() == written


def test_mistake_in_a_template_is_told_with_its_line() -> None:
    with pytest.raises(TemplateSyntaxError) as found:
        environment("en").from_string("{# one\n   two #}\n<p>\n</p>\n\n{% endfor %}")
    assert found.value.lineno == 6

    broken = environment("en").from_string("<p>\n\n  {{ 1 }}\n\n</p>\n{{ nothing.there }}")
    with pytest.raises(UndefinedError) as failed:
        broken.render()
    assert [frame.lineno for frame in traceback.extract_tb(failed.tb) if frame.filename == "<template>"] == [6]
