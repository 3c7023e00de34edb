"""What exports say: the words of the screen, lent to the worker, and those of the directory of structures."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import pgettext

from app.accounts.rules import Access
from app.core.i18n import Locale, translate
from app.core.text import shown_phone
from app.core.urls import settings
from app.events.queries import EventRow
from app.reports.enums import PaperKind
from app.reports.exports import (
    REGISTRATIONS,
    STRUCTURES,
    Cell,
    ExportDraft,
    ExportFilters,
    Sheet,
    csv_cell,
    file_name,
    is_personal,
)
from app.reports.exports_words import ListWords, lend_words
from app.reports.lists import Args, Column, ListQuery
from app.reports.queries.registration_list import RegistrationLine
from app.reports.queries.structures import DirectoryFilter, DirectoryLine, Order, count_directory, iter_directory
from app.web.forms.structures import KIND_LABELS
from app.web.manage.list_words import column_title, filter_chips, make_cells


def print_names() -> dict[str, str]:
    """What is printed of many registrations, by the name under which the log of exports has it."""
    return {
        PaperKind.BADGES.value: _("Badges"),
        PaperKind.TICKETS.value: _("Tickets"),
        PaperKind.CARDS.value: _("Route cards"),
        PaperKind.WAVE_LISTS.value: _("Arrival lists"),
    }


STRUCTURE_COLUMNS = ("name", "kind", "commune", "uai", "siret", "contacts", "people", "events", "latest")


def _name(locale: Locale) -> str:
    return translate(locale, "Registrations")


def _filters(query: ListQuery, event: EventRow, locale: Locale, access: Access) -> Sequence[str]:
    """« Statut : Confirmée » for each filter, and what was looked for between its quotation marks."""
    return [
        chip.text if chip.name == "q" else translate(locale, "%(label)s: %(value)s", label=chip.label, value=chip.text)
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


def _head(column: Column, event: EventRow, locale: Locale) -> str:
    return _plain(column_title(column, event, locale))


def _cells(
    columns: Sequence[Column], event: EventRow, locale: Locale
) -> Callable[[RegistrationLine], tuple[Cell, ...]]:
    """As the screen, but for programs: arrival times as instants, telephones with the spaces that people type."""
    starts, say = {wave.id: wave.starts_at for wave in event.waves}, csv_cell(locale, event.timezone)

    def times(line: RegistrationLine) -> Cell:
        found = [starts[wave_id] for wave_id in line.waves if wave_id in starts]
        return found[0] if len(found) == 1 else ", ".join(str(say(moment)) for moment in found)

    def phone(line: RegistrationLine) -> Cell:
        return _plain(shown_phone(line.contact_phone)) if line.contact_phone else ""

    own = {"waves": times, "phone": phone}
    of_screen = make_cells([column for column in columns if column.key not in own], event, locale)
    order = [own.get(column.key) for column in columns]

    def cells(line: RegistrationLine) -> tuple[Cell, ...]:
        said = iter(of_screen(line))
        return tuple(next(said) if make is None else make(line) for make in order)

    return cells


def _plain(text: str) -> str:
    """With spaces that break lines: nobody finds « 06 39 » by typing it where they do not."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


WORDS = ListWords(name=_name, head=_head, filters=_filters, lasting=_lasting, cells=_cells)
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
            titles=tuple(structure_heads().values()),
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

    heads = tuple(structure_heads()[key] for key in STRUCTURE_COLUMNS)
    return Sheet(_("Structures"), heads, map(cells, lines), timezone=timezone, locale=locale)


def structure_heads() -> Mapping[str, str]:
    """Of each column of the directory, its title."""
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
