"""Registrations as pages, papers and programs read them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, exists, func, select

from app.core.db import db
from app.core.tokens import digest
from app.events.models import Event
from app.registrations.enums import ALIVE, RegistrationKind, RegistrationStatus, Source, TicketKind
from app.registrations.errors import RegistrationDeleted, RegistrationNotFound
from app.registrations.models import DeclaredStatistics, Registration, RegistrationWave, Ticket
from app.registrations.rules import card_is_valid, family_name_of

FORGOTTEN = "—"  # the name of somebody whose name is no longer kept


@dataclass(frozen=True)
class TicketRow:
    id: int
    kind: TicketKind
    code: str
    number: int
    label: str


@dataclass(frozen=True)
class RegistrationRow:
    """One registration with the waves it asks for (in order of their start), its main ticket and its numbered cards.

    `cards` are those that hold, `withdrawn` those made for more participants than come now.
    """

    id: int
    event_id: int
    organiser_id: int
    reference: str
    token: str
    kind: RegistrationKind
    audience: str
    status: RegistrationStatus
    participants: int
    companions: int
    contact_name: str
    contact_email: str
    contact_phone: str
    structure_id: int | None
    organisation_name: str
    uai: str
    class_label: str
    commune: str
    is_15_or_older: bool | None
    oriented_by: str
    locale: str
    source: Source
    answers: dict[str, Any]
    statistics_key: str | None
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    cancel_code: str
    cancel_reason: str
    no_show_code: str
    offer_expires_at: datetime | None
    absent_at: datetime | None
    beyond: bool
    asked_at: datetime | None
    stays_at: datetime | None
    declined_stops: list[int]
    waves: tuple[int, ...]
    ticket: TicketRow
    cards: tuple[TicketRow, ...]
    withdrawn: tuple[TicketRow, ...]

    @property
    def people(self) -> int:
        return self.participants + self.companions

    @property
    def is_group(self) -> bool:
        return self.kind is RegistrationKind.GROUP

    @property
    def alive(self) -> bool:
        return self.status in ALIVE

    def is_asked(self, postponed_at: datetime | None) -> bool:
        """Whether the event's last new dates (its `postponed_at`) asked them if they stay, and they are still registered."""
        return self.alive and self.asked_at is not None and self.asked_at == postponed_at

    @property
    def holder(self) -> str:
        """What a ticket says big: the class, else the group's body, else the person."""
        if self.is_group:
            return self.class_label or self.organisation_name or self.contact_name
        return self.contact_name

    @property
    def holder_detail(self) -> str:
        """What stands under it: the school of the class, or the person of the group."""
        if not self.is_group:
            return self.organisation_name
        return self.organisation_name if self.class_label else (self.contact_name if self.organisation_name else "")


_COLUMNS = [
    getattr(Registration, name)
    for name in RegistrationRow.__dataclass_fields__
    if name not in {"waves", "ticket", "cards", "withdrawn"}
]


def _find(where: Any) -> RegistrationRow | None:
    row = db.session.execute(select(*_COLUMNS).where(where)).mappings().first()
    return None if row is None else _complete([row])[0]


def _complete(rows: Sequence[RowMapping]) -> list[RegistrationRow]:
    ids = [row["id"] for row in rows]
    waves: dict[int, list[int]] = {}
    for registration_id, wave_id in db.session.execute(
        select(RegistrationWave.registration_id, RegistrationWave.wave_id)
        .where(RegistrationWave.registration_id.in_(ids))
        .order_by(RegistrationWave.wave_id)
    ):
        waves.setdefault(registration_id, []).append(wave_id)
    tickets: dict[int, list[TicketRow]] = {}
    for t in db.session.execute(
        select(Ticket.id, Ticket.registration_id, Ticket.kind, Ticket.code, Ticket.number, Ticket.label)
        .where(Ticket.registration_id.in_(ids))
        .order_by(Ticket.number)
    ):
        tickets.setdefault(t.registration_id, []).append(TicketRow(t.id, t.kind, t.code, t.number, t.label))
    return [_build(row, tuple(waves.get(row["id"], ())), tickets[row["id"]]) for row in rows]


