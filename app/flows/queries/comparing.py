"""What is different: between two plans, and between a plan and what is registered and said of the event by now."""

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select

from app.core.db import db
from app.events.queries import EventRow
from app.flows.building import build_instance, registration_and_wave
from app.flows.enums import PlanState
from app.flows.hours import Hours
from app.flows.models import Delay
from app.flows.queries.passages import PassageRow, list_passages
from app.flows.queries.people import list_groups_to_plan
from app.flows.queries.plans import PlanRow, WholePlan

Json = dict[str, Any]


class ChangeKind(enum.StrEnum):
    """What happened since a plan was made. GROUP_ROUTE: its stops (audience, choices). GROUP_WAVE: its window moved.

    DELAY: a wave or a space was said to be late, or on time again, after the draft was begun.
    """

    GROUP_ADDED = "group_added"
    GROUP_GONE = "group_gone"
    HEADCOUNT = "headcount"
    GROUP_ROUTE = "group_route"
    GROUP_WAVE = "group_wave"
    SPACE = "space"
    STOP = "stop"
    WALKS = "walks"
    DAYS = "days"
    DELAY = "delay"


WHO = frozenset({ChangeKind.GROUP_ADDED, ChangeKind.GROUP_GONE, ChangeKind.HEADCOUNT})
"""What makes groups or people missing, or leaves room: such a plan still holds. By any other change it does not."""


@dataclass(frozen=True)
class Change:
    """One thing that differs; what it is about by its id, and for a headcount people before and now."""

    kind: ChangeKind
    registration_id: int | None = None
    wave_id: int | None = None
    space_id: int | None = None
    stop_id: int | None = None
    before: int | None = None
    now: int | None = None


def is_out_of_date(plan: WholePlan, event: EventRow) -> tuple[Change, ...]:
    """What the plan does not know yet; empty when it is up to date. The forecast of individuals is not looked at."""
    if not event.waves or not plan.hours.days:
        return ()
    late = (Change(ChangeKind.DELAY),) if plan.state is PlanState.DRAFT and _is_delayed_since(plan) else ()
    try:
        now = build_instance(event, list_groups_to_plan(event.id), {})
    except ValueError:  # its waves lie on more days than a plan has
        return (Change(ChangeKind.DAYS), *late)
    return (*_changes(plan.instance, plan.hours, now.instance, now.hours), *late)


def _is_delayed_since(plan: WholePlan) -> bool:
    said = exists().where(Delay.event_id == plan.event_id, Delay.at > plan.created_at)
    return bool(db.session.execute(select(said)).scalar_one())


def _changes(before: Json, hours: Hours, now: Json, new_hours: Hours) -> Iterator[Change]:
    groups, new_groups = _by_id(before["groups"]), _by_id(now["groups"])
    for name in new_groups.keys() - groups.keys():
        yield _of_group(ChangeKind.GROUP_ADDED, name)
    for name in sorted(groups.keys() & new_groups.keys()):
        one, other = groups[name], new_groups[name]
        if one["people"] != other["people"]:
            yield _of_group(ChangeKind.HEADCOUNT, name, one["people"], other["people"])
        if one["stops"] != other["stops"]:
            yield _of_group(ChangeKind.GROUP_ROUTE, name)
        if _moments(one["windows"][:1], hours) != _moments(
            other["windows"], new_hours
        ):  # others: of who was there before
            yield _of_group(ChangeKind.GROUP_WAVE, name)
    for name in sorted(groups.keys() - new_groups.keys()):
        yield _of_group(ChangeKind.GROUP_GONE, name)
    for name in _different(before["spaces"], now["spaces"]):
        yield Change(ChangeKind.SPACE, space_id=int(name))
    for name in _different(before["stops"], now["stops"]):
        yield Change(ChangeKind.STOP, stop_id=int(name))
    if _walks(before) != _walks(now):
        yield Change(ChangeKind.WALKS)
    if _ends(before["days"], hours) != _ends(now["days"], new_hours):  # they begin with windows
        yield Change(ChangeKind.DAYS)


def _by_id(rows: Iterable[Json]) -> dict[str, Json]:
    return {row["id"]: row for row in rows}


def _different(before: list[Json], now: list[Json]) -> list[str]:
    """The ids of what was added, changed or taken away."""
    one, other = _by_id(before), _by_id(now)
    return sorted((i for i in one.keys() | other.keys() if one.get(i) != other.get(i)), key=int)


def _moments(spans: Iterable[Json], hours: Hours) -> list[tuple[Any, Any]]:
    return sorted((hours.moment(span["from"]), hours.moment(span["until"])) for span in spans)


def _ends(days: Iterable[Json], hours: Hours) -> list[Any]:
    return sorted(hours.moment(day["until"]) for day in days)


def _walks(instance: Json) -> tuple[int, list[tuple[str, str, int]]]:
    walks = sorted((walk["from"], walk["to"], walk["minutes"]) for walk in instance["transfers"])
    return instance["default_transfer"], walks


def _of_group(kind: ChangeKind, group: str, before: int | None = None, now: int | None = None) -> Change:
    registration_id, wave_id = registration_and_wave(group)
    return Change(kind, registration_id, wave_id, before=before, now=now)


@dataclass(frozen=True)
class Comparison:
    """What another plan makes different: passages at another time or place (before, after), and those it has more or less.

    `same` passages are as they were. `registrations` are the groups whose hours or places differ, in the order of their hours;
    `rescheduled` those of them for whom it is more than another stand of the same space.
    """

    moved: tuple[tuple[PassageRow, PassageRow], ...]
    added: tuple[PassageRow, ...]
    removed: tuple[PassageRow, ...]
    same: int
    registrations: tuple[int, ...]
    rescheduled: tuple[int, ...]

    @property
    def whom(self) -> tuple[PassageRow, ...]:
        """A passage of each group concerned, for its names."""
        rows = [*(after for _, after in self.moved), *self.added, *self.removed]
        by_registration = {row.registration_id: row for row in reversed(rows)}
        return tuple(by_registration[i] for i in self.registrations)


def compare(plan: PlanRow | None, other: PlanRow) -> Comparison:
    """From a plan (None: nothing was planned) to another one: two statements. Groups that are gone are left out."""
    before = [] if plan is None else [row for row in list_passages(plan.id) if not row.gone]
    return compare_passages(before, [row for row in list_passages(other.id) if not row.gone])


def compare_passages(before: Iterable[PassageRow], after: Iterable[PassageRow]) -> Comparison:
    """As `compare`, of passages that were read already."""
    old, new = {row.key: row for row in before}, {row.key: row for row in after}
    both = [(old[key], row) for key, row in new.items() if key in old]
    moved = tuple((one, row) for one, row in both if (*_where_when(one), one.stand) != (*_where_when(row), row.stand))
    added = tuple(row for key, row in new.items() if key not in old)
    removed = tuple(row for key, row in old.items() if key not in new)
    concerned = [*(row for _, row in moved), *added, *removed]
    whom = dict.fromkeys(row.registration_id for row in sorted(concerned, key=lambda row: (row.starts_at, row.id)))
    at_another_stand = [row for one, row in moved if _where_when(one) == _where_when(row)]
    more = {row.registration_id for row in concerned if row not in at_another_stand}
    rescheduled = tuple(one for one in whom if one in more)
    return Comparison(moved, added, removed, len(both) - len(moved), tuple(whom), rescheduled)


def _where_when(row: PassageRow) -> tuple[object, ...]:
    return row.starts_at, row.ends_at, row.space_id
