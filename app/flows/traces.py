"""What plans keep of an event and its groups: whoever is in a plan keeps a row, so that the plan stays what it was."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from app.core.db import db
from app.events.parts import Part, register_part
from app.flows.building import registration_and_wave
from app.flows.models import FlowPlan
from app.registrations.models import Registration


def _keeps(registration_ids: Sequence[int]) -> set[int]:
    """Those of these registrations that a plan was made for, be it that no room was found for them."""
    events = select(Registration.event_id).where(Registration.id.in_(registration_ids)).distinct()
    instances = db.session.execute(select(FlowPlan.instance).where(FlowPlan.event_id.in_(events))).scalars()
    planned = {
        registration_and_wave(group["id"])[0] for instance in instances for group in instance.get("groups", ())
    }  # fmt: skip
    return planned & set(registration_ids)


def _remove(event_id: int, most: int, now: datetime) -> int:
    """The plans of an event that goes for good, all at once; what belongs to them goes with them."""
    gone = db.session.execute(delete(FlowPlan).where(FlowPlan.event_id == event_id).returning(FlowPlan.id))
    return len(gone.all())


register_part("flows", Part(keeps=_keeps, remove=_remove))
