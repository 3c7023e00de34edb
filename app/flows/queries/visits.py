"""The groups that come and what they are told, for whoever shows it to everybody: no person's name is read."""

from sqlalchemy import ColumnElement, select

from app.core.db import db
from app.events.models import Event
from app.events.queries import EventRow
from app.flows.enums import PlanState
from app.flows.models import FlowPassage, FlowPlan
from app.flows.visits import Guest, Told, Visits, visits_of
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.registrations.itinerary import Passage
from app.registrations.models import Registration, RegistrationWave
from app.registrations.queries import in_no_bin


def list_visits(event: EventRow) -> Visits:
    """Every visit to a space: three statements."""
    return visits_of(event, list_guests(event.id), read_told(event.id))


def read_told(event_id: int) -> Told:
    """What people are told by the plan in force: two statements, one where there is none."""
    plan_id = db.session.execute(
        select(FlowPlan.id)
        .join(Event, Event.id == FlowPlan.event_id)
        .where(FlowPlan.event_id == event_id, FlowPlan.state == PlanState.IN_FORCE, Event.deleted_at.is_(None))
    ).scalar_one_or_none()
    if plan_id is None:
        return Told(planned=False)
    rows = db.session.execute(
        select(
            FlowPassage.registration_id, FlowPassage.wave_id, FlowPassage.team, FlowPassage.people, FlowPassage.stop_id,
            FlowPassage.stand, FlowPassage.starts_at, FlowPassage.ends_at,
        )
        .join(Registration, Registration.id == FlowPassage.registration_id)
        .where(FlowPassage.plan_id == plan_id, in_no_bin())
        .order_by(FlowPassage.id)
    )  # fmt: skip
    found: dict[int, list[Passage]] = {}
    for row in rows:
        found.setdefault(row.registration_id, []).append(
            Passage(row.wave_id, row.team, row.people, row.stop_id, row.stand, row.starts_at, row.ends_at)
        )
    return Told(True, found)


def list_guests(event_id: int) -> list[Guest]:
    """The confirmed groups that hold places, by school and class: one statement."""
    return _guests(Registration.event_id == event_id)


def find_guest(registration_id: int) -> Guest | None:
    """One of them; None for who holds no places, or comes alone: one statement."""
    return next(iter(_guests(Registration.id == registration_id)), None)


def _guests(*where: ColumnElement[bool]) -> list[Guest]:
    rows = db.session.execute(
        select(
            Registration.id, Registration.reference, Registration.audience, Registration.participants,
            Registration.companions, Registration.class_label, Registration.organisation_name, Registration.commune,
            Registration.declined_stops, RegistrationWave.wave_id,
        )
        .join(RegistrationWave, RegistrationWave.registration_id == Registration.id)
        .where(
            Registration.kind == RegistrationKind.GROUP, Registration.status == RegistrationStatus.CONFIRMED,
            RegistrationWave.people > 0, in_no_bin(), *where,
        )
        .order_by(Registration.organisation_name, Registration.class_label, Registration.id, RegistrationWave.wave_id)
    ).all()  # fmt: skip
    waves: dict[int, list[int]] = {}
    for row in rows:
        waves.setdefault(row.id, []).append(row.wave_id)
    return [
        Guest(
            row.id, row.reference, row.audience, row.participants, row.companions, row.class_label,
            row.organisation_name, row.commune, tuple(row.declined_stops), tuple(waves[row.id]),
        )
        for row in {row.id: row for row in rows}.values()
    ]  # fmt: skip
