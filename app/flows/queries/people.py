"""Who is to be planned, and who is to be expected beside them."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select

from app.core.db import db
from app.flows.building import GroupToPlan
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.registrations.models import Registration, RegistrationWave
from app.registrations.queries import in_no_bin

_STANDING = (Registration.status == RegistrationStatus.CONFIRMED, RegistrationWave.people > 0, in_no_bin())


def list_groups_to_plan(event_id: int) -> list[GroupToPlan]:
    """The confirmed groups that hold places, with each of their waves: one statement."""
    rows = db.session.execute(
        select(
            Registration.id, Registration.audience, Registration.participants, Registration.companions,
            Registration.declined_stops, RegistrationWave.wave_id,
        )
        .join(RegistrationWave, RegistrationWave.registration_id == Registration.id)
        .where(Registration.event_id == event_id, Registration.kind == RegistrationKind.GROUP, *_STANDING)
        .order_by(Registration.id, RegistrationWave.wave_id)
    ).all()  # fmt: skip
    waves: dict[int, list[int]] = {}
    for row in rows:
        waves.setdefault(row.id, []).append(row.wave_id)
    return [
        GroupToPlan(row.id, row.audience, row.participants + row.companions, tuple(waves[row.id]), tuple(row.declined_stops))
        for row in {row.id: row for row in rows}.values()
    ]  # fmt: skip


@dataclass(frozen=True)
class Alone:
    """Somebody who comes alone, in one of their waves."""

    registration_id: int
    wave_id: int
    audience: str
    declined_stops: tuple[int, ...]
    has_mail: bool


def list_alone(wave_ids: Collection[int]) -> list[Alone]:
    """The confirmed people who come alone in these waves, a row for each of them: one statement."""
    rows = db.session.execute(
        select(
            Registration.id, RegistrationWave.wave_id, Registration.audience, Registration.declined_stops,
            (Registration.contact_email != "").label("has_mail"),
        )
        .join(RegistrationWave, RegistrationWave.registration_id == Registration.id)
        .where(RegistrationWave.wave_id.in_(wave_ids), Registration.kind == RegistrationKind.INDIVIDUAL, *_STANDING)
        .order_by(Registration.id, RegistrationWave.wave_id)
    )  # fmt: skip
    return [Alone(row.id, row.wave_id, row.audience, tuple(row.declined_stops), bool(row.has_mail)) for row in rows]


def count_individuals(event_id: int) -> dict[tuple[int, str], int]:
    """People who registered one by one and hold a place, by (wave, audience): one statement."""
    rows = db.session.execute(
        select(RegistrationWave.wave_id, Registration.audience, func.sum(RegistrationWave.people))
        .join(Registration, Registration.id == RegistrationWave.registration_id)
        .where(Registration.event_id == event_id, Registration.kind == RegistrationKind.INDIVIDUAL, *_STANDING)
        .group_by(RegistrationWave.wave_id, Registration.audience)
    )
    return {(wave_id, audience): int(people) for wave_id, audience, people in rows}
