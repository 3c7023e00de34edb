"""What the many applications of one test process share, for each is made anew from the same code.

A test has an application of its own, and most of its time would go into making the same things again: compiling the
templates, the functions that build addresses, the SQL of statements. All are plain functions of a source, which is
their key here; nothing of one application is in them.
"""

from collections.abc import Callable
from types import CodeType
from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import event
from werkzeug.routing import Rule

from app.core.db import db


class CompiledTemplates(BytecodeCache):
    """Templates by name and source: one that is changed is compiled again."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._known[bucket.key, bucket.checksum] = bucket.code


class CompiledStatements(dict[Any, Any]):
    """SQL by the kind of the database, where SQLAlchemy's own key has the engine's dialect, and by the statement."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        if len(self) > 5000:
            self.clear()
        super().__setitem__((key[0].name, *key[1:]), compiled)


class SharedRule(Rule):
    """A route whose builders of addresses are compiled once; they are methods, which get their route as they are called."""

    _builders: dict[object, Callable[..., tuple[str, str]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (self.rule, tuple(self._trace), repr(self.defaults), append_unknown)
        known = self._builders.get(key)
        if known is None:
            known = self._builders[key] = super()._compile_builder(append_unknown)
        return known


def share() -> None:
    """From now on, in this process."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledTemplates()}
    Flask.url_rule_class = SharedRule
    db._engine_options["execution_options"] = {"compiled_cache": CompiledStatements()}


def without_waiting_for_the_disk(app: Flask) -> None:
    """What a test writes need not outlive the machine: SQLite leaves it to the system when to write it to the disk."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(
                db.engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous = OFF")
            )
