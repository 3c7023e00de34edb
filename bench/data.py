"""What the benchmarks run on: events made by their own operations, and many registrations written at once by SQL."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, update

from app.accounts.enums import Role, Scope
from app.accounts.operations.people import add_member, create_account, create_organiser
from app.accounts.operations.tokens import make_token
from app.accounts.passwords import choose_password
from app.accounts.queries import get_organiser
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.tokens import SPEAKABLE, new_ticket_code, new_token
from app.core.transaction import transaction
from app.events.drafts import EventDraft, SpaceDraft, StopDraft, WaveDraft
from app.events.enums import EventKind, EventMove
from app.events.models import Allotment, Event, Wave
from app.events.operations import create_event, lock_event, move_event
from app.events.queries import EventRow, get_event
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft
from app.registrations.enums import RegistrationKind, RegistrationStatus, Source, TicketKind
from app.registrations.models import Registration, RegistrationWave, Ticket
from app.registrations.rules import same_key, search_text, sort_name

PASSWORD = "chouette-tuile-dorée"
EMAIL = "ines.roux@example.org"
MANY, FEW = 20_000, 1_000
FEED_EVENTS = 200
ROOM = 100_000
GROUP_EVERY = 10

FIRST = ("Inès", "Hugo", "Manon", "Élodie", "Yanis", "Chloé", "Théo", "Léa", "Mehdi", "Zoé", "Noé", "Aïcha", "Jules")
LAST = ("Roux", "Dupont", "Lambert", "Lambœuf", "Garnier", "Perrin", "Morel", "Nguyen", "Benali", "Faivre", "Colin")


_references = (f"BM-{''.join(p[:4])}-{''.join(p[4:])}" for p in itertools.product(SPEAKABLE, repeat=6))  # none twice


@dataclass(frozen=True)
class Ground:
    """One database's data: events with many and few registrations, one to register for, an organiser with a feed."""

    organiser_id: int
    token: str
    many: EventRow
    few: EventRow
    open: EventRow
    feed_token: str
    codes: tuple[str, ...]


def prepare(now: datetime) -> Ground:
    """Fill an empty, migrated database."""
    with transaction():
        organiser_id = create_organiser("Creativ’", by=SYSTEM, now=now)
        account_id = create_account(EMAIL, "Inès Roux", choose_password(PASSWORD), by=SYSTEM, now=now)
        add_member(account_id, organiser_id, Role.OWNER, by=SYSTEM, now=now)
        other_id = create_organiser("Maison de l’emploi", by=SYSTEM, now=now)
        token = make_token(organiser_id, "benchmark", Scope, by=SYSTEM, now=now)
    many = make_event(organiser_id, "La Voie des Talents", now=now)
    few = make_event(organiser_id, "Forum des métiers", now=now)
    open_one = make_event(organiser_id, "Forum de l’apprentissage", now=now)
    codes = register_many(many, MANY, now=now)
    register_many(few, FEW, now=now)
    register_many(open_one, FEW, now=now)
    _make_feed(other_id, now=now)
    feed_token = get_organiser(other_id).feed_token
    return Ground(organiser_id, token, many, few, open_one, feed_token, tuple(codes))


def draft(title: str, *, now: datetime, capacity: int = ROOM, waves: int = 4, in_days: int = 40) -> EventDraft:
    """A forum of one day, some weeks ahead: waves of 40 minutes, two spaces, three stops, several audiences."""
    day = (now + timedelta(days=in_days)).astimezone(ZoneInfo("Europe/Paris"))
    start = day.replace(hour=9, minute=0, second=0, microsecond=0)
    length = timedelta(minutes=40)
    return EventDraft(
        title_fr=title,
        title_en=f"{title} (en)",
        kind=EventKind.FORUM,
        summary_fr="Construire son projet et rencontrer des employeurs.",
        description_fr="Des ateliers, des stands et des offres : on avance par vagues de 40 minutes.",
        starts_at=start,
        ends_at=start + timedelta(hours=8),
        audiences=("school", "student", "job_seeker", "family"),
        waves=tuple(WaveDraft(start + n * length, start + (n + 1) * length, capacity) for n in range(waves)),
        spaces=(SpaceDraft("Grande salle", ROOM), SpaceDraft("Orientation", ROOM)),
        stops=(
            StopDraft("Construire", 20),
            StopDraft("Stands métiers", 50, space="Grande salle"),
            StopDraft("Offres", 15, optional=True, space="Orientation"),
        ),
        venue_name="Le Consortium",
        venue_commune="Dijon",
    )


def make_event(
    organiser_id: int, title: str, *, now: datetime, capacity: int = ROOM, waves: int = 4, in_days: int = 40
) -> EventRow:
    """A published event."""
    with transaction():
        slug = _publish(organiser_id, draft(title, now=now, capacity=capacity, waves=waves, in_days=in_days), now)
    return get_event(slug)


