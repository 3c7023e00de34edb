"""What exports say: the words of the screen, lent to the worker, and those of the directory of structures."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import pgettext

from app.accounts.rules import Access
from app.core.i18n import Locale, translate
from app.core.urls import settings
from app.events.queries import EventRow
from app.reports.exports import (
    REGISTRATIONS,
    STRUCTURES,
    Cell,
    ExportDraft,
    ExportFilters,
    Sheet,
    file_name,
    is_personal,
)
from app.reports.exports_words import ListWords, lend_words
from app.reports.lists import Args, ListQuery
from app.reports.queries.structures import DirectoryFilter, DirectoryLine, Order, count_directory, iter_directory
from app.web.forms.structures import KIND_LABELS
from app.web.manage.list_words import column_title, filter_chips, make_cells

STRUCTURE_COLUMNS = ("name", "kind", "commune", "uai", "siret", "contacts", "people", "events", "latest")


def _name(locale: Locale) -> str:
    return translate(locale, "Registrations")


def _filters(query: ListQuery, event: EventRow, locale: Locale, access: Access) -> Sequence[str]:
    """« Statut : Confirmée » for each filter, and what was looked for between its quotation marks."""
    return [
        translate(locale, "“%(text)s”", text=chip.text)
        if chip.name == "q"
        else translate(locale, "%(label)s: %(value)s", label=chip.label, value=chip.text)
        for chip in filter_chips(query, event, locale, access)
    ]


def _lasting(query: ListQuery, event: EventRow, locale: Locale, access: Access) -> Sequence[str]:
    """As `_filters`; of what may name somebody, only that the list was narrowed by it."""
    words: dict[str, None] = {}
    for chip in filter_chips(query, event, locale, access):
        if chip.name == "q":
            words[translate(locale, "words looked for")] = None
        elif is_personal(chip.name):
            words[chip.label] = None
        else:
            words[translate(locale, "%(label)s: %(value)s", label=chip.label, value=chip.text)] = None
    return list(words)


WORDS = ListWords(name=_name, head=column_title, filters=_filters, lasting=_lasting, cells=make_cells)
lend_words(REGISTRATIONS, WORDS)


def structures_draft(
    organiser_id: int, wanted: DirectoryFilter, args: Args, locale: Locale, now: datetime
) -> ExportDraft:
    """What is about to be taken out of the directory, as the log says it."""
    names = ("q", "kind", "commune", "archived", "sort", "dir")
    return ExportDraft(
        organiser_id=organiser_id,
        event_id=None,
        what=STRUCTURES,
        columns=STRUCTURE_COLUMNS,
        filters=ExportFilters(
            args=tuple((name, value[:160]) for name in names for value in args.getlist(name)[:20] if value),
            words=tuple(_directory_words(wanted, _("“%(text)s”", text=wanted.text))),
            lasting=tuple(_directory_words(wanted, _("words looked for"))),
            titles=tuple(_structure_heads().values()),
        ),
        personal=False,
        locale=locale,
        rows=count_directory(organiser_id, wanted),
        file_name=file_name(_("Structures"), "csv", now, settings().default_timezone),
    )


def structures_sheet(
    organiser_id: int, wanted: DirectoryFilter, order: Order, descending: bool, locale: Locale
) -> Sheet:
    """The directory in the columns of the page; of contacts, how many there are."""
    lines = iter_directory(organiser_id, wanted, order=order, descending=descending)
    kinds = {kind: str(label) for kind, label in KIND_LABELS.items()}
    timezone = settings().default_timezone

    def cells(line: DirectoryLine) -> Sequence[Cell]:
        latest = line.latest.astimezone(ZoneInfo(timezone)).date() if line.latest else None
        return (
            line.name, kinds[line.kind], line.commune, line.uai, line.siret, line.contacts, line.people, line.events,
            latest,
        )  # fmt: skip

    heads = tuple(_structure_heads()[key] for key in STRUCTURE_COLUMNS)
    return Sheet(_("Structures"), heads, map(cells, lines), timezone=timezone, locale=locale)


def _structure_heads() -> Mapping[str, str]:
    return {
        "name": _("Name"),
        "kind": _("Kind"),
        "commune": _("Town"),
        "uai": _("UAI"),
        "siret": _("SIRET"),
        "contacts": _("Contacts"),
        "people": _("People registered"),
        "events": _("Events"),
        "latest": _("Last event"),
    }


def _directory_words(wanted: DirectoryFilter, looked_for: str) -> list[str]:
    words = [looked_for] if wanted.text else []
    words += [str(KIND_LABELS[kind]) for kind in sorted(wanted.kinds)]
    words += sorted(wanted.communes)
    if wanted.archived:
        words.append(pgettext("structure", "Archived"))
    return words
