"""Those with whom an action on many could not be done, as a table for a spreadsheet."""

from collections.abc import Sequence

from flask_babel import gettext as _

from app.accounts.rules import row_limit
from app.core import clock
from app.events.queries import EventRow
from app.registrations.bulk.queries import BulkRow
from app.registrations.bulk.rules import BulkItem, BulkLine
from app.reports.exports import REGISTRATIONS, Cell, ExportDraft, ExportFilters, Sheet, file_name
from app.web.guards import current_access
from app.web.i18n import current_locale
from app.web.manage.bulk_words import KIND_TITLES, REASONS


def failures_sheet(
    event: EventRow, row: BulkRow, found: Sequence[tuple[BulkItem, BulkLine | None]], *, named: bool
) -> tuple[ExportDraft, Sheet]:
    """What the log of exports says of the table, and the table. Names only for who may see them."""
    columns = {
        "reference": _("Number"),
        **({"name": _("Name"), "phone": _("Telephone")} if named else {}),
        "class_label": _("Class"),
        "organisation": _("Structure"),
        "people": _("Headcount"),
        "why": _("Why not"),
    }
    title = str(KIND_TITLES[row.kind])
    draft = ExportDraft(
        organiser_id=event.organiser_id,
        event_id=event.id,
        what=REGISTRATIONS,
        columns=tuple(columns)[:-1],
        filters=ExportFilters(
            words=(_("%(label)s: %(value)s", label=title, value=_("Not done")),),
            titles=tuple(columns.values())[:-1],
            rows=row_limit(current_access()),
        ),
        personal=named,
        locale=current_locale(),
        rows=len(found),
        file_name=file_name(f"{event.slug}-{row.id}", "csv", clock.now(), event.timezone),
    )
    cells = (_cells(item, line, tuple(columns)) for item, line in found)
    return draft, Sheet(title, tuple(columns.values()), cells, event.timezone, current_locale())


def _cells(item: BulkItem, line: BulkLine | None, columns: tuple[str, ...]) -> list[Cell]:
    known: dict[str, Cell] = {"why": str(REASONS[item.undo or item.result])}
    if line is not None:
        known |= {
            "reference": line.reference,
            "name": line.contact_name,
            "phone": line.contact_phone,
            "class_label": line.class_label,
            "organisation": line.organisation_name,
            "people": line.people,
        }
    return [known.get(name, "") for name in columns]
