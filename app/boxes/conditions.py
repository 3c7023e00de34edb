"""Conditions that statements about boxes ask alike."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from app.boxes.models import Accreditation

Day = InstrumentedAttribute[date] | date
Number = InstrumentedAttribute[int] | int


def may_run(
    scenario_id: Number,
    first_day: Day,
    last_day: Day,
    *,
    at: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None] | None = None,
) -> ColumnElement[bool]:
    """Of an accreditation: whoever holds it may run that scenario on all days from the first to the last.

    A withdrawn one is none; with `at` it counts where it was withdrawn after that instant.
    """
    not_withdrawn = Accreditation.withdrawn_at.is_(None)
    return and_(
        Accreditation.scenario_id == scenario_id,
        Accreditation.granted_on <= first_day,
        or_(Accreditation.expires_on.is_(None), Accreditation.expires_on >= last_day),
        not_withdrawn if at is None else or_(not_withdrawn, Accreditation.withdrawn_at >= at),
    )
