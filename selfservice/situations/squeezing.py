"""Squeezing: our own style sheet and script made small enough to be carried inside a page. Not for others' code."""

from __future__ import annotations

import re
from collections import Counter
from itertools import product
from string import ascii_letters

_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_AROUND = re.compile(r"\s*([{};,>])\s*")
_CSS_COLON = re.compile(r":\s+")
_CSS_ZERO = re.compile(r"(?<=[ :,(-])0(?=\.\d)")
_TOKEN = re.compile(
    r"""//[^\n]*|\s+"""  # what is dropped
    r"""|"(?:[^"\\]|\\.)*"|`[^`]*`|/(?![*/\s])(?:[^/\n\\\[]|\\.|\[[^\]]*\])+/[gu]*(?=[,)])"""  # texts and patterns
    r"""|[\w$]+|\.\.\.|=>|[=!]==?|[<>]=|&&|\|\||\*\*|\+\+|--|\+=|.""",
)
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_NOT_A_NAME = re.compile(r"\$\{(?!\w+\})")
_IN_TEMPLATE = re.compile(r"\$\{(\w+)\}")
_KEPT = frozenset({"do", "if", "in", "of"})


def squeeze_styles(source: str) -> str:
    """CSS without comments and needless spaces. Two colons must not matter after a space: no `a :hover` in `source`."""
    text = _CSS_COMMENT.sub("", source)
    text = re.sub(r"\s+", " ", text)
    text = _CSS_COLON.sub(":", _CSS_AROUND.sub(r"\1", text))
    return _CSS_ZERO.sub("", text).replace(";}", "}").strip()


def squeeze_script(source: str) -> str:
    """JavaScript without comments and needless spaces, its own names shortened.

    Made for `static/js/page.js` and its habits: semicolons everywhere, double quotes, no `/` for division, no
    destructuring and no shorthand properties, so that a name is a variable wherever it is neither behind a dot nor a
    key. The browser tests run what comes out. Raises ValueError for single quotes, and for more than a name in `${}`.
    """
    found = _TOKEN.findall(source)
    if "'" in found:
        raise ValueError("A text stands between single quotes; write double quotes, or backticks around double ones.")
    if any(token.startswith("`") and _NOT_A_NAME.search(token) for token in found):
        raise ValueError("A text holds more than a name between ${ and }; give it a name first.")
    tokens = _joined([token for token in found if not (token.isspace() or token.startswith("//"))])
    written: list[str] = []
    for index, (token, short) in enumerate(zip(tokens, _shortened(tokens), strict=True)):
        before, after = _around(tokens, index)
        if (token == ";" and after == "}") or (token == "," and after in (")", "]", "}")) or _is_bracket(tokens, index):
            continue
        text = token
        if token.startswith("`"):
            text = _renamed(token, short)
        elif token in short and before != "." and not (before in ("{", ",") and after == ":"):
            text = short[token]
        written.append(" " + text if written and _needs_space(written[-1], text) else text)
    return "".join(written)


def _renamed(text: str, short: dict[str, str]) -> str:
    return _IN_TEMPLATE.sub(lambda match: "${" + short.get(match[1], match[1]) + "}", text)


def _around(tokens: list[str], index: int) -> tuple[str, str]:
    return tokens[index - 1] if index else "", tokens[index + 1] if index + 1 < len(tokens) else ""


def _is_bracket(tokens: list[str], index: int) -> bool:
    """Whether this is a bracket around the only parameter of an arrow function."""
    for start, end in ((index, index + 2), (index - 2, index)):
        if start >= 0 and end + 1 < len(tokens) and (tokens[start], tokens[end], tokens[end + 1]) == ("(", ")", "=>"):
            return _NAME.fullmatch(tokens[start + 1]) is not None
    return False


def _joined(tokens: list[str]) -> list[str]:
    """The same with declarations that follow one another written as one: `const a = 1, b = 2;`."""
    found: list[str] = []
    kinds = [""]
    for index, token in enumerate(tokens):
        if token in ("const", "let"):
            if found and found[-1] == ",":
                continue
            kinds[-1] = token
        if token in "([{":
            kinds.append("")
        elif token in ")]}":
            kinds.pop()
        if token == ";":
            if kinds[-1] and _around(tokens, index)[1] == kinds[-1]:
                found.append(",")
                continue
            kinds[-1] = ""
        found.append(token)
    return found


def _needs_space(left: str, right: str) -> bool:
    return (left[-1].isalnum() or left[-1] in "_$") and (right[0].isalnum() or right[0] in "_$")


def _shortened(tokens: list[str]) -> list[dict[str, str]]:
    """For each token the new names that hold where it stands, the shortest for the most used.

    What is declared at the top has one name throughout; what is declared inside of one such declaration shares its
    letters with what is inside of the others.
    """
    pieces = _pieces(tokens)
    inner = [{*_declared(piece, 1), *_parameters(piece)} for piece in pieces]
    outer = set(_declared(tokens, 0))
    taken = set(tokens) - outer - set().union(*inner)
    names = ("".join(letters) for size in (1, 2) for letters in product(ascii_letters, repeat=size))
    free = [name for name in names if name not in taken and name not in _KEPT]
    most = max((len(names - outer) for names in inner), default=0)
    shared = _ranked(tokens, outer, free[most:])
    return [
        short
        for piece, names in zip(pieces, inner, strict=True)
        for short in [{**shared, **_ranked(piece, names - outer, free)}] * len(piece)
    ]


def _ranked(tokens: list[str], own: set[str], free: list[str]) -> dict[str, str]:
    uses = Counter(token for token in tokens if token in own)
    if all(len(name) == 1 for name in free[: len(uses)]):
        # One letter does for each, so the first comes first: like things look alike then and compress to nothing.
        return dict(zip(uses, free, strict=False))
    return dict(zip((name for name, _ in uses.most_common()), free, strict=False))


def _pieces(tokens: list[str]) -> list[list[str]]:
    """The tokens by declaration or statement at the top."""
    found: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token in ("(", "[", "{")) - (token in (")", "]", "}"))
        found[-1].append(token)
        if depth == 0 and token in (";", ","):
            found.append([])
    return found


def _declared(tokens: list[str], least: int) -> list[str]:
    """What `const` and `let` declare: with `least` 0 at the top, with 1 inside of brackets."""
    found = []
    outside = 0
    for index, token in enumerate(tokens):
        outside += (token in ("(", "[", "{")) - (token in (")", "]", "}"))
        if token not in ("const", "let") or min(outside, 1) != least:
            continue
        depth, place = 0, index + 1
        while tokens[place] != ";" or depth:
            depth += (tokens[place] in ("(", "[", "{")) - (tokens[place] in (")", "]", "}"))
            if depth == 0 and _NAME.fullmatch(tokens[place]) and tokens[place - 1] in ("const", "let", ","):
                found.append(tokens[place])
            place += 1
    return found


def _parameters(tokens: list[str]) -> list[str]:
    found = []
    for index, token in enumerate(tokens):
        if token == "=>" and tokens[index - 1] == ")":
            place = index - 2
            while tokens[place] != "(":
                found += [tokens[place]] if _NAME.fullmatch(tokens[place]) else []
                place -= 1
    return found
