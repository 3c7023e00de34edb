"""What a sheet would register, and everything that is wrong with it. Pure: nothing is read or written here."""

from collections.abc import Callable

from app.events.enums import QuestionKind
from app.events.queries import EventRow, Places
from app.registrations.drafts import RegistrationDraft
from app.registrations.importing.lines import Line, table_of
from app.registrations.importing.mapping import ColumnMapping, Field
from app.registrations.importing.plan import Entry, Known, KnownRegistrations, Plan, phone_key
from app.registrations.importing.room import Room
from app.registrations.rules import same_key
from app.sheets.problems import Problem
from app.sheets.reading import Row, Sheet


def check(
    sheet: Sheet,
    mapping: ColumnMapping,
    event: EventRow,
    places: Places,
    known: KnownRegistrations,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Plan:
    """Go through the sheet's lines in order; each takes its places before the next one asks for some."""
    checker = _Checker(sheet, mapping, event, places, known)
    for number, row in enumerate(sheet.rows):
        if number % 500 == 0:
            progress(number, len(sheet.rows))
        checker.take(row)
    lists = frozenset(q.key for q in event.questions if q.kind is QuestionKind.CHOICE)
    return Plan(len(sheet.rows), tuple(checker.entries), tuple(checker.problems), lists)


class _Checker:
    def __init__(
        self, sheet: Sheet, mapping: ColumnMapping, event: EventRow, places: Places, known: KnownRegistrations
    ) -> None:
        self.table, self.known = table_of(sheet, mapping, event), known
        self.room = Room(event, places)
        self.entries: list[Entry] = []
        self.problems: list[Problem] = []
        self.first_lines: dict[object, int] = {}

    def take(self, row: Row) -> None:
        line = Line(self.table, row)
        draft = line.read()
        if draft is not None and self._is_first(line, draft):
            self._plan(line, draft)
        there = bool(self.entries) and self.entries[-1].line == row.line and self.entries[-1].known is not None
        imported = not there and not line.is_bad  # what is not imported needs no warning
        self.problems += [p for p in line.problems if imported or not p.warning]

    def _is_first(self, line: Line, draft: RegistrationDraft) -> bool:
        """Whether no line before says the same, or the same person or class once more."""
        same = same_key(draft) or phone_key(draft.contact)
        first_same = self.first_lines.setdefault(("same", same), line.row.line)
        first_line = self.first_lines.setdefault(("import", draft.import_key), line.row.line)
        if first_line != line.row.line:
            line.add(None, "repeated_line", first=first_line)
        elif first_same != line.row.line:
            line.add(Field.EMAIL if draft.contact.email else Field.PHONE, "repeated_person", first=first_same)
        return not line.is_bad

    def _plan(self, line: Line, draft: RegistrationDraft) -> None:
        known = self.known.find(draft)
        if known is not None:
            self.entries.append(Entry(line.row.line, draft, known, _differences(draft, known)))
            return
        full = self.room.take(draft)
        if full is not None:
            line.add(Field.TIME, full.code, left=full.left, people=draft.headcount.people)
            return
        self.entries.append(Entry(line.row.line, draft))


def _differences(draft: RegistrationDraft, known: Known) -> tuple[str, ...]:
    if not known.alive:
        return ("cancelled",)
    said = {
        "waves": set(draft.waves) != set(known.waves),
        "audience": draft.audience != known.audience,
        "headcount": draft.headcount != known.headcount,
        "answers": any(known.answers.get(key) != answer for key, answer in draft.answers.items()),
    }
    return tuple(name for name, differs in said.items() if differs)
