"""What operations on loans make known to whoever wants to follow (mails, agreements), inside the same transaction.

Operations know nobody who listens: a module that does registers itself when it is imported (`app.features`).
"""

import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from app.core.actor import Actor
from app.loans.enums import LoanCancel


class Happening(enum.StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    AGREED = "agreed"
    DATES_CHANGED = "dates_changed"
    BOX_SWAPPED = "box_swapped"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"
    CHECKED = "checked"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    NOT_COLLECTED = "not_collected"
    PEOPLE_NAMED = "people_named"
    WAIT_ENDED = "wait_ended"
    BOX_GIVEN_UP = "box_given_up"


@dataclass(frozen=True)
class Happened:
    """`from_box`/`to_box` are the box codes of a swap; `from_box` those that are given up, with commas between.

    After DATES_CHANGED and BOX_SWAPPED the agreement is to be made anew when `new_agreement` says so; `why`: what made the change
    necessary, for the borrower's mail.
    """

    what: Happening
    loan_id: int
    by: Actor
    now: datetime
    from_box: str = ""
    to_box: str = ""
    new_agreement: bool = False
    why: LoanCancel | None = None


Listener = Callable[[Happened], None]
_listeners: list[Listener] = []
_unheard: ContextVar[bool] = ContextVar("unheard", default=False)


def on_happening(listener: Listener) -> Listener:
    """Call `listener` after each happening, in the transaction in which it happens; what it raises undoes everything."""
    _listeners.append(listener)
    return listener


@contextmanager
def unheard() -> Iterator[None]:
    """Nobody is told of what happens inside: for loans of the past that are written down afterwards."""
    before = _unheard.set(True)
    try:
        yield
    finally:
        _unheard.reset(before)


def tell_listeners(happened: Happened) -> None:
    for listener in () if _unheard.get() else _listeners:
        listener(happened)
