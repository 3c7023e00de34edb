"""What structures refuse."""

from collections.abc import Sequence

from app.core.errors import Conflict, DomainError, NotFound


class StructureNotFound(NotFound):
    """No such structure for the one who asks."""


class ContactNotFound(NotFound):
    """No such contact at this structure."""


class StructureChanged(Conflict):
    """Somebody else saved the structure since it was read; `revision` is the one it has now."""

    code = "structure_changed"

    def __init__(self, revision: int) -> None:
        super().__init__(f"the structure is at revision {revision} by now")
        self.revision = revision


class ContactNeeded(Conflict):
    """Something still goes on with the contact: what is in `references` is to be ended first."""

    code = "contact_needed"

    def __init__(self, references: Sequence[str]) -> None:
        super().__init__(f"the contact is still needed for {', '.join(references)}")
        self.references = tuple(references)


class StructureUsed(Conflict):
    """What was used is not archived: its registrations still name it."""

    code = "structure_used"


class StructureMerged(Conflict):
    """The structure stands for another by now: it is merged into `into_id`."""

    code = "structure_merged"

    def __init__(self, into_id: int) -> None:
        super().__init__(f"merged into structure {into_id}")
        self.into_id = into_id


class MergeOver(Conflict):
    """A merge that cannot be undone any more: it was, it is older than 30 days, or its numbers belong to another by now."""

    code = "merge_over"

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class LinkOver(DomainError):
    """The link is none, was used, or is more than an hour old."""

    code = "link_over"


class NoAddress(Conflict):
    """The contact has no mail address, or has left: there is nobody to send a link to."""

    code = "no_address"


class FileNotFound(NotFound):
    """No such file of this organiser, or its seven days are over."""


class FileWritten(Conflict):
    """The file is written already."""

    code = "file_written"
