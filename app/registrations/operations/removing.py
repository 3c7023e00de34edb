"""What was in the bin for 30 days goes for good: the person is forgotten, and the row too, unless a door kept it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, exists, select, update

from app.core.actor import SYSTEM
from app.core.audit import AuditEntry, record
from app.core.db import db
from app.events.models import Event
from app.events.operations.deleting import KEPT
from app.events.parts import list_parts
from app.jobs.models import Job
from app.messages.models import CalendarSequence, Message
from app.registrations.bulk.rules import BulkItem, count_items
from app.registrations.models import BulkAction, DeclaredStatistics, Registration
from app.registrations.operations.erasing import anonymise, forget_binned_answers
from app.registrations.queries import FORGOTTEN

PART = 500


def remove_old(*, now: datetime, most: int = 50) -> int:
    """Remove up to `most` registrations that are in the bin by themselves for 30 days; how many it did."""
    binned_event = exists().where(Event.id == Registration.event_id, Event.deleted_at.is_not(None))
    rows = db.session.execute(
        select(Registration.id, Registration.event_id, Registration.organiser_id, Registration.contact_name)
        .where(Registration.deleted_at < now - KEPT, ~binned_event)
        .order_by(Registration.event_id, Registration.id)
    ).all()
    kept = kept_of([row.id for row in rows])
    found = [row for row in rows if row.id not in kept or row.contact_name != FORGOTTEN][:most]
    for event_id in sorted({row.event_id for row in found}):
        db.session.execute(select(Event.id).where(Event.id == event_id).with_for_update(key_share=True))
    # looked at again under the locks: somebody may have brought one back at the last moment
    old = select(Registration.id).where(
        Registration.id.in_([row.id for row in found]), Registration.deleted_at < now - KEPT
    )
    still = set(db.session.execute(old).scalars())
    left = [row for row in found if row.id in still]
    counts: dict[tuple[int, int], int] = {}
    for row in left:
        counts[row.event_id, row.organiser_id] = counts.get((row.event_id, row.organiser_id), 0) + 1
    remove_registrations([row.id for row in left], now=now)
    for (event_id, organiser_id), count in counts.items():
        # what was counted of the event's present version holds them still
        db.session.execute(update(Event).where(Event.id == event_id).values(version=Event.version + 1))
        details = {"registrations": count}
        subject = f"event:{event_id}"
        record(SYSTEM, "registrations.removed", subject, now=now, organiser_id=organiser_id, details=details)
    return len(left)


def remove_registrations(ids: Sequence[int], *, now: datetime) -> None:
    """Forget these people. A row that no scan points to goes, with everything that names it: its id may be given again."""
    kept = kept_of(ids)
    gone = [registration_id for registration_id in ids if registration_id not in kept]
    forget_binned_answers(ids)
    keys = select(Registration.statistics_key).where(
        Registration.id.in_(gone), Registration.statistics_key.is_not(None)
    )
    db.session.execute(delete(DeclaredStatistics).where(DeclaredStatistics.key.in_(keys)))
    versions = select(Registration.id, Registration.changed_in).where(Registration.id.in_(ids))
    for row in db.session.execute(versions.order_by(Registration.id)).all():
        anonymise(row.id, version=row.changed_in, now=now)
    _forget_traces(gone)
    db.session.execute(delete(Registration).where(Registration.id.in_(gone)))


def kept_of(ids: Sequence[int]) -> set[int]:
    """Those of these registrations that were scanned: the scan store keeps what points to them."""
    return {found for part in list_parts() for some in _parts(ids) for found in part.keeps(some)}


def _forget_traces(ids: Sequence[int]) -> None:
    subjects = [f"registration:{registration_id}" for registration_id in ids]
    mails = list(db.session.execute(select(Message.id).where(Message.subject.in_(subjects))).scalars())
    for some in _parts(mails):
        db.session.execute(delete(Job).where(Job.subject.in_([f"message:{message_id}" for message_id in some])))
    for subject in (Message.subject, AuditEntry.subject, CalendarSequence.subject):
        db.session.execute(delete(subject.class_).where(subject.in_(subjects)))
    events = select(Registration.event_id).where(Registration.id.in_(ids)).distinct()
    for event_id in db.session.execute(events).scalars().all():
        _forget_in_actions(set(ids), event_id)


def _forget_in_actions(gone: set[int], event_id: int) -> None:
    """Take them out of what was done with many: what came of each is read of those actions alone that hold one of them."""
    actions = select(BulkAction.id, BulkAction.registration_ids).where(BulkAction.event_id == event_id)
    for action in db.session.execute(actions).all():
        if gone.isdisjoint(action.registration_ids):
            continue
        own = BulkAction.id == action.id
        stored = db.session.execute(select(BulkAction.items).where(own)).scalar_one()
        ids = [found for found in action.registration_ids if found not in gone]
        items = [item for item in stored if item.get("id") not in gone]
        counts = asdict(count_items(len(ids), map(BulkItem.from_json, items)))
        db.session.execute(update(BulkAction).where(own).values(registration_ids=ids, items=items, **counts))


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + PART] for start in range(0, len(ids), PART))
