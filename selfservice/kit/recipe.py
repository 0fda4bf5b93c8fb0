"""Recipes: what a page type is made of, as staff compose it from blocks and answers, without code.

A recipe is data: `built.build` makes a Situation of it, `situations.making` a folder like any other type's. Texts that
customers read are kept by language, English always there; those a customer need not see may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, NoReturn, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

ENGLISH = "en"
MOST_FACTS, MOST_ANSWERS, MOST_OPTIONS = 12, 4, 8

FactKind = Literal[
    "line", "prose", "choice", "moment", "day", "money", "whole", "phone", "address", "person", "link", "table",
    "timeline", "image", "moments", "days", "lines",
]  # fmt: skip
Place = Literal["top", "row", "none"]
AskKind = Literal["choice", "pick", "line", "prose", "faces", "scale", "photos"]
Tone = Literal["good", "brand", "closed"]
HandingOn = Literal["no", "yes", "urgent"]

LISTS: frozenset[FactKind] = frozenset({"moments", "days", "lines"})
"""Kinds of facts that a customer can pick from."""

ONE_TIME: frozenset[FactKind] = frozenset({"moment", "day", "moments", "days", "timeline", "image"})
"""Kinds of facts that are another each time: soon out of date, or a picture that staff choose."""
COMPARED: frozenset[FactKind] = frozenset({"line", "whole"})
"""Kinds of facts that a check can compare with."""

REFUSED = "refused"
"""The type of an error whose context names the `place` of what is wrong within the part, and holds the `sentence`."""

_SELF_EVIDENT: frozenset[FactKind] = frozenset({"prose", "timeline", "image"})
_SELF_EVIDENT_AT_TOP = _SELF_EVIDENT | {"moment"}

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def _plain(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("Write it on one line, without control characters")
    return text


def _plain_lines(text: str) -> str:
    for line in text.splitlines():
        _plain(line)
    return "\n".join(text.splitlines())


def _written(texts: dict[str, str]) -> dict[str, str]:
    return {language: text for language, text in texts.items() if text}


def _in_english(texts: dict[str, str]) -> dict[str, str]:
    if not texts.get(ENGLISH):
        raise ValueError("Write it")
    return texts


def _not_of_models(key: str) -> str:
    if hasattr(BaseModel, key) or key.startswith("model_"):
        raise ValueError(f"{key} means something else to programs; take another key")
    return key


Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
FieldKey = Annotated[Key, AfterValidator(_not_of_models)]
"""The key of what becomes a field of a model: a fact, or what is asked."""
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400), AfterValidator(_plain)]
Named = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), AfterValidator(_plain)]
Typed = Annotated[str, StringConstraints(strip_whitespace=True, max_length=600)]
Paragraphs = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), AfterValidator(_plain_lines)]
MaybeTexts = Annotated[dict[str, Sentence], AfterValidator(_written)]
Texts = Annotated[MaybeTexts, AfterValidator(_in_english)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Option(_Part):
    """One thing that a customer can choose."""

    key: Key
    words: Texts


class KnownFact(_Part):
    """Something that is known of each case. `label`, `hint` and `example` are for staff, `words` for customers.

    `usual` is what it is where staff leave it empty, as they would type it; days, moments and pictures have none.

    `place`: at the top of the card, a row of it, or not shown. Of the kind "choice", `choices` are the texts to take.
    A fact of the kind "link" is a button; `words` are its own.
    """

    key: FieldKey
    label: Named
    hint: Sentence = ""
    example: Typed = ""
    usual: Typed = ""
    kind: FactKind = "line"
    choices: tuple[Named, ...] = Field(default=(), max_length=MOST_OPTIONS)
    is_needed: bool = True
    place: Place = "row"
    words: MaybeTexts = {}

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind == "choice" and len(set(self.choices)) < 2:
            _refuse("choices", "Write at least two different ones.")
        if self.usual and (self.is_needed or self.kind in ONE_TIME):
            _refuse("usual", "Only what may be left empty has a usual value, and no day, time or picture; take it out.")
        if self.is_named and not self.words.get(ENGLISH):
            _refuse("words", "Write what customers read beside it, or do not show it.")
        return self

    @property
    def is_named(self) -> bool:
        """Whether its words stand on the page: some kinds say themselves what they are."""
        return self.place != "none" and self.kind not in (
            _SELF_EVIDENT_AT_TOP if self.place == "top" else _SELF_EVIDENT
        )


class Ask(_Part):
    """What a customer fills in with an answer. `source` is the fact to "pick" from; `most` the photos, or letters.

    `low` and `high` stand at the ends of a scale from 0 to 10.
    """

    key: FieldKey
    kind: AskKind
    label: Texts
    hint: MaybeTexts = {}
    is_needed: bool = True
    options: tuple[Option, ...] = Field(default=(), max_length=MOST_OPTIONS)
    source: str = ""
    most: int = Field(default=0, ge=0, le=1000)
    low: MaybeTexts = {}
    high: MaybeTexts = {}

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind == "choice" and len(self.options) < 2:
            _refuse("options", "Write at least two choices.")
        if self.kind == "scale" and not (self.low.get(ENGLISH) and self.high.get(ENGLISH)):
            _refuse("high" if self.low.get(ENGLISH) else "low", "Write what stands at this end of the scale.")
        if self.kind == "photos" and self.most > 8:
            _refuse("most", "Ask for 8 photos at most.")
        _refuse_twice({f"options.{number}": option.key for number, option in enumerate(self.options)})
        return self


class Answer(_Part):
    """One thing that a customer can answer: its button, what is asked with it, what the page says then.

    `said` is what staff read on the timeline. `question` is the headline above what is asked, where the answer is not
    the only one and so has a step of its own. `hand_on` gives the answer to the team. `by_text` are the words that mean
    it in a text, with commas between; without them it cannot be answered by text.
    """

    key: Key
    said: Named
    icon: str = ""
    button: Texts
    question: MaybeTexts = {}
    ask: Ask | None = None
    headline: Texts
    line: MaybeTexts = {}
    tone: Tone = "good"
    hand_on: HandingOn = "no"
    is_changeable: bool = True
    by_text: MaybeTexts = {}


class Recipe(_Part):
    """A page type from blocks. The first of the `answers` is the primary button.

    `body` is what every page says above what is known, a paragraph a line. `text` is the text message without its
    link, which is added. A page works for `open_days`, or until the moment in the fact `ends_at` where that is known.
    `check` asks who looks first, by the fact `check_fact` ("otp": by a code); `check_words` say of which number "last4"
    asks for the last digits. `remind_after_hours` of 0 never reminds.
    """

    name: Named
    summary: Named
    readme: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    team: Key
    icon: str = "info"
    languages: tuple[Language, ...] = (ENGLISH,)
    title: Texts
    pill: MaybeTexts = {}
    headline: Texts
    line: MaybeTexts = {}
    body: Annotated[dict[str, Paragraphs], AfterValidator(_written)] = {}
    text: Texts
    reminder: MaybeTexts = {}
    why: Texts
    facts: tuple[KnownFact, ...] = Field(default=(), max_length=MOST_FACTS)
    answers: tuple[Answer, ...] = Field(min_length=1, max_length=MOST_ANSWERS)
    ends_at: str = ""
    open_days: int = Field(default=14, ge=1, le=365)
    check: Literal["", "last4", "postcode", "birth_year", "otp"] = ""
    check_fact: str = ""
    check_words: MaybeTexts = {}
    remind_after_hours: int = Field(default=0, ge=0, le=24 * 30)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if ENGLISH not in self.languages:
            _refuse("languages", "English is always there; add it.")
        _refuse_twice({f"facts.{number}": fact.key for number, fact in enumerate(self.facts)})
        _refuse_twice({f"answers.{number}": answer.key for number, answer in enumerate(self.answers)})
        _refuse_twice({f"{place}.ask": ask.key for place, ask in self._asks()})
        if self.remind_after_hours and not self.reminder.get(ENGLISH):
            _refuse("reminder", "Write the reminder, or do not remind.")
        if self.check == "last4" and not self.check_words.get(ENGLISH):
            _refuse("check_words", "Write which number is meant, such as “Last 4 digits of your contract number”.")
        self._refuse_facts_that_are_none()
        return self

    def _refuse_facts_that_are_none(self) -> None:
        """Refuse a fact that something is to be done with and that cannot be used for it, or is not there."""
        end, compared = self.fact(self.ends_at), self.compared
        if self.ends_at and (end is None or end.kind != "moment"):
            _refuse("ends_at", "A page can end at a fact of the kind date and time alone; choose one.")
        if self.check not in ("", "otp") and (compared is None or compared.kind not in COMPARED):
            _refuse("check_fact", "Choose the fact that the check compares with: a line of text or a whole number.")
        if compared is not None and compared.place != "none":
            _refuse("check_fact", f"The page shows “{compared.label}”, so it cannot be asked; take it off the page.")
        for place, ask in self._asks():
            source = self.fact(ask.source)
            if ask.kind == "pick" and (source is None or source.kind not in LISTS):
                _refuse(f"{place}.ask.source", "Choose the fact that holds the list to pick from.")

    def _asks(self) -> Iterator[tuple[str, Ask]]:
        """What is asked with the answers, each with the answer's place."""
        yield from ((f"answers.{number}", one.ask) for number, one in enumerate(self.answers) if one.ask is not None)

    @property
    def compared(self) -> KnownFact | None:
        """The fact that the check compares with; a code is compared with none."""
        return self.fact(self.check_fact) if self.check not in ("", "otp") else None

    @property
    def shown(self) -> Iterator[KnownFact]:
        """The facts that stand on the page's card, the one at the top first."""
        there = [fact for fact in self.facts if fact.place != "none" and fact.kind != "link"]
        yield from sorted(there, key=lambda fact: fact.place != "top")

    @property
    def links(self) -> Iterator[KnownFact]:
        """The facts that are buttons."""
        return (fact for fact in self.facts if fact.kind == "link" and fact.place != "none")

    def fact(self, key: str) -> KnownFact | None:
        """The fact called `key`, if there is one."""
        return next((fact for fact in self.facts if fact.key == key), None)

    def has_own_step(self, answer: Answer) -> bool:
        """Whether what is asked with an answer stands on a step of its own."""
        return answer.ask is not None and len(self.answers) > 1


def _refuse(place: str, sentence: str) -> NoReturn:
    """Refuse what stands at a place within a part; the place goes along, as pydantic knows the part alone."""
    raise PydanticCustomError(REFUSED, "{sentence}", {"sentence": sentence, "place": place})


def _refuse_twice(keys: Mapping[str, str]) -> None:
    """Refuse the second part of one key; `keys` by the places of the parts."""
    taken: set[str] = set()
    for place, key in keys.items():
        if key in taken:
            _refuse(place, f"Another one has its key, {key}; take it out and add it again.")
        taken.add(key)
