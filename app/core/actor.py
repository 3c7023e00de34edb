"""Who does something: a person of the staff, an API token, a visitor by their own link, or the system."""

import enum
from dataclasses import dataclass


class ActorKind(enum.StrEnum):
    STAFF = "staff"
    TOKEN = "token"  # noqa: S105 - a kind of actor, no secret
    VISITOR = "visitor"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Passed to every operation. `id` is the account's or token's; `organiser_id` the tenant it acts for."""

    kind: ActorKind
    label: str
    id: int | None = None
    organiser_id: int | None = None

    @property
    def is_staff(self) -> bool:
        """Staff and their tokens may do what is closed to visitors (late registrations, changes after the deadline)."""
        return self.kind is not ActorKind.VISITOR


SYSTEM = Actor(ActorKind.SYSTEM, "Parcours")
VISITOR = Actor(ActorKind.VISITOR, "")
