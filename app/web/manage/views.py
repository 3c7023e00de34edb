"""Views of the list of registrations: kept under a name, shared, renamed, deleted; one that the list opens with."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import in_transaction, transaction
from app.events.queries import EventRow
from app.reports.lists import ListQuery, read_query, shown_columns
from app.reports.operations.views import change_view, delete_view, open_with, renew_view, save_view
from app.reports.queries.views import (
    ListSetup,
    ViewNotFound,
    ViewRow,
    address_of,
    get_setup,
    get_view,
    page_of,
    query_of,
)
from app.web.forms.base import text_of
from app.web.forms.registrations_list import ViewForm
from app.web.guards import current_access, current_account, current_actor, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_own_event
from app.web.manage.list_words import column_title, filter_words

blueprint = Blueprint("manage_views", __name__, url_prefix="/manage/events/<slug>/registrations/views")

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@event_staff(Ability.LIST_SEE)
def index(slug: str) -> str:
    event = get_own_event(slug)
    setup = _setup(event)
    return render_template(
        "manage/registrations/_list_views.html",
        setup=setup,
        lines=[
            (view, _words(event, view), _address(event, view), _is_own(view), _may_delete(view)) for view in setup.views
        ],
        **_context(event),
    )


@blueprint.get("/new")
@event_staff(Ability.LIST_SEE)
def new(slug: str) -> str:
    event = get_own_event(slug)
    return _form_page(event, ViewForm(formdata=None), _asked(event))


@blueprint.post("/new")
@event_staff(Ability.LIST_SEE)
def create(slug: str) -> Answer:
    event, form = get_own_event(slug), ViewForm()
    query = _asked(event)
    if not form.validate_on_submit():
        return _form_page(event, form, query), 422
    account_id, page = current_account().account_id, page_of(event.id)

    def work() -> None:
        by, now = current_actor(), clock.now()
        view_id = save_view(
            text_of(form.name), query.to_args(), page=page, account_id=account_id, organiser_id=event.organiser_id,
            shared=bool(form.shared.data), by=by, now=now,
        )  # fmt: skip
        if form.opens.data:
            open_with(view_id, account_id=account_id, page=page, by=by, now=now)

    try:
        in_transaction(work)
    except FieldError as error:
        form.show_refusal(error)
        return _form_page(event, form, query), 422
    flash(_("The view “%(name)s” is kept.", name=text_of(form.name)), "ok")
    args = query.to_args() or [("view", "all")]
    return redirect(f"/manage/events/{slug}/registrations?{urlencode(args)}")


@blueprint.get("/<int:view_id>")
@event_staff(Ability.LIST_SEE)
def edit(slug: str, view_id: int) -> str:
    event = get_own_event(slug)
    view = _get_own(event, view_id)
    setup = _setup(event)
    data = {"name": view.name, "shared": view.shared, "opens": setup.default_id == view.id}
    return _form_page(event, ViewForm(formdata=None, data=data), _query_of(event, view), view)


@blueprint.post("/<int:view_id>")
@event_staff(Ability.LIST_SEE)
def change(slug: str, view_id: int) -> Answer:
    event, form = get_own_event(slug), ViewForm()
    view = _get_own(event, view_id)
    if not form.validate_on_submit():
        return _form_page(event, form, _query_of(event, view), view), 422
    account_id, page = current_account().account_id, page_of(event.id)
    is_default = _setup(event).default_id == view.id

    def work() -> None:
        by, now = current_actor(), clock.now()
        change_view(
            view.id, text_of(form.name), shared=bool(form.shared.data), account_id=account_id,
            organiser_id=event.organiser_id, page=page, by=by, now=now,
        )  # fmt: skip
        if bool(form.opens.data) is not is_default:
            open_with(view.id if form.opens.data else None, account_id=account_id, page=page, by=by, now=now)

    try:
        in_transaction(work)
    except FieldError as error:
        form.show_refusal(error)
        return _form_page(event, form, _query_of(event, view), view), 422
    flash(_("Saved."), "ok")
    return redirect(_here(event))


@blueprint.post("/<int:view_id>/renew")
@event_staff(Ability.LIST_SEE)
def renew(slug: str, view_id: int) -> Response:
    """Let the view show what the list showed when this was asked."""
    event = get_own_event(slug)
    view, query = _get_own(event, view_id), _asked(event)
    with transaction():
        renew_view(
            view.id, query.to_args(), account_id=view.account_id, organiser_id=event.organiser_id, by=current_actor(),
            now=clock.now(),
        )  # fmt: skip
    flash(_("The view “%(name)s” now shows this list.", name=view.name), "ok")
    return redirect(_address(event, _get_own(event, view_id)))


@blueprint.post("/<int:view_id>/open")
@event_staff(Ability.LIST_SEE)
def open_first(slug: str, view_id: int) -> Response:
    """Let one's list open with this view; asked again, open whole."""
    event = get_own_event(slug)
    account_id, page = current_account().account_id, page_of(event.id)
    view = get_view(view_id, account_id, event.organiser_id, page)
    is_default = _setup(event).default_id == view.id
    with transaction():
        open_with(
            None if is_default else view.id, account_id=account_id, page=page, by=current_actor(), now=clock.now()
        )
    if is_default:
        flash(_("Your list opens whole again."), "ok")
    else:
        flash(_("Your list now opens with “%(name)s”.", name=view.name), "ok")
    return redirect(_here(event))


