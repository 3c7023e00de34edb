"""The one writer of the ledger of uses. The database itself refuses what overlaps; nothing here commits."""

from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from app.core.db import db
from app.resources.enums import Purpose, ResourceKind
from app.resources.errors import UsesOverlap
from app.resources.halfdays import Period
from app.resources.models import Use
from app.resources.queries import UseRow, find_clashes, list_uses, list_uses_of

_OVERLAP_STATES = {"23P01"}
"""PostgreSQL's exclusion_violation."""


def take(
    kind: ResourceKind,
    resource_id: int,
    purpose: Purpose,
    purpose_id: int,
    period: Period,
    buffered: Period,
    *,
    organiser_id: int,
    zone: ZoneInfo,
    now: datetime,
) -> None:
    """Take a resource for a period; `buffered` is the same with its buffers. Raises UsesOverlap, and writes nothing then."""
    ids = [resource_id]
    take_all(kind, ids, purpose, purpose_id, period, buffered, organiser_id=organiser_id, zone=zone, now=now)


def take_all(
    kind: ResourceKind,
    resource_ids: Sequence[int],
    purpose: Purpose,
    purpose_id: int,
    period: Period,
    buffered: Period,
    *,
    organiser_id: int,
    zone: ZoneInfo,
    now: datetime,
) -> None:
    """Take several for the same period, in two statements however many. Raises UsesOverlap, and writes nothing then."""
    starts_at, ends_at = buffered.starts_at(zone), buffered.ends_at(zone)
    if not resource_ids:
        return
    if clashes := list_uses(kind, resource_ids, starts_at, ends_at):
        raise UsesOverlap(clashes[0].resource_id)
    common = {
        "organiser_id": organiser_id, "resource_kind": kind, "purpose": purpose, "purpose_id": purpose_id,
        "starts_at": starts_at, "from_at": period.starts_at(zone), "to_at": period.ends_at(zone), "ends_at": ends_at,
        "created_at": now,
    }  # fmt: skip
    try:
        with db.session.begin_nested():
            db.session.execute(insert(Use).values([{**common, "resource_id": found} for found in resource_ids]))
    except IntegrityError as error:
        if _is_overlap(error):  # somebody took one between our look and our writing
            raise UsesOverlap(resource_ids[0]) from error
        raise


def release(
    purpose: Purpose,
    purpose_id: int,
    resource_ids: Collection[int] | None = None,
    *,
    kind: ResourceKind | None = None,
    since: datetime | None = None,
) -> int:
    """Give back what a purpose uses: all of it, or these resources alone. How many uses were released.

    `since`: what was over then, buffers left out of account, stays in the ledger.
    """
    chosen = delete(Use).where(Use.purpose == purpose, Use.purpose_id == purpose_id)
    if resource_ids is not None:
        chosen = chosen.where(Use.resource_id.in_(resource_ids))
    if kind is not None:
        chosen = chosen.where(Use.resource_kind == kind)
    if since is not None:
        chosen = chosen.where(Use.to_at > since)
    return len(db.session.execute(chosen.returning(Use.id)).all())


def shorten(
    purpose: Purpose,
    purpose_id: int,
    kind: ResourceKind,
    resource_id: int,
    period: Period,
    buffered: Period,
    *,
    zone: ZoneInfo,
) -> None:
    """Let a use end with another period, earlier or later; it begins when it began.

    What comes back before its first half-day was in use since it was taken; an end before even that, with its buffer, releases
    it. A later one takes what is free of it: up to the next use of the resource.
    """
    use = _find(purpose, purpose_id, kind, resource_id)
    if use is None:
        return
    to_at, ends_at = period.ends_at(zone), buffered.ends_at(zone)
    if to_at <= use.starts_at:
        db.session.execute(delete(Use).where(Use.id == use.id))
        return
    from_at = use.from_at if use.from_at < to_at else use.starts_at
    if ends_at > use.ends_at:
        clashes = find_clashes(kind, resource_id, use.ends_at, ends_at, but=use.id)
        ends_at = min([ends_at, *(clash.starts_at for clash in clashes)])
    to_at = min(to_at, ends_at)
    db.session.execute(update(Use).where(Use.id == use.id).values(from_at=from_at, to_at=to_at, ends_at=ends_at))


def bring_forward(purpose: Purpose, purpose_id: int, kind: ResourceKind, resource_id: int, starts_at: datetime) -> None:
    """Let a use begin earlier than it would; it never begins later. The buffer after another use, which is over, ends there.

    Raises UsesOverlap when something else uses the resource until then.
    """
    use = _find(purpose, purpose_id, kind, resource_id)
    if use is None or starts_at >= use.starts_at:
        return
    clashes = find_clashes(kind, resource_id, starts_at, use.starts_at, but=use.id)
    if any(clash.to_at > starts_at for clash in clashes):
        raise UsesOverlap(resource_id)
    db.session.execute(
        update(Use).where(Use.id.in_([clash.id for clash in clashes])).values(ends_at=starts_at)
    )  # before: they would overlap
    db.session.execute(update(Use).where(Use.id == use.id).values(starts_at=starts_at))


def _find(purpose: Purpose, purpose_id: int, kind: ResourceKind, resource_id: int) -> UseRow | None:
    """The last one, where a purpose has the resource more than once."""
    rows = [
        use for use in list_uses_of(purpose, purpose_id) if (use.resource_kind, use.resource_id) == (kind, resource_id)
    ]
    return max(rows, key=lambda use: use.starts_at, default=None)


def is_unaccredited(error: IntegrityError) -> bool:
    """Whether the database refused a use for want of an accredited facilitator."""
    return "no accredited facilitator" in str(error.orig)


def _is_overlap(error: IntegrityError) -> bool:
    return getattr(error.orig, "sqlstate", None) in _OVERLAP_STATES or "uses overlap" in str(error.orig)
