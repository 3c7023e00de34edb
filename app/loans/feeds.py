"""Addresses by which calendar programs read when boxes are used, and who comes to the depot when."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from app.accounts.models import Organiser
from app.boxes.models import Box
from app.core.db import db
from app.core.errors import NotFound
from app.loans.enums import FeedKind
from app.loans.models import LendingFeed


class FeedNotFound(NotFound):
    code = "feed_not_found"


@dataclass(frozen=True)
class FeedRow:
    """An address that works. `box_id` and `box_code` are those of a box's feed."""

    id: int
    organiser_id: int
    organiser_name: str
    kind: FeedKind
    box_id: int | None
    box_code: str | None
    created_at: datetime
    token: str = field(repr=False)

    @property
    def path(self) -> str:
        return f"/feeds/{self.token}.ics"


def list_feeds(organiser_id: int) -> list[FeedRow]:
    """Those that work: the desk's first, then those of boxes by code."""
    rows = db.session.execute(_select(LendingFeed.organiser_id == organiser_id).order_by(Box.code, LendingFeed.id))
    return sorted((FeedRow(*row) for row in rows), key=lambda feed: feed.kind is FeedKind.BOX)


def get_feed(feed_id: int, *, organiser_id: int) -> FeedRow:
    """Raises FeedNotFound, also of one that was revoked."""
    return _one(LendingFeed.id == feed_id, LendingFeed.organiser_id == organiser_id)


def get_feed_by_token(token: str) -> FeedRow:
    """Raises FeedNotFound."""
    return _one(LendingFeed.token == token)


def find_feed(organiser_id: int, kind: FeedKind, box_id: int | None) -> FeedRow | None:
    """The one that works for the desk, or for a box."""
    same = LendingFeed.box_id.is_(None) if box_id is None else LendingFeed.box_id == box_id
    row = db.session.execute(_select(LendingFeed.organiser_id == organiser_id, LendingFeed.kind == kind, same)).first()
    return None if row is None else FeedRow(*row)


def _one(*conditions: ColumnElement[bool]) -> FeedRow:
    row = db.session.execute(_select(*conditions)).first()
    if row is None:
        raise FeedNotFound("feed")
    return FeedRow(*row)


def _select(*conditions: ColumnElement[bool]) -> Any:
    return (
        select(
            LendingFeed.id, LendingFeed.organiser_id, Organiser.name, LendingFeed.kind, LendingFeed.box_id, Box.code,
            LendingFeed.created_at, LendingFeed.token,
        )
        .join(Organiser, Organiser.id == LendingFeed.organiser_id)
        .outerjoin(Box, Box.id == LendingFeed.box_id)
        .where(LendingFeed.revoked_at.is_(None), *conditions)
    )  # fmt: skip
