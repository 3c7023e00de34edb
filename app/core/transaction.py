"""One transaction at the edge: a route, a command or the worker opens it around an operation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TypeVar

from sqlalchemy.exc import IntegrityError, OperationalError

from app.core.db import db, writing
from app.core.errors import DatabaseBusy, WriteConflict

ATTEMPTS = 3
PATIENCE = 5.0  # seconds: what already waited for a lock is not tried again

T = TypeVar("T")


@contextmanager
def transaction() -> Iterator[None]:
    """Run the block in one write transaction and commit it; roll back on any error.

    Raises DatabaseBusy when the write lock could not be had in time, and WriteConflict when a constraint refused the rows
    (somebody else was first): the same work done again sees what they wrote. Transactions do not nest: operations never commit.
    """
    if writing.get():
        raise RuntimeError("a transaction is already open: only the edge opens one")
    db.session.rollback()  # ends what reading began, so that SQLite may begin IMMEDIATE
    token = writing.set(True)
    try:
        yield
        db.session.commit()
    except OperationalError as error:
        db.session.rollback()
        if is_busy(error):
            raise DatabaseBusy from error
        raise
    except IntegrityError as error:
        db.session.rollback()
        raise WriteConflict from error
    except BaseException:
        db.session.rollback()
        raise
    finally:
        writing.reset(token)


def in_transaction(work: Callable[[], T]) -> T:
    """Do `work` in a transaction of its own; again, in a new one, when somebody else wrote first.

    Raises what `work` raises; WriteConflict or DatabaseBusy when three attempts, or one that already waited, were in vain.
    """

    def attempt() -> T:
        with transaction():
            return work()

    return retry(attempt)


def retry(attempt: Callable[[], T], *, also: tuple[type[Exception], ...] = ()) -> T:
    """Try up to three times while somebody else writes first (WriteConflict, DatabaseBusy, and what is in `also`).

    Each attempt opens a transaction of its own. The last one's error is raised.
    """
    again: tuple[type[Exception], ...] = (WriteConflict, DatabaseBusy, *also)
    began = monotonic()
    for _ in range(ATTEMPTS - 1):
        try:
            return attempt()
        except again:
            if monotonic() - began > PATIENCE:
                raise
    return attempt()


@contextmanager
def rehearsal() -> Iterator[None]:
    """Run the block in a write transaction that is always undone: what it wrote is seen inside, and never was.

    Raises DatabaseBusy as `transaction` does.
    """

    class _Over(Exception):
        """The end of the block: undoes what it wrote."""

    try:
        with transaction():
            yield
            raise _Over
    except _Over:
        return


def is_busy(error: OperationalError) -> bool:
    """Whether the database only lacked a lock in time (SQLITE_BUSY; PostgreSQL 55P03 and 40P01)."""
    if getattr(error.orig, "sqlstate", None) in {"55P03", "40P01"}:
        return True
    return "database is locked" in str(error.orig)


def end_reading() -> None:
    """Give the connection back after a read-only request."""
    db.session.remove()
