"""The form that says what each column of a file holds, for any import."""

import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from app.core.i18n import Locale
from app.sheets.columns import SheetMapping
from app.web.forms.base import PageForm, choices

NOT_READ = ""
F = TypeVar("F", bound=enum.StrEnum)


class ColumnsForm(PageForm):
    """One choice for each column; made for one sheet by `columns_form`."""


def column_name(number: int) -> str:
    """The form's field of a column (from 0)."""
    return f"column-{number}"


def columns_form(
    header: Sequence[str],
    proposed: SheetMapping[F],
    say_field: Callable[[F, Locale], object],
    locale: Locale,
    *,
    sent: bool,
    others: Mapping[str, str] | None = None,
) -> ColumnsForm:
    """The form of one sheet's columns: filled with what was sent, else with what is proposed.

    `others` are further things that a column may say: the label of each by the name under which the mapping stores it.
    """
    fields: list[Any] = list(proposed.fields)
    labels = {NOT_READ: _l("Leave this column out")} | {f.value: say_field(f, locale) for f in fields}
    labels |= dict(others or {})
    by_column = {column: name for name, column in proposed.to_json().items()}
    selects: dict[str, Any] = {
        column_name(n): SelectField(name, choices=choices(labels), default=by_column.get(n, NOT_READ))
        for n, name in enumerate(header)
    }
    form: ColumnsForm = type("SheetColumnsForm", (ColumnsForm,), selects)(**({} if sent else {"formdata": None}))
    return form


def chosen_columns(form: ColumnsForm, columns: int, fields: type[F]) -> tuple[dict[F, int], dict[str, F]]:
    """The column of each field as chosen, and by the form's field each second column of a field that has one already."""
    found: dict[F, int] = {}
    twice: dict[str, F] = {}
    for number in range(columns):
        value = form[column_name(number)].data
        if value not in set(fields):
            continue
        field = fields(value)
        if field in found:
            twice[column_name(number)] = field
        else:
            found[field] = number
    return found, twice


def chosen_others(form: ColumnsForm, columns: int, known: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    """As chosen_columns, for the further things that a column may say, by their names."""
    found: dict[str, int] = {}
    twice: dict[str, str] = {}
    for number in range(columns):
        value = form[column_name(number)].data
        if value in known and value in found:
            twice[column_name(number)] = value
        elif value in known:
            found[value] = number
    return found, twice
