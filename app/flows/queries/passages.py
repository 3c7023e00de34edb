"""Passages with the names that people know them by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, func, select

from app.checkin.rules import day_bounds
from app.core.db import db
from app.core.i18n import Locale
from app.events.models import Event, Space, Stop
from app.flows.enums import PlanState
from app.flows.models import FlowPassage, FlowPlan
from app.registrations.enums import RegistrationStatus
from app.registrations.models import Registration, RegistrationWave
from app.registrations.queries import in_no_bin


@dataclass(frozen=True)
class PassageRow:
    """One team at one stop. `holder` is the class, its body or the person; `teams` how many teams the group goes round in.

    `gone`: the group has no places there any more (cancelled, moved to another wave, absent). Its passages stay in a plan, shown
    struck where plans are worked on and nowhere else; `headcount` is what the group counts now, `people` what was planned.
    """

    id: int
    plan_id: int
    registration_id: int
    reference: str
    audience: str
    holder: str
    holder_detail: str
    headcount: int
    wave_id: int
    team: int
    teams: int
    people: int
    stop_id: int
    stop_name_fr: str
    stop_name_en: str
    box: str
    space_id: int
    space_name: str
    stand: int | None
    starts_at: datetime
    ends_at: datetime
    pinned: bool
    gone: bool

    def stop_name(self, locale: Locale) -> str:
        return self.stop_name_fr if locale == "fr" else self.stop_name_en or self.stop_name_fr

    @property
    def key(self) -> tuple[int, int, int, int]:
        """The same passage in another plan: registration, wave, team, stop."""
        return self.registration_id, self.wave_id, self.team, self.stop_id


_HOLDS = (
    exists()
    .where(
        RegistrationWave.registration_id == FlowPassage.registration_id,
        RegistrationWave.wave_id == FlowPassage.wave_id,
        RegistrationWave.people > 0,
    )
    .correlate(FlowPassage)
)
_SHOWN = (
    select(
        FlowPassage.id, FlowPassage.plan_id, FlowPassage.registration_id, FlowPassage.wave_id, FlowPassage.team,
        FlowPassage.people, FlowPassage.stop_id, FlowPassage.space_id, FlowPassage.stand, FlowPassage.starts_at,
        FlowPassage.ends_at, FlowPassage.pinned, Registration.reference, Registration.audience, Registration.class_label,
        Registration.organisation_name, Registration.contact_name, Registration.status, Registration.participants,
        Registration.companions, Stop.name_fr, Stop.name_en, Stop.box, Space.name.label("space_name"), _HOLDS.label("holds"),
    )
    .join(Registration, Registration.id == FlowPassage.registration_id)
    .join(Stop, Stop.id == FlowPassage.stop_id)
    .join(Space, Space.id == FlowPassage.space_id)
    .where(in_no_bin())
    .order_by(FlowPassage.starts_at, Registration.sort_name, FlowPassage.registration_id, FlowPassage.team, FlowPassage.id)
)  # fmt: skip
_IN_FORCE = select(FlowPlan.id).where(FlowPlan.state == PlanState.IN_FORCE)


def list_passages(plan_id: int) -> list[PassageRow]:
    """Every passage of a plan in the order of their hours, those of groups that are gone too: one statement."""
    return _list(FlowPassage.plan_id == plan_id)


def passages_of(registration_id: int) -> list[PassageRow]:
    """Where the teams of a registration are to be, by the plan in force; nothing of waves that it no longer comes in."""
    found = _list(FlowPassage.registration_id == registration_id, FlowPassage.plan_id.in_(_IN_FORCE))
    return [passage for passage in found if not passage.gone]


def passages_of_space(event_id: int, space_id: int, day: date) -> list[PassageRow]:
    """Who comes to a space on a local day, by the plan in force: two statements."""
    timezone = db.session.execute(select(Event.timezone).where(Event.id == event_id)).scalar_one_or_none()
    if timezone is None:
        return []
    begins, ends = day_bounds(day, ZoneInfo(timezone))
    found = _list(
        FlowPassage.space_id == space_id, FlowPassage.starts_at >= begins, FlowPassage.starts_at < ends,
        FlowPassage.plan_id.in_(_IN_FORCE.where(FlowPlan.event_id == event_id)),
    )  # fmt: skip
    return [passage for passage in found if not passage.gone]


def list_first_passages(event_id: int) -> dict[tuple[int, int], datetime]:
    """When the first passage of each (registration, wave) begins, by the plan in force, be they gone or not: one statement."""
    rows = db.session.execute(
        select(FlowPassage.registration_id, FlowPassage.wave_id, func.min(FlowPassage.starts_at))
        .join(Registration, Registration.id == FlowPassage.registration_id)
        .where(FlowPassage.plan_id.in_(_IN_FORCE.where(FlowPlan.event_id == event_id)), in_no_bin())
        .group_by(FlowPassage.registration_id, FlowPassage.wave_id)
    )
    return {(registration_id, wave_id): at for registration_id, wave_id, at in rows}


def _list(*where: ColumnElement[bool]) -> list[PassageRow]:
    rows: list[Any] = list(db.session.execute(_SHOWN.where(*where)))
    teams = _count_teams(rows)
    return [_row(row, teams[row.registration_id, row.wave_id]) for row in rows]


def _count_teams(rows: Sequence[Any]) -> dict[tuple[int, int], int]:
    """Each team goes to every stop of its group: the highest number is how many there are."""
    found: dict[tuple[int, int], int] = {}
    for row in rows:
        key = row.registration_id, row.wave_id
        found[key] = max(found.get(key, 0), row.team)
    return found


def _row(row: Any, teams: int) -> PassageRow:
    holder = row.class_label or row.organisation_name or row.contact_name
    detail = row.organisation_name if row.class_label else (row.contact_name if row.organisation_name else "")
    return PassageRow(
        row.id, row.plan_id, row.registration_id, row.reference, row.audience, holder, detail,
        row.participants + row.companions, row.wave_id, row.team, teams, row.people, row.stop_id, row.name_fr, row.name_en,
        row.box, row.space_id, row.space_name, row.stand, row.starts_at, row.ends_at, row.pinned,
        row.status is not RegistrationStatus.CONFIRMED or not row.holds,
    )  # fmt: skip
