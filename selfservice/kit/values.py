"""Values that Python has no word for: an amount of money, and a span of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Money(BaseModel):
    """An amount in a currency (ISO 4217); in JSON also as staff write it: "428.00 GBP"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Decimal = Field(max_digits=12, decimal_places=2)
    currency: str = Field(pattern=r"^[A-Z]{3}$")

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        amount, _, currency = value.strip().partition(" ")
        return {"amount": amount, "currency": currency.strip().upper()}


@dataclass(frozen=True)
class Span:
    """From one moment to another, for the format `span`."""

    start: datetime
    end: datetime
