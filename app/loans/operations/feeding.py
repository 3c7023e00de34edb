"""Making, renewing and revoking the secret addresses of lending's calendars."""

from datetime import datetime

from sqlalchemy import insert, select, update

from app.accounts.models import Organiser
from app.boxes.queries import get_box_by_id
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.tokens import new_token
from app.loans.enums import FeedKind
from app.loans.feeds import FeedRow, find_feed, get_feed
from app.loans.models import LendingFeed


def make_feed(box_id: int | None = None, *, organiser_id: int, by: Actor, now: datetime) -> FeedRow:
    """The address of a box's calendar, or of the desk's: the one that works already, else a new one. Raises BoxNotFound."""
    _hold(organiser_id)
    kind = FeedKind.DESK if box_id is None else FeedKind.BOX
    if box_id is not None:
        get_box_by_id(box_id, organiser_id=organiser_id)
    found = find_feed(organiser_id, kind, box_id)
    if found is not None:
        return found
    made = _insert(organiser_id, kind, box_id, now)
    _record(by, "lending.feed_made", made, now)
    return made


def renew_feed(feed_id: int, *, organiser_id: int, by: Actor, now: datetime) -> FeedRow:
    """Another address for the same calendar; the former one shows nothing from now on. Raises FeedNotFound."""
    _hold(organiser_id)
    before = get_feed(feed_id, organiser_id=organiser_id)
    _end(before, now)
    made = _insert(organiser_id, before.kind, before.box_id, now)
    _record(by, "lending.feed_renewed", made, now)
    return made


def revoke_feed(feed_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """The address shows nothing from now on. Raises FeedNotFound."""
    _hold(organiser_id)
    before = get_feed(feed_id, organiser_id=organiser_id)
    _end(before, now)
    _record(by, "lending.feed_revoked", before, now)


def _hold(organiser_id: int) -> None:
    """Two people who press at once make one address."""
    db.session.execute(select(Organiser.id).where(Organiser.id == organiser_id).with_for_update(key_share=True))


def _insert(organiser_id: int, kind: FeedKind, box_id: int | None, now: datetime) -> FeedRow:
    values = {"organiser_id": organiser_id, "kind": kind, "box_id": box_id, "token": new_token(), "created_at": now}
    feed_id = db.session.execute(insert(LendingFeed).values(**values).returning(LendingFeed.id)).scalar_one()
    return get_feed(feed_id, organiser_id=organiser_id)


def _end(feed: FeedRow, now: datetime) -> None:
    db.session.execute(update(LendingFeed).where(LendingFeed.id == feed.id).values(revoked_at=now))


def _record(by: Actor, verb: str, feed: FeedRow, now: datetime) -> None:
    """Which calendar, never its address."""
    details = {"kind": feed.kind.value, "box": feed.box_code} if feed.box_id else {"kind": feed.kind.value}
    record(by, verb, f"organiser:{feed.organiser_id}", now=now, organiser_id=feed.organiser_id, details=details)
