"""Who the demo is about: a contact centre that answers for a health centre, a bank and a garden shop."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import select

from selfservice.brands import service as brands
from selfservice.brands import timetable
from selfservice.brands.models import Brand
from selfservice.db import db
from selfservice.staff import queries as staff_queries
from selfservice.staff import service as staff
from selfservice.staff.models import Role, User

DOMAIN = "contactcentre.example"

_COMMON: dict[str, Any] = {"country": "GB", "timezone": "Europe/London", "language": "en"}

HEALTH: dict[str, Any] = {
    **_COMMON,
    "key": "harbour-street",
    "name": "Harbour Street Health Centre",
    "names": {
        "es": "Centro de Salud Harbour Street",
        "ar": "مركز هاربر ستريت الصحي",
        "pl": "Centrum Zdrowia Harbour Street",
        "zh": "海港街健康中心",
        "hi": "हार्बर स्ट्रीट स्वास्थ्य केंद्र",
    },
    "mark": "H",
    "colour": "#0b5c66",
    "colour_dark": "#6fd3d0",
    "phone": "+442079460310",
    "opening": timetable.read(["mon-fri 08:00-18:30"]),
    "hours": {},
    "teams": {
        "reception": {
            "en": "Reception",
            "es": "Recepción",
            "ar": "الاستقبال",
            "pl": "Rejestracja",
            "zh": "前台",
            "hi": "रिसेप्शन",
        }
    },
    "situations": ["appointment_reminder"],
    "privacy_url": "https://harbourstreet.example/privacy",
    "is_default": True,
}
BANK: dict[str, Any] = {
    **_COMMON,
    "key": "northgate",
    "name": "Northgate Bank",
    "names": {
        "es": "Northgate Bank",
        "ar": "بنك نورثغيت",
        "pl": "Northgate Bank",
        "zh": "诺盖特银行",
        "hi": "नॉर्थगेट बैंक",
    },
    "mark": "N",
    "colour": "#2c3a8f",
    "colour_dark": "#a9b5ff",
    "phone": "+442079460172",
    "opening": timetable.read(["daily 00:00-24:00"]),
    "hours": {},
    "teams": {
        "fraud": {
            "en": "Fraud team",
            "es": "Equipo antifraude",
            "ar": "فريق مكافحة الاحتيال",
            "pl": "Zespół do spraw oszustw",
            "zh": "反欺诈团队",
            "hi": "धोखाधड़ी रोकने वाली टीम",
        }
    },
    "situations": ["fraud_alert"],
    "privacy_url": "https://northgate.example/privacy",
}
SHOP: dict[str, Any] = {
    **_COMMON,
    "key": "fern-and-field",
    "name": "Fern & Field",
    "names": {
        "es": "Fern & Field",
        "ar": "فيرن آند فيلد",
        "pl": "Fern & Field",
        "zh": "蕨野花园",
        "hi": "फ़र्न ऐंड फ़ील्ड",
    },
    "mark": "F",
    "colour": "#8a3b12",
    "colour_dark": "#f0b48c",
    "phone": "+442079460584",
    "opening": timetable.read(["daily 08:00-20:00"]),
    "hours": {},
    "teams": {
        "deliveries": {
            "en": "Deliveries",
            "es": "Entregas",
            "ar": "التوصيل",
            "pl": "Dział dostaw",
            "zh": "配送部",
            "hi": "डिलीवरी",
        }
    },
    "situations": ["order_status"],
    "privacy_url": "https://fernandfield.example/privacy",
}
TEAMS = {"reception": "Reception", "fraud": "Fraud", "deliveries": "Deliveries"}


class Colleague(NamedTuple):
    """A member of staff; without a team they see all work."""

    name: str
    role: Role
    team: str | None

    @property
    def email(self) -> str:
        """What they sign in with."""
        return f"{self.name.split()[0].lower()}@{DOMAIN}"


JO = Colleague("Jo Baker", Role.ADMIN, None)
STAFF = (
    JO,
    Colleague("Sam Okoro", Role.AGENT, "reception"),
    Colleague("Rae Lindqvist", Role.AGENT, "fraud"),
    Colleague("Mina Haddad", Role.SUPERVISOR, "deliveries"),
)


def set_up(password: str) -> dict[str, int]:
    """Have the brands, teams and staff, all with this password; returns who works for each team. The caller commits.

    The plain organisation of a new installation becomes the health centre; what is there already stays as it is.
    """
    plain = brands.ensure_default()
    for values in (HEALTH, BANK, SHOP):
        brand = db.session.scalars(select(Brand).where(Brand.key == values["key"])).first()
        if brand is None:
            brand = plain if values.get("is_default") else Brand()
        for name, value in values.items():
            setattr(brand, name, value)
        brands.save(brand)
    staff.ensure_teams(TEAMS)
    return {colleague.team or "": _have(colleague, password).id for colleague in STAFF}


def _have(colleague: Colleague, password: str) -> User:
    found = staff_queries.find_user(colleague.email)
    if found is not None:
        return found
    name, role, team = colleague
    return staff.add(colleague.email, name=name, password=password, role=role.value, team=team)
