"""The list of an event's registrations: searched as one types, narrowed, sorted, in the columns that one chose."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability, Access
from app.core import clock
from app.core.transaction import transaction
from app.events.enums import ReasonUse
from app.events.queries import EventRow
from app.events.queries.reasons import labels_of_cancellations, list_reasons
from app.flows.queries import list_planned_arrivals
from app.reports.lists import (
    ANSWER,
    CHOSEN_KINDS,
    LONGEST_TEXT,
    PAGE_SIZES,
    Column,
    ListQuery,
    list_columns,
    move_column,
    read_query,
    shown_columns,
)
from app.reports.operations.views import keep_columns
from app.reports.queries.list_choices import MOST_CHOICES, ListChoices, known_query, list_choices, name_structures
from app.reports.queries.list_neighbours import find_neighbours
from app.reports.queries.registration_list import (
    RegistrationPage,
    Totals,
    list_registrations,
)
from app.reports.queries.views import ListSetup, address_of, get_setup, page_of, query_of
from app.web.filters import hour, number
from app.web.guards import allows, current_access, current_account, current_actor, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_own_event
from app.web.manage.list_left_aside import words_left_aside
from app.web.manage.list_rows import make_rows
from app.web.manage.list_words import (
    answer_choices,
    column_title,
    count_words,
    filter_chips,
    filter_choices,
    filter_title,
    moment_words,
    short_title,
    wave_words,
)

blueprint = Blueprint("manage_registrations", __name__, url_prefix="/manage/events")

MENUS = ("day", "wave", "audience", "status", "arrival")
"""The filters beside the search; all others stand on a page of their own."""
NO_FILTER = frozenset({"lang", "page", "view"})
WHOLE = "all"
"""As `view`: the whole list, for somebody whose list opens with a view."""


@blueprint.get("/<slug>/registrations")
@event_staff(Ability.LIST_SEE)
def index(slug: str) -> str | Response:
    event, access = get_own_event(slug), current_access()
    if request.args.get("enter") and request.args.get("find"):  # typed on the page of filters: it looks for a structure
        return redirect(f"/manage/events/{event.slug}/registrations/filters?{urlencode(list(_given('enter')))}")
    setup = get_setup(current_account().account_id, event.organiser_id, page_of(event.id))
    if setup.default is not None and not request.args.keys() - {"lang"}:
        opened = query_of(setup.default, event, access, current_account().account_id)
        return redirect(_address(event, address_of(setup.default, opened, access), view=WHOLE))
    query = _asked(event, access, setup)
    page = list_registrations(event, query, access, page=_number("page"))
    context = _results(event, query, access, page, setup)
    if _wants_results():
        return _results_alone(event, query, context)
    return render_template(
        "manage/registrations/list.html",
        menus=_menus(event, query),
        carried=[(n, v) for n, v in query.to_args() if n != "q" and n not in MENUS],
        **context,
        **event_context(event, "registrations"),
    )


@blueprint.get("/<slug>/registrations/filters")
@event_staff(Ability.LIST_SEE)
def filters(slug: str) -> str:
    """All that the list can be narrowed by, on one page. `find`: words that the structures offered have in their names."""
    event, access = get_own_event(slug), current_access()
    query, find = read_query(request.args, event, access), request.args.get("find", "").strip()[:LONGEST_TEXT]
    chosen: dict[str, list[str]] = {}
    for name, value in query.filter_args():
        chosen.setdefault(name, []).append(value)
    found = list_choices(event, access, structure=find)
    return render_template(
        "manage/registrations/_list_filters.html",
        text=query.text,
        groups=_filter_groups(event, access, chosen, found),
        chosen=chosen,
        find=find,
        many=bool(find) or found.more,
        more=_("The first %(most)s: type more of the name.", most=number(MOST_CHOICES)) if found.more else "",
        carried=_unnarrowed(query).to_args(),
        back_url=list_url(event, query, view=WHOLE),
        all_url=list_url(event, ListQuery(), view=WHOLE),
        **event_context(event, "registrations"),
    )  # fmt: skip


@blueprint.post("/<slug>/registrations/columns")
@event_staff(Ability.LIST_SEE)
def choose_columns(slug: str) -> Response:
    """Keep the columns for this person, and show them in their order. None chosen: those that everybody gets.

    `earlier` and `later` name a column that goes one place to the front or to the back.
    """
    event, access = get_own_event(slug), current_access()
    query = read_query(request.form, event, access)
    if "usual" in request.form or not query.columns:
        query = replace(query, columns=())
    kept: tuple[str, ...] = tuple(column.key for column in shown_columns(query, event, access)) if query.columns else ()
    moved = next((name for name in ("earlier", "later") if name in request.form), None)
    if moved:
        kept = move_column(kept, request.form[moved], -1 if moved == "earlier" else 1)
    with transaction():
        keep_columns(
            kept, account_id=current_account().account_id, page=page_of(event.id), by=current_actor(), now=clock.now()
        )
    return redirect(list_url(event, replace(query, columns=kept), view=WHOLE, arrange=1 if moved else None))


def list_url(event: EventRow, query: ListQuery, **more: object) -> str:
    """The list as an address that carries all of it. `view` is left out where something else is said."""
    return _address(event, query.to_args(), **more)


def _address(event: EventRow, said: Sequence[tuple[str, str]], **more: object) -> str:
    args: list[tuple[str, object]] = [*said]
    args += [(name, value) for name, value in more.items() if value is not None and (name != "view" or not args)]
    return f"/manage/events/{event.slug}/registrations" + (f"?{urlencode(args)}" if args else "")


def way_back(event: EventRow, registration_id: int) -> dict[str, Any]:
    """For the page of a registration: the list it was opened from, and the ones beside it there, as the address tells."""
    if request.args.get("list") != "1":
        return {"list_url": list_url(event, ListQuery()), "prev_url": None, "next_url": None, "position_text": ""}
    access = current_access()
    query = read_query(request.args, event, access)
    beside = find_neighbours(event, query, access, registration_id, position=_number("at"))
    page = 1 if beside is None else -(-beside.position // query.size)

    def url(reference: str | None, position: int) -> str | None:
        args = urlencode([("list", 1), ("at", position), *query.to_args()])
        return f"/manage/events/{event.slug}/registrations/{reference}?{args}" if reference else None

    return {
        "list_url": list_url(event, query, view=WHOLE, page=page if page > 1 else None),
        "prev_url": url(beside.before, beside.position - 1) if beside else None,
        "next_url": url(beside.after, beside.position + 1) if beside else None,
        "position_text": _("Row %(number)s of the list", number=number(beside.position)) if beside else "",
    }


def _asked(event: EventRow, access: Access, setup: ListSetup) -> ListQuery:
    """What the address asks for and there is, in its columns or those that the person chose last."""
    query = known_query(event, read_query(request.args, event, access), access)
    if query.columns or not setup.columns:
        return query
    allowed = {column.key for column in list_columns(event, access)}
    return replace(query, columns=tuple(key for key in setup.columns if key in allowed))


def _results_alone(event: EventRow, query: ListQuery, context: dict[str, Any]) -> Response:
    """What changes as one types. What is still being typed takes the place of the address before: one step back, not ten."""
    answer = Response(
        render_template("manage/registrations/_list.html", **context, **event_context(event, "registrations")),
        mimetype="text/html",
    )
    before = parse_qs(urlsplit(request.headers.get("HX-Current-URL", "")).query).get("q", [""])[0]
    if before and query.text and before != query.text:
        answer.headers["HX-Replace-Url"] = list_url(event, query)
    return answer


def _given(*but: str) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in request.args.items(multi=True) if name not in but)


def _wants_results() -> bool:
    """Whether htmx asks for the results alone, not for a page of its history."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def _number(name: str) -> int:
    """A number of the address, 0 where it says none."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 0


def _results(
    event: EventRow, query: ListQuery, access: Access, page: RegistrationPage, setup: ListSetup
) -> dict[str, Any]:
    """What the part of the page reads that changes as one types."""
    locale = current_locale()
    columns = shown_columns(query, event, access)
    whole_view = WHOLE if setup.default is not None else None
    return {
        "page": page,
        "query": query,
        "aside": words_left_aside(list(_given()), event, query, access, locale, page=page.number),
        "here_url": list_url(event, query, view=WHOLE, page=page.number if page.number > 1 else None),
        "arranging": "arrange" in request.args,
        "rows": make_rows(page, columns, event, named=allows(Ability.PEOPLE_SEE)),
        "columns": [
            (column, short_title(column, event, locale), *_sorting(event, query, column, whole_view))
            for column in columns
        ],
        "moment": lambda value: moment_words(value, event.timezone, locale),
        "chips": [
            (chip, list_url(event, query.without(chip.name, chip.value), view=whole_view))
            for chip in filter_chips(query, event, locale, access)
        ],
        "args": query.to_args(),
        "row_args": urlencode(query.to_args()),
        "all_url": list_url(event, _unnarrowed(query), view=whole_view),
        "filters_url": _beside(event, "filters", query),
        "shown_text": _count_words(page.shown),
        "whole_text": _count_words(page.whole),
        "rows_text": _rows_words(page.shown),
        "wave_words": {wave.id: wave_words(event, wave.id, locale) for wave in event.waves},
        "planned": _planned(page, columns, event),
        "begun": {} if event.date_to_come else {wave.id: wave.starts_at for wave in event.waves},
        "column_choices": _column_choices(event, access, columns),
        "may_export": allows(Ability.EXPORT),
        "export_args": urlencode(query.to_args()),
        **_views(event, query, setup, whole_view),
        **_pages(event, query, page, whole_view),
    }


def _planned(page: RegistrationPage, columns: Sequence[Column], event: EventRow) -> dict[tuple[int, int], str]:
    """By (registration, wave), the hour at which the plan has groups of this page come, where it is not the wave's."""
    shown = any(column.key == "waves" for column in columns)
    found = list_planned_arrivals(event, [line.id for line in page.lines if line.is_group and shown])
    return {key: hour(at, event.timezone) for key, at in found.items()}