@blueprint.get("/<int:view_id>/delete")
@event_staff(Ability.LIST_SEE)
def ask_delete(slug: str, view_id: int) -> str:
    event = get_own_event(slug)
    return render_template(
        "manage/registrations/_list_view_delete.html", view=_get_deletable(event, view_id), **_context(event)
    )


@blueprint.post("/<int:view_id>/delete")
@event_staff(Ability.LIST_SEE)
def delete(slug: str, view_id: int) -> Response:
    event = get_own_event(slug)
    view = _get_deletable(event, view_id)
    with transaction():
        delete_view(view.id, organiser_id=event.organiser_id, by=current_actor(), now=clock.now())
    flash(_("The view “%(name)s” is deleted.", name=view.name), "ok")
    return redirect(_here(event))


def _setup(event: EventRow) -> ListSetup:
    return get_setup(current_account().account_id, event.organiser_id, page_of(event.id))


def _asked(event: EventRow) -> ListQuery:
    return read_query(request.values, event, current_access())


def _query_of(event: EventRow, view: ViewRow) -> ListQuery:
    """What the view shows to this person."""
    return query_of(view, event, current_access(), current_account().account_id)


def _address(event: EventRow, view: ViewRow) -> str:
    args = address_of(view, _query_of(event, view), current_access())
    return f"/manage/events/{event.slug}/registrations?{urlencode(args or [('view', 'all')])}"


def _here(event: EventRow) -> str:
    return f"/manage/events/{event.slug}/registrations/views"


def _is_own(view: ViewRow) -> bool:
    return view.account_id == current_account().account_id


def _may_delete(view: ViewRow) -> bool:
    """One's own; who manages the organiser's events clears away what others shared."""
    return _is_own(view) or current_access().role in MAY_MANAGE


def _get_own(event: EventRow, view_id: int) -> ViewRow:
    """A view that the person keeps themselves. Raises ViewNotFound."""
    view = get_view(view_id, current_account().account_id, event.organiser_id, page_of(event.id))
    if not _is_own(view):
        raise ViewNotFound(f"view {view_id}")
    return view


def _get_deletable(event: EventRow, view_id: int) -> ViewRow:
    view = get_view(view_id, current_account().account_id, event.organiser_id, page_of(event.id))
    if not _may_delete(view):
        raise ViewNotFound(f"view {view_id}")
    return view


def _words(event: EventRow, view: ViewRow) -> list[str]:
    """What a view narrows to and how it sorts, in words."""
    return _query_words(event, _query_of(event, view))


def _query_words(event: EventRow, query: ListQuery) -> list[str]:
    locale, access = current_locale(), current_access()
    words = filter_words(query, event, locale, access)
    columns = {column.key: column for column in shown_columns(query, event, access)}
    if query.sort != "name" and query.sort in columns:
        words.append(_("sorted by: %(column)s", column=column_title(columns[query.sort], event, locale)))
    if query.columns:
        words.append(
            _("columns: %(columns)s", columns=", ".join(column_title(c, event, locale) for c in columns.values()))
        )
    return words


def _form_page(event: EventRow, form: ViewForm, query: ListQuery, view: ViewRow | None = None) -> str:
    return render_template(
        "manage/registrations/_list_view_form.html",
        form=form,
        view=view,
        words=_query_words(event, query),
        args=query.to_args(),
        own_views=[] if view else [other for other in _setup(event).views if _is_own(other)],
        **_context(event),
    )


def _context(event: EventRow) -> dict[str, Any]:
    return {"here": _here(event), **event_context(event, "registrations")}
