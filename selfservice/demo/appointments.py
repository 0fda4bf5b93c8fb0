"""The health centre's stories: reminders that are confirmed, moved, called off, or never looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from selfservice.demo.story import MINUTE, ZONE, Story, Teller
from selfservice.pages.service import NewPage, Person

SITUATION = "appointment_reminder"
TEAM = "reception"

NOTES = {
    "en": ("I use a wheelchair, is the lift working?", "My daughter comes with me to translate."),
    "es": ("¿Puede venir mi madre conmigo?", "Llegaré cinco minutos antes."),
    "ar": ("أحتاج إلى مترجم من فضلكم.", "سأحضر مع ابني."),
    "pl": ("Czy jest u Państwa winda?", "Przyjdę z mamą."),
    "zh": ("我需要一位会说中文的医生。", "我女儿会陪我来。"),
    "hi": ("क्या वहाँ व्हीलचेयर मिलेगी?", "मेरा बेटा मेरे साथ आएगा।"),
}


class Clinician(NamedTuple):
    """Who is seen, for what, for how many minutes, and what to bring."""

    name: str
    purpose: str
    minutes: int
    bring: str | None


CLINICIANS = (
    Clinician("Dr Amina Okafor", "Check-up", 15, "Your current medicines"),
    Clinician("Nurse Joy Mensah", "Blood test", 10, "Nothing to eat or drink after midnight"),
    Clinician("Dr Colin Reyes", "Asthma review", 20, "Your inhalers"),
    Clinician("Hana Kim", "Physiotherapy", 30, "Loose clothes"),
    Clinician("Dr Priya Nair", "Test results", 15, None),
)


class Diary:
    """The clinicians' times; each is given out once."""

    def __init__(self, teller: Teller) -> None:
        self._chance = teller.chance
        self._given: set[tuple[str, datetime]] = set()

    def give(self, clinician: Clinician, day: date) -> datetime:
        """A free time of the clinician on `day` or the next working day."""
        while True:
            while day.weekday() >= 5:
                day += timedelta(days=1)
            at = datetime.combine(day, time(8, 20), ZONE) + self._chance.randrange(52) * 10 * MINUTE
            if (clinician.name, at) not in self._given:
                self._given.add((clinician.name, at))
                return at