def _pages(event: EventRow, query: ListQuery, page: RegistrationPage, whole_view: str | None) -> dict[str, Any]:
    def url(number_of: int) -> str:
        return list_url(event, query, view=whole_view, page=number_of if number_of > 1 else None)

    return {
        "prev_url": url(page.number - 1) if page.number > 1 else None,
        "next_url": url(page.number + 1) if page.number < page.pages else None,
        "first_url": url(1) if page.number > 2 else None,
        "last_url": url(page.pages) if page.number < page.pages - 1 else None,
        "sizes": [
            (size, list_url(event, replace(query, size=size), view=whole_view), size == query.size)
            for size in PAGE_SIZES
        ]
        if page.shown.listed > PAGE_SIZES[0]
        else [],
    }


def _views(event: EventRow, query: ListQuery, setup: ListSetup, whole_view: str | None) -> dict[str, Any]:
    access, account_id = current_access(), current_account().account_id
    views = [(view, query_of(view, event, access, account_id)) for view in setup.views]
    return {
        "views": [
            (
                view,
                _address(event, address_of(view, asked, access), view=WHOLE),
                _shows(asked, query),
                view.account_id == account_id,
            )
            for view, asked in views
        ],
        "whole_url": list_url(event, ListQuery(), view=whole_view),
        "new_view_url": _beside(event, "views/new", query),
        "views_url": f"/manage/events/{event.slug}/registrations/views",
    }


