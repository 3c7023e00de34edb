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


class AlreadyPartner(Conflict):
    """The person holds functions of this event already: they are changed, not given once more."""

    code = "already_partner"


class AlreadyInvited(Conflict):
    """An invitation to this mail is waiting already: it can be sent again."""

    code = "already_invited"


class InvitationInvalid(DomainError):
    """The invitation was used, revoked, or is older than 7 days."""

    code = "invitation_invalid"


class TooManyAttempts(DomainError):
    """Too many failed log-ins for this mail or from this address; `until` says when the next one is admitted."""

    code = "too_many_attempts"

    def __init__(self, until: datetime) -> None:
        super().__init__(f"blocked until {until.isoformat()}")
        self.until = until


class PasswordChanged(Conflict):
    """The password is another than the one that was compared: somebody changed it meanwhile."""

    code = "password_changed"


class ResetInvalid(DomainError):
    """The link of a forgotten password is none, was used, or is more than an hour old."""

    code = "reset_invalid"


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