def _publish(organiser_id: int, said: EventDraft, now: datetime) -> str:
    slug = create_event(said, organiser_id=organiser_id, by=SYSTEM, now=now)
    move_event(get_event(slug).id, EventMove.PUBLISH, by=SYSTEM, now=now)
    return slug


def _make_feed(organiser_id: int, *, now: datetime) -> None:
    with transaction():
        for number in range(FEED_EVENTS):
            _publish(organiser_id, draft(f"Atelier n° {number + 1}", now=now, waves=2, in_days=2 + number), now)


def people(event: EventRow, count: int) -> Iterator[RegistrationDraft]:
    """Drafts of job seekers and, one in ten, classes of 28 + 2, over all waves."""
    for n in range(count):
        name = f"{FIRST[n % len(FIRST)]} {LAST[(n // len(FIRST)) % len(LAST)]} {n}"
        contact = Contact(name, f"personne.{event.id}.{n}@example.org", f"+336399{n:05d}"[:12])
        wave = (event.waves[n % len(event.waves)].id,)
        if n % GROUP_EVERY:
            yield RegistrationDraft(RegistrationKind.INDIVIDUAL, "job_seeker", wave, contact)
        else:
            yield RegistrationDraft(
                RegistrationKind.GROUP, "school", wave, contact, Headcount(28, 2),
                Organisation("Collège des Trois-Rivières", "0219100C", f"3e {n}", "Dijon"),
            )  # fmt: skip


def register_many(event: EventRow, count: int, *, now: datetime) -> list[str]:
    """Write confirmed registrations with their tickets and counters, as `register` would; their ticket codes."""
    drafts = list(people(event, count))
    with transaction():
        version = lock_event(event.id)
        rows = [_row(event, said, version, now) for said in drafts]
        ids = db.session.execute(
            insert(Registration).returning(Registration.id, sort_by_parameter_order=True), rows
        ).scalars()
        codes = [new_ticket_code() for _ in drafts]
        places, tickets = [], []
        for registration_id, said, code in zip(ids, drafts, codes, strict=True):
            people_count = said.headcount.people
            places.append({"registration_id": registration_id, "wave_id": said.waves[0], "people": people_count})
            tickets.append(
                {"registration_id": registration_id, "kind": TicketKind.MAIN, "code": code, "number": 0, "label": ""}
            )
        db.session.execute(insert(RegistrationWave), places)
        db.session.execute(insert(Ticket), tickets)
        _count_places(event.id, drafts)
    return codes


def _row(event: EventRow, said: RegistrationDraft, version: int, now: datetime) -> dict[str, Any]:
    contact, organisation, reference = said.contact, said.organisation, next(_references)
    return {
        "event_id": event.id, "organiser_id": event.organiser_id, "reference": reference, "token": new_token(),
        "kind": said.kind, "audience": said.audience, "status": RegistrationStatus.CONFIRMED,
        "participants": said.headcount.participants, "companions": said.headcount.companions,
        "contact_name": contact.name, "contact_email": contact.email, "contact_phone": contact.phone,
        "mail_key": contact.email, "organisation_name": organisation.name, "uai": organisation.uai,
        "class_label": organisation.class_label, "commune": organisation.commune, "oriented_by": "", "locale": "fr",
        "source": Source.IMPORT, "answers": {}, "same_key": same_key(said), "sort_name": sort_name(contact),
        "search_text": search_text(said, reference), "changed_in": version, "created_at": now, "updated_at": now,
        "cancel_reason": "",
    }  # fmt: skip


def _count_places(event_id: int, drafts: list[RegistrationDraft]) -> None:
    waves: dict[int, int] = {}
    allotments: dict[tuple[int, str], tuple[int, int]] = {}
    for said in drafts:
        wave_id, heads = said.waves[0], said.headcount.people
        waves[wave_id] = waves.get(wave_id, 0) + heads
        held, groups = allotments.get((wave_id, said.audience), (0, 0))
        allotments[wave_id, said.audience] = (held + heads, groups + (said.kind is RegistrationKind.GROUP))
    total = sum(waves.values())
    db.session.execute(update(Event).where(Event.id == event_id).values(taken=Event.taken + total))
    for wave_id, heads in waves.items():
        db.session.execute(update(Wave).where(Wave.id == wave_id).values(taken=Wave.taken + heads))
    for (wave_id, audience), (heads, groups) in allotments.items():
        db.session.execute(
            update(Allotment)
            .where(Allotment.wave_id == wave_id, Allotment.audience == audience)
            .values(people=Allotment.people + heads, groups=Allotment.groups + groups)
        )
