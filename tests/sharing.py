"""What the many applications of one test process share, for each is made anew from the same code.

A test has an application of its own, and most of its time would go into making the same things again: compiling the
templates, parsing the routes, the SQL of statements. All are plain functions of a source, which is their key here;
nothing of one application is in them.
"""

import json
from functools import cache, partial
from types import CodeType
from typing import Any

import psycopg
from apispec import APISpec
from apispec.core import Components
from flask import Flask
from flask_smorest import Api, Blueprint
from jinja2.bccache import Bucket, BytecodeCache
from psycopg._preparing import PrepareManager
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event
from werkzeug.routing import Rule

import app as package
from app.core.db import db
from app.documents import pdf
from app.documents.pdf import TypesettingFailed
from app.documents.typeset_alone import load_fonts, typeset


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
    """A route that is parsed once for all applications: its parts, its converters and the builders of its addresses.

    The builders are methods, which get their route as they are called.
    """

    _known: dict[object, tuple[Any, ...]] = {}

    def compile(self) -> None:
        assert self.map is not None
        key = (
            self.rule, self.host if self.map.host_matching else self.subdomain, self.merge_slashes, repr(self.defaults),
            frozenset(self.map.converters.items()),
        )  # fmt: skip
        if key not in self._known:
            super().compile()
            builders = (self._build.__func__, self._build_unknown.__func__)  # type: ignore[attr-defined]
            self._known[key] = (self._parts, self._trace, self._converters, self.arguments, *builders)
        self._parts, self._trace, self._converters, self.arguments, build, build_unknown = self._known[key]
        self._build = build.__get__(self, None)
        self._build_unknown = build_unknown.__get__(self, None)


def write_documents_late() -> None:
    """The API's document is written when it is read, which few tests do, not for each application."""
    write, read, answer = Blueprint.register_views_in_doc, APISpec.to_dict, Components.response

    def put_off(blueprint: Blueprint, api: Api, app: Flask, spec: APISpec, **named: Any) -> None:
        vars(spec).setdefault("put_off", []).append(partial(write, blueprint, api, app, spec, **named))

    def put_off_answer(components: Components, *said: Any, **named: Any) -> Components:
        vars(components).setdefault("put_off", []).append(partial(answer, components, *said, **named))
        return components

    def written(spec: APISpec) -> Any:
        for late in (*vars(spec.components).pop("put_off", ()), *vars(spec).pop("put_off", ())):
            late()
        return read(spec)

    Blueprint.register_views_in_doc = put_off
    Components.response = put_off_answer  # type: ignore[assignment, method-assign]
    APISpec.to_dict = written  # type: ignore[assignment, method-assign]


FONTS = cache(load_fonts)
TYPESET_ALONE = pdf.typeset_alone


def typeset_here(asked: bytes) -> bytes:
    """As a process of its own does, without starting one: what typst learnt of a template serves for the next document."""
    told = json.loads(asked)
    try:
        return typeset(told, FONTS(told["fonts"]))
    except RuntimeError as error:
        raise TypesettingFailed(str(error)) from error


def share() -> None:
    """From now on, in this process."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledTemplates()}
    Flask.url_rule_class = SharedRule
    db._engine_options["execution_options"] = {"compiled_cache": CompiledStatements()}
    package.register_features = cache(package.register_features)  # type: ignore[attr-defined]
    write_documents_late()
    pdf.typeset_alone = typeset_here


class KeptConnections:
    """PostgreSQL connections that one application has closed, for the next one on the same database.

    For a new one the server starts a process, which reads the catalogue of tables anew. What a session may have set,
    prepared or locked is discarded.
    """

    MOST = 4

    def __init__(self) -> None:
        self._idle: dict[str, list[psycopg.Connection[Any]]] = {}

    def serve(self, engine: Engine) -> None:
        """From now on the engine takes its connections from here and gives them back."""
        event.listen(engine, "do_connect", lambda _dialect, _record, _arguments, named: self._take(named["dbname"]))
        engine.dialect.do_close = self._keep  # type: ignore[assignment, method-assign]

    def close(self, name: str) -> None:
        """That database is not used any more."""
        for connection in self._idle.pop(name, ()):
            connection.close()

    def _take(self, name: str) -> psycopg.Connection[Any] | None:
        idle = self._idle.get(name)
        return idle.pop() if idle else None

    def _keep(self, connection: Any) -> None:
        status = TransactionStatus.UNKNOWN if connection.closed else connection.info.transaction_status
        idle = self._idle.setdefault(connection.info.dbname, []) if status is TransactionStatus.IDLE else None
        if idle is None or len(idle) >= self.MOST or not _discarded(connection):
            connection.close()
        else:
            idle.append(connection)


def _discarded(connection: psycopg.Connection[Any]) -> bool:
    """Whether the session is as a new one is; not if the server ended it."""
    try:
        connection.autocommit = True
        connection.execute("DISCARD ALL")
        connection._prepared = PrepareManager()  # psycopg does not look at the result of a statement that it ran before
        connection.autocommit = False
    except psycopg.Error:
        return False
    return True


KEPT = KeptConnections()


def quicken_database(app: Flask) -> None:
    """What a test writes need not outlive the machine: SQLite leaves it to the system when to write it to the disk. And
    PostgreSQL's connections are kept for the next application.
    """
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(
                db.engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous = OFF")
            )
        else:
            KEPT.serve(db.engine)
