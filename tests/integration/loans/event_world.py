"""A world of loans with events of the same organiser, and boxes booked for them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.core.actor import Actor
from app.core.checks import run_checks
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import EventDraft
from app.events.queries import EventRow
from app.loans.drafts import EventBoxesDraft
from app.loans.operations.at_events import book_event_boxes, change_event_boxes
from app.loans.queries_events import EventBoxesRow, get_event_boxes
from app.resources.models import Use
from tests.factories import NOW, make_event
from tests.integration.loans.world import STAFF, LoanWorld, period

DAY = "2027-02-04"
"""On which the forum of the factories takes place, from nine to five."""


def wanted(world: LoanWorld, event: EventRow, first: str = f"{DAY} am", last: str = f"{DAY} pm", **changes: Any) -> Any:
    draft = EventBoxesDraft(
        event.id, world.scenario_id, 1, period(first, last), facilitator_ids=(world.facilitator_id,)
    )
    return replace(draft, **changes)


def book(
    world: LoanWorld, event: EventRow, *half_days: str, by: Actor = STAFF, now: datetime = NOW, **changes: Any
) -> EventBoxesRow:
    with transaction():
        return get_event_boxes(book_event_boxes(wanted(world, event, *half_days, **changes), by=by, now=now))


def change(
    world: LoanWorld, event: EventRow, row: EventBoxesRow, *half_days: str, now: datetime = NOW, **changes: Any
) -> EventBoxesRow:
    with transaction():
        change_event_boxes(row.id, wanted(world, event, *half_days, **changes), by=STAFF, now=now)
    return get_event_boxes(row.id)


def forum_of(world: LoanWorld, draft: EventDraft | None = None) -> EventRow:
    return make_event(world.organiser_id, draft)


def assert_whole(now: datetime = NOW) -> None:
    """Doctor finds nothing, and no two uses of one thing meet: counted here by comparing each with each."""
    uses = db.session.execute(
        select(Use.id, Use.resource_kind, Use.resource_id, Use.starts_at, Use.ends_at).order_by(Use.id)
    ).all()
    meeting = [
        (one.id, other.id)
        for n, one in enumerate(uses)
        for other in uses[:n]
        if (one.resource_kind, one.resource_id) == (other.resource_kind, other.resource_id)
        and one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
    ]
    assert meeting == []
    assert [(r.name, r.problems) for r in run_checks(now) if not r.ok] == []
