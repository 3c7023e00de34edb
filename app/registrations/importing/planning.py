"""From bytes to a plan, against the event as it is now. Reads only."""

from collections.abc import Callable

from app.core import clock
from app.events.enums import EventState
from app.events.queries import EventRow
from app.registrations.importing.answers import importable
from app.registrations.importing.checking import check
from app.registrations.importing.errors import ImportRefused
from app.registrations.importing.mapping import ColumnMapping, missing_fields, propose
from app.registrations.importing.plan import Plan
from app.registrations.importing.queries import find_known
from app.registrations.queue import get_open_places
from app.sheets.reading import Sheet, read_sheet


def make_plan(
    event: EventRow,
    sheet: Sheet,
    mapping: ColumnMapping,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Plan:
    """What importing the sheet would do. Raises ImportRefused (not_open, read_only, missing_columns)."""
    require_importable(event)
    missing = missing_fields(mapping, event)
    if missing:
        raise ImportRefused("missing_columns", columns=" ".join("|".join(group) for group in missing))
    return check(sheet, mapping, event, get_open_places(event, now=clock.now()), find_known(event.id), progress)


def plan_file(event: EventRow, content: bytes) -> Plan:
    """As make_plan, with the columns as they are proposed. Raises ImportRefused."""
    sheet = read_sheet(content)
    return make_plan(event, sheet, propose(sheet.header, importable(event)))


def require_importable(event: EventRow) -> None:
    """Raises ImportRefused (not_open, read_only) where the event takes no registrations at all."""
    if event.state is EventState.DRAFT:
        raise ImportRefused("not_open")
    if event.state not in {EventState.PUBLISHED, EventState.CLOSED}:
        raise ImportRefused("read_only")
