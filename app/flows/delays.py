"""What a delay means: the passages by now, who is concerned and by how much. Read before it is said, and when it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.db import db
from app.core.errors import Conflict
from app.events.queries import EventRow, WaveRow
from app.events.route import begin_of, longest_minutes, stops_of
from app.events.route import work_out as hours_of
from app.flows.building import GroupToPlan, group_id, registration_and_wave
from app.flows.drift import Drift, Late, TooLate, push
from app.flows.enums import DelayKind, PlanOrigin
from app.flows.hours import Hours
from app.flows.instance import DAY, Passage
from app.flows.minutes import to_passages
from app.flows.models import FlowPassage, FlowPlan
from app.flows.queries import find_plan_in_force, get_plan_by_id, list_groups_to_plan
from app.flows.queries.people import Alone, list_alone
from app.flows.queries.plans import WholePlan
from app.flows.reading import read_instance
from app.flows.summary import LATE_SPACES


class DelayTooLong(Conflict):
    """With such a delay not everybody is through on that day: plan anew, or call groups off."""

    code = "delay_too_long"


@dataclass(frozen=True)
class Pushed:
    """What a delay does to the plan in force (`told`): against `planned`, the plan as it was before all delays."""

    told: WholePlan
    planned: WholePlan
    drift: Drift
    late: tuple[Late, ...]


@dataclass(frozen=True)
class Outcome:
    """`before` minutes were said until now. `concerned`: by how many minutes the hours of each registration move at most, of
    those whose visit is not over. `pushed` is None without a plan in force, or where it lacks stops that are gone (`broken`).
    `alone` are the people who come alone in a late wave, or have yet to go to a late space, each once.
    """

    minutes: int
    before: int
    concerned: Mapping[int, int]
    pushed: Pushed | None = None
    broken: bool = False
    alone: tuple[Alone, ...] = ()


def work_out(event: EventRow, kind: DelayKind, of_id: int, minutes: int, now: datetime) -> Outcome:
    """What it means that this wave or space is late by so many minutes in all. Eight statements at most. Raises DelayTooLong."""
    before = lateness(event, kind, of_id)
    plan = find_plan_in_force(event.id)
    pushed = None if plan is None or not plan.hours.days else _push(event, plan, kind, of_id, minutes, now)
    groups = list_groups_to_plan(event.id)  # who cancelled, or gave the places back, is in the plan and is not told
    standing = {group.registration_id for group in groups}
    concerned = {} if pushed is None else {one: by for one, by in _moved(pushed, now).items() if one in standing}
    if kind is DelayKind.WAVE and minutes != before:
        known = set() if pushed is None else {p.group for p in pushed.drift.passages}
        concerned |= _unplanned(event, groups, of_id, minutes - before, known, now)
    alone = () if minutes == before else _list_alone(event, kind, of_id, max(minutes, before), now)
    return Outcome(minutes, before, concerned, pushed, plan is not None and pushed is None, alone)


def lateness(event: EventRow, kind: DelayKind, of_id: int) -> int:
    """By how much a wave or a space is said to be late; 0 of one that the event does not have."""
    rows: Sequence[Any] = event.waves if kind is DelayKind.WAVE else event.spaces
    return next((row.late_minutes for row in rows if row.id == of_id), 0)


def _push(
    event: EventRow, told: WholePlan, kind: DelayKind, of_id: int, minutes: int, now: datetime
) -> Pushed | None:  # fmt: skip
    planned = plan_before_delays(told)
    said, first = (_read_passages(plan, event.timezone) for plan in (told, planned))
    if len(said) != told.summary.passages or len(first) != planned.summary.passages:
        return None  # a stop went with its passages: the plan is out of date, and says so
    late = tuple(_list_late(event, planned, kind, of_id, minutes))
    try:
        drift = push(
            read_instance(planned.instance), said, late, minute_now(told.hours, now), planned=first, arrivals=planned.arrivals
        )  # fmt: skip
    except TooLate as error:
        raise DelayTooLong(str(error)) from error
    return Pushed(told, planned, drift, late)


def plan_before_delays(plan: WholePlan) -> WholePlan:
    """The plan from which the delays of the day began to make others; the plan itself where there were none."""
    rows = db.session.execute(
        select(FlowPlan.id, FlowPlan.origin, FlowPlan.based_on_id).where(FlowPlan.event_id == plan.event_id)
    )
    before = {row.id: row.based_on_id for row in rows if row.origin is PlanOrigin.DELAY}
    found = plan.id
    while before.get(found) is not None:
        found = before[found]
    return plan if found == plan.id else get_plan_by_id(found)


def _read_passages(plan: WholePlan, timezone: str) -> list[Passage]:
    """Every stored passage, those of people in the bin too: places are theirs until the plan is made anew."""
    rows: list[Any] = list(
        db.session.execute(select(FlowPassage.__table__).where(FlowPassage.plan_id == plan.id).order_by(FlowPassage.id))
    )
    return to_passages(rows, plan.hours, timezone)


def _list_late(event: EventRow, planned: WholePlan, kind: DelayKind, of_id: int, minutes: int) -> Iterator[Late]:
    """Everything that is late, this delay included. A plan made while a wave was late has that in its windows already,
    one made while a space was late in what it kept of that space.
    """
    for wave in event.waves:
        of_wave = frozenset(
            group["id"] for group in planned.instance["groups"] if registration_and_wave(group["id"])[1] == wave.id
        )
        if not of_wave:
            continue
        known = _known_lateness(event, planned, wave, of_wave)
        now = minutes if (kind, of_id) == (DelayKind.WAVE, wave.id) else wave.late_minutes
        yield Late(now - known, wave.late_minutes - known, groups=of_wave)
    known_spaces = planned.kept.get(LATE_SPACES, {})
    for space in event.spaces:
        known = int(known_spaces.get(str(space.id), 0))
        now = minutes if (kind, of_id) == (DelayKind.SPACE, space.id) else space.late_minutes
        if now != known or space.late_minutes != known:
            yield Late(now - known, space.late_minutes - known, space=str(space.id))


def _known_lateness(event: EventRow, planned: WholePlan, wave: WaveRow, of_wave: frozenset[str]) -> int:
    start = planned.hours.minute(wave.starts_at, event.timezone)
    window = next(g["windows"][0]["from"] for g in planned.instance["groups"] if g["id"] in of_wave)
    return 0 if start is None else int(window) - start


def minute_now(hours: Hours, now: datetime) -> int:
    """The present in minutes of a plan; between two of its days, the end of the first."""
    number = max((n for n, day in enumerate(hours.days) if day.zero <= now), default=0)
    return min(hours.minute_on(number, now), number * DAY + DAY - 1)


def _moved(pushed: Pushed, now: datetime) -> dict[int, int]:
    found: dict[int, int] = {}
    for one in pushed.drift.consequences.moved:
        if max(pushed.planned.hours.moment(end) for end in (one.ended, one.ends)) > now:
            registration_id = registration_and_wave(one.group)[0]
            found[registration_id] = max(one.minutes, found.get(registration_id, one.minutes), key=abs)
    return found


def _unplanned(
    event: EventRow, groups: Sequence[GroupToPlan], wave_id: int, minutes: int, planned: set[str], now: datetime
) -> dict[int, int]:
    """The groups of a wave that no plan knows, unless they have begun: their hours are worked out from it."""
    wave = event.wave(wave_id)
    if wave is None:
        return {}
    begins = wave.starts_at + timedelta(minutes=wave.late_minutes + max(0, minutes))
    if begins <= now:
        return {}
    return {
        group.registration_id: minutes
        for group in groups
        if wave_id in group.waves and group_id(group.registration_id, wave_id) not in planned
    }


def _list_alone(event: EventRow, kind: DelayKind, of_id: int, minutes: int, now: datetime) -> tuple[Alone, ...]:
    """Of a wave: who has not arrived by the hour that was said. Of a space: who has yet to go there on the day that is on, or
    the next one, by the hours worked out from their wave.
    """
    if kind is DelayKind.WAVE:
        wave = event.wave(of_id)
        begun = wave is None or wave.starts_at + timedelta(minutes=minutes) <= now
        return () if begun else tuple(list_alone([of_id]))
    zone, longest = ZoneInfo(event.timezone), timedelta(minutes=longest_minutes(event))
    days = {wave.id: begin_of(wave).astimezone(zone).date() for wave in event.waves}
    day = min((days[wave.id] for wave in event.waves if begin_of(wave) + longest > now), default=None)
    waves = {wave.id: wave for wave in event.waves if days[wave.id] == day}
    found = {
        one.registration_id: one
        for one in list_alone(list(waves))
        if _goes_to(event, one, waves[one.wave_id], of_id, now)
    }
    return tuple(found.values())


def _goes_to(event: EventRow, one: Alone, wave: WaveRow, space_id: int, now: datetime) -> bool:
    stops = stops_of(event, one.audience, one.declined_stops)
    begins = [at or begin_of(wave) for at, _ends in hours_of(event, stops, begin_of(wave))]
    return any(stop.space_id == space_id and at > now for stop, at in zip(stops, begins, strict=True))
