"""Doctor after each of many steps: a check is made again once the time, or any table that it reads, may be another.

A check reads the database alone, so that on the same rows at the same time it says the same. What it reads and what is
written meanwhile is seen in the statements themselves; one that may change more than the tables it names, as a deletion
that cascades does, counts as having changed them all.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event

from app.core import checks
from app.core.checks import CheckResult
from app.core.db import Model, db

CHANGES_NO_ROW = {"SELECT", "PRAGMA", "BEGIN", "SET", "SHOW", "SAVEPOINT", "RELEASE"}
CHANGES_WHAT_IT_NAMES = {"INSERT", "UPDATE"}


@dataclass(frozen=True)
class Seen:
    """What a check said, when it was asked, and how often each table that it read had been written to by then."""

    now: datetime
    tables: dict[str, int]
    result: CheckResult


@dataclass
class Doctor:
    """Follows one engine's statements. `_open` are the tables written to in a transaction that is not over."""

    _written: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Model.metadata.tables, 0))
    _open: set[str] = field(default_factory=set)
    _read: set[str] = field(default_factory=set)
    _seen: dict[str, Seen] = field(default_factory=dict)

    def follow(self, engine: Engine) -> None:
        event.listen(engine, "before_cursor_execute", lambda _con, _cur, statement, *_: self._note(statement))
        event.listen(engine, "commit", lambda _con: self._open.clear())
        event.listen(engine, "rollback", lambda _con: self._undo())

    def ask(self, now: datetime) -> list[CheckResult]:
        """As `run_checks` answers."""
        return [self._result(name, now, *known) for name, known in sorted(checks._checks.items())]

    def _result(self, name: str, now: datetime, promise: str, check: checks.Check) -> CheckResult:
        seen = self._seen.get(name)
        if seen is None or seen.now != now or any(self._written[table] != n for table, n in seen.tables.items()):
            self._read = set()
            result = CheckResult(name, promise, tuple(check(now)))
            assert self._read, f"{name} reads no table: whether it would say the same again is not known"
            seen = self._seen[name] = Seen(now, {table: self._written[table] for table in self._read}, result)
        return seen.result

    def _note(self, statement: str) -> None:
        words = re.findall(r"\w+", statement)
        named = self._written.keys() & set(words)
        self._read |= named
        if words[0].upper() not in CHANGES_NO_ROW:
            written = named if words[0].upper() in CHANGES_WHAT_IT_NAMES else set(self._written)
            self._open |= written
            self._count(written)

    def _undo(self) -> None:
        """What was written is as it was before."""
        self._count(self._open)
        self._open.clear()

    def _count(self, written: set[str]) -> None:
        for table in written:
            self._written[table] += 1


_doctors: WeakKeyDictionary[Any, Doctor] = WeakKeyDictionary()


def ask_doctor(now: datetime) -> list[CheckResult]:
    """What doctor says of the database of the current application."""
    engine = db.engine
    if engine not in _doctors:
        _doctors[engine] = Doctor()
        _doctors[engine].follow(engine)
    return _doctors[engine].ask(now)
