"""Fields of one's own: one class says how a value is written and kept, for the staff form, CSV files and JSON alike."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from selfservice.kit.kinds import LineKind

_MOST = 120
_LINE = r"^[^\x00-\x1f\x7f]*$"


class OwnKind(LineKind):
    """A kind of one-line text that a page type brings along, named in an annotation: `Annotated[str, PlateKind()]`.

    `wants` completes "Write ...". A text has 1 to 120 characters, none that controls; `clean` gives it as it is kept.
    """

    @abstractmethod
    def clean(self, text: str, /) -> str:
        """The value as it is kept; raises ValueError with a sentence that says what to write."""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(strip_whitespace=True, min_length=1, max_length=_MOST, pattern=_LINE)
        return core_schema.no_info_after_validator_function(self.clean, text)
