"""Parts of a statement that writes into several tables at once (PostgreSQL alone has those).

Each part is an INSERT that takes its rows from the part before. A feature makes the parts that write into its own tables,
with a function named after the operation that does the same alone: `record_from` beside `record`. What such a part is run with
comes from a function beside it, so that who puts the parts together need not know how they are made.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    Table,
    bindparam,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlalchemy.types import TypeEngine

from app.core.db import UtcDateTime

# What all parts share. No parameter of such a statement may be called as a column is: SQLAlchemy would take it for the new
# value of that column in a part that changes its table.
NOW: BindParameter[datetime] = bindparam("now", type_=UtcDateTime())
ORGANISER: BindParameter[int | None] = bindparam("organiser", type_=Integer)


def constant(value: Any, type_: TypeEngine[Any]) -> ColumnElement[Any]:
    """A value that is written into the statement's text, for what is the same in every run of it."""
    return literal_column(str(literal(value, type_).compile(compile_kwargs={"literal_binds": True})), type_)


def insert_from(source: FromClause, table: Table, values: Mapping[str, ColumnElement[Any]]) -> Insert:
    """An INSERT of one row into `table` for each row of `source`. Columns that `values` does not name get their defaults."""
    defaults = {
        column.name: constant(column.default.arg, column.type)
        for column in table.c
        if column.name not in values and isinstance(column.default, ScalarElementColumnDefault)
    }
    row = {**values, **defaults}
    return insert(table).from_select(list(row), select(*row.values()).select_from(source), include_defaults=False)
