"""Fields for days, hours and whole numbers, and rows that are added and removed without JavaScript."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from wtforms import DateField, FieldList, Form, IntegerField, TimeField
from wtforms.validators import StopValidation

from app.core.errors import FieldError
from app.web.forms.base import Nested, PageForm
from app.web.wording import message_for

HOUR = re.compile(r"(\d{1,2})\s*(?:[:hH.]\s*(\d{2})?)?\s*(?:am|pm)?")
MOST_FIGURES = 9  # the databases' integers hold them
FRENCH_DAY = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")


class _Typed:
    """What could not be read is told once, in its own words: nothing more is asked of it."""

    process_errors: Sequence[str]

    def pre_validate(self, _form: object) -> None:
        if self.process_errors:
            raise StopValidation


class Day(_Typed, DateField):
    """A date: as browsers send it (2027-02-04), or typed as 04/02/2027."""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        typed = FRENCH_DAY.fullmatch(text)
        try:
            self.data = date(int(typed[3]), int(typed[2]), int(typed[1])) if typed else date.fromisoformat(text)
        except ValueError as error:
            raise ValueError(message_for("date")) from error
        if not 2000 <= self.data.year <= 2100:
            self.data = None
            raise ValueError(message_for("year"))


class Hour(_Typed, TimeField):
    """A time of day: 09:40 as browsers send it, or typed as 9h40, 9 h 40 or 9h."""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].replace("\N{NO-BREAK SPACE}", " ").strip() if valuelist else ""
        self.data = None
        if not text:
            return
        typed = HOUR.fullmatch(text)
        try:
            if typed is None:
                raise ValueError(text)
            self.data = time(int(typed[1]), int(typed[2] or 0))
        except ValueError as error:
            raise ValueError(message_for("time")) from error


class Whole(_Typed, IntegerField):
    """A whole number, its spaces left out: 1 000."""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = re.sub(r"\s", "", valuelist[0]) if valuelist else ""
        self.data = None
        if not text:
            return
        if not re.fullmatch(r"-?\d+", text):
            raise ValueError(message_for("number"))
        figures, below = text.lstrip("-0") or "0", text[0] == "-"
        if len(figures) > MOST_FIGURES:
            raise ValueError(message_for("number_too_low" if below else "number_too_high"))
        self.data = -int(figures) if below else int(figures)


def at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """The instant of a local day and hour."""
    return datetime.combine(day, hour, tzinfo=zone)


if TYPE_CHECKING:
    _FieldList = FieldList[Any]
else:  # the stubs are generic, WTForms itself is not
    _FieldList = FieldList


class Rows(_FieldList):
    """Rows of a part, named as in the API with dots: waves.0.capacity."""

    def __init__(self, part: type[Form], label: Any = None, **kwargs: Any) -> None:
        super().__init__(Nested(part), label, separator=".", **kwargs)
        self._field_separator = "."


class RowsForm(PageForm):
    """A form that may hold lists of rows, and puts an operation's refusal at its fields.

    `aliases` maps paths of the API to fields whose names differ; what has no field is said on top of the form.
    """

    aliases: ClassVar[dict[str, str]] = {}

    def show_refusal(self, error: FieldError, **values: object) -> None:
        super().show_refusal(FieldError({self._field_path(p): code for p, code in error.problems.items()}), **values)
        for field in self:
            if isinstance(field, FieldList):
                found = [entry.errors for entry in field.entries]
                field.errors = found if any(found) else []

    def _field_path(self, path: str) -> str:
        return self.aliases.get(path, re.sub(r"/(fr|en)$", r"_\1", path))

    def list_problems(self) -> list[tuple[str, str, str]]:
        """(id of the field, label, message) of everything to correct, in the order of the page."""
        whole = [("", "", str(message)) for message in self.form_errors]
        return whole + [problem for field in self for problem in _problems(field, "")]


def _problems(field: Any, prefix: str) -> Iterator[tuple[str, str, str]]:
    if hasattr(field, "entries"):
        for number, entry in enumerate(field.entries, start=1):
            yield from _problems(entry, f"{field.label.text} {number}")
        yield from ((field.id, str(field.label.text), text) for text in field.errors if isinstance(text, str))
    elif hasattr(field, "form"):
        for inner in field.form:
            yield from _problems(inner, f"{prefix} · " if prefix else "")
    elif field.errors:
        yield field.id, f"{prefix}{field.label.text}", str(field.errors[0])
