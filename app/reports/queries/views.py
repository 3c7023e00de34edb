"""Saved views of a list, and what a person chose for it: its columns, and the view that it opens with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from app.accounts.models import Account
from app.accounts.rules import Ability, Access, may
from app.core.db import db
from app.core.errors import NotFound
from app.events.queries import EventRow
from app.reports.exports import is_personal
from app.reports.lists import ArgList, ListQuery, left_aside, read_query
from app.reports.models import ListPreference, SavedView

REGISTRATIONS = "registrations"
"""The page that keeps the columns last chosen for any event's list."""


class ViewNotFound(NotFound):
    """No such view, or it is somebody else's and not shared."""


@dataclass(frozen=True)
class ViewRow:
    """A saved view. `args` are those of an address; `account_name` whose it is."""

    id: int
    account_id: int
    account_name: str
    name: str
    args: tuple[tuple[str, str], ...]
    shared: bool
    created_at: datetime


@dataclass(frozen=True)
class ListSetup:
    """What somebody has at a list: the columns they chose last (none: those that everybody gets), the view that it opens
    with, and the views they may use: their own first, then those shared, by name.
    """

    columns: tuple[str, ...] = ()
    default_id: int | None = None
    views: tuple[ViewRow, ...] = ()

    @property
    def default(self) -> ViewRow | None:
        return next((view for view in self.views if view.id == self.default_id), None)


def page_of(event_id: int) -> str:
    """How the list of an event's registrations is named where views and columns are kept."""
    return f"{REGISTRATIONS}:{event_id}"


def get_setup(account_id: int, organiser_id: int, page: str) -> ListSetup:
    """Two statements. Columns chosen for this list, else those last chosen for any."""
    kept = {
        row.page: row
        for row in db.session.execute(
            select(ListPreference.page, ListPreference.columns, ListPreference.view_id).where(
                ListPreference.account_id == account_id, ListPreference.page.in_([page, REGISTRATIONS])
            )
        )
    }
    here, anywhere = kept.get(page), kept.get(REGISTRATIONS)
    columns = here.columns if here is not None and here.columns else anywhere.columns if anywhere is not None else []
    views = _views(_usable(account_id, organiser_id, page))
    own_first = sorted(views, key=lambda view: (view.account_id != account_id, view.name.casefold(), view.id))
    return ListSetup(tuple(columns), here.view_id if here is not None else None, tuple(own_first))


def get_view(view_id: int, account_id: int, organiser_id: int, page: str) -> ViewRow:
    """A view that the person may use. Raises ViewNotFound."""
    found = _views([SavedView.id == view_id, *_usable(account_id, organiser_id, page)])
    if not found:
        raise ViewNotFound(f"view {view_id}")
    return found[0]


def query_of(view: ViewRow, event: EventRow, access: Access, account_id: int) -> ListQuery:
    """What a view shows to that person, for its address as well.

    The words that somebody else looked for may be a name: who sees no people's data is not told them.
    """
    query = read_query(ArgList(view.args), event, access)
    told = view.account_id == account_id or may(access, Ability.PEOPLE_SEE)
    return query if told else replace(query, text="")


def address_of(view: ViewRow, query: ListQuery, access: Access) -> list[tuple[str, str]]:
    """The arguments of a view's address: what it shows, and what it was narrowed by that means nothing any more, so that
    the list says so. What may name somebody is in it only for who sees people's data.
    """
    named = may(access, Ability.PEOPLE_SEE)
    lost = left_aside(view.args, query)
    return [*query.to_args(), *(pair for pair in lost if pair[0] != "q" and (named or not is_personal(pair[0])))]


def _usable(account_id: int, organiser_id: int, page: str) -> list[ColumnElement[bool]]:
    return [
        SavedView.organiser_id == organiser_id,
        SavedView.page == page,
        or_(SavedView.account_id == account_id, SavedView.shared),
    ]


def _views(conditions: Iterable[ColumnElement[bool]]) -> list[ViewRow]:
    rows = db.session.execute(
        select(
            SavedView.id, SavedView.account_id, Account.name.label("account_name"), SavedView.name, SavedView.query,
            SavedView.shared, SavedView.created_at,
        )
        .join(Account, Account.id == SavedView.account_id)
        .where(*conditions)
    )  # fmt: skip
    return [
        ViewRow(row.id, row.account_id, row.account_name, row.name, _args(row.query), row.shared, row.created_at)
        for row in rows
    ]


def _args(kept: Any) -> tuple[tuple[str, str], ...]:
    pairs: Sequence[Any] = kept.get("args", []) if isinstance(kept, dict) else []
    return tuple((str(pair[0]), str(pair[1])) for pair in pairs if len(pair) == 2)
