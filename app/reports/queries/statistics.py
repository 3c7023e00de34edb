"""What people declared for funders, in totals only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Subquery, func, select

from app.core.db import db
from app.registrations.enums import AgeBand, Gender
from app.registrations.models import DeclaredStatistics, Registration
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
    """`people` are those whose answers are counted, a multiple of five, None when too few. `answers` maps question →
    answer → people, None when too few.
    """

    people: int | None
    answers: dict[str, dict[str, int | None]]


def get_declared_totals(event_id: int) -> DeclaredTotals:
    """Totals of one event, those under five masked: one statement.

    Answers count in fives, in the order of registration: whoever looks before and after somebody registers sees no
    difference, or one that five people made together.
    """
    counted = _counted(event_id)
    rows = db.session.execute(
        select(*[counted.c[q] for q in QUESTIONS], func.count().label("people"))
        .where(counted.c.place <= counted.c.answers - counted.c.answers % LEAST_SHOWN)
        .group_by(*[counted.c[q] for q in QUESTIONS])
    ).all()
    people = sum(row.people for row in rows)
    answers = {question: mask(_count(rows, question, choices)) for question, choices in QUESTIONS.items()}
    return DeclaredTotals(people or None, answers)


def _counted(event_id: int) -> Subquery:
    """Each answer with its place in the order of registration, and how many there are.

    Those of people whose names are forgotten have no registration any more: they come first.
    """
    order = (func.coalesce(Registration.id, 0), DeclaredStatistics.key)
    return (
        select(
            *[getattr(DeclaredStatistics, q) for q in QUESTIONS],
            func.row_number().over(order_by=order).label("place"),
            func.count().over().label("answers"),
        )
        .outerjoin(
            Registration,
            (Registration.statistics_key == DeclaredStatistics.key) & (Registration.event_id == event_id),
        )
        .where(DeclaredStatistics.event_id == event_id)
        .subquery()
    )


def _count(rows: Sequence[Any], question: str, choices: tuple[str, ...]) -> dict[str, int]:
    counts = {str(choice): 0 for choice in choices}
    for row in rows:
        said = getattr(row, question)
        if said is not None:
            counts[{True: YES, False: NO}.get(said, str(said)) if isinstance(said, bool) else str(said)] += row.people
    return counts
