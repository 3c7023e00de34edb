"""The numbers to reach of an event, a project or a year."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.events.models import Target
from app.events.targets import MOST, TargetKey


def set_targets(
    scope: str, values: Mapping[TargetKey, int | None], *, organiser_id: int, by: Actor, now: datetime
) -> int:
    """Set each of these targets of one scope; None takes one away. Others stay. How many of them that changed.

    Raises FieldError at the key's name for a number below 1 or above MOST.
    """
    wrong = {key.name: "range" for key, value in values.items() if value is not None and not 1 <= value <= MOST}
    if wrong:
        raise FieldError(wrong)
    mine = (Target.organiser_id == organiser_id, Target.scope == scope)
    rows = db.session.execute(
        select(Target.id, Target.measure, Target.audience, Target.day, Target.value).where(*mine).with_for_update()
    )
    before = {TargetKey(r.measure, r.audience, r.day): r for r in rows}
    changed: dict[str, list[int | None]] = {}
    for key, value in values.items():
        row = before.get(key)
        if value == (row.value if row else None):
            continue
        changed[key.name] = [row.value if row else None, value]
        if value is None and row is not None:
            db.session.execute(delete(Target).where(Target.id == row.id))
        elif row is not None:
            db.session.execute(update(Target).where(Target.id == row.id).values(value=value))
        else:
            db.session.execute(
                insert(Target).values(
                    organiser_id=organiser_id, scope=scope, measure=key.measure, audience=key.audience, day=key.period,
                    value=value,
                )
            )  # fmt: skip
    if changed:
        record(by, "targets.set", scope, now=now, organiser_id=organiser_id, details=changed)
    return len(changed)