class Appointments:
    """Tells the stories of reminders, one after the other."""

    def __init__(self, teller: Teller, people: Iterator[Person]) -> None:
        self._teller = teller
        self._chance = teller.chance
        self._people = people
        self._diary = Diary(teller)
        self._cases = 4100

    def tell(self) -> None:
        """All of them."""
        kinds = [kind for kind, count in PLAN.items() for _ in range(count)]
        self._chance.shuffle(kinds)
        for kind, starts_at in zip(kinds, self._teller.starts(len(kinds), on_weekends=False), strict=True):
            kind(self, starts_at)
        self.just_called_back(self._teller.past.until - 14 * MINUTE)

    def confirmed(self, starts_at: datetime) -> None:
        looked = self._between(2, 200)
        self._begin(starts_at).opened(looked).act(looked + 1, "confirm")

    def confirmed_with_note(self, starts_at: datetime) -> None:
        person = next(self._people)
        note = self._chance.choice(NOTES[person.locale or "en"])
        looked = self._between(2, 60)
        story = self._begin(starts_at, person)
        story.opened(looked).act(looked + 2, "note", {"note": note}).act(looked + 3, "confirm")

    def moved(self, starts_at: datetime) -> None:
        facts = self._facts(starts_at)
        looked = self._between(3, 240)
        slot = {"slot": self._chance.choice(facts["offered"])}
        self._begin(starts_at, facts=facts).opened(looked).act(looked + 2, "move", slot)

    def cancelled(self, starts_at: datetime) -> None:
        looked = self._between(5, 300)
        self._begin(starts_at).opened(looked).act(looked + 1, "cancel")

    def cancelled_and_undone(self, starts_at: datetime) -> None:
        looked = self._between(5, 60)
        self._begin(starts_at).opened(looked).act(looked + 1, "cancel").act(looked + 2, "change")

    def changed_to_another_time(self, starts_at: datetime) -> None:
        facts = self._facts(starts_at)
        slot = {"slot": facts["offered"][0]}
        story = self._begin(starts_at, facts=facts).opened(8).act(9, "confirm")
        story.opened(190).act(191, "change").act(193, "move", slot)

    def looked_at(self, starts_at: datetime) -> None:
        self._begin(starts_at).opened(self._between(2, 300))

    def silent(self, starts_at: datetime) -> None:
        self._begin(starts_at)

    def sent_again(self, starts_at: datetime) -> None:
        self._begin(starts_at).resend(24 * 60).opened(24 * 60 + 12).act(24 * 60 + 13, "confirm")

    def called_back(self, starts_at: datetime) -> None:
        self._begin(starts_at).opened(4).call_back(6, "")

    def just_called_back(self, starts_at: datetime) -> None:
        self._begin(starts_at).opened(9).call_back(11, "")

    def revoked(self, starts_at: datetime) -> None:
        self._begin(starts_at).revoke(self._between(10, 90))

    def brought_up_to_date(self, starts_at: datetime) -> None:
        facts = self._facts(starts_at)
        later = {**facts, "at": facts["offered"][-1], "offered": facts["offered"][:-1]}
        story = self._begin(starts_at, facts=facts, case_ref=self._case())
        story.opened(15).issue(95, later).opened(130).act(131, "confirm")

    def superseded(self, starts_at: datetime) -> None:
        facts = self._facts(starts_at)
        later = {**facts, "at": facts["offered"][-1], "offered": facts["offered"][:-1]}
        story = self._begin(starts_at, facts=facts, case_ref=self._case())
        story.opened(6).act(7, "confirm").issue(60, later)

    def scheduled(self, _starts_at: datetime) -> None:
        now = self._teller.past.until
        send_at = datetime.combine(now.astimezone(ZONE).date() + timedelta(days=1), time(9), ZONE)
        self._begin(now - self._between(10, 120) * MINUTE, facts=self._facts(send_at), send_at=send_at)

    def _begin(
        self,
        starts_at: datetime,
        person: Person | None = None,
        *,
        facts: dict[str, Any] | None = None,
        case_ref: str | None = None,
        send_at: datetime | None = None,
    ) -> Story:
        new = NewPage(
            situation=SITUATION,
            facts=facts or self._facts(starts_at),
            customer=person or next(self._people),
            actor="",
            case_ref=case_ref,
            send_at=send_at,
        )
        return Story(self._teller, starts_at, new, team=TEAM)

    def _facts(self, starts_at: datetime) -> dict[str, Any]:
        clinician = self._chance.choice(CLINICIANS)
        day = starts_at.astimezone(ZONE).date() + timedelta(days=self._chance.randint(2, 8))
        offers = sorted(
            self._diary.give(clinician, day + timedelta(days=later)) for later in (0, 1, 1, 3)[: self._between(2, 4)]
        )
        return {
            "at": self._diary.give(clinician, day).isoformat(),
            "person": clinician.name,
            "place": "14 Harbour Street",
            "place_hint": "Second floor, lift available",
            "map_url": "https://maps.example/?q=14+Harbour+Street",
            "purpose": clinician.purpose,
            "duration_minutes": clinician.minutes,
            "bring": clinician.bring,
            "offered": [at.isoformat() for at in offers],
        }

    def _case(self) -> str:
        self._cases += 1
        return f"APPT-{self._cases}"

    def _between(self, fewest: int, most: int) -> int:
        return self._chance.randint(fewest, most)


PLAN: dict[Callable[[Appointments, datetime], None], int] = {
    Appointments.confirmed: 22,
    Appointments.confirmed_with_note: 4,
    Appointments.moved: 12,
    Appointments.cancelled: 6,
    Appointments.cancelled_and_undone: 2,
    Appointments.changed_to_another_time: 2,
    Appointments.looked_at: 7,
    Appointments.silent: 9,
    Appointments.sent_again: 3,
    Appointments.called_back: 2,
    Appointments.revoked: 2,
    Appointments.brought_up_to_date: 2,
    Appointments.superseded: 2,  # Two pages each.
    Appointments.scheduled: 3,
}
"""How many stories of each kind: 78 with 80 pages, and one of the last minutes."""