def _build(row: RowMapping, waves: tuple[int, ...], tickets: Sequence[TicketRow]) -> RegistrationRow:
    cards = [t for t in tickets if t.kind is TicketKind.ROUTE_CARD]
    return RegistrationRow(
        **dict(row),
        waves=waves,
        ticket=next(t for t in tickets if t.kind is TicketKind.MAIN),
        cards=tuple(c for c in cards if card_is_valid(c.number, row["participants"])),
        withdrawn=tuple(c for c in cards if not card_is_valid(c.number, row["participants"])),
    )


def in_no_bin() -> ColumnElement[bool]:
    """Registrations that nobody deleted: what every page, list and figure is narrowed to."""
    return and_(Registration.deleted_at.is_(None), ~_event_binned())


def _event_binned() -> ColumnElement[bool]:
    return exists().where(Event.id == Registration.event_id, Event.deleted_at.is_not(None)).correlate(Registration)


def _get(where: Any) -> RegistrationRow:
    found = _find(and_(where, in_no_bin()))
    if found is None:
        raise RegistrationNotFound
    return found


def _get_held(where: Any) -> RegistrationRow:
    """For who holds a link or a ticket: one that was deleted is told from one that never was."""
    try:
        return _get(where)
    except RegistrationNotFound:
        organiser_id = db.session.execute(select(Registration.organiser_id).where(where)).scalar_one_or_none()
        if organiser_id is None:
            raise
        raise RegistrationDeleted(organiser_id) from None


def get_registration(registration_id: int) -> RegistrationRow:
    """Raises RegistrationNotFound."""
    return _get(Registration.id == registration_id)


def find_family_name(registration_id: int) -> str:
    """The words of a person's name that the list sorts them by; "" where they cannot be told."""
    row = db.session.execute(
        select(Registration.contact_name, Registration.sort_name).where(Registration.id == registration_id, in_no_bin())
    ).one_or_none()
    return "" if row is None else family_name_of(*row)


def mark_of_contact(registration: RegistrationRow, family_name: str) -> str:
    """A short mark of who is registered and how to reach them: another one once any of it is corrected."""
    said = (
        registration.contact_name, registration.contact_email, registration.contact_phone, registration.organisation_name,
        registration.class_label, registration.uai, registration.commune, registration.oriented_by, registration.locale,
        family_name,
    )  # fmt: skip
    return digest("\x1f".join(said))[:16]


def get_binned_registration(registration_id: int) -> RegistrationRow:
    """One that is in the bin, by itself or with its event: for the bin and the mails that tell. Raises RegistrationNotFound."""
    found = _find(and_(Registration.id == registration_id, ~in_no_bin()))
    if found is None:
        raise RegistrationNotFound
    return found


def get_by_token(token: str) -> RegistrationRow:
    """The registration whose own page that is. Raises RegistrationNotFound, RegistrationDeleted."""
    return _get_held(Registration.token == token)


def get_by_reference(reference: str, *, organiser_id: int) -> RegistrationRow:
    """An organiser's registration by its number, in any case, with or without dashes. Raises RegistrationNotFound."""
    return _get((Registration.reference == normal_reference(reference)) & (Registration.organiser_id == organiser_id))


def get_by_ticket_code(code: str) -> RegistrationRow:
    """The registration that a ticket belongs to. Raises RegistrationNotFound, RegistrationDeleted."""
    return _get_held(Registration.id == select(Ticket.registration_id).where(Ticket.code == code).scalar_subquery())


def list_registrations_by_id(ids: Sequence[int]) -> list[RegistrationRow]:
    """Whole registrations in the order of the list (family name)."""
    rows = db.session.execute(
        select(*_COLUMNS).where(Registration.id.in_(ids), in_no_bin()).order_by(Registration.sort_name, Registration.id)
    ).mappings()
    return _complete(list(rows))


