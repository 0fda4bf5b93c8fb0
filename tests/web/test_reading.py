"""Who may write while answering a safe request: a short list, and everybody else cannot."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXCEPTIONS = {
    # A session's last use, once a minute: without it nobody could be signed out for being idle.
    ("selfservice/web/console/door.py", "enter"),
}


def calls_of_writing(path: Path) -> set[tuple[str, str]]:
    """The functions of a file that open the door for writing."""
    name = path.relative_to(ROOT).as_posix()
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    return {
        (name, function.name)
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "writing"
    }


def test_safe_requests_write_only_where_the_list_says() -> None:
    files = [path for path in (ROOT / "selfservice").rglob("*.py") if path.name != "db.py"]

    assert set().union(*map(calls_of_writing, files)) == EXCEPTIONS