def _shows(asked: ListQuery, query: ListQuery) -> bool:
    """Whether this is what a view asks for; one without columns shows those of the person."""
    return asked == (query if asked.columns else replace(query, columns=()))


def _beside(event: EventRow, page: str, query: ListQuery) -> str:
    args = urlencode(query.to_args())
    return f"/manage/events/{event.slug}/registrations/{page}" + (f"?{args}" if args else "")


def _unnarrowed(query: ListQuery) -> ListQuery:
    return ListQuery(sort=query.sort, descending=query.descending, columns=query.columns, size=query.size)


def _sorting(event: EventRow, query: ListQuery, column: Column, whole_view: str | None) -> tuple[str, str | None]:
    """Where the head of a column leads, and how it sorts the list now: asc, desc or None."""
    sorted_now = query.sort == column.key
    down = not query.descending if sorted_now else column.descends_first
    now = ("desc" if query.descending else "asc") if sorted_now else None
    return list_url(event, replace(query, sort=column.key, descending=down), view=whole_view), now


def _column_choices(event: EventRow, access: Access, shown: Sequence[Column]) -> list[tuple[str, str, bool]]:
    """(key, title, whether it is shown): those shown in their order, then all others."""
    others = [column for column in list_columns(event, access) if column not in shown]
    return [
        (column.key, column_title(column, event, current_locale()), column in shown) for column in (*shown, *others)
    ]


