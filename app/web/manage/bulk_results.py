"""What came of an action on many registrations, among the rows that the reader has."""

from collections.abc import Sequence

from app.accounts.rules import is_within, row_limit
from app.events.queries import EventRow
from app.registrations.bulk.queries import BulkRow, list_lines
from app.registrations.bulk.rules import UNDOABLE, BulkItem, BulkLine
from app.web.guards import current_access


def is_seen(line: BulkLine) -> bool:
    """Whether the registration is among the rows that the reader has."""
    return is_within(row_limit(current_access()), group=line.group, audience=line.audience)


def failed_lines(event: EventRow, row: BulkRow) -> list[tuple[BulkItem, BulkLine | None]]:
    """Those with whom it could not be done; None for one that is gone."""
    lines = {line.id: line for line in list_lines(event.id, [item.id for item in row.failures])}
    found = [(item, lines.get(item.id)) for item in row.failures]
    return [(item, line) for item, line in found if line is None or is_seen(line)]


def done_lines(event: EventRow, row: BulkRow) -> tuple[BulkLine, ...]:
    """Those with whom it was done, in their order; those that are gone left out."""
    return tuple(line for line in list_lines(event.id, [item.id for item in row.done]) if is_seen(line))


def to_telephone(row: BulkRow, lines: Sequence[BulkLine]) -> tuple[BulkLine, ...]:
    """Of those with whom it was done, whoever was to be told and has no mail address."""
    told = row.kind in UNDOABLE and bool(row.params.get("tell"))
    return tuple(line for line in lines if not line.has_mail) if told else ()
