"""Plans as pages, papers and programs read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, select

from app.core.db import db
from app.events.models import Event
from app.flows.enums import PlanOrigin, PlanState
from app.flows.errors import PlanNotFound
from app.flows.hours import Hours
from app.flows.models import FlowPlan
from app.flows.spread import Spread
from app.flows.summary import PlanSummary, read_spread, read_summary


@dataclass(frozen=True)
class PlanRow:
    """A plan without its passages. `revision` rises with every change of a draft, and is asked for by what changes it."""

    id: int
    event_id: int
    organiser_id: int
    number: int
    state: PlanState
    origin: PlanOrigin
    note: str
    summary: PlanSummary
    based_on_id: int | None
    revision: int
    job_id: int | None
    made_by: str
    created_at: datetime
    published_at: datetime | None
    replaced_at: datetime | None


@dataclass(frozen=True)
class WholePlan(PlanRow):
    """A plan with what it was made from: the instance as JSON (docs/planning.md), what its minutes stand for, when groups arrive,
    the individuals that were expected. `kept` is the summary as it is stored.
    """

    instance: dict[str, Any] = field(default_factory=dict, repr=False)
    hours: Hours = field(default_factory=lambda: Hours(()))
    arrivals: Mapping[str, int] = field(default_factory=dict)
    expected: Spread = field(default_factory=dict, repr=False)
    kept: Mapping[str, Any] = field(default_factory=dict, repr=False)


_NAMES = [name for name in PlanRow.__dataclass_fields__ if name != "summary"]
_COLUMNS = [getattr(FlowPlan, name) for name in [*_NAMES, "summary"]]


def list_plans(event_id: int) -> list[PlanRow]:
    """Every plan of an event, newest first: one statement."""
    rows = db.session.execute(_of(event_id, *_COLUMNS).order_by(FlowPlan.number.desc())).mappings()
    return [PlanRow(**_values(row)) for row in rows]


def get_plan(event_id: int, number: int) -> WholePlan:
    """The plan of that number. Raises PlanNotFound."""
    return _get(_whole(event_id).where(FlowPlan.number == number))


def get_plan_by_id(plan_id: int) -> WholePlan:
    """Raises PlanNotFound."""
    return _get(_whole(None).where(FlowPlan.id == plan_id))


def find_plan_in_force(event_id: int) -> WholePlan | None:
    """What people are told now, or None."""
    return _find(_whole(event_id).where(FlowPlan.state == PlanState.IN_FORCE))


def has_plan_in_force(event_id: int) -> bool:
    """Whether people were told hours of a plan that still holds: one statement."""
    wanted = select(FlowPlan.id).where(FlowPlan.event_id == event_id, FlowPlan.state == PlanState.IN_FORCE)
    return db.session.execute(wanted.limit(1)).first() is not None


def find_plan_in_making(event_id: int) -> PlanRow | None:
    """The plan that a job works on, or None."""
    statement = _of(event_id, *_COLUMNS).where(FlowPlan.state == PlanState.MAKING).order_by(FlowPlan.number.desc())
    row = db.session.execute(statement.limit(1)).mappings().first()
    return None if row is None else PlanRow(**_values(row))


def _of(event_id: int | None, *columns: Any) -> Select[Any]:
    """Of an event (None: of any) that is in no bin."""
    found = select(*columns).join(Event, Event.id == FlowPlan.event_id).where(Event.deleted_at.is_(None))
    return found if event_id is None else found.where(FlowPlan.event_id == event_id)


def _whole(event_id: int | None) -> Select[Any]:
    return _of(event_id, *_COLUMNS, FlowPlan.instance)


def _find(statement: Select[Any]) -> WholePlan | None:
    row = db.session.execute(statement).mappings().first()
    if row is None:
        return None
    kept = row["summary"]
    return WholePlan(
        **_values(row),
        instance=row["instance"],
        hours=Hours.read(kept.get("days", ())),
        arrivals=kept.get("arrivals", {}),
        expected=read_spread(kept),
        kept=kept,
    )


def _get(statement: Select[Any]) -> WholePlan:
    found = _find(statement)
    if found is None:
        raise PlanNotFound
    return found


def _values(row: RowMapping) -> dict[str, Any]:
    return {**{name: row[name] for name in _NAMES}, "summary": read_summary(row["summary"])}
