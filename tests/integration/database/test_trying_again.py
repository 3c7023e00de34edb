"""Work that somebody else was faster at is done again, a few times."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.core import transaction as module
from app.core.db import writing
from app.core.errors import Conflict, DatabaseBusy, NotFound, WriteConflict
from app.core.transaction import ATTEMPTS, PATIENCE, in_transaction, retry


def failing(*errors: Exception) -> tuple[Callable[[], str], list[bool]]:
    """Work that raises these one after the other, then succeeds; and whether it was in a transaction, by attempt."""
    left, tried = list(errors), []

    def work() -> str:
        tried.append(writing.get())
        if left:
            raise left.pop(0)
        return "done"

    return work, tried


@pytest.mark.parametrize("error", [WriteConflict(), DatabaseBusy()])
def test_who_was_second_tries_again(sqlite_app: Flask, error: Exception) -> None:
    work, tried = failing(*[error] * (ATTEMPTS - 1))
    assert in_transaction(work) == "done"
    assert tried == [True] * ATTEMPTS
    assert not writing.get()


def test_not_without_end(sqlite_app: Flask) -> None:
    work, tried = failing(*[WriteConflict()] * ATTEMPTS)
    with pytest.raises(WriteConflict):
        in_transaction(work)
    assert len(tried) == ATTEMPTS


def test_not_after_a_long_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, PATIENCE + 1])
    monkeypatch.setattr(module, "monotonic", lambda: next(moments))
    work, tried = failing(DatabaseBusy())
    with pytest.raises(DatabaseBusy):
        retry(work)
    assert len(tried) == 1


def test_a_refusal_is_final(sqlite_app: Flask) -> None:
    for refusal in (NotFound("it"), Conflict("it")):
        work, tried = failing(refusal)
        with pytest.raises(type(refusal)):
            in_transaction(work)
        assert len(tried) == 1
    work, tried = failing(NotFound("it"))
    assert retry(work, also=(NotFound,)) == "done"
