"""Recording a batch of passages at the edge, for programs and for phones."""

from collections.abc import Callable, Sequence
from datetime import datetime

from app.checkin.latecomers import GroupReturns
from app.checkin.operations import ScanAnswer, ScanInput, record_scans
from app.events.queries import EventRow


def recorder(
    device: str, items: Sequence[ScanInput], device_id: int | None = None
) -> Callable[[EventRow, datetime], list[ScanAnswer]]:
    """What records these in the transaction it is called in. It raises GroupReturns where the event's row has to be locked
    first: called again, in a new transaction, it does so. `device_id` is the enrolled phone's.
    """
    event_first = False

    def record(event: EventRow, now: datetime) -> list[ScanAnswer]:
        nonlocal event_first
        try:
            return record_scans(event, device, items, now=now, event_first=event_first, device_id=device_id)
        except GroupReturns:
            event_first = True
            raise

    return record
