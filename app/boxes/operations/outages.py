"""The times that boxes are out of service: one is open as long as the box is, and says the same as the box does."""

from datetime import date, datetime

from sqlalchemy import insert, select, text, update

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
    today; not before it began. Its note, which may name people, ends with it where the names of a loan that was checked meanwhile
    are gone already.
    """
    opened = select(BoxOutage.id, BoxOutage.started_on).where(
        BoxOutage.box_id == before.id, BoxOutage.ended_on.is_(None)
    )
    found = db.session.execute(opened).one_or_none()
    if condition is not BoxCondition.OUT_OF_SERVICE:
        if found is not None:
            forgotten = {"note": ""} if _are_names_gone(found.id) else {}
            _change(found.id, ended_on=max(today, found.started_on), **forgotten)
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


def _are_names_gone(outage_id: int) -> bool:
    """Whether a loan by whose check the outage began, or went on, names nobody any more. Loans are above: their tables are
    named here.
    """
    checked = (
        "SELECT 1 FROM box_outages JOIN loan_boxes ON loan_boxes.box_id = box_outages.box_id"
        " AND loan_boxes.checked_at >= box_outages.created_at JOIN loans ON loans.id = loan_boxes.loan_id"
        " WHERE box_outages.id = :outage_id AND loans.names_removed_at IS NOT NULL"
    )
    return db.session.execute(text(checked), {"outage_id": outage_id}).first() is not None
