"""What people declared for funders, in totals only."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Subquery, and_, case, exists, func, literal, select

from app.checkin.models import Presence
from app.core.db import db
from app.events.models import Event
from app.registrations.enums import AgeBand, Gender
from app.registrations.models import DeclaredStatistics, Registration
from app.reports.known import look_up
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


NOBODY = DeclaredTotals(None, {question: mask({str(c): 0 for c in choices}) for question, choices in QUESTIONS.items()})


def get_declared_totals(event_id: int) -> DeclaredTotals:
    """Totals of one event, those under five masked: two statements at most.

    Answers count in fives, in the order of registration: whoever looks before and after somebody registers, or goes into
    the bin or out of it, sees no difference, or one that five people made together.
    """
    return _totals_of([event_id]).get(event_id, NOBODY)


def add_declared_totals(event_ids: Collection[int]) -> DeclaredTotals:
    """What each of these events shows, added up: two statements at most. None where none of them shows anything.

    Nothing but what the events show: a sum that held more would give away, by subtraction, what one of them leaves out.
    """
    each = list(_totals_of(event_ids).values())
    return DeclaredTotals(
        _shown_sum(totals.people for totals in each),
        {
            question: {str(answer): _shown_sum(t.answers[question][str(answer)] for t in each) for answer in choices}
            for question, choices in QUESTIONS.items()
        },
    )


def _shown_sum(numbers: Iterable[int | None]) -> int | None:
    shown = [number for number in numbers if number is not None]
    return sum(shown) if shown else None


def _totals_of(event_ids: Collection[int]) -> dict[int, DeclaredTotals]:
    """Each event's totals, those that this process knows of an event's present version without counting again."""
    versions = db.session.execute(select(Event.id, Event.version).where(Event.id.in_(event_ids)))
    marks = {row.id: row.version for row in versions}
    return look_up("declared", marks, _count_events)


def _count_events(event_ids: Sequence[int]) -> dict[int, DeclaredTotals]:
    by_event: dict[int, list[Any]] = {event_id: [] for event_id in event_ids}
    for row in _rows(event_ids):
        by_event[row.event_id].append(row)
    return {event_id: _totals(rows) for event_id, rows in by_event.items()}


def _totals(rows: Sequence[Any]) -> DeclaredTotals:
    people = sum(row.people for row in rows)
    answers = {question: mask(_count(rows, question, choices)) for question, choices in QUESTIONS.items()}
    return DeclaredTotals(people or None, answers)


def _rows(event_ids: Collection[int]) -> Sequence[Any]:
    """How many people of an event answered alike, of those who are counted."""
    counted = _in_fives(event_ids)
    keys = [counted.c.event_id, *(counted.c[q] for q in QUESTIONS)]
    return db.session.execute(
        select(*keys, func.count().label("people"))
        .where(counted.c.five < counted.c.answers // LEAST_SHOWN, counted.c.hidden == 0)
        .group_by(*keys)
    ).all()


def _in_fives(event_ids: Collection[int]) -> Subquery:
    """Each answer with the number of its five, from 0, and how many of those five are hidden."""
    placed = _placed(event_ids)
    five = (placed.c.place - 1) // LEAST_SHOWN
    return select(
        *placed.c,
        five.label("five"),
        func.sum(placed.c.binned).over(partition_by=(placed.c.event_id, five)).label("hidden"),
    ).subquery()


def _placed(event_ids: Collection[int]) -> Subquery:
    """Each answer with its place in the order of registration, and how many there are in its event.

    Those of people whose names are forgotten have no registration any more: they come first. Those of registrations in
    the bin keep their place but hide their five, unless somebody came: if they left it, the next one would move up and
    stand alone in the difference. The halves are read one from the registrations, one from what is left: no index of
    registrations leads from an answer to them.
    """
    columns = [
        DeclaredStatistics.event_id,
        DeclaredStatistics.key,
        *(getattr(DeclaredStatistics, q) for q in QUESTIONS),
    ]
    tied = (Registration.event_id.in_(event_ids), Registration.statistics_key.is_not(None))
    came = exists().where(
        Presence.registration_id == Registration.id, Presence.came_participants + Presence.came_companions > 0
    )
    binned = case((and_(Registration.deleted_at.is_not(None), ~came), 1), else_=0).label("binned")
    known = (
        select(*columns, Registration.id.label("registration"), binned)
        .select_from(Registration)
        .join(DeclaredStatistics, DeclaredStatistics.key == Registration.statistics_key)
        .where(*tied)
    )
    forgotten = select(*columns, literal(0).label("registration"), literal(0, Integer).label("binned")).where(
        DeclaredStatistics.event_id.in_(event_ids),
        DeclaredStatistics.key.not_in(select(Registration.statistics_key).where(*tied)),
    )
    both = known.union_all(forgotten).subquery()
    return select(
        both.c.event_id,
        *(both.c[q] for q in QUESTIONS),
        both.c.binned,
        func.row_number().over(partition_by=both.c.event_id, order_by=(both.c.registration, both.c.key)).label("place"),
        func.count().over(partition_by=both.c.event_id).label("answers"),
    ).subquery()


def _count(rows: Sequence[Any], question: str, choices: tuple[str, ...]) -> dict[str, int]:
    counts = {str(choice): 0 for choice in choices}
    for row in rows:
        said = getattr(row, question)
        if said is not None:
            counts[{True: YES, False: NO}.get(said, str(said)) if isinstance(said, bool) else str(said)] += row.people
    return counts
