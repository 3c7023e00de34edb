"""Facilitators and what they may run."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from app.boxes.drafts import FacilitatorDraft
from app.boxes.enums import AccreditationSource
from app.boxes.errors import AccreditationNotFound, EntryChanged, ScenarioNotFound
from app.boxes.happenings import Accredited, tell_accredited
from app.boxes.models import Accreditation, Facilitator
from app.boxes.queries import find_facilitators, get_facilitator, get_scenario_by_id
from app.boxes.rules import NOTE_LENGTH, clean_facilitator, expires_on
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.core.text import fold
from app.structures.queries import get_structure


def create_facilitator(draft: FacilitatorDraft, *, organiser_id: int, by: Actor, now: datetime) -> int:
    """A new facilitator; their id. Raises FieldError (also email: facilitator_there), StructureNotFound."""
    draft = clean_facilitator(draft)
    if _find(draft, organiser_id) is not None:
        raise FieldError({"email" if draft.email else "name": "facilitator_there"})
    return _insert(draft, organiser_id, by, now)


def ensure_facilitator(draft: FacilitatorDraft, *, organiser_id: int, by: Actor, now: datetime) -> int:
    """The facilitator who is that person by mail, else by telephone and name; a new one where there is none. Raises FieldError."""
    draft = clean_facilitator(draft)
    found = _find(draft, organiser_id)
    return found if found is not None else _insert(draft, organiser_id, by, now)


def change_facilitator(
    facilitator_id: int, draft: FacilitatorDraft, *, organiser_id: int, revision: int, by: Actor, now: datetime
) -> bool:
    """Whether anything changed. Raises FacilitatorNotFound, EntryChanged, FieldError as create_facilitator."""
    _lock(facilitator_id)
    before = get_facilitator(organiser_id, facilitator_id)
    draft = clean_facilitator(draft)
    if before.revision != revision:
        raise EntryChanged(before.name)
    names = ("name", "email", "phone", "structure_id")
    changed = [name for name in names if getattr(before, name) != getattr(draft, name)]
    if not changed:
        return False
    same = _find(draft, organiser_id)
    if same not in (None, facilitator_id):
        raise FieldError({"email" if draft.email else "name": "facilitator_there"})
    _write(facilitator_id, **_values(draft, organiser_id))
    _record(by, "facilitator.changed", facilitator_id, organiser_id, now, {"fields": changed})
    return True


def end_facilitator(facilitator_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """They run no more boxes, and are no longer proposed. Raises FacilitatorNotFound."""
    if get_facilitator(organiser_id, facilitator_id).ended_at is None:
        _write(facilitator_id, ended_at=now)
        _record(by, "facilitator.ended", facilitator_id, organiser_id, now)


def bring_back_facilitator(facilitator_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Raises FacilitatorNotFound."""
    if get_facilitator(organiser_id, facilitator_id).ended_at is not None:
        _write(facilitator_id, ended_at=None)
        _record(by, "facilitator.back", facilitator_id, organiser_id, now)


def grant_accreditation(
    facilitator_id: int,
    scenario_id: int,
    granted_on: date,
    *,
    organiser_id: int,
    by: Actor,
    now: datetime,
    note: str = "",
    event_id: int | None = None,
    registration_id: int | None = None,
) -> int | None:
    """They may run the scenario from that day on, for as long as the scenario says; the accreditation's id.

    From a training where `event_id` is given: once for each, so None when it was granted before. By hand else, with a note.
    Raises FacilitatorNotFound, ScenarioNotFound, FieldError (note: required, too_long).
    """
    # Requests that wait may name them now: nobody makes them anonymous meanwhile.
    db.session.execute(select(Facilitator.id).where(Facilitator.id == facilitator_id).with_for_update(read=True))
    get_facilitator(organiser_id, facilitator_id)
    scenario = get_scenario_by_id(scenario_id, lock=True)  # requests that wait are looked at again
    if scenario.organiser_id != organiser_id:
        raise ScenarioNotFound(str(scenario_id))
    note = note.strip()
    if event_id is None and (not note or len(note) > NOTE_LENGTH):
        raise FieldError({"note": "too_long" if note else "required"})
    if event_id is not None and _is_granted(facilitator_id, scenario_id, event_id):
        return None
    source = AccreditationSource.BY_HAND if event_id is None else AccreditationSource.TRAINING
    until = expires_on(granted_on, scenario.accreditation_months)
    accreditation_id = db.session.execute(
        insert(Accreditation)
        .values(
            organiser_id=organiser_id, facilitator_id=facilitator_id, scenario_id=scenario_id, source=source,
            granted_on=granted_on, expires_on=until, event_id=event_id, registration_id=registration_id, note=note,
            created_at=now,
        )
        .returning(Accreditation.id)
    ).scalar_one()  # fmt: skip
    details = {"scenario": scenario.code, "source": source.value, "until": until.isoformat() if until else None}
    _record(by, "facilitator.accredited", facilitator_id, organiser_id, now, details)
    tell_accredited(Accredited(organiser_id, facilitator_id, scenario_id, event_id, now))
    return accreditation_id


