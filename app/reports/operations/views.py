"""Keeping views of a list, and what a person chose for it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from app.core.actor import Actor
from app.core.audit import changes_between, record
from app.core.db import db
from app.core.errors import FieldError
from app.reports.models import ListPreference, SavedView
from app.reports.queries.views import REGISTRATIONS

LONGEST_NAME = 80
MOST_VIEWS = 50
"""Views of one list that one person keeps."""


def save_view(
    name: str,
    args: Sequence[tuple[str, str]],
    *,
    page: str,
    account_id: int,
    organiser_id: int,
    shared: bool,
    by: Actor,
    now: datetime,
) -> int:
    """Keep a list under a name; its id. Raises FieldError at `name`: required, too_long, view_taken, too_many_views."""
    name = _checked_name(name, account_id, organiser_id, page)
    count = select(func.count()).select_from(SavedView)
    kept = db.session.execute(count.where(SavedView.account_id == account_id, SavedView.page == page)).scalar_one()
    if kept >= MOST_VIEWS:
        raise FieldError({"name": "too_many_views"})
    values = {
        "organiser_id": organiser_id, "account_id": account_id, "page": page, "name": name, "shared": shared,
        "query": {"args": [list(pair) for pair in args]}, "created_at": now,
    }  # fmt: skip
    view_id: int = db.session.execute(insert(SavedView).values(values).returning(SavedView.id)).scalar_one()
    record(
        by,
        "view.saved",
        f"view:{view_id}",
        now=now,
        organiser_id=organiser_id,
        details={"name": name, "shared": shared},
    )
    return view_id


def change_view(
    view_id: int, name: str, *, shared: bool, account_id: int, organiser_id: int, page: str, by: Actor, now: datetime
) -> None:
    """Rename one's own view, share it or no longer. Raises FieldError at `name`, as save_view."""
    name = _checked_name(name, account_id, organiser_id, page, but=view_id)
    before = db.session.execute(select(SavedView.name, SavedView.shared).where(SavedView.id == view_id)).mappings()
    details = changes_between(dict(before.first() or {}), {"name": name, "shared": shared})
    db.session.execute(
        update(SavedView)
        .where(SavedView.id == view_id, SavedView.account_id == account_id)
        .values(name=name, shared=shared)
    )
    record(
        by,
        "view.changed",
        f"view:{view_id}",
        now=now,
        organiser_id=organiser_id,
        details=details,
    )


def renew_view(
    view_id: int, args: Sequence[tuple[str, str]], *, account_id: int, organiser_id: int, by: Actor, now: datetime
) -> None:
    """Let one's own view show another list under the same name."""
    db.session.execute(
        update(SavedView)
        .where(SavedView.id == view_id, SavedView.account_id == account_id)
        .values(query={"args": [list(pair) for pair in args]})
    )
    record(by, "view.changed", f"view:{view_id}", now=now, organiser_id=organiser_id)


def delete_view(view_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Forget a view. Lists that opened with it open whole again."""
    db.session.execute(update(ListPreference).where(ListPreference.view_id == view_id).values(view_id=None))
    db.session.execute(delete(SavedView).where(SavedView.id == view_id, SavedView.organiser_id == organiser_id))
    record(by, "view.deleted", f"view:{view_id}", now=now, organiser_id=organiser_id)


def open_with(view_id: int | None, *, account_id: int, page: str, by: Actor, now: datetime) -> None:
    """Let a list open with a view for this person; None: whole. A choice of theirs alone: no line of history."""
    _prefer(account_id, page, view_id=view_id)


def keep_columns(columns: Sequence[str], *, account_id: int, page: str, by: Actor, now: datetime) -> None:
    """Remember the columns that a person chose: for this list, and, but for its questions, for lists yet to come."""
    _prefer(account_id, page, columns=list(columns))
    _prefer(account_id, REGISTRATIONS, columns=[key for key in columns if ":" not in key])


def _prefer(account_id: int, page: str, **values: object) -> None:
    here = (ListPreference.account_id == account_id, ListPreference.page == page)
    if db.session.execute(update(ListPreference).where(*here).values(**values).returning(ListPreference.page)).first():
        return
    row = {"account_id": account_id, "page": page, "columns": []} | values
    db.session.execute(insert(ListPreference).values(row))


def _checked_name(name: str, account_id: int, organiser_id: int, page: str, *, but: int | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise FieldError({"name": "required"})
    if len(name) > LONGEST_NAME:
        raise FieldError({"name": "too_long"})
    others = db.session.execute(
        select(SavedView.id, SavedView.name).where(
            SavedView.organiser_id == organiser_id, SavedView.account_id == account_id, SavedView.page == page
        )
    )
    if any(other.name.casefold() == name.casefold() and other.id != but for other in others):
        raise FieldError({"name": "view_taken"})
    return name
