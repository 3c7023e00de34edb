"""The times that boxes are out of service: one is open as long as the box is, and says the same as the box does."""

from datetime import date, datetime

from sqlalchemy import insert, select, update

from app.boxes.enums import BoxCondition, OutReason
from app.boxes.models import BoxOutage
from app.boxes.rows import BoxRow
from app.core.db import db


def follow_condition(
    before: BoxRow,
    condition: BoxCondition,
    *,
    today: date,
    now: datetime,
    reason: OutReason | None = None,
    note: str = "",
    since: date | None = None,
    until: date | None = None,
) -> None:
    """Open, change or end the box's outage, for its condition is written: every operation that writes it calls this.

    Out of service: `reason`, `since` and `until` are the box's own from now on. Otherwise the open outage, if there is one, ends
    today; not before it began.
    """
    opened = select(BoxOutage.id, BoxOutage.started_on).where(
        BoxOutage.box_id == before.id, BoxOutage.ended_on.is_(None)
    )
    found = db.session.execute(opened).one_or_none()
    if condition is not BoxCondition.OUT_OF_SERVICE:
        if found is not None:
            _change(found.id, ended_on=max(today, found.started_on))
        return
    assert reason is not None
    assert since is not None
    values = {"reason": reason, "note": note, "started_on": since, "expected_on": until}
    if found is not None:
        _change(found.id, **values)
        return
    db.session.execute(
        insert(BoxOutage).values(organiser_id=before.organiser_id, box_id=before.id, created_at=now, **values)
    )


def _change(outage_id: int, **values: object) -> None:
    db.session.execute(update(BoxOutage).where(BoxOutage.id == outage_id).values(**values))
