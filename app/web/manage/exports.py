"""Taking lists out: CSV at once, XLSX as a file that is made beside the page, and the log of both."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, stream_with_context
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE, MAY_READ
from app.accounts.rules import Ability, Access, RowLimit, row_limit
from app.core import clock
from app.core.errors import NotFound
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.reports.enums import ExportFormat
from app.reports.exports import KEPT, REGISTRATIONS, STRUCTURES, ExportDraft, Sheet, csv_parts, may_fetch
from app.reports.exports_registrations import registrations_draft, registrations_sheet
from app.reports.lists import Args, ListQuery, allowed_query, read_query, shown_columns
from app.reports.operations.exports import ask_for_xlsx, finish_csv, log_csv, log_fetched
from app.reports.queries.exports import (
    PAGE,
    ExportPage,
    ExportRow,
    ExportState,
    find_same_at_work,
    get_export,
    get_file,
    list_exported_events,
    list_exporters,
    list_exports,
)
from app.reports.queries.list_choices import known_query
from app.reports.queries.registration_list import count_rows
from app.reports.queries.views import get_setup, page_of
from app.web.error_pages import Link, Notice
from app.web.filters import number
from app.web.guards import current_access, current_account, current_actor, current_organiser_id, event_staff, staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_own_event
from app.web.manage.exports_words import WORDS, print_names, structures_draft, structures_sheet
from app.web.manage.list_left_aside import LeftAside, words_left_aside
from app.web.manage.structures import asked_directory

blueprint = Blueprint("manage_exports", __name__, url_prefix="/manage")

MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "zip": "application/zip",
}
FILES = frozenset({ExportFormat.XLSX, ExportFormat.PDF})
NO_ARGS = frozenset({"csrf_token", "lang"})


# --- What is on the screen --------------------------------------------------------------------------------------------


@blueprint.get("/events/<slug>/registrations.csv")
@event_staff(Ability.EXPORT)
def registrations_csv(slug: str) -> Response | tuple[str, int]:
    """The list as the address narrows it, in the columns that the person may see."""
    event, access, locale = get_own_event(slug), current_access(), current_locale()
    query = _asked(request.args, event, access)
    if aside := _left_aside(event, query, access):
        return _refusal(event, query, aside)
    draft = registrations_draft(
        event, query, access, rows=count_rows(event, query, access), locale=locale, suffix="csv", now=clock.now()
    )
    return _csv(draft, registrations_sheet(event, query, access, locale))


@blueprint.get("/structures.csv")
@staff(MAY_READ)
def structures_csv() -> Response:
    """The directory as the address narrows it: structures, and nobody's name."""
    wanted, order, descending = asked_directory()
    organiser_id, locale = current_organiser_id(), current_locale()
    draft = structures_draft(organiser_id, wanted, request.args, locale, clock.now())
    return _csv(draft, structures_sheet(organiser_id, wanted, order, descending, locale))


@blueprint.get("/events/<slug>/exports/new")
@event_staff(Ability.EXPORT)
def new(slug: str) -> str:
    """What would be taken out, in figures, before it is: rows, columns, and whether people's data are among them."""
    event, access, locale = get_own_event(slug), current_access(), current_locale()
    query = _asked(request.args, event, access)
    columns, rows, base = shown_columns(query, event, access), count_rows(event, query, access), _base(event)
    aside = _left_aside(event, query, access)
    args = query.to_args() if aside else _given()
    return render_template(
        "manage/exports/new.html",
        rows_text=ngettext("%(count)s row", "%(count)s rows", rows, count=number(rows)),
        rows=rows,
        aside=aside,
        heads=[WORDS.head(column, event, locale) for column in columns],
        personal=any(column.personal for column in columns),
        filters=WORDS.filters(query, event, locale, access),
        part=row_limit(access) is not RowLimit.ALL,
        args=args,
        csv_url=f"{base}/registrations.csv?{urlencode(args)}",
        list_url=f"{base}/registrations?{urlencode(args)}",
        exports_url=f"{base}/exports",
        days_kept=KEPT.days,
        **event_context(event, "registrations"),
    )


