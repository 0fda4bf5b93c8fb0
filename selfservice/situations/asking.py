"""Asking: what a page shows while it does not know yet that the right person looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from selfservice.kit import Do
from selfservice.kit.checks import CheckKind

Code = Literal["", "sent", "over"]


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What has to be shown first, and how that stands.

    `tries_left` is None as long as no try was wrong. `code` is "sent" while a texted code can be typed in, "over" when
    the last one can no longer be; `can_send` says whether another may be texted, `is_resting` that
    its number has had all that it gets in an hour. `action` is the answer that waits for
    it, with what its `form` held, or empty if it is the page itself; `words` is where the words of its button stand.
    `protective` are the answers that may be given all the same.
    """

    kind: CheckKind
    is_locked: bool = False
    tries_left: int | None = None
    code: Code = ""
    can_send: bool = False
    is_resting: bool = False
    action: str = ""
    words: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    protective: tuple[Do, ...] = ()
