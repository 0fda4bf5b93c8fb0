"""What the sentences of a page type may name: the facts, the forms of the actions done, and the standard values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from selfservice.kit import Facts, Form
from selfservice.kit.words import values_of


@dataclass(frozen=True, kw_only=True)
class Standard:
    """The values every sentence may use, whatever the page type.

    `name` is the first name, empty if unknown; `team` the name of the team for customers; `until` the page's end;
    `phone` the brand's number as it is written; `ending` the last digits of the customer's; `link` is for texts only;
    `chosen` is for `[buttons] ACTION_chosen` only, where the page's script puts what was picked.
    """

    name: str
    brand: str
    team: str
    until: datetime
    phone: str = ""
    ending: str = ""
    host: str = ""
    link: str = ""
    chosen: str = ""


STANDARD = frozenset(item.name for item in fields(Standard))
"""Names that no fact and no action may take."""


def standard_values(standard: Standard, facts: Facts, answers: Mapping[str, Form] | None = None) -> dict[str, Any]:
    """All that a placeholder may name on one page: `{at}`, `{move.slot}`, `{brand}`."""
    return {**values_of(facts), **(answers or {}), **vars(standard)}
