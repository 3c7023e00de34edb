"""What accounts refuse."""

from datetime import datetime

from app.core.errors import Conflict, DomainError, FieldError


class LastOwner(Conflict):
    """An organiser keeps at least one owner, or nobody could add one again."""

    code = "last_owner"


class AccountExists(Conflict):
    """An account with this mail is there already."""

    code = "account_exists"


class AlreadyMember(Conflict):
    """The person works for this organiser already."""

    code = "already_member"


class TooManyAttempts(DomainError):
    """Too many failed log-ins for this mail or from this address; `until` says when the next one is admitted."""

    code = "too_many_attempts"

    def __init__(self, until: datetime) -> None:
        super().__init__(f"blocked until {until.isoformat()}")
        self.until = until


class ContrastTooLow(FieldError):
    """A colour cannot be read. `figures` maps the field (brand, accent) to its contrast ratio (WCAG 2.2, 1.4.3)."""

    def __init__(self, figures: dict[str, float]) -> None:
        super().__init__(dict.fromkeys(figures, "contrast"))
        self.figures = figures


class IdempotencyKeyReused(DomainError):
    """The same Idempotency-Key came with another body."""

    code = "idempotency_key_reused"


class AnswerKept(Conflict):
    """Another call with the same Idempotency-Key was faster: its answer holds, this call's work does not."""

    code = "answer_kept"
