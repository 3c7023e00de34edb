"""One transaction at the edge: a route, a command or the worker opens it around an operation."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError, OperationalError

from app.core.db import db, writing
from app.core.errors import DatabaseBusy, WriteConflict


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


def is_busy(error: OperationalError) -> bool:
    """Whether the database only lacked a lock in time (SQLITE_BUSY; PostgreSQL 55P03 and 40P01)."""
    if getattr(error.orig, "sqlstate", None) in {"55P03", "40P01"}:
        return True
    return "database is locked" in str(error.orig)


def end_reading() -> None:
    """Give the connection back after a read-only request."""
    db.session.remove()
