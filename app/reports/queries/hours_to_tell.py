"""Groups that no mail reaches and whose hours are others than they know, by the plan in force or a delay: whom the team calls."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from app.accounts.rules import Ability, Access, may, row_limit
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.tokens import digest
from app.events.enums import EventState
from app.events.queries import EventRow
from app.flows.enums import PlanState
from app.flows.models import FlowPassage, FlowPlan
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.registrations.itinerary import arrival_at
from app.registrations.models import Registration, RegistrationWave
from app.registrations.operations.calling import HOURS_TOLD
from app.reports.queries.list_sql import PEOPLE, within


@dataclass(frozen=True)
class HoursToTell:
    """`before` are the hours of coming that the group knows, `now` those that hold, one for each of its waves, in order.

    They may be the same where only hours on the way changed. `mark` names what holds now. Name and telephone are empty without
    PEOPLE_SEE.
    """

    id: int
    reference: str
    name: str = field(repr=False)
    phone: str = field(repr=False)
    class_label: str
    organisation_name: str
    audience: str
    people: int
    before: tuple[datetime, ...]
    now: tuple[datetime, ...]
    mark: str


def list_hours_to_tell(event: EventRow, access: Access, now: datetime) -> tuple[HoursToTell, ...]:
    """Those whose visit is not over, who come first before the others. Four statements.

    A group knows the hours that it was told last on the telephone, as the history has it; never told any, those of its waves.
    """
    off = event.state not in {EventState.PUBLISHED, EventState.CLOSED} or event.date_to_come or event.is_over(now)
    rows = [] if off else _list_silent(event, access)
    if not rows:
        return ()
    waves, passages, told = _list_waves(event, rows), _list_passages(event, rows), _list_told(rows)
    found = []
    for row in rows:
        line = _line(
            event, row, waves[row.id], passages[row.id], told.get(row.id), now, may(access, Ability.PEOPLE_SEE)
        )
        if line is not None:
            found.append(line)
    return tuple(sorted(found, key=lambda one: (one.now[0], one.id)))


def _list_silent(event: EventRow, access: Access) -> list[Any]:
    rows = db.session.execute(
        select(
            Registration.id, Registration.reference, Registration.contact_name, Registration.contact_phone,
            Registration.class_label, Registration.organisation_name, Registration.audience, PEOPLE.label("people"),
            Registration.declined_stops,
        )
        .where(
            Registration.event_id == event.id, Registration.kind == RegistrationKind.GROUP, Registration.contact_email == "",
            Registration.status == RegistrationStatus.CONFIRMED, Registration.absent_at.is_(None),
            Registration.deleted_at.is_(None), *within(row_limit(access)),
        )
        .order_by(Registration.id)
    )  # fmt: skip
    return list(rows.all())


def _list_waves(event: EventRow, rows: list[Any]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    asked = (
        select(RegistrationWave.registration_id, RegistrationWave.wave_id)
        .join(Registration, Registration.id == RegistrationWave.registration_id)
        .where(Registration.event_id == event.id, Registration.contact_email == "")
    )
    for registration_id, wave_id in db.session.execute(asked):
        found[registration_id].append(wave_id)
    return found


def _list_passages(event: EventRow, rows: list[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    planned = (
        select(
            FlowPassage.registration_id, FlowPassage.wave_id, FlowPassage.team, FlowPassage.stop_id, FlowPassage.starts_at,
            FlowPassage.ends_at, FlowPassage.stand,
        )
        .join(FlowPlan, FlowPlan.id == FlowPassage.plan_id)
        .join(Registration, Registration.id == FlowPassage.registration_id)
        .where(FlowPlan.event_id == event.id, FlowPlan.state == PlanState.IN_FORCE, Registration.contact_email == "")
        .order_by(FlowPassage.id)
    )  # fmt: skip
    for passage in db.session.execute(planned):
        found[passage.registration_id].append(passage)
    return found


def _list_told(rows: list[Any]) -> dict[int, Mapping[str, Any]]:
    subjects = {f"registration:{row.id}": row.id for row in rows}
    latest = (
        select(func.max(AuditEntry.id))
        .where(AuditEntry.subject.in_(list(subjects)), AuditEntry.verb == HOURS_TOLD)
        .group_by(AuditEntry.subject)
    )
    lines = db.session.execute(select(AuditEntry.subject, AuditEntry.details).where(AuditEntry.id.in_(latest)))
    return {subjects[line.subject]: line.details for line in lines}


def _line(
    event: EventRow, row: Any, wave_ids: list[int], passages: list[Any], told: Mapping[str, Any] | None, now: datetime,
    named: bool,
) -> HoursToTell | None:  # fmt: skip
    """None where nothing is to be told."""
    waves = [wave for wave in event.waves if wave.id in wave_ids]
    own = [passage for passage in passages if passage.wave_id in wave_ids]
    ends = [passage.ends_at for passage in own] + [wave.ends_at for wave in waves]
    late = any(wave.late_minutes for wave in waves)
    if not waves or max(ends) <= now or (told is None and not own and not late):
        return None
    begins = tuple(
        arrival_at(event, row, wave, min((p.starts_at for p in own if p.wave_id == wave.id), default=None))
        for wave in waves
    )
    mark = _mark(begins, own)
    if told is not None and told["mark"] == mark:
        return None
    known = tuple(datetime.fromisoformat(text) for text in told["hours"]) if told is not None else ()
    return HoursToTell(
        id=row.id, reference=row.reference, name=row.contact_name if named else "",
        phone=row.contact_phone if named else "", class_label=row.class_label, organisation_name=row.organisation_name,
        audience=row.audience, people=row.people, before=known or tuple(wave.starts_at for wave in waves), now=begins,
        mark=mark,
    )  # fmt: skip


def _mark(begins: tuple[datetime, ...], passages: list[Any]) -> str:
    said = [at.astimezone(UTC).isoformat() for at in begins]
    said += sorted(
        f"{p.wave_id}.{p.team}.{p.stop_id}.{p.stand}.{p.starts_at.astimezone(UTC).isoformat()}" for p in passages
    )
    return digest("|".join(said))[:16]
