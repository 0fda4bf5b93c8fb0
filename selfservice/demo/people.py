"""The demo's forty customers. Their numbers ring nobody: Ofcom keeps 07700 900 free for stories, NANPA 555-01."""

from __future__ import annotations

from selfservice.pages.service import Person

_ENGLISH = (
    "Maria Keane",
    "Oliver Whitfield",
    "Grace Adeyemi",
    "Thomas Pritchard",
    "Chloe Fairbank",
    "Daniel Osei",
    "Hannah Sorley",
    "James Tremaine",
    "Priya Raman",
    "Callum Drever",
    "Ruth Abernathy",
    "Ethan Marlow",
    "Isla Munro",
    "Victor Lam",
    "Samuel Iredale",
)
_SPANISH = (
    "Lucía Fernández Ortega",
    "Mateo Jiménez Prado",
    "Carmen Ruiz Salas",
    "Diego Morales Vega",
    "Elena Castaño Gil",
    "Javier Peña Robles",
)
_ARABIC = (
    "ليلى حداد",
    "يوسف الخطيب",
    "مريم العلي",
    "عمر النجار",
    "نور الشامي",
    "كريم منصور",
)
_POLISH = (
    "Agnieszka Wójcik",
    "Tomasz Zieliński",
    "Katarzyna Dąbrowska",
    "Paweł Krawczyk",
    "Zofia Maj",
)
_CHINESE = (
    "陈晓梅",
    "王建国",
    "李思远",
    "刘雨桐",
)
_HINDI = (
    "प्रिया शर्मा",
    "अर्जुन वर्मा",
    "कविता जोशी",
    "रोहन मेहता",
)
_OF_AMERICA = 6
"""So many of the English-speaking ones write from numbers of the United States."""


def list_people() -> list[Person]:
    """All forty, in an order that mixes the languages."""
    spoken = {"en": _ENGLISH, "es": _SPANISH, "ar": _ARABIC, "pl": _POLISH, "zh": _CHINESE, "hi": _HINDI}
    named = [(name, locale) for locale, names in spoken.items() for name in names]
    people = [
        Person(ref=f"C-{1001 + place}", name=name, phone=_phone(place), locale=locale)
        for place, (name, locale) in enumerate(named)
    ]
    return [people[(place * 13) % len(people)] for place in range(len(people))]


def _phone(place: int) -> str:
    return f"+12025550{110 + place}" if place < _OF_AMERICA else f"+447700900{200 + place * 7:03d}"
