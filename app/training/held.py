"""What is kept of a structure's contact as somebody who runs boxes, for their own eyes (`app.training.forgetting` registers it).

They are the same person where the mail address is the same: it is where their link arrived.
"""

from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.boxes.models import Accreditation, Facilitator, Scenario
from app.checkin.models import Presence
from app.core.db import db
from app.events.models import Event
from app.loans.models import EventBoxes, EventBoxesFacilitator
from app.registrations.models import Registration
from app.registrations.queries import in_no_bin
from app.structures.queries import ContactRow
from app.training.models import TrainingScenario


def tell_training(contact: ContactRow) -> dict[str, Any]:
    """Their cards as facilitators, also once they left, with what they may run; the trainings they registered for."""
    mail = contact.email.lower()
    if not mail:
        return {"facilitator": [], "trainings": []}
    rows = db.session.execute(
        select(Facilitator.id, Facilitator.name, Facilitator.email, Facilitator.phone, Facilitator.ended_at)
        .where(Facilitator.organiser_id == contact.organiser_id, Facilitator.mail_key == mail)
        .order_by(Facilitator.id)
    )
    cards = [
        {
            "name": row.name,
            "email": row.email,
            "phone": row.phone,
            "ended_at": row.ended_at.isoformat() if row.ended_at else None,
            "accreditations": _accreditations(row.id),
            "events": _events(row.id),
        }
        for row in rows
    ]
    return {"facilitator": cards, "trainings": _trainings(contact.organiser_id, mail)}


def _accreditations(facilitator_id: int) -> list[dict[str, Any]]:
    rows = db.session.execute(
        select(
            Scenario.code, Scenario.title_fr, Scenario.title_en, Accreditation.source, Accreditation.granted_on,
            Accreditation.expires_on, Accreditation.withdrawn_at, Accreditation.note, Accreditation.withdrawn_note,
            Event.slug, Event.title_fr.label("event_fr"), Event.title_en.label("event_en"),
        )
        .join(Scenario, Scenario.id == Accreditation.scenario_id)
        .outerjoin(Event, (Event.id == Accreditation.event_id) & Event.deleted_at.is_(None))
        .where(Accreditation.facilitator_id == facilitator_id)
        .order_by(Accreditation.granted_on, Accreditation.id)
    )  # fmt: skip
    return [
        {
            "scenario": {"code": row.code, "title": {"fr": row.title_fr, "en": row.title_en}},
            "source": row.source.value,
            "training": _event(row.slug, row.event_fr, row.event_en),
            "granted_on": row.granted_on.isoformat(),
            "expires_on": row.expires_on.isoformat() if row.expires_on else None,
            "withdrawn_at": row.withdrawn_at.isoformat() if row.withdrawn_at else None,
            "note": row.note,
            "withdrawn_note": row.withdrawn_note,
        }
        for row in rows
    ]


def _events(facilitator_id: int) -> list[dict[str, Any]]:
    """Events at which they were named to run boxes."""
    rows = db.session.execute(
        select(
            Event.slug, Event.title_fr, Event.title_en, Scenario.code, EventBoxes.from_date, EventBoxes.from_half,
            EventBoxes.to_date, EventBoxes.to_half,
        )
        .select_from(EventBoxesFacilitator)
        .join(EventBoxes, EventBoxes.id == EventBoxesFacilitator.event_boxes_id)
        .join(Event, Event.id == EventBoxes.event_id)
        .join(Scenario, Scenario.id == EventBoxes.scenario_id)
        .where(EventBoxesFacilitator.facilitator_id == facilitator_id, Event.deleted_at.is_(None))
        .order_by(EventBoxes.from_date, EventBoxes.id)
    )  # fmt: skip
    return [
        {
            "event": _event(row.slug, row.title_fr, row.title_en),
            "scenario": row.code,
            "from": {"date": row.from_date.isoformat(), "half": row.from_half.value},
            "to": {"date": row.to_date.isoformat(), "half": row.to_half.value},
        }
        for row in rows
    ]


def _trainings(organiser_id: int, mail: str) -> list[dict[str, Any]]:
    came: ColumnElement[int] = func.coalesce(Presence.came_participants, 0)
    rows = db.session.execute(
        select(
            Event.slug, Event.title_fr, Event.title_en, Event.starts_at, Registration.reference, Registration.status,
            came.label("came"),
        )
        .join(Registration, Registration.event_id == Event.id)
        .outerjoin(Presence, Presence.registration_id == Registration.id)
        .where(
            Event.id.in_(select(TrainingScenario.event_id)), Event.organiser_id == organiser_id,
            Registration.mail_key == mail, in_no_bin(),
        )
        .order_by(Event.starts_at, Registration.id)
    )  # fmt: skip
    return [
        {
            "event": _event(row.slug, row.title_fr, row.title_en),
            "starts_at": row.starts_at.isoformat(),
            "reference": row.reference,
            "status": row.status.value,
            "came": row.came > 0,
        }
        for row in rows
    ]


def _event(slug: str | None, title_fr: str | None, title_en: str | None) -> dict[str, Any] | None:
    return None if slug is None else {"slug": slug, "title": {"fr": title_fr, "en": title_en}}
