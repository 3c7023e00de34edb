"""Breaches and causes with the names and hours that people know: what codes are said with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.events.queries import EventRow
from app.flows.breaches import Breach, BreachKind, list_breaches
from app.flows.building import group_id, registration_and_wave
from app.flows.causes import CauseKind, Unit
from app.flows.minutes import to_passages
from app.flows.queries.passages import PassageRow, list_passages
from app.flows.queries.plans import WholePlan
from app.flows.reading import read_instance
from app.registrations.queries import RegistrationRow, list_registrations_by_id


@dataclass(frozen=True)
class BreachRow:
    """A `Breach` in hours and names: see there what `wanted` and `there` count. `passages` that are stored, in their order."""

    kind: BreachKind
    passages: tuple[PassageRow, ...]
    holder: str
    space_name: str
    at: datetime | None
    until: datetime | None
    wanted: int
    there: int


@dataclass(frozen=True)
class CauseRow:
    """A `Cause` in hours and names: see there. `groups` are (registration, wave, who)."""

    kind: CauseKind
    groups: tuple[tuple[int, int, str], ...]
    unit: Unit
    wanted: int
    there: int
    space_name: str
    starts_at: datetime | None
    ends_at: datetime | None


def list_plan_breaches(plan: WholePlan, event: EventRow) -> list[BreachRow]:
    """What the passages of a plan break, as they are stored now: two statements at most."""
    if not plan.hours.days:
        return []
    rows = list_passages(plan.id)
    instance = read_instance(plan.instance)
    return describe_breaches(list_breaches(instance, to_passages(rows, plan.hours, event.timezone)), rows, plan, event)


def describe_breaches(
    breaches: Sequence[Breach], rows: Sequence[PassageRow], plan: WholePlan, event: EventRow
) -> list[BreachRow]:
    """Breaches of these passages in hours and names."""
    spaces = {str(space.id): space.name for space in event.spaces}
    by_key = {(group_id(row.registration_id, row.wave_id), row.team, str(row.stop_id)): row for row in rows}
    holders = {group: row.holder for (group, _team, _stop), row in by_key.items()}
    return [
        BreachRow(
            breach.kind,
            tuple(by_key[key] for key in breach.passages if key in by_key),
            holders.get(breach.passages[0][0], ""),
            spaces.get(breach.space or "", ""),
            None if breach.at is None else plan.hours.moment(breach.at),
            None if breach.until is None else plan.hours.moment(breach.until),
            breach.wanted,
            breach.there,
        )
        for breach in breaches
    ]


def list_causes(plan: WholePlan, event: EventRow) -> list[CauseRow]:
    """What is in the way of the groups that were left out, where it is known: three statements at most."""
    spaces = {str(space.id): space.name for space in event.spaces}
    wanted = {registration_and_wave(group)[0] for cause in plan.summary.causes for group in cause.groups}
    holders = _holders(sorted(wanted))
    return [
        CauseRow(
            cause.kind,
            tuple((*key, holders[key[0]]) for key in map(registration_and_wave, cause.groups) if key[0] in holders),
            cause.unit,
            cause.wanted,
            cause.there,
            spaces.get(cause.space or "", ""),
            None if cause.start is None else plan.hours.moment(cause.start),
            None if cause.end is None else plan.hours.moment(cause.end),
        )
        for cause in plan.summary.causes
    ]


def list_left_out(plan: WholePlan) -> list[tuple[RegistrationRow, int]]:
    """The groups without a place in the plan, each with its wave: three statements. Those that are gone are left out."""
    rows = {row.id: row for row in list_registrations_by_id([key[0] for key in plan.summary.left_out])}
    return [(rows[registration], wave) for registration, wave in plan.summary.left_out if registration in rows]


def _holders(registration_ids: Sequence[int]) -> dict[int, str]:
    return {row.id: row.holder for row in list_registrations_by_id(registration_ids)} if registration_ids else {}
