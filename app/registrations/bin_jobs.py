"""Work around the bin: telling people that their event was deleted or is back, and taking away what lay there for 30 days."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app.core.db import db
from app.core.transaction import transaction
from app.events.models import Event
from app.events.operations.deleting import KEPT, remove_some
from app.jobs.registry import JobContext, handler, periodic
from app.registrations.enums import ALIVE
from app.registrations.models import Registration
from app.registrations.notifications import Kind, list_last_told, tell
from app.registrations.operations.deleting import NEWS
from app.registrations.operations.removing import remove_old
from app.registrations.operations.with_event import TELL_DELETED, TELL_RESTORED

CHUNK = 50
_NEWS: tuple[Kind, ...] = ("event_deleted", "confirmed", "waitlisted", "offered")


@handler(TELL_DELETED)
def tell_event_deleted(context: JobContext) -> None:
    """Queue the mail to everyone of a deleted event; to nobody once it is back. Begun again, it goes on with those left."""
    event_id, at = int(context.payload["event_id"]), datetime.fromisoformat(context.payload["at"])
    ids = _list_ids(event_id, at)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        with transaction():
            if not _is_binned(event_id, at):
                return
            told = list_last_told(_NEWS, chunk)
            _tell([i for i in chunk if told.get(i) != "event_deleted"], context.now(), deleted=True)
        context.progress(start + len(chunk), len(ids))


@handler(TELL_RESTORED)
def tell_event_restored(context: JobContext) -> None:
    """Queue the mail to everyone who was told that an event was deleted and who has a place, or waits, again."""
    event_id = int(context.payload["event_id"])
    ids = _list_ids(event_id, None)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        with transaction():
            if _is_binned(event_id, None):
                return
            told = list_last_told(_NEWS, chunk)
            _tell([i for i in chunk if told.get(i) == "event_deleted"], context.now(), deleted=False)
        context.progress(start + len(chunk), len(ids))


@periodic("registrations.empty_bin", every=timedelta(hours=6))
def empty_bin(context: JobContext) -> None:
    """Take away for good what lay in the bin for 30 days, in small transactions: stopped, it goes on where it was."""
    now, done = context.now(), 1
    while done:
        with transaction():
            done = remove_old(now=now, most=CHUNK)
    old = select(Event.id).where(Event.deleted_at < now - KEPT).order_by(Event.id)
    for event_id in list(db.session.execute(old).scalars()):
        done = 1
        while done:
            with transaction():
                done = remove_some(event_id, now=now, most=CHUNK)


def _is_binned(event_id: int, at: datetime | None) -> bool:
    """Whether it is in the bin; with `at`, whether it is there since that moment.

    Its row is held until the transaction ends: nobody brings it back, or deletes it, while people are told.
    """
    held = select(Event.deleted_at).where(Event.id == event_id).with_for_update(key_share=True)
    since = db.session.execute(held).scalar_one_or_none()
    return since is not None and at in {None, since}


def _list_ids(event_id: int, at: datetime | None) -> list[int]:
    """Registrations that went into the bin with their event at that moment; those that stand when there is none."""
    which = Registration.deleted_at == at if at is not None else Registration.status.in_(ALIVE)
    found = select(Registration.id).where(Registration.event_id == event_id, which).order_by(Registration.id)
    return list(db.session.execute(found).scalars())


def _tell(ids: list[int], now: datetime, *, deleted: bool) -> None:
    columns = (
        Registration.id, Registration.status, Registration.contact_email, Registration.locale, Registration.organiser_id,
    )  # fmt: skip
    wanted = (
        select(*columns).where(Registration.id.in_(ids), Registration.contact_email != "").order_by(Registration.id)
    )
    for row in db.session.execute(wanted).all():
        tell(
            "event_deleted" if deleted else NEWS[row.status],
            row.id, row.contact_email, row.locale, organiser_id=row.organiser_id, now=now,
        )  # fmt: skip
