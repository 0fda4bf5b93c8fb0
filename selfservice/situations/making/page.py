"""The page of a recipe: its template, made of the same components as any other's, from keys alone.

No text of anybody's goes into it: what is read stands in the copy files, what is shown in the facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from selfservice.kit.built import done_step
from selfservice.kit.recipe import ENGLISH, Answer, Ask, KnownFact, Recipe

_GIVEN = {
    "line": '{{{{ row("note", say("lead.{field}_given"), {value}) }}}}',
    "prose": '{{{{ row("note", say("lead.{field}_given"), {value}) }}}}',
    "scale": '{{{{ row("check", say("lead.{field}_given"), {value}) }}}}',
    "photos": '{{{{ row("photo", say("lead.{field}_given"), say("upload.count", count={value}|length)) }}}}',
}
_PICKED = {
    "moments": '{{{{ row("clock", say("lead.{field}_given"), {value}|moment|sentence) }}}}',
    "days": '{{{{ row("calendar", say("lead.{field}_given"), {value}|day|sentence) }}}}',
    "lines": '{{{{ row("check", say("lead.{field}_given"), {value}) }}}}',
}
_TIMELINE = """\
{{% call timeline() %}}
  {{% for stage in facts.{key} %}}
    {{% set is_last = not loop.last and not loop.nextitem.at %}}
    {{% set when = ("now" if is_last else "past") if stage.at else "" %}}
    {{{{ point(stage.label, stage.at|stamp if stage.at else "", when=when) }}}}
  {{% endfor %}}
{{% endcall %}}"""
_TOPS = {
    "moment": "{{{{ key_fact(facts.{key}|time, facts.{key}|day|sentence, facts.{key}|leaf) }}}}",
    "day": '{{{{ key_fact(facts.{key}|day|sentence, say("lead.{key}"), facts.{key}|leaf) }}}}',
    "money": '{{{{ key_fact(facts.{key}|money, say("lead.{key}")) }}}}',
}
_TOP = '{{{{ key_fact(shown("{key}").text, say("lead.{key}")) }}}}'
_WHOLE = {
    "prose": "{{{{ paragraphs(facts.{key}) }}}}",
    "table": '{{{{ table(facts.{key}, say("lead.{key}")) }}}}',
    "timeline": _TIMELINE,
    "image": '{{{{ picture(shown("{key}")) }}}}',
}


def page(recipe: Recipe) -> str:
    """The text of page.html."""
    body = [(False, ['{{ paragraphs(say("lead.body")) }}'])] if recipe.body.get(ENGLISH) else []
    facts = [(one.place == "row" and one.kind not in _WHOLE, _fact(one)) for one in recipe.shown]
    given = [(done_step(answer), _given(answer, recipe)) for answer in recipe.answers if answer.ask is not None]
    if body or facts:
        cards = [_card("", [*body, *facts, *((True, lines) for _step, lines in given)])]
    else:
        cards = [_card(f'"{step}"', [(True, lines)]) for step, lines in given]
    lead = [line for card in cards for line in card]
    return "\n".join(['{% extends "layouts/page.html" %}', "{% block lead %}", *_indented(lead), "{% endblock %}", ""])


def _card(during: str, parts: list[tuple[bool, list[str]]]) -> list[str]:
    """A card of parts one below the other; those that are rows stand together in a list."""
    lines: list[str] = []
    for is_row, group in groupby(parts, key=lambda part: part[0]):
        own = [line for _is_row, part in group for line in part]
        lines += ["{% call rows() %}", *_indented(own), "{% endcall %}"] if is_row else own
    return [f"{{% call card(during({during})) %}}", *_indented(lines), "{% endcall %}"]


def _fact(one: KnownFact) -> list[str]:
    if one.place == "row" and one.kind not in _WHOLE:
        return [_row(one)]
    form = _WHOLE.get(one.kind) or _TOPS.get(one.kind, _TOP)
    lines = form.format(key=one.key).splitlines()
    return lines if one.is_needed else [f"{{% if facts.{one.key} %}}", *_indented(lines), "{% endif %}"]


def _row(one: KnownFact) -> str:
    more = ', say("lead.map")' if one.kind == "address" else ""
    return f'{{{{ fact_row(shown("{one.key}"), say("lead.{one.key}"){more}) }}}}'


def _given(answer: Answer, recipe: Recipe) -> list[str]:
    """What was given with an answer, as a row; nothing where nothing is asked."""
    ask = answer.ask
    if ask is None:
        return []
    value = f'answers["{answer.key}"].{ask.key}'  # With a dot, `update` would be what a dict does.
    there = "" if ask.is_needed else f" and {value}{' is not none' if ask.kind == 'scale' else ''}"
    lines = _indented([*_value(ask, value, recipe)])
    return [f'{{% if "{answer.key}" in answers{there} %}}', *lines, "{% endif %}"]


def _value(ask: Ask, value: str, recipe: Recipe) -> Iterator[str]:
    if ask.kind == "pick":
        source = recipe.fact(ask.source)
        yield _PICKED[source.kind if source is not None else ""].format(field=ask.key, value=value)
    elif ask.kind in _GIVEN:
        yield _GIVEN[ask.kind].format(field=ask.key, value=value)
    else:
        keys = [option.key for option in ask.options] if ask.kind == "choice" else [1, 2, 3, 4, 5]
        for number, key in enumerate(keys):
            compared = f'"{key}"' if ask.kind == "choice" else key
            yield f"{{% {'elif' if number else 'if'} {value} == {compared} %}}"
            yield f'  {{{{ row("check", say("lead.{ask.key}_given"), say("choices.{ask.key}_{key}")) }}}}'
        yield "{% endif %}"


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]
