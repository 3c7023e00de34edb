"""The list of an event's registrations as a file: the rows, order and columns of the screen, of who asks for it."""

from dataclasses import replace
from datetime import datetime

from app.accounts.rules import Ability, Access, may, row_limit
from app.core.i18n import Locale
from app.events.queries import EventRow
from app.reports.exports import REGISTRATIONS, ExportDraft, ExportFilters, Sheet, file_name
from app.reports.exports_words import words_of
from app.reports.lists import PAGE_SIZES, ArgList, Column, ListQuery, read_query, shown_columns
from app.reports.queries.exports import ExportRow
from app.reports.queries.registration_list import iter_lines


def registrations_draft(
    event: EventRow, query: ListQuery, access: Access, *, rows: int, locale: Locale, suffix: str, now: datetime
) -> ExportDraft:
    """What is about to be taken out, as the log says it. The columns of the query, or those that everybody gets."""
    columns, words = shown_columns(query, event, access), words_of(REGISTRATIONS)
    filters = ExportFilters(
        args=tuple(_settled(query, columns).to_args()),
        words=tuple(words.filters(query, event, locale, access)),
        lasting=tuple(words.lasting(query, event, locale, access)),
        titles=tuple(words.head(column, event, locale) for column in columns),
        rows=row_limit(access),
    )
    return ExportDraft(
        organiser_id=event.organiser_id,
        event_id=event.id,
        what=REGISTRATIONS,
        columns=tuple(column.key for column in columns),
        filters=filters,
        personal=any(column.personal for column in columns),
        locale=locale,
        rows=rows,
        file_name=file_name(f"{event.slug}-{words.name(locale)}", suffix, now, event.timezone),
    )


def registrations_sheet(event: EventRow, query: ListQuery, access: Access, locale: Locale) -> Sheet:
    """The list itself; its rows are read as they are taken, some hundred at a time."""
    columns, words = shown_columns(query, event, access), words_of(REGISTRATIONS)
    cells = words.cells(columns, event, locale)
    return Sheet(
        title=words.name(locale),
        heads=tuple(words.head(column, event, locale) for column in columns),
        rows=map(cells, iter_lines(event, query, access)),
        timezone=event.timezone,
        locale=locale,
    )


def still_allowed(export: ExportRow, event: EventRow, access: Access) -> ListQuery | None:
    """The query of an export that was asked for, if it still means the same to who asked; else None.

    A function that ended, fewer or more rows, a column or filter that is no more: the file would not be what was asked for.
    """
    query = read_query(ArgList(export.filters.args), event, access)
    columns = shown_columns(query, event, access)
    same = (
        may(access, Ability.EXPORT)
        and row_limit(access) is export.limit
        and tuple(column.key for column in columns) == export.columns
        and tuple(_settled(query, columns).to_args()) == export.filters.args
    )
    return query if same else None


def _settled(query: ListQuery, columns: tuple[Column, ...]) -> ListQuery:
    """The query with its columns said, whatever the person chooses later, and without the size of a page."""
    return replace(query, columns=tuple(column.key for column in columns), size=PAGE_SIZES[0])