@blueprint.post("/events/<slug>/exports")
@event_staff(Ability.EXPORT)
def ask(slug: str) -> Response | tuple[str, int]:
    """Have the list made as XLSX. Asked twice while it is being made, it is made once."""
    event, access, locale, now = get_own_event(slug), current_access(), current_locale(), clock.now()
    query = _asked(request.values, event, access)
    if aside := _left_aside(event, query, access):
        return _refusal(event, query, aside)
    draft = registrations_draft(
        event, query, access, rows=count_rows(event, query, access), locale=locale, suffix="xlsx", now=now
    )
    export_id = find_same_at_work(current_account().account_id, event.id, draft.columns, draft.filters)
    if export_id is None:
        with transaction():
            export_id = ask_for_xlsx(draft, by=current_actor(), now=now)
    return redirect(f"{_base(event)}/exports/{export_id}")


# --- Files that were made -----------------------------------------------------------------------------------------------


@blueprint.get("/events/<slug>/exports/<int:export_id>")
@event_staff(Ability.EXPORT)
def show(slug: str, export_id: int) -> str:
    """How far the file is, then the file: to be left and found again."""
    event = get_own_event(slug)
    row = _fetchable(event, export_id)
    return render_template(
        "manage/exports/show.html",
        row=row,
        row_url=f"{_base(event)}/exports/{row.id}",
        exports_url=f"{_base(event)}/exports",
        **_where_from(event, row),
        days_kept=KEPT.days,
        **_state_words(),
        **event_context(event, "papers" if row.format is ExportFormat.PDF else "registrations"),
    )


@blueprint.get("/events/<slug>/exports/<int:export_id>/file")
@event_staff(Ability.EXPORT)
def fetch(slug: str, export_id: int) -> Response:
    """The file, to who made it or who manages the event, as long as they may see all that is in it; to others none."""
    event, now = get_own_event(slug), clock.now()
    row = _fetchable(event, export_id)
    found = get_file(row.id, now)
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
    media_type = MEDIA_TYPES[found.name.rpartition(".")[2]]
    if request.method == "HEAD":
        return Response(content_type=media_type, headers=headers)
    with transaction():
        log_fetched(row.id, organiser_id=event.organiser_id, event_id=event.id, by=current_actor(), now=now)
    return Response(found.content, content_type=media_type, headers=headers)


# --- The log ------------------------------------------------------------------------------------------------------------


@blueprint.get("/exports")
@staff(MAY_MANAGE)
def index() -> str:
    """All that was ever taken out of the organiser's lists, by person and event where wanted."""
    organiser_id, slug = current_organiser_id(), request.args.get("event", "")
    account_id = _number("person")
    event = get_own_event(slug) if slug else None
    page = list_exports(
        organiser_id, event_id=event.id if event else None, account_id=account_id, before=_number("before")
    )
    return render_template(
        "manage/exports/index.html",
        page=page,
        people=list_exporters(organiser_id),
        events=list_exported_events(organiser_id, current_locale()),
        chosen_person=account_id,
        chosen_event=slug,
        narrowed=bool(slug or account_id),
        fetchable=_fetchables(page, current_access()),
        now=clock.now(),
        **_pages(page, "/manage/exports"),
        **_state_words(),
    )


@blueprint.get("/events/<slug>/exports")
@event_staff(Ability.EXPORT)
def of_event(slug: str) -> str:
    """What was taken out of one event's list: all of it for who manages it, for others what they took out themselves."""
    event, access = get_own_event(slug), current_access()
    everybody = access.role in MAY_MANAGE
    own = None if everybody else current_account().account_id
    page = list_exports(event.organiser_id, event_id=event.id, account_id=own, before=_number("before"))
    return render_template(
        "manage/exports/event.html",
        page=page,
        everybody=everybody,
        new_url=f"{_base(event)}/exports/new",
        list_url=f"{_base(event)}/registrations",
        fetchable=_fetchables(page, access),
        **_pages(page, f"{_base(event)}/exports"),
        **_state_words(),
        **event_context(event, "registrations"),
    )


