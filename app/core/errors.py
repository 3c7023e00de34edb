"""Refusals that state a fact. The web maps each to words and an HTTP status; nothing else may leave an operation."""


class DomainError(Exception):
    """A rule of the domain says no. `code` is stable: the API and the tests rely on it."""

    code = "refused"


class NotFound(DomainError):
    """Nothing of that name belongs to the one who asks."""

    code = "not_found"


class NotAllowed(DomainError):
    """The actor's role does not reach that far."""

    code = "forbidden"


class Conflict(DomainError):
    """The state of things does not admit it."""

    code = "conflict"


class MoveNotAllowed(Conflict):
    """The table of moves has no such move from this state."""

    code = "move_not_allowed"

    def __init__(self, move: str, state: str) -> None:
        super().__init__(f"{move} is not allowed in state {state}")
        self.move, self.state = move, state


class FieldError(DomainError):
    """Values are wrong: `problems` maps a path (`waves/0/capacity`) to a code and a message key."""

    code = "invalid"

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(f"{path}: {code}" for path, code in problems.items()))
        self.problems = problems


class DatabaseBusy(DomainError):
    """The database's write lock could not be had in time: try again shortly."""

    code = "busy"


class WriteConflict(Conflict):
    """A constraint of the database refused the rows: somebody else wrote first. Doing it again sees what they wrote."""

    code = "write_conflict"
