"""What people declared for funders, in totals only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.core.db import db
from app.registrations.enums import AgeBand, Gender
from app.registrations.models import DeclaredStatistics
from app.reports.rules import LEAST_SHOWN, mask

YES, NO = "yes", "no"
QUESTIONS: dict[str, tuple[str, ...]] = {
    "gender": tuple(Gender),
    "age_band": tuple(AgeBand),
    "priority_neighbourhood": (YES, NO),
    "rural_zone": (YES, NO),
    "recognised_disability": (YES, NO),
}


@dataclass(frozen=True)
class DeclaredTotals:
    """`people` answered something, None when too few. `answers` maps question → answer → people, None when too few."""

    people: int | None
    answers: dict[str, dict[str, int | None]]


def get_declared_totals(event_id: int) -> DeclaredTotals:
    """Totals of one event, those under five masked: one statement."""
    rows = db.session.execute(
        select(*[getattr(DeclaredStatistics, q) for q in QUESTIONS], func.count().label("people"))
        .where(DeclaredStatistics.event_id == event_id)
        .group_by(*[getattr(DeclaredStatistics, q) for q in QUESTIONS])
    ).all()
    people = sum(row.people for row in rows)
    answers = {question: mask(_count(rows, question, choices)) for question, choices in QUESTIONS.items()}
    return DeclaredTotals(people if people >= LEAST_SHOWN else None, answers)


def _count(rows: Sequence[Any], question: str, choices: tuple[str, ...]) -> dict[str, int]:
    counts = {str(choice): 0 for choice in choices}
    for row in rows:
        said = getattr(row, question)
        if said is not None:
            counts[{True: YES, False: NO}.get(said, str(said)) if isinstance(said, bool) else str(said)] += row.people
    return counts
