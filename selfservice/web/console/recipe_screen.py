"""The composer's screen: what its templates ask of the draft, the complaints about it, and the choices there are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import Response, request, url_for

from selfservice.brands import queries as brands
from selfservice.errors import AppError, Invalid
from selfservice.kit.recipe import ENGLISH, MOST_ANSWERS, MOST_FACTS, MOST_OPTIONS
from selfservice.recipes import queries
from selfservice.recipes.models import ComposedType, ComposedVersion
from selfservice.situations.languages import LANGUAGES, language_names
from selfservice.situations.making import placeholders
from selfservice.situations.making.examining import Complaint
from selfservice.staff import queries as staff
from selfservice.web.console import door, recipe_form, recipe_look, recipe_words
from selfservice.web.console.times import Times
from selfservice.web.console.wording import Condition, Tone

MOST = {"facts": MOST_FACTS, "answers": MOST_ANSWERS, "options": MOST_OPTIONS}


class Here(NamedTuple):
    """Where somebody is in the composer: the language beside English, the field or block to go on at.

    `revision` is that of the draft which the form was filled from, 0 for the one that is kept.
    """

    beside: str = ""
    at: str = ""
    revision: int = 0

    @classmethod
    def read(cls, *, revision: int = 0) -> Here:
        """What the address of this request, or its form, says."""
        return cls(request.values.get("beside", ""), request.values.get("at", ""), revision)


@dataclass(frozen=True, kw_only=True)
class Composer:
    """A draft as its form shows it. `beside` is the language beside English, empty for none; `at` where to go on.

    `is_asked` says whether somebody wanted to know what is wrong: only then it is said aloud.
    """

    made: ComposedType
    draft: dict[str, Any]
    revision: int
    beside: str = ""
    at: str = ""
    complaints: Sequence[Complaint] = ()
    is_asked: bool = False
    own_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        """Whether what the form shows is the draft that is kept."""
        return self.draft == self.made.draft

    def get(self, place: str) -> Any:
        """What stands at a place; an empty text for nothing."""
        part: Any = self.draft
        for name in place.split("."):
            part = part.get(name, "") if isinstance(part, dict) else _at(part, name)
        return part

    def ticked(self, place: str, usual: bool) -> bool:
        """Whether something is ticked; `usual` where it was never said."""
        found = self.get(place)
        return usual if found == "" else bool(found)

    def said(self, place: str, language: str = "") -> list[str]:
        """What is wrong at a place; of a text, in one language."""
        # What is about no language in particular is said once, beside English.
        meant = (language, "") if language == ENGLISH else (language,)
        return [
            one.sentence for one in self.complaints if one.place == place and (not language or one.language in meant)
        ]

    def is_open(self, block: str) -> bool:
        """Whether a block stands open: it is new, worked at, or something in it was found wrong."""
        if self.at == block or self.at.startswith(f"{block}."):
            return True
        return self.is_asked and any(f"{one.place}.".startswith(f"{block}.") for one in self.complaints)

    @property
    def languages(self) -> list[str]:
        """The languages beside English that the type has."""
        return [code for code in LANGUAGES if code != ENGLISH and code in (self.draft.get("languages") or ())]

    @property
    def hidden(self) -> list[str]:
        """Languages whose texts are kept and not shown."""
        return [code for code in LANGUAGES if code not in (ENGLISH, self.beside)]

    def mend(self) -> list[tuple[str, str, str, str]]:
        """Each complaint as a list leads to it: where to, the place's name, the language unless English, what to do."""
        return [
            (
                self._address(one),
                recipe_words.name_of(one.place, self.draft),
                self.own_names.get(one.language, "") if one.language != ENGLISH else "",
                one.sentence,
            )
            for one in self.complaints
        ]

    def _address(self, one: Complaint) -> str:
        language = one.language if one.language in self.languages else ENGLISH
        place = f"{one.place}.{language}" if recipe_form.is_worded(one.place) else one.place
        if not place or place == "languages":
            return "#about"
        if language in (ENGLISH, self.beside):
            return f"#{place}"
        return url_for("console.compose_type", key=self.made.key, beside=language, check="on", at=place) + f"#{place}"


def show(
    made: ComposedType,
    draft: Mapping[str, Any],
    here: Here,
    *,
    complaints: Sequence[Complaint] = (),
    is_asked: bool = False,
    refusal: AppError | None = None,
    done: str = "",
) -> Response:
    """The composer. `refusal` says why something was not done; a Conflict lets staff choose whose draft it shall be."""
    form = Composer(
        made=made,
        draft=dict(draft),
        revision=here.revision or made.revision,
        beside=_beside(draft, here.beside),
        at=here.at,
        complaints=recipe_words.told(complaints, draft),
        is_asked=is_asked,
        own_names=dict(language_names()),
    )
    zone = brands.get_for(made.key).timezone
    return door.page(
        "console/composer.html",
        refusal.status if refusal else 422 if is_asked and request.method == "POST" else 200,
        form=form,
        made=made,
        condition=condition(made, find_newest(made)),
        edited=Times(zone).within(made.edited_at),
        editor=editors([made.edited_by])[made.edited_by],
        placeholders=placeholders.list_for(draft),
        teams=_teams(draft),
        texts=_texts(draft, made.key),
        stages=recipe_look.stages_of(draft),
        words=recipe_words,
        most=MOST,
        refusal=refusal.message if refusal else "",
        theirs=made.revision if here.revision and here.revision != made.revision else 0,
        done=done,
    )


def find_newest(made: ComposedType) -> ComposedVersion | None:
    """The version that new pages are made of."""
    return queries.get_version(made.key, made.published) if made.published else None


def condition(made: ComposedType, newest: ComposedVersion | None) -> Condition:
    """How far a composed type is, in words, by its newest version."""
    if newest is None:
        return Condition("Draft", Tone.WARN)
    if made.is_retired:
        return Condition("Retired", Tone.QUIET)
    if has_changes(made, newest):
        return Condition(f"Version {made.published} with changes not published", Tone.WARN)
    return Condition(f"Version {made.published}", Tone.GOOD)


def has_changes(made: ComposedType, newest: ComposedVersion | None) -> bool:
    """Whether the draft says something else than the newest version."""
    return newest is None or not queries.says(made.draft, newest)


def editors(actors: Collection[str]) -> dict[str, str]:
    """Who did something, by what events call them; the name is empty of whoever is nobody of staff any more."""
    names = staff.names_of(staff.id_of(actor) for actor in actors)
    return {actor: "the command line" if actor == "cli" else names.get(staff.id_of(actor), "") for actor in actors}


def _texts(draft: Mapping[str, Any], key: str) -> list[recipe_look.Text]:
    try:
        return recipe_look.texts(draft, key)
    except Invalid:
        return []  # The phone beside it says that nothing can be shown yet, and why.


def _beside(draft: Mapping[str, Any], wanted: str) -> str:
    """The language beside English: the one that is wanted, else the first that there is."""
    there = [code for code in LANGUAGES if code != ENGLISH and code in (draft.get("languages") or ())]
    return wanted if wanted in there else next(iter(there), "")


def _teams(draft: Mapping[str, Any]) -> list[tuple[str, str]]:
    teams = [(team.key, team.name) for team in staff.list_teams()]
    own = draft.get("team", "")
    return teams if not own or own in dict(teams) else [*teams, (own, own)]


def _at(part: Any, name: str) -> Any:
    return part[int(name)] if isinstance(part, list | tuple) and name.isdigit() and int(name) < len(part) else ""
