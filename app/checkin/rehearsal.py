"""Practising at a door: invented tickets that exist only while one is answered. Call it inside `rehearsal()` alone."""

import enum
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from app.core.db import db
from app.core.i18n import Locale, translate
from app.core.text import fold
from app.events.models import Wave
from app.events.queries import EventRow, WaveRow
from app.registrations.enums import RegistrationKind, RegistrationStatus, Source, TicketKind
from app.registrations.models import Registration, RegistrationWave, Ticket

SCHOOL = "school"


class Example(enum.StrEnum):
    """What an example ticket shows."""

    CLASS = "class"
    PERSON = "person"
    WRONG_DAY = "wrong_day"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ExampleTicket:
    """A ticket to practise with. No real one has such a code or number: theirs hold neither 0 nor 1 in these places."""

    example: Example
    code: str
    reference: str


EXAMPLES = tuple(
    ExampleTicket(example, f"EXERC1CE{n:018d}", f"EX-0000-{n:02d}") for n, example in enumerate(Example, start=1)
)


@dataclass(frozen=True)
class _Invented:
    """Who an example ticket is of."""

    name: str
    status: RegistrationStatus = RegistrationStatus.CONFIRMED
    participants: int = 1
    companions: int = 0
    class_label: str = ""
    organisation: str = ""

    @property
    def group(self) -> bool:
        return bool(self.class_label)


def _people(locale: Locale) -> dict[Example, _Invented]:
    """Of each example but the unknown one. Their names say that they are for practice."""
    school = translate(locale, "Example school (practice)")
    return {
        Example.CLASS: _Invented("Alix Modèle", participants=24, companions=2, class_label="3e B", organisation=school),
        Example.PERSON: _Invented(translate(locale, "Camille Example (practice)")),
        Example.WRONG_DAY: _Invented(translate(locale, "Dominique Example (practice)")),
        Example.WAITING: _Invented(translate(locale, "Charlie Example (practice)"), RegistrationStatus.WAITLISTED),
        Example.CANCELLED: _Invented(translate(locale, "Lou Example (practice)"), RegistrationStatus.CANCELLED),
    }


def practice_moment(event: EventRow, now: datetime) -> datetime:
    """The present on a day of the event; on any other day, the beginning of its next one, else of its first."""
    zone = ZoneInfo(event.timezone)
    starts = sorted(wave.starts_at for wave in event.waves) or [event.starts_at]
    if now.astimezone(zone).date() in {start.astimezone(zone).date() for start in starts}:
        return now
    return next((start for start in starts if start > now), starts[0])


def set_up(event: EventRow, *, locale: Locale, now: datetime) -> EventRow:
    """Write the example tickets, for today and for another day; the event as it is with the waves that they need."""
    zone = ZoneInfo(event.timezone)
    today = now.astimezone(zone).date()
    own = next((w for w in event.waves if w.starts_at.astimezone(zone).date() == today), None)
    other = next((w for w in event.waves if w.starts_at.astimezone(zone).date() != today), None)
    added = []
    if own is None:
        added.append(own := _add_wave(event, now))
    if other is None:
        added.append(other := _add_wave(event, now + timedelta(days=1)))
    people = _people(locale)
    for ticket in EXAMPLES:
        if ticket.example in people:
            wave = other if ticket.example is Example.WRONG_DAY else own
            _add_ticket(event, ticket, people[ticket.example], wave, now)
    return replace(event, waves=(*event.waves, *added)) if added else event


def _add_wave(event: EventRow, starts_at: datetime) -> WaveRow:
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=40)}
    wave_id = db.session.execute(
        insert(Wave).values(event_id=event.id, capacity=100, **times).returning(Wave.id)
    ).scalar_one()
    return WaveRow(wave_id, starts_at, times["ends_at"], 100, "", "", ())


def _add_ticket(event: EventRow, ticket: ExampleTicket, person: _Invented, wave: WaveRow, now: datetime) -> None:
    named = f"{person.name} {person.class_label} {person.organisation}"
    searched = fold(f"{named} {ticket.reference} {ticket.reference.replace('-', '')}")
    values: dict[str, Any] = {
        "event_id": event.id, "organiser_id": event.organiser_id, "reference": ticket.reference,
        "token": ticket.code, "kind": RegistrationKind.GROUP if person.group else RegistrationKind.INDIVIDUAL,
        "audience": _audience(event, person.group), "status": person.status,
        "participants": person.participants, "companions": person.companions,
        "contact_name": person.name, "organisation_name": person.organisation, "class_label": person.class_label,
        "source": Source.STAFF, "sort_name": person.name, "search_text": searched, "changed_in": 0,
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    registration_id = db.session.execute(insert(Registration).values(values).returning(Registration.id)).scalar_one()
    held = person.participants + person.companions if person.status is RegistrationStatus.CONFIRMED else 0
    db.session.execute(insert(RegistrationWave).values(registration_id=registration_id, wave_id=wave.id, people=held))
    db.session.execute(
        insert(Ticket).values(registration_id=registration_id, kind=TicketKind.MAIN, code=ticket.code, label="")
    )


def _audience(event: EventRow, group: bool) -> str:
    codes = [a.code for a in event.audiences]
    if group:
        return SCHOOL if SCHOOL in codes or not codes else codes[0]
    return next((code for code in codes if code != SCHOOL), codes[0] if codes else "family")
