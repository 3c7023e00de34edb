"""What boxes are promised to while nobody named may run them: asked for before a scenario begins to ask for accreditation."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select

from app.boxes.conditions import may_run
from app.boxes.models import Accreditation, Facilitator
from app.boxes.promised import tells_untrained
from app.core.db import db
from app.events.models import Event
from app.loans.models import EventBoxes, EventBoxesFacilitator, Loan
from app.loans.ready import NAMED_AND_VALID
from app.loans.rules import HOLDS_BOXES
from app.resources.enums import Purpose, ResourceKind
from app.resources.models import Use


@tells_untrained
def list_untrained(scenario_id: int, now: datetime) -> Sequence[str]:
    """References of the loans that hold boxes, and titles of the events that are not over."""
    loans = db.session.execute(
        select(Loan.reference)
        .where(
            Loan.scenario_id == scenario_id,
            Loan.state.in_(HOLDS_BOXES),
            Loan.names_removed_at.is_(None),
            ~exists().where(NAMED_AND_VALID).correlate(Loan),
        )
        .order_by(Loan.from_date, Loan.id)
    ).scalars()
    valid = exists().where(
        EventBoxesFacilitator.event_boxes_id == EventBoxes.id,
        Facilitator.id == EventBoxesFacilitator.facilitator_id,
        Facilitator.ended_at.is_(None),
        Accreditation.facilitator_id == Facilitator.id,
        may_run(EventBoxes.scenario_id, EventBoxes.from_date, EventBoxes.to_date),
    )
    used = exists().where(
        Use.resource_kind == ResourceKind.BOX,
        Use.purpose == Purpose.EVENT,
        Use.purpose_id == EventBoxes.id,
        Use.to_at > now,
    )
    events = db.session.execute(
        select(Event.title_fr)
        .join(EventBoxes, EventBoxes.event_id == Event.id)
        .where(
            EventBoxes.scenario_id == scenario_id,
            EventBoxes.ended_at.is_(None),
            used.correlate(EventBoxes),
            ~valid.correlate(EventBoxes),
        )
        .order_by(EventBoxes.from_date, EventBoxes.id)
    ).scalars()
    return [*loans, *dict.fromkeys(events)]