def list_alive_by_email(event_id: int, email: str) -> list[RegistrationRow]:
    """What one mail address has at an event: for « send me my link again »."""
    rows = db.session.execute(
        select(*_COLUMNS)
        .where(
            Registration.event_id == event_id,
            Registration.mail_key == email.lower(),
            Registration.status.in_(ALIVE),
            in_no_bin(),
        )
        .order_by(Registration.id)
    ).mappings()
    return _complete(list(rows))


def find_mail_by_digest(event_id: int, wanted: str) -> str | None:
    """The mail address with this digest, of somebody registered for the event; None when there is none."""
    keys = db.session.execute(
        select(Registration.mail_key)
        .where(
            Registration.event_id == event_id, Registration.mail_key != "", Registration.status.in_(ALIVE), in_no_bin()
        )
        .distinct()
    ).scalars()
    return next((key for key in keys if digest(key) == wanted), None)


def list_ids_alive(event_id: int) -> list[int]:
    """Every registration of an event that still stands."""
    return list(
        db.session.execute(
            select(Registration.id)
            .where(Registration.event_id == event_id, Registration.status.in_(ALIVE), in_no_bin())
            .order_by(Registration.id)
        ).scalars()
    )


def list_ids_asked(
    event_id: int, at: datetime, waves: Collection[int] | None = None, *, but: Collection[int] = ()
) -> list[int]:  # fmt: skip
    """Every registration that still stands of those who were asked at that moment whether they stay.

    With `waves` of these alone, and nobody who comes in one of the waves `but`.
    """
    asks = select(RegistrationWave.registration_id).where(RegistrationWave.wave_id.in_(sorted(waves or ())))
    others = select(RegistrationWave.registration_id).where(RegistrationWave.wave_id.in_(sorted(but)))
    return list(
        db.session.execute(
            select(Registration.id)
            .where(
                Registration.event_id == event_id,
                Registration.asked_at == at,
                Registration.status.in_(ALIVE),
                in_no_bin(),
                *([Registration.id.in_(asks)] if waves is not None else []),
                *([Registration.id.not_in(others)] if but else []),
            )
            .order_by(Registration.id)
        ).scalars()
    )


def list_events_with_names(now: datetime) -> list[int]:
    """Events that are over and still hold a name."""
    return list(
        db.session.execute(
            select(Event.id)
            .where(
                Event.ends_at < now,
                Event.deleted_at.is_(None),
                select(Registration.id)
                .where(Registration.event_id == Event.id, Registration.contact_name != FORGOTTEN)
                .exists(),
            )
            .order_by(Event.id)
        ).scalars()
    )


def normal_reference(text: str) -> str:
    """VT-7K3Q-9F from « vt7k3q9f », « VT 7K3Q 9F »…; text that cannot be one comes back as it is."""
    letters = "".join(c for c in text.upper() if c.isalnum())
    return f"{letters[:-6]}-{letters[-6:-2]}-{letters[-2:]}" if 8 <= len(letters) <= 10 else text.strip()


@dataclass(frozen=True)
class Ahead:
    """Who waits before somebody: registrations, and their people."""

    parties: int = 0
    people: int = 0


def places_before(registration: RegistrationRow) -> int:
    """How many people wait before this registration for one of its waves: an honest answer, counted now."""
    return waiting_before(registration).people


def waiting_before(registration: RegistrationRow) -> Ahead:
    """Who waits before this registration for one of its waves, counted now."""
    before = (
        select(Registration.id, func.max(Registration.participants + Registration.companions).label("people"))
        .join(RegistrationWave, RegistrationWave.registration_id == Registration.id)
        .where(
            Registration.event_id == registration.event_id,
            Registration.status == RegistrationStatus.WAITLISTED,
            Registration.id < registration.id,
            RegistrationWave.wave_id.in_(registration.waves),
        )
        .group_by(Registration.id)
        .subquery()
    )
    found = db.session.execute(select(func.count(), func.coalesce(func.sum(before.c.people), 0)).select_from(before))
    parties, people = found.one()
    return Ahead(parties, int(people))


def get_statistics(key: str | None) -> DeclaredStatistics | None:
    """What one person declared, for that person's own export only."""
    return None if key is None else db.session.get(DeclaredStatistics, key)
