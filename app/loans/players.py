"""How many really played with the boxes of a loan: counted when they come back, mended until a year after its end."""

from datetime import datetime

from dateutil.relativedelta import relativedelta

from app.core.errors import FieldError
from app.loans.enums import LoanState

MOST_PLAYERS = 10_000
KEPT_OPEN = relativedelta(years=1)
COUNTED_IN = frozenset({LoanState.RETURNED, LoanState.CHECKED, LoanState.CLOSED})


def check_players(counted: int | None) -> None:
    """Raises FieldError at players_counted (number_too_low, number_too_high); None is nobody’s count."""
    if counted is not None and not 0 <= counted <= MOST_PLAYERS:
        raise FieldError({"players_counted": "number_too_low" if counted < 0 else "number_too_high"})


def may_count_players(state: LoanState, ended_at: datetime | None, now: datetime) -> bool:
    """Whether the number may be written down: boxes are back, and the loan ended a year ago at most."""
    return state in COUNTED_IN and (ended_at is None or now <= ended_at + KEPT_OPEN)
