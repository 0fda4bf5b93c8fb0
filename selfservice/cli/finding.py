"""A finding: how one thing stands with this installation; what looks is in the files beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """How one thing stands, in a sentence that says what to do where `state` is not ok."""

    name: str
    state: State
    says: str
