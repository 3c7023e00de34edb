"""What was said, or not, when the team telephoned: about an offer, or of other hours."""

from collections.abc import Sequence
from datetime import UTC, datetime

from app.core.actor import Actor
from app.core.audit import record
from app.core.errors import FieldError, MoveNotAllowed
from app.registrations.enums import RegistrationStatus
from app.registrations.operations.locking import lock_registration

CALLED_VERB = "registration.called"
HOURS_TOLD = "registration.hours_told"
LONGEST_NOTE = 200


def note_call(registration_id: int, said: str, *, by: Actor, now: datetime) -> None:
    """Note in the history that somebody was called and gave no answer yet; `said` is a few words, or none.

    Raises FieldError (said: too_long), MoveNotAllowed unless places are offered, RegistrationNotFound.
    """
    words = " ".join(said.split())
    if len(words) > LONGEST_NOTE:
        raise FieldError({"said": "too_long"})
    before = lock_registration(registration_id)
    if before.status is not RegistrationStatus.OFFERED:
        raise MoveNotAllowed("call", before.status)
    subject, details = f"registration:{registration_id}", {"said": words} if words else {}
    record(by, CALLED_VERB, subject, now=now, organiser_id=before.organiser_id, details=details)


def note_hours_told(
    registration_id: int, mark: str, hours: Sequence[datetime], *, by: Actor, now: datetime
) -> None:  # fmt: skip
    """Note in the history that somebody was told on the telephone when to come: `mark` names all the hours that hold,
    `hours` are those of coming, one for each wave.

    Raises MoveNotAllowed of who is not confirmed, RegistrationNotFound.
    """
    before = lock_registration(registration_id)
    if before.status is not RegistrationStatus.CONFIRMED:
        raise MoveNotAllowed("tell_hours", before.status)
    said = [at.astimezone(UTC).isoformat() for at in hours]
    details = {"mark": mark, "hours": said, "arrival": said[0]}
    record(
        by, HOURS_TOLD, f"registration:{registration_id}", now=now, organiser_id=before.organiser_id, details=details
    )
