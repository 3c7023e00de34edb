"""The plan in force goes with the new dates of its event, or is dropped and made anew."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.core.actor import Actor
from app.events.queries import EventRow, get_event_by_id
from app.events.route import begin_of
from app.flows.building import TeamStop, build_instance
from app.flows.date_mapping import to_local
from app.flows.delays import plan_before_delays
from app.flows.enums import PlanOrigin, PlanState
from app.flows.errors import NothingToPlan, PlanBroken
from app.flows.followers import Moves, register_followers
from app.flows.hours import Hours
from app.flows.instance import Passage
from app.flows.minutes import to_passages
from app.flows.operations import drop_plan, enforce, start_plan
from app.flows.queries import (
    PassageRow,
    WholePlan,
    count_individuals,
    find_plan_in_force,
    list_groups_to_plan,
    list_passages,
    list_plans,
)
from app.flows.summary import LATE_SPACES

WHOLE_DAY = timedelta(days=1)
UNFINISHED = frozenset({PlanState.MAKING, PlanState.DRAFT})
_Moved = tuple[dict[str, Any], Hours, list[Passage]]


def follow_dates(event_id: int, moves: Moves, by: Actor, now: datetime) -> None:
    """Passages move with their waves as long as that keeps all that the plan had to keep; else a new plan is begun.

    While no date is known plans wait. Drafts are of the old dates: they are dropped. Nobody is told here: who is registered is
    told of the new dates, and reads the hours of the plan there.
    """
    by_wave = {wave_id: move for wave_id, move in moves.items() if move is not None}
    if len(by_wave) < len(moves):
        return
    event, plans = get_event_by_id(event_id), list_plans(event_id)
    plan = find_plan_in_force(event_id)
    unfinished = [row for row in plans if row.state in UNFINISHED]
    for row in unfinished:
        drop_plan(row.id, by=by, now=now, tell=False, calendars=False)
    anew = bool(unfinished)
    if plan is not None and not _move(event, plan, by_wave, by, now):
        drop_plan(plan.id, by=by, now=now, tell=False, calendars=False)
        anew = True
    if anew:
        _begin(event_id, by, now)


def _move(event: EventRow, plan: WholePlan, moves: dict[int, timedelta], by: Actor, now: datetime) -> bool:
    """Whether the plan could move along: then it is in force with its new hours.

    What was late on the old day is on time on the new one: a wave that moves has the hours from before all delays.
    """
    if any(move % timedelta(minutes=1) for move in moves.values()):
        return False
    planned = plan_before_delays(plan)
    rows = _rows_to_move(plan, planned, moves)
    try:
        instance, hours, passages = _by_days(event, planned, rows, moves) or _by_wave(event, planned, rows, moves)
        enforce(
            event, instance, hours, passages, origin=PlanOrigin.DATES, by=by, now=now, note=planned.note,
            kept={**planned.kept, LATE_SPACES: {}},
            tell=False, calendars=False,
        )  # fmt: skip
    except (PlanBroken, ValueError):
        return False
    return True


def _rows_to_move(plan: WholePlan, planned: WholePlan, moves: dict[int, timedelta]) -> list[PassageRow]:
    rows = [row for row in list_passages(plan.id) if row.wave_id in moves]
    if planned.id == plan.id:
        return rows
    first = [row for row in list_passages(planned.id) if row.wave_id in moves]
    return [*(row for row in rows if not moves[row.wave_id]), *(row for row in first if moves[row.wave_id])]


def _by_days(
    event: EventRow, plan: WholePlan, rows: Sequence[PassageRow], moves: dict[int, timedelta]
) -> _Moved | None:
    """Everything by the same number of days, at the same hours on the wall: no minute of the plan changes."""
    zone = ZoneInfo(event.timezone)
    shifts = {
        to_local(wave.starts_at, zone) - to_local(wave.starts_at - moves[wave.id], zone)
        for wave in event.waves
        if wave.id in moves
    }
    shift = next(iter(shifts), timedelta())
    hours = Hours.of((begin_of(wave) for wave in event.waves), event.timezone)
    if len(shifts) != 1 or shift % WHOLE_DAY or [d.on for d in hours.days] != [d.on + shift for d in plan.hours.days]:
        return None
    names = [day.on.isoformat() for day in hours.days]
    old: list[dict[str, Any]] = plan.instance["days"]
    days = [{**day, "name": name} for day, name in zip(old, names, strict=True)]
    return {**plan.instance, "days": days}, hours, to_passages(rows, plan.hours, event.timezone)


def _by_wave(event: EventRow, plan: WholePlan, rows: Sequence[PassageRow], moves: dict[int, timedelta]) -> _Moved:
    """Each passage as far as its wave, against an instance of what is now to be planned."""
    moved = [
        replace(row, starts_at=row.starts_at + moves[row.wave_id], ends_at=row.ends_at + moves[row.wave_id])
        for row in rows
        if not row.gone
    ]
    told = [_team_stop(row) for row in moved]
    pins = [_team_stop(row) for row in moved if row.pinned]
    groups, people = list_groups_to_plan(event.id), count_individuals(event.id)
    built = build_instance(event, groups, people, previous=told, pins=pins)
    known = {group["id"] for group in built.instance["groups"]}
    passages = [p for p in to_passages(moved, built.hours, event.timezone) if p.group in known]
    return built.instance, built.hours, passages


def _team_stop(row: PassageRow) -> TeamStop:
    return TeamStop(row.registration_id, row.wave_id, row.team, row.stop_id, row.starts_at)


def _begin(event_id: int, by: Actor, now: datetime) -> None:
    """A new plan, where there is still something to plan."""
    try:
        start_plan(event_id, by=by, now=now, origin=PlanOrigin.DATES)
    except NothingToPlan:
        return


register_followers("plan", follow_dates)
