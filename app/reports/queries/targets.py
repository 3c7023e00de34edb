"""The numbers to reach of an event, a project or a year."""

from sqlalchemy import select

from app.core.db import db
from app.events.models import Target
from app.events.targets import TargetKey

Targets = dict[TargetKey, int]


def list_targets(organiser_id: int, scope: str) -> Targets:
    """The targets of one scope (app/events/targets.py): one statement."""
    rows = db.session.execute(
        select(Target.measure, Target.audience, Target.day, Target.value).where(
            Target.organiser_id == organiser_id, Target.scope == scope
        )
    )
    return {TargetKey(r.measure, r.audience, r.day): r.value for r in rows}
