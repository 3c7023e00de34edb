"""Refusals of imports. A file that cannot be used is refused as a whole; a line, only when the writing meets it."""

from app.core.errors import Conflict, NotFound
from app.sheets.errors import Fact, ImportRefused

__all__ = ["Fact", "ImportBusy", "ImportNotFound", "ImportOver", "ImportRefused"]


class ImportBusy(Conflict):
    """The file is being checked or written by a job: what was asked for would get in its way."""

    code = "import_busy"


class ImportOver(Conflict):
    """The job that writes the file is no longer the one that should: another took its place, or the file is gone."""

    code = "import_over"


class ImportNotFound(NotFound):
    """No such file at this event, or its seven days are over."""
