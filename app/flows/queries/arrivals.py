"""When groups are to come by the plan in force, for lists that show few of them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from app.core.db import db
from app.events.queries import EventRow
from app.events.route import begin_of
from app.flows.enums import PlanState
from app.flows.models import FlowPassage, FlowPlan
from app.registrations.itinerary import arrival_at
from app.registrations.models import Registration, RegistrationWave
from app.registrations.queries import in_no_bin


def list_planned_arrivals(event: EventRow, registration_ids: Collection[int] | None) -> dict[tuple[int, int], datetime]:
    """By (registration, wave), of these registrations (None: of all) and the waves that they hold, where the plan in
    force has them come at another hour than their wave begins. One statement, none where the event has no date.
    """
    if event.date_to_come or (registration_ids is not None and not registration_ids):
        return {}
    chosen = () if registration_ids is None else (FlowPassage.registration_id.in_(registration_ids),)
    rows = db.session.execute(
        select(
            FlowPassage.registration_id, FlowPassage.wave_id, FlowPassage.starts_at, Registration.audience,
            Registration.declined_stops,
        )
        .join(FlowPlan, FlowPlan.id == FlowPassage.plan_id)
        .join(Registration, Registration.id == FlowPassage.registration_id)
        .join(
            RegistrationWave,
            (RegistrationWave.registration_id == FlowPassage.registration_id)
            & (RegistrationWave.wave_id == FlowPassage.wave_id),
        )
        .where(
            FlowPlan.event_id == event.id, FlowPlan.state == PlanState.IN_FORCE, RegistrationWave.people > 0,
            *chosen, in_no_bin(),
        )
        .order_by(FlowPassage.starts_at, FlowPassage.id)
    )  # fmt: skip
    found: dict[tuple[int, int], datetime] = {}
    for row in rows:
        wave = event.wave(row.wave_id)
        if wave is not None and (row.registration_id, row.wave_id) not in found:
            found[row.registration_id, row.wave_id] = arrival_at(event, row, wave, row.starts_at)
    begins = {wave.id: begin_of(wave) for wave in event.waves}
    return {key: at for key, at in found.items() if at != begins[key[1]]}