def withdraw_accreditation(accreditation_id: int, note: str, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """It holds no more. Raises AccreditationNotFound, FieldError (note: required, too_long)."""
    own = Accreditation.id == accreditation_id, Accreditation.organiser_id == organiser_id
    scenario_id = db.session.execute(select(Accreditation.scenario_id).where(*own)).scalar_one_or_none()
    if scenario_id is None:
        raise AccreditationNotFound(str(accreditation_id))
    scenario = get_scenario_by_id(scenario_id, lock=True)  # nothing is approved on it meanwhile
    row = db.session.execute(
        select(Accreditation.facilitator_id, Accreditation.withdrawn_at).where(*own).with_for_update()
    ).one()
    note = note.strip()
    if not note or len(note) > NOTE_LENGTH:
        raise FieldError({"note": "too_long" if note else "required"})
    if row.withdrawn_at is not None:
        return
    db.session.execute(
        update(Accreditation).where(Accreditation.id == accreditation_id).values(withdrawn_at=now, withdrawn_note=note)
    )
    details = {"scenario": scenario.code}
    _record(by, "facilitator.accreditation_withdrawn", row.facilitator_id, organiser_id, now, details)


def _is_granted(facilitator_id: int, scenario_id: int, event_id: int) -> bool:
    statement = select(Accreditation.id).where(
        Accreditation.facilitator_id == facilitator_id,
        Accreditation.scenario_id == scenario_id,
        Accreditation.event_id == event_id,
    )
    return db.session.execute(statement).first() is not None


def _find(draft: FacilitatorDraft, organiser_id: int) -> int | None:
    """Whoever is that person: by mail first, so that a family's telephone makes no two people one."""
    found = find_facilitators(organiser_id, mail_key=draft.email, phone=draft.phone, name_key=fold(draft.name))
    if draft.email:
        found = [row for row in found if row.email == draft.email] or [row for row in found if not row.email]
    return found[0].id if found else None


def _insert(draft: FacilitatorDraft, organiser_id: int, by: Actor, now: datetime) -> int:
    facilitator_id = db.session.execute(
        insert(Facilitator)
        .values(organiser_id=organiser_id, created_at=now, **_values(draft, organiser_id))
        .returning(Facilitator.id)
    ).scalar_one()
    _record(by, "facilitator.created", facilitator_id, organiser_id, now)
    return facilitator_id


def _values(draft: FacilitatorDraft, organiser_id: int) -> dict[str, Any]:
    if draft.structure_id is not None:
        get_structure(draft.structure_id, organiser_id=organiser_id)
    return {
        "name": draft.name, "name_key": fold(draft.name)[:160], "email": draft.email, "mail_key": draft.email,
        "phone": draft.phone, "structure_id": draft.structure_id,
    }  # fmt: skip


def _lock(facilitator_id: int) -> None:
    db.session.execute(select(Facilitator.id).where(Facilitator.id == facilitator_id).with_for_update(key_share=True))


def _write(facilitator_id: int, **values: Any) -> None:
    db.session.execute(
        update(Facilitator).where(Facilitator.id == facilitator_id).values(**values, revision=Facilitator.revision + 1)
    )


def _record(
    by: Actor, verb: str, facilitator_id: int, organiser_id: int, now: datetime, details: dict[str, Any] | None = None
) -> None:
    record(by, verb, f"facilitator:{facilitator_id}", now=now, organiser_id=organiser_id, details=details)