def _menus(event: EventRow, query: ListQuery) -> list[tuple[str, str, list[tuple[str, str]], list[str]]]:
    """(name, label, choices, chosen) of the filters beside the search; one with a single choice narrows nothing."""
    locale, given = current_locale(), query.filter_args()
    menus = []
    for name in MENUS:
        choices = filter_choices(name, event, locale)
        if len(choices) > 1:
            menus.append((name, filter_title(name, event, locale), choices, [v for n, v in given if n == name]))
    return menus


Group = tuple[str, str, list[tuple[str, str]]]


def _filter_groups(event: EventRow, access: Access, chosen: dict[str, list[str]], found: ListChoices) -> list[Group]:
    """(name, title, choices) of every filter that can narrow this list, and of those that do.

    Structures that are ticked come before those found.
    """
    locale = current_locale()
    groups: list[Group] = [
        (name, filter_title(name, event, locale), filter_choices(name, event, locale))
        for name in (*MENUS, "kind", "source", "reply")
    ]
    wanted = {int(value) for value in chosen.get("structure", ())}
    ticked = name_structures(event, wanted, access) if wanted else {}
    structures = [*ticked.items(), *(choice for choice in found.structures if choice[0] not in ticked)]
    groups.append(("structure", filter_title("structure", event, locale), [(str(i), n) for i, n in structures]))
    if allows(Ability.PEOPLE_SEE):
        groups.append(("oriented_by", filter_title("oriented_by", event, locale), [(s, s) for s in found.oriented_by]))
        groups += [
            (f"{ANSWER}{question.key}", question.label(locale), answer_choices(question, locale))
            for question in event.questions
            if question.kind in CHOSEN_KINDS
        ]
    cancelled = [(code, row.label(locale)) for code, row in labels_of_cancellations(event.organiser_id).items()]
    missing = list_reasons(event.organiser_id, ReasonUse.NO_SHOW, retired=True)
    groups.append(("cancel_code", filter_title("cancel_code", event, locale), cancelled))
    groups.append(
        ("no_show_code", filter_title("no_show_code", event, locale), [(r.code, r.label(locale)) for r in missing])
    )
    searched = {"structure"} if request.args.get("find") else set()
    return [group for group in groups if len(group[2]) > 1 or group[0] in {*chosen, *searched}]


def _count_words(totals: Totals) -> str:
    return count_words(
        current_locale(), registrations=totals.placed, people=totals.placed_people, shown=number,
        waiting=totals.waiting, waiting_people=totals.waiting_people,
        absent=totals.absent, absent_people=totals.absent_people,
    )  # fmt: skip


def _rows_words(totals: Totals) -> str:
    """« Avec 1 annulée ou échue : 69 lignes. »: how the registrations that stand become the rows of the list."""
    if not totals.off:
        return ""
    off = ngettext(
        "%(count)s cancelled or lapsed", "%(count)s cancelled or lapsed", totals.off, count=number(totals.off)
    )
    rows = ngettext("%(count)s row", "%(count)s rows", totals.listed, count=number(totals.listed))
    return str(_("With %(off)s: %(rows)s.", off=off, rows=rows))
