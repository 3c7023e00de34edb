"""One line of a sheet → what it would register, and what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from app.core.errors import FieldError
from app.core.text import TextError, fold, normalise_phone
from app.events.enums import Enrolment, QuestionKind
from app.events.queries import EventRow, WaveRow
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft
from app.registrations.enums import RegistrationKind, Source
from app.registrations.importing.answers import importable, labels_of, read_answer
from app.registrations.importing.cells import audience_key, audience_words, read_date, read_number, read_time
from app.registrations.importing.errors import Fact
from app.registrations.importing.mapping import ColumnMapping, Field
from app.registrations.importing.plan import import_key
from app.registrations.rules import clean
from app.sheets.cells import LOST_LETTER, begins_as_formula
from app.sheets.problems import Problem
from app.sheets.reading import Row, Sheet

_PATHS = {
    "contact/email": Field.EMAIL,
    "contact/phone": Field.PHONE,
    "organisation/name": Field.ORGANISATION,
    "organisation/uai": Field.UAI,
    "organisation/class_label": Field.CLASS_LABEL,
    "organisation/commune": Field.COMMUNE,
    "headcount/participants": Field.PARTICIPANTS,
    "headcount/companions": Field.COMPANIONS,
    "kind": Field.PARTICIPANTS,
    "audience": Field.AUDIENCE,
    "waves": Field.TIME,
    "oriented_by": Field.ORIENTED_BY,
}
_TEXTS = (Field.FULL_NAME, Field.FAMILY_NAME, Field.FIRST_NAME, Field.ORGANISATION, Field.CLASS_LABEL, Field.COMMUNE)
_NO_FORMULA = tuple(f for f in Field if f is not Field.PHONE)


@dataclass(frozen=True)
class Table:
    """What all lines share: the sheet, its mapping, the event, and the event's waves by local day and hour, and the
    words for its audiences."""

    sheet: Sheet
    mapping: ColumnMapping
    event: EventRow
    waves: dict[tuple[date, time], list[WaveRow]]
    audiences: dict[str, str]


def table_of(sheet: Sheet, mapping: ColumnMapping, event: EventRow) -> Table:
    return Table(sheet, mapping, event, _waves_by_moment(event), audience_words(event))


class Line:
    """One row on its way to a draft."""

    def __init__(self, table: Table, row: Row) -> None:
        self.table, self.row = table, row
        self.problems: list[Problem] = []

    @property
    def is_bad(self) -> bool:
        return any(not p.warning for p in self.problems)

    def text(self, field: Field) -> str:
        return self._cell(self.table.mapping.column(field))

    def add(self, field: Field | None, code: str, *, warning: bool = False, **facts: Fact) -> None:
        """Note a problem, at the field's column if the file has one."""
        column = None if field is None else self.table.mapping.column(field)
        name = "" if column is None or column >= len(self.table.sheet.header) else self.table.sheet.header[column]
        value = self._name() if field is None else self.text(field)
        self.problems.append(Problem(self.row.line, name, code, value, facts, warning))

    def read(self) -> RegistrationDraft | None:
        """The line as it would be stored, with its import key; None when it has a problem."""
        self._look_for_damage()
        event = self.table.event
        audience, waves = self._audience(), self._waves()
        kind, headcount = self._headcount()
        draft = RegistrationDraft(
            kind=kind,
            audience=audience or next((a.code for a in event.audiences), ""),
            waves=waves or tuple(w.id for w in event.waves[:1]),
            contact=self._contact(),
            headcount=headcount,
            organisation=self._organisation(),
            oriented_by=self.text(Field.ORIENTED_BY),
            source=Source.IMPORT,
            answers=self._answers(audience),
        )
        try:
            draft = clean(draft, event)
        except FieldError as error:
            for path, code in error.problems.items():
                self._add_refused(path, code)
        if self.is_bad:
            return None
        return replace(draft, import_key=import_key(draft))

    def _organisation(self) -> Organisation:
        name, uai, class_label, commune = map(
            self.text, (Field.ORGANISATION, Field.UAI, Field.CLASS_LABEL, Field.COMMUNE)
        )
        return Organisation(name, uai, class_label, commune)

    def _answers(self, audience: str | None) -> dict[str, object]:
        """What the columns of questions say. What is not asked of this audience is left out, with a warning."""
        found: dict[str, object] = {}
        for question in importable(self.table.event):
            text = self._cell(self.table.mapping.answers.get(question.key))
            answer = read_answer(question, text)
            if answer is None:
                continue
            if question.kind is QuestionKind.TEXT and begins_as_formula(text):
                self._add_answer(question.key, "formula", sign=text[0])
            elif audience is None and question.audiences:
                continue  # whether it is asked of this line is not known
            elif audience is not None and not question.is_asked_of(audience):
                self._add_answer(question.key, "question_not_asked", warning=True)
            else:
                found[question.key] = answer
        return found

    def _add_answer(self, key: str, code: str, *, warning: bool = False, **facts: Fact) -> None:
        """Note a problem at the column that answers a question."""
        column = self.table.mapping.answers.get(key)
        header = self.table.sheet.header
        name = header[column] if column is not None and column < len(header) else ""
        self.problems.append(Problem(self.row.line, name, code, self._cell(column), facts, warning))

    def _cell(self, column: int | None) -> str:
        return "" if column is None or column >= len(self.row.cells) else self.row.cells[column]

    def _look_for_damage(self) -> None:
        if len(self.row.cells) > len(self.table.sheet.header) and any(self.row.cells[len(self.table.sheet.header) :]):
            self.add(None, "too_many_cells", cells=len(self.row.cells), columns=len(self.table.sheet.header))
        for field in _NO_FORMULA:
            if begins_as_formula(self.text(field)):
                self.add(field, "formula", sign=self.text(field)[0])
        for text_field in _TEXTS:
            if LOST_LETTER.search(self.text(text_field)):
                self.add(text_field, "lost_letter", warning=True)

    def _audience(self) -> str | None:
        text, event = self.text(Field.AUDIENCE), self.table.event
        if not text and len(event.audiences) == 1:
            return event.audiences[0].code
        if not text:
            self.add(Field.AUDIENCE, "required")
            return None
        found = self.table.audiences.get(audience_key(text))
        if found is None:
            self.add(Field.AUDIENCE, "unknown_audience")
        elif all(a.code != found for a in event.audiences):
            self.add(Field.AUDIENCE, "audience_not_here")
            return None
        return found

    def _waves(self) -> tuple[int, ...]:
        event = self.table.event
        if event.enrolment is Enrolment.ALL:
            return tuple(w.id for w in event.waves)
        if len(event.waves) == 1 and not self.text(Field.DATE) and not self.text(Field.TIME):
            return (event.waves[0].id,)
        days = self._day()
        if days is None:
            return ()
        found = self._at_time(days)
        place = fold(self.text(Field.PLACE))
        if found and place:
            found = [w for w in found if place in {fold(w.place), fold(w.host)}]
            if not found:
                self.add(Field.PLACE, "unknown_place")
                return ()
        if found and len(found) > 1:
            self.add(Field.PLACE if self.text(Field.PLACE) else Field.TIME, "several_waves")
            return ()
        return (found[0].id,) if found else ()

    def _day(self) -> list[date] | None:
        """The days meant: the one written, or the event's only one."""
        text, days = self.text(Field.DATE) or self.text(Field.TIME), sorted({d for d, _ in self.table.waves})
        wanted = read_date(text)
        if wanted is None and not self.text(Field.DATE) and len(days) == 1:
            return days
        if wanted is None:
            self.add(Field.DATE, "date_shape" if self.text(Field.DATE) else "required")
            return None
        if wanted not in days:
            self.add(Field.DATE, "unknown_day")
            return None
        return [wanted]

    def _at_time(self, days: Iterable[date]) -> list[WaveRow]:
        text = self.text(Field.TIME)
        on_days = [w for (day, _), waves in self.table.waves.items() if day in set(days) for w in waves]
        if not text and len(on_days) == 1:
            return on_days
        moment = read_time(text)
        if moment is None:
            self.add(Field.TIME, "time_shape" if text else "required")
            return []
        found = [w for day in days for w in self.table.waves.get((day, moment), [])]
        if not found:
            self.add(Field.TIME, "unknown_wave")
        return found

    def _headcount(self) -> tuple[RegistrationKind, Headcount]:
        """A group has a headcount or a class; one person alone, without a class, is an individual."""
        texts = {f: self.text(f) for f in (Field.PARTICIPANTS, Field.COMPANIONS)}
        counts: dict[Field, int] = {}
        for field, text in texts.items():
            number = read_number(text) if text else None
            if text and number is None and not begins_as_formula(text):
                self.add(field, "headcount")
            counts[field] = number or 0
        of_class = bool(self.text(Field.CLASS_LABEL) or self.text(Field.UAI))
        people = Headcount(counts[Field.PARTICIPANTS], counts[Field.COMPANIONS])
        if not of_class and people.people <= 1:
            if texts[Field.PARTICIPANTS] == "0":
                self.add(Field.PARTICIPANTS, "headcount")
            return RegistrationKind.INDIVIDUAL, Headcount()
        if not texts[Field.PARTICIPANTS]:
            self.add(Field.PARTICIPANTS, "required")
        return RegistrationKind.GROUP, people

    def _name(self) -> str:
        parts = (self.text(Field.FIRST_NAME), self.text(Field.FAMILY_NAME))
        return " ".join(p for p in parts if p) or self.text(Field.FULL_NAME)

    def _name_field(self, code: str) -> Field:
        """The column that a refused name is told at: of a first and a family name that are too long, the longer one."""
        if code == "too_long" and self._name() != self.text(Field.FULL_NAME):
            return max(Field.FAMILY_NAME, Field.FIRST_NAME, key=lambda field: len(self.text(field)))
        mapped = self.table.mapping.column(Field.FAMILY_NAME) is not None
        return Field.FAMILY_NAME if mapped else Field.FULL_NAME

    def _contact(self) -> Contact:
        phone = self.text(Field.PHONE)
        if self.table.sheet.spreadsheet and len(phone) == 9 and phone.isdecimal() and phone[0] != "0":
            phone = f"0{phone}"  # a spreadsheet that takes a telephone for a number drops its first 0
        return Contact(self._name(), self.text(Field.EMAIL), phone, self.text(Field.FAMILY_NAME))

    def _add_refused(self, path: str, code: str) -> None:
        if path.startswith("answers/"):
            self._add_refused_answer(path.removeprefix("answers/"), code)
        elif path == "contact/name":
            self.add(self._name_field(code), code)
        elif code == "email_or_phone":
            self.add(
                Field.EMAIL if self.table.mapping.column(Field.EMAIL) is not None else Field.PHONE, "contact_missing"
            )
        elif code == "phone_digits":
            self.add(Field.PHONE, code, figures=_figures(self.text(Field.PHONE)))
        else:
            said = {p.column for p in self.problems if not p.warning}
            field = _PATHS.get(path)
            column_name = self._column_name(field)
            if not (column_name and column_name in said):  # what the cell says wrongly was told already
                self.add(field, code)

    def _add_refused_answer(self, key: str, code: str) -> None:
        question = next((q for q in self.table.event.questions if q.key == key), None)
        if question is not None and code == "answer_no_choice":
            self._add_answer(key, code, choices=labels_of(question))
        else:
            self._add_answer(key, code)

    def _column_name(self, field: Field | None) -> str:
        column = None if field is None else self.table.mapping.column(field)
        return "" if column is None else self.table.sheet.header[column]


def _figures(text: str) -> int:
    try:
        normalise_phone(text)
    except TextError as error:
        return error.figures or 0
    return 0


def _waves_by_moment(event: EventRow) -> dict[tuple[date, time], list[WaveRow]]:
    zone = ZoneInfo(event.timezone)
    found: dict[tuple[date, time], list[WaveRow]] = {}
    for wave in event.waves:
        local: datetime = wave.starts_at.astimezone(zone)
        found.setdefault((local.date(), local.time().replace(second=0, microsecond=0)), []).append(wave)
    return found
