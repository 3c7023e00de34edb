"""Forgetting a person: their name goes, the totals stay."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, delete, select, update

from app.core.actor import Actor
from app.core.audit import AuditEntry, record
from app.core.db import db
from app.events.enums import BuiltinAudience
from app.events.operations import lock_event
from app.events.parts import list_parts
from app.events.queries import get_event_by_id
from app.messages.operations import forget_mails
from app.registrations.enums import RegistrationKind
from app.registrations.models import OFFERED_SQL, DeclaredStatistics, ImportFile, Registration
from app.registrations.operations.answer_files import forget_files
from app.registrations.operations.cancelling import cancel_registration
from app.registrations.operations.locking import lock_registration
from app.registrations.queries import FORGOTTEN
from app.registrations.rules import may_change
from app.structures.operations import forget_structure

_KEEPS_BODY = and_(Registration.kind == RegistrationKind.GROUP, Registration.audience != BuiltinAudience.FAMILY.value)
"""A group that comes from a school or another body, whose name says nothing of a person."""
_OWN_WORDS = frozenset({"reason", "said"})
"""Fields of the history that hold people's own words."""


def erase_registration(registration_id: int, *, by: Actor, now: datetime) -> None:
    """Cancel a visit that is still to come, then erase name, mail, telephone, answers and declared statistics.

    What stays is a headcount of an audience from a school: enough for totals, nothing of a person. A visit that began keeps
    its status, for it took place. A file that was sent for import and not written yet is not touched: it goes by itself
    after seven days. Raises RegistrationNotFound.
    """
    before = lock_registration(registration_id)
    if before.alive and may_change(get_event_by_id(before.event_id), before.waves, staff=False, now=now):
        cancel_registration(registration_id, by=by, now=now, quiet=True)
    if before.statistics_key is not None:
        db.session.execute(delete(DeclaredStatistics).where(DeclaredStatistics.key == before.statistics_key))
    anonymise(registration_id, version=lock_event(before.event_id), now=now)
    _forget_import_reports(before.event_id)
    subject = f"registration:{registration_id}"
    record(by, "registration.erased", subject, now=now, organiser_id=before.organiser_id)


def anonymise(registration_id: int, *, version: int, now: datetime) -> None:
    """Take the person out of a registration's row, of the mails about it and of its history.

    That somebody sent them stays, not who did. A class keeps its label and its school, for the totals; what a single person
    or a family wrote there goes, also from the organiser's structures when it stands there for nobody else.
    """
    structure_id = db.session.execute(
        select(Registration.structure_id).where(Registration.id == registration_id, ~_KEEPS_BODY)
    ).scalar_one_or_none()
    db.session.execute(
        update(Registration)
        .where(Registration.id == registration_id)
        .values(
            contact_name=FORGOTTEN, contact_email="", contact_phone="", mail_key="", same_key=None, import_key=None,
            statistics_key=None, answers={}, search_text="", sort_name="~", cancel_reason="",
            is_15_or_older=None, declined_stops=[], asked_at=None, stays_at=None,
            # places that are still offered are so until a moment, whoever they are offered to
            offer_expires_at=case((OFFERED_SQL, Registration.offer_expires_at), else_=None), changed_in=version, updated_at=now,
            oriented_by=case((Registration.oriented_by != "", FORGOTTEN), else_=""),
            class_label=case((_KEEPS_BODY, Registration.class_label), else_=""),
            organisation_name=case((_KEEPS_BODY, Registration.organisation_name), else_=""),
            structure_id=case((_KEEPS_BODY, Registration.structure_id), else_=None),
            commune=case((_KEEPS_BODY, Registration.commune), else_=""),
        )
    )  # fmt: skip
    forget_files(registration_id)
    if structure_id is not None:
        forget_structure(structure_id)
    subject = f"registration:{registration_id}"
    forget_mails(subject)
    _forget_reasons(subject)
    for part in list_parts():
        part.forget(registration_id)


def forget_binned_answers(ids: Sequence[int]) -> None:
    """Delete what those of these registrations that are in the bin declared for statistics, unless somebody came.

    Before they are made anonymous, which takes the tie away: what is tied to nobody counts in the totals for ever.
    """
    came = {found for part in list_parts() for found in part.visited(ids)}
    keys = select(Registration.statistics_key).where(
        Registration.id.in_([i for i in ids if i not in came]),
        Registration.deleted_at.is_not(None),
        Registration.statistics_key.is_not(None),
    )
    db.session.execute(delete(DeclaredStatistics).where(DeclaredStatistics.key.in_(keys)))


def _forget_import_reports(event_id: int) -> None:
    """What an import could not read is shown beside its reason until the file goes: once it is written nobody needs it."""
    written = (ImportFile.event_id == event_id) & ImportFile.written_at.is_not(None)
    for file in db.session.execute(select(ImportFile.id, ImportFile.report).where(written)).all():
        checked: dict[str, Any] = file.report.get("checked") or {}
        problems = [{**problem, "value": ""} for problem in checked.get("problems", [])]
        report = {**file.report, "checked": {**checked, "problems": problems}} if checked else file.report
        db.session.execute(update(ImportFile).where(ImportFile.id == file.id).values(report=report))


def _forget_reasons(subject: str) -> None:
    """Why somebody cancelled is in their own words, and so is what they said on the telephone."""
    lines = db.session.execute(select(AuditEntry.id, AuditEntry.details).where(AuditEntry.subject == subject)).all()
    for line in lines:
        if not _OWN_WORDS.isdisjoint(line.details):
            kept = {name: value for name, value in line.details.items() if name not in _OWN_WORDS}
            db.session.execute(update(AuditEntry).where(AuditEntry.id == line.id).values(details=kept))
