"""What doctor looks at in boxes at events: their half-days and people, and that events which are off hold nothing."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import exists, or_, select

from app.boxes.conditions import may_run
from app.boxes.models import Accreditation, Scenario
from app.core.checks import check
from app.core.db import db
from app.events.models import Event
from app.loans.models import EventBoxes, EventBoxesFacilitator
from app.loans.operations import following
from app.loans.queries_events import stands
from app.resources.calendars import lending_zone
from app.resources.enums import Purpose, ResourceKind
from app.resources.halfdays import HalfDay, Period
from app.resources.models import Use

__all__ = ["following"]


@check("loans.event_uses", "Events use boxes and people on their own half-days, by whoever is named and may run them")
def check_event_uses(now: datetime) -> list[str]:
    return [*_elsewhere(now), *_unnamed(), *_unaccredited(now)]


def _elsewhere(now: datetime) -> Iterator[str]:
    """Uses outside of their row's half-days, of an event that is off, or across organisers."""
    rows = db.session.execute(
        select(
            Use.id, Use.from_at, Use.to_at, EventBoxes.id.label("row_id"), EventBoxes.from_date, EventBoxes.from_half,
            EventBoxes.to_date, EventBoxes.to_half, Event.state, Event.date_to_come, Event.deleted_at, Event.slug,
            Event.organiser_id.label("owner"), EventBoxes.organiser_id, Scenario.organiser_id.label("lender"),
        )
        .join(EventBoxes, EventBoxes.id == Use.purpose_id)
        .join(Event, Event.id == EventBoxes.event_id)
        .join(Scenario, Scenario.id == EventBoxes.scenario_id)
        .where(Use.purpose == Purpose.EVENT)
        .order_by(Use.id)
    )  # fmt: skip
    zone = lending_zone()
    for row in rows:
        period = Period(HalfDay(row.from_date, row.from_half), HalfDay(row.to_date, row.to_half))
        begins_inside = row.from_at <= now or period.starts_at(zone) <= row.from_at  # what runs began when it began
        inside = begins_inside and row.to_at <= period.ends_at(zone)
        if not inside and row.to_at > now:
            yield f"use {row.id} is not within the half-days of boxes {row.row_id} of event {row.slug}"
        is_on = stands(row.state, date_to_come=row.date_to_come, deleted=row.deleted_at is not None)
        if not is_on and row.from_at > now:
            yield f"use {row.id} is for event {row.slug}, which is off"
        if not row.owner == row.organiser_id == row.lender:
            yield f"boxes {row.row_id} of event {row.slug} are of another organiser"


def _unnamed() -> Iterator[str]:
    named = exists().where(
        EventBoxesFacilitator.event_boxes_id == Use.purpose_id,
        EventBoxesFacilitator.facilitator_id == Use.resource_id,
        EventBoxes.id == EventBoxesFacilitator.event_boxes_id,
        EventBoxes.organiser_id == Use.organiser_id,
        or_(EventBoxes.ended_at.is_(None), Use.from_at < EventBoxes.ended_at),
    )
    of_person = Use.resource_kind == ResourceKind.FACILITATOR
    rows = db.session.execute(
        select(Use.id, Use.resource_id, Use.purpose, Use.purpose_id)
        .where(of_person, or_(Use.purpose != Purpose.EVENT, ~named))
        .order_by(Use.id)
    )
    for row in rows:
        yield f"use {row.id} of facilitator {row.resource_id} is for {row.purpose} {row.purpose_id}, which names them not"


def _unaccredited(now: datetime) -> Iterator[str]:
    valid = exists().where(
        EventBoxesFacilitator.event_boxes_id == EventBoxes.id,
        Accreditation.facilitator_id == EventBoxesFacilitator.facilitator_id,
        may_run(EventBoxes.scenario_id, EventBoxes.from_date, EventBoxes.to_date, at=Use.created_at),
    )
    rows = db.session.execute(
        select(Use.id, Event.slug)
        .join(EventBoxes, EventBoxes.id == Use.purpose_id)
        .join(Event, Event.id == EventBoxes.event_id)
        .join(Scenario, Scenario.id == EventBoxes.scenario_id)
        .where(
            Use.purpose == Purpose.EVENT, Use.resource_kind == ResourceKind.BOX, Scenario.asks_accreditation, ~valid,
            Use.to_at > now,
        )
        .order_by(Use.id)
    )  # fmt: skip
    for row in rows:
        yield f"use {row.id} is for event {row.slug}, where nobody named was accredited when it was taken"
