"""Forms of an import: the file, what each column says, and the last word."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, SelectField

from app.core.i18n import Locale
from app.registrations.importing.mapping import ColumnMapping, Field
from app.registrations.importing.wording import say_field
from app.web.forms.base import PageForm, choices

IGNORED = ""


class UploadForm(PageForm):
    file = FileField(
        _l("The file"),
        description=_l("CSV, Excel (.xlsx) or LibreOffice (.ods). A class is one line, with its headcount."),
    )


class WritingForm(PageForm):
    send_mails = BooleanField(
        _l("Send each person their ticket by mail"),
        description=_l("Leave it out when people know already, or when the event is over."),
    )


class ColumnsForm(PageForm):
    """One choice for each column; made for one sheet by `columns_form`."""


def column_name(number: int) -> str:
    """The form's field of a column (from 0)."""
    return f"column-{number}"


def columns_form(header: Sequence[str], proposed: ColumnMapping, locale: Locale, *, sent: bool) -> ColumnsForm:
    """The form of one sheet's columns: filled with what was sent, else with what is proposed."""
    labels = {IGNORED: _l("Leave this column out")} | {f.value: say_field(f, locale) for f in Field}
    by_column = {column: field.value for field, column in proposed.columns.items()}
    fields: dict[str, Any] = {
        column_name(n): SelectField(name, choices=choices(labels), default=by_column.get(n, IGNORED))
        for n, name in enumerate(header)
    }
    form: ColumnsForm = type("SheetColumnsForm", (ColumnsForm,), fields)(**({} if sent else {"formdata": None}))
    return form


def chosen_mapping(form: ColumnsForm, columns: int) -> tuple[ColumnMapping, dict[str, Field]]:
    """The mapping that was chosen, and by the form's field each second column of a field that has one already."""
    found: dict[Field, int] = {}
    twice: dict[str, Field] = {}
    for number in range(columns):
        value = form[column_name(number)].data
        if value == IGNORED:
            continue
        field = Field(value)
        if field in found:
            twice[column_name(number)] = field
        else:
            found[field] = number
    return ColumnMapping(found), twice
