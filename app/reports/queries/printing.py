"""Who is printed, in the order of their arrivals, and when the same was printed last."""

from datetime import datetime

from sqlalchemy import select

from app.accounts.rules import Access
from app.core.db import db
from app.events.queries import EventRow
from app.registrations.enums import RegistrationKind
from app.registrations.models import Registration, RegistrationWave
from app.reports.enums import ExportFormat, PaperKind
from app.reports.exports import ExportFilters
from app.reports.models import Export
from app.reports.printing import CHANGED, Print, Printed
from app.reports.queries.list_sql import list_sql


def find_printed(event: EventRow, papers: Print, access: Access, *, since: datetime | None = None) -> list[Printed]:
    """Registrations by their first arrival, then as in the list; `since`: changed then or later. Two statements.

    Of who has nothing to be printed, such as classes without companions for badges, there is no row.
    """
    found = list_sql(event, papers.narrowed, access)
    statement = found.select(
        Registration.id,
        Registration.kind,
        Registration.audience,
        Registration.participants,
        Registration.companions,
        Registration.sort_name,
    ).order_by(*found.order)
    if since is not None:
        statement = statement.where(Registration.updated_at >= since)
    waves = _waves(event, papers.waves(event))
    schools = {audience.code for audience in event.audiences if audience.school}
    rows = [
        Printed(
            row.id, row.kind is RegistrationKind.GROUP, row.audience in schools, row.participants, row.companions,
            waves.get(row.id, ()), row.sort_name,
        )
        for row in db.session.execute(statement)
    ]  # fmt: skip
    order = {wave.id: place for place, wave in enumerate(event.waves)}
    rows.sort(key=lambda row: order[row.waves[0]] if row.waves else len(order))
    return [row for row in rows if row.items(papers.kind)]


def find_last_print(
    event_id: int, kind: PaperKind, filters: ExportFilters, *, before: int | None = None
) -> datetime | None:
    """When the file of the same papers of the same rows was last asked for and made; before that export, where it is named."""
    asked = (_what(filters), filters.rows)
    statement = select(Export.filters, Export.created_at).where(
        Export.event_id == event_id,
        Export.what == kind.value,
        Export.format == ExportFormat.PDF,
        Export.finished_at.is_not(None),
        Export.rows.is_not(None),
    )
    if before is not None:
        statement = statement.where(Export.id < before)
    for row in db.session.execute(statement.order_by(Export.id.desc()).limit(_LOOKED_AT)):
        known = ExportFilters.from_json(row.filters)
        if (_what(known), known.rows) == asked:
            found: datetime = row.created_at
            return found
    return None


_LOOKED_AT = 500


def _what(filters: ExportFilters) -> list[tuple[str, str]]:
    """What narrowed a print, whether or not it held all of it."""
    return sorted((name, value) for name, value in filters.args if name != CHANGED)


def _waves(event: EventRow, chosen: frozenset[int]) -> dict[int, tuple[int, ...]]:
    order = {wave.id: place for place, wave in enumerate(event.waves) if wave.id in chosen}
    found: dict[int, list[int]] = {}
    for registration_id, wave_id in db.session.execute(
        select(RegistrationWave.registration_id, RegistrationWave.wave_id).where(RegistrationWave.wave_id.in_(order))
    ):
        found.setdefault(registration_id, []).append(wave_id)
    return {key: tuple(sorted(values, key=lambda wave_id: order[wave_id])) for key, values in found.items()}
