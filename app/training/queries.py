"""Which scenarios trainings teach, and who was there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app.boxes.models import Accreditation, Facilitator, Scenario
from app.checkin.models import Presence
from app.core.db import db
from app.core.i18n import Locale
from app.events.enums import VISIBLE, EventState
from app.events.models import Event
from app.loans.trainings import register_teaching
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.registrations.models import Registration
from app.training.models import TrainingScenario


@dataclass(frozen=True)
class Trainee:
    """A person registered for a training. `came`: the door counted them; `granted`: how many scenarios they may run by it."""

    registration_id: int
    reference: str
    name: str
    email: str
    phone: str
    structure_id: int | None
    came: bool
    granted: int


@dataclass(frozen=True)
class TrainingLine:
    """A training that is to come: where people may be trained next."""

    event_id: int
    slug: str
    title_fr: str
    title_en: str
    starts_at: datetime
    timezone: str
    free: int | None

    def title(self, locale: Locale) -> str:
        return self.title_en if locale == "en" and self.title_en else self.title_fr


_TRAINING = (
    Event.id, Event.slug, Event.title_fr, Event.title_en, Event.starts_at, Event.timezone, Event.capacity, Event.taken,
)  # fmt: skip


def list_training_codes(event_id: int) -> list[str]:
    """Codes of the scenarios that the event teaches."""
    statement = (
        select(Scenario.code)
        .join(TrainingScenario, TrainingScenario.scenario_id == Scenario.id)
        .where(TrainingScenario.event_id == event_id)
    )
    return list(db.session.execute(statement.order_by(Scenario.code)).scalars())


def list_trainees(event_id: int) -> list[Trainee]:
    """People with a place of their own, by name; classes and groups are not accredited. One statement."""
    granted = (
        select(func.count(Accreditation.id))
        .where(
            Accreditation.registration_id == Registration.id,
            Accreditation.event_id == event_id,
            Accreditation.withdrawn_at.is_(None),
        )
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            Registration.id, Registration.reference, Registration.contact_name, Registration.contact_email,
            Registration.contact_phone, Registration.structure_id,
            func.coalesce(Presence.came_participants, 0).label("came"), granted.label("granted"),
        )
        .outerjoin(Presence, Presence.registration_id == Registration.id)
        .where(
            Registration.event_id == event_id,
            Registration.kind == RegistrationKind.INDIVIDUAL,
            Registration.status == RegistrationStatus.CONFIRMED,
            Registration.deleted_at.is_(None),
            Registration.contact_name != "",
        )
        .order_by(Registration.sort_name, Registration.id)
    )  # fmt: skip
    return [
        Trainee(
            r.id, r.reference, r.contact_name, r.contact_email, r.contact_phone, r.structure_id, r.came > 0, r.granted
        )
        for r in rows
    ]  # fmt: skip


def list_next_trainings(scenario_id: int, *, now: datetime, limit: int = 3) -> list[TrainingLine]:
    """Published trainings to come that teach the scenario and have a place left, the next one first."""
    rows = db.session.execute(
        select(*_TRAINING)
        .join(TrainingScenario, TrainingScenario.event_id == Event.id)
        .where(
            TrainingScenario.scenario_id == scenario_id, Event.state == EventState.PUBLISHED,
            Event.deleted_at.is_(None), Event.starts_at > now,
        )
        .order_by(Event.starts_at, Event.id)
    )  # fmt: skip
    lines = map(_line, rows)
    return [line for line in lines if line.free is None or line.free > 0][:limit]


def find_training(event_id: int | None) -> TrainingLine | None:
    """An event that somebody waits for, with or without places left; None when the public does not see it."""
    seen = Event.id == event_id, Event.state.in_(sorted(VISIBLE)), Event.deleted_at.is_(None)
    row = db.session.execute(select(*_TRAINING).where(*seen)).first() if event_id is not None else None
    return None if row is None else _line(row)


def _line(row: Any) -> TrainingLine:
    free = None if row.capacity is None else row.capacity - row.taken
    return TrainingLine(row.id, row.slug, row.title_fr, row.title_en, row.starts_at, row.timezone, free)


def find_trained(event_id: int, registration_id: int) -> tuple[int, str] | None:
    """The facilitator whom that place at the training accredited: id and name."""
    row = db.session.execute(
        select(Facilitator.id, Facilitator.name)
        .join(Accreditation, Accreditation.facilitator_id == Facilitator.id)
        .where(Accreditation.event_id == event_id, Accreditation.registration_id == registration_id)
        .order_by(Accreditation.id)
    ).first()
    return None if row is None else (row.id, row.name)


def list_ended_trainings(since: datetime, now: datetime) -> list[int]:
    """Ids of the trainings that ended within that time and are neither called off nor in the bin."""
    statement = (
        select(Event.id)
        .where(
            Event.id.in_(select(TrainingScenario.event_id)), Event.ends_at > since, Event.ends_at <= now,
            Event.deleted_at.is_(None), Event.state.not_in([EventState.DRAFT, EventState.CANCELLED]),
        )
        .order_by(Event.id)
    )  # fmt: skip
    return list(db.session.execute(statement).scalars())


@register_teaching
def teaches(event_id: int, scenario_id: int) -> bool:
    """Whether the event is a training for that scenario."""
    statement = select(TrainingScenario.event_id).where(
        TrainingScenario.event_id == event_id, TrainingScenario.scenario_id == scenario_id
    )
    return db.session.execute(statement).first() is not None


def scenario_ids_of(organiser_id: int, codes: Iterable[str]) -> dict[str, int]:
    rows = db.session.execute(
        select(Scenario.code, Scenario.id).where(
            Scenario.organiser_id == organiser_id, Scenario.code.in_(list(codes)), Scenario.archived_at.is_(None)
        )
    )
    return {row.code: row.id for row in rows}
