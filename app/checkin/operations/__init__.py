"""What happens at doors: passages, walk-ins, counts that are settled."""

from app.checkin.drafts import ScanAnswer, ScanInput, code_of, invalid
from app.checkin.operations.conflicts import settle_conflict
from app.checkin.operations.recording import record_scans
from app.checkin.operations.walk_ins import take_walk_ins

__all__ = ["ScanAnswer", "ScanInput", "code_of", "invalid", "record_scans", "settle_conflict", "take_walk_ins"]