def _csv(draft: ExportDraft, sheet: Sheet) -> Response:
    """The rows as they are read. The log knows of it before the first byte, and of its end after the last."""
    headers = {"Content-Disposition": f'attachment; filename="{draft.file_name}"'}
    content_type = "text/csv; charset=utf-8"
    if request.method == "HEAD":
        return Response(content_type=content_type, headers=headers)
    with transaction():
        export_id = log_csv(draft, by=current_actor(), now=clock.now())

    def ended(rows: int) -> None:
        with transaction():
            finish_csv(export_id, rows, now=clock.now())

    return Response(stream_with_context(csv_parts(sheet, ended=ended)), content_type=content_type, headers=headers)


def _fetchable(event: EventRow, export_id: int) -> ExportRow:
    """A file of the event that the person may have. Raises NotFound."""
    row = get_export(export_id, organiser_id=event.organiser_id, event_id=event.id)
    if row.format not in FILES or not _may_fetch(row, current_access()):
        raise NotFound(f"export {export_id}")
    return row


def _where_from(event: EventRow, row: ExportRow) -> dict[str, Any]:
    """Where a file was asked for, and can be again: the list, or the page of papers."""
    base, args = _base(event), list(row.filters.args)
    if row.format is ExportFormat.PDF:
        url = f"{base}/prints?{urlencode([('paper', row.what), *args])}"
        return {"printed": True, "again_url": url, "list_url": url}
    return {
        "printed": False,
        "again_url": f"{base}/exports/new?{urlencode(args)}",
        "list_url": f"{base}/registrations?{urlencode(args)}",
    }


def _fetchables(page: ExportPage, access: Access) -> set[int]:
    """The lines that lead to a file that the person may have."""
    return {row.id for row in page.lines if row.format in FILES and _may_fetch(row, access)}


def _may_fetch(row: ExportRow, access: Access) -> bool:
    return may_fetch(
        access, current_account().account_id, maker_id=row.account_id, personal=row.personal, rows=row.limit
    )


def _asked(args: Args, event: EventRow, access: Access) -> ListQuery:
    """What the arguments ask for, in their columns or, as on the screen, in those that the person chose last."""
    query = known_query(event, read_query(args, event, access), access)
    if query.columns:
        return query
    setup = get_setup(current_account().account_id, event.organiser_id, page_of(event.id))
    return allowed_query(replace(query, columns=tuple(setup.columns)), event, access)


def _left_aside(event: EventRow, query: ListQuery, access: Access) -> LeftAside:
    """What was asked for in vain: no file can say that it holds more than was meant."""
    given = (*request.args.items(multi=True), *request.form.items(multi=True))
    said = [(name, value) for name, value in given if name not in {*NO_ARGS, "page"}]
    return words_left_aside(said, event, query, access, current_locale(), page=1)


def _refusal(event: EventRow, query: ListQuery, aside: LeftAside) -> tuple[str, int]:
    """A page in place of the file."""
    what = " · ".join(aside.words) or _("filters by people’s data, which you do not see")
    words = Notice(
        ngettext("This filter means nothing any more", "These filters mean nothing any more", max(len(aside.words), 1)),
        _("%(what)s. No file was made: it would hold more rows than you asked for.", what=what),
        Link(_("See the list without it"), f"{_base(event)}/registrations?{urlencode(query.to_args())}"),
    )
    return render_template("errors/notice.html", words=words), 400


def _given() -> list[tuple[str, str]]:
    """The arguments of the list that led here, to be handed on."""
    return [(name, value) for name, value in request.args.items(multi=True) if name not in NO_ARGS and value]


def _base(event: EventRow) -> str:
    return f"/manage/events/{event.slug}"


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _pages(page: ExportPage, here: str) -> dict[str, Any]:
    kept = [(k, v) for k, v in request.args.items(multi=True) if k in {"person", "event"} and v]
    query = urlencode([*kept, ("before", page.lines[-1].id)]) if page.more and page.lines else ""
    first = f"{here}?{urlencode(kept)}" if kept else here
    return {
        "next_url": f"{here}?{query}" if query else None,
        "first_url": first if _number("before") is not None else None,
        "per_page": PAGE,
    }


def _state_words() -> dict[str, Any]:
    return {
        "list_names": {REGISTRATIONS: _("Registrations"), STRUCTURES: _("Structures"), **print_names()},
        "states": ExportState,
    }
