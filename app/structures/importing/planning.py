"""From a sheet to what importing it would do, against the structures that are there. Decides; touches no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.core.errors import FieldError
from app.core.text import fold
from app.sheets.cells import LOST_LETTER, begins_as_formula
from app.sheets.errors import Fact, ImportRefused
from app.sheets.problems import Problem
from app.sheets.reading import Row, Sheet
from app.structures.drafts import FIELDS, ContactDraft, StructureDraft
from app.structures.importing.mapping import CONTACT_FIELDS, ColumnMapping, Field
from app.structures.models import StructureKind
from app.structures.rules import clean_contact, clean_structure, name_key

MOST_LINES = 10_000

_KIND_WORDS: dict[StructureKind, tuple[str, ...]] = {
    StructureKind.SCHOOL: (
        "etablissement scolaire", "ecole", "college", "lycee", "cfa", "universite", "iut", "school", "scolaire", "segpa",
        "lycee professionnel", "lycee general", "enseignement superieur", "etablissement",
    ),
    StructureKind.COMPANY: ("entreprise", "societe", "company", "employeur", "etablissement prive", "business"),
    StructureKind.TRAINING_BODY: (
        "organisme de formation", "of", "centre de formation", "training body", "formation", "daq", "greta", "afpa",
    ),
    StructureKind.ASSOCIATION: ("association", "asso", "centre social", "charity"),
    StructureKind.PUBLIC_SERVICE: (
        "service public", "mission locale", "plie", "collectivite", "mairie", "france travail", "pole emploi",
        "public service", "cap emploi", "cio", "administration",
    ),
    StructureKind.OTHER: ("autre", "other", "autre structure", "divers"),
}  # fmt: skip
_OF_WORD = {fold(word): kind for kind, words in _KIND_WORDS.items() for word in words}
_SCHOOL_NAMES = ("college ", "lycee ", "ecole ", "cfa ", "universite ", "iut ", "clg ", "lp ")
_ENGLISH = {"en", "anglais", "english", "gb", "uk"}


@dataclass(frozen=True)
class KnownStructure:
    """A structure that is there, with its contacts' mails and folded names. One that was merged leads to `id` as well."""

    id: int
    draft: StructureDraft
    mails: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Directory:
    """The structures that are there by what tells them apart."""

    by_uai: Mapping[str, KnownStructure] = field(default_factory=dict)
    by_siret: Mapping[str, KnownStructure] = field(default_factory=dict)
    by_name: Mapping[tuple[str, str], KnownStructure] = field(default_factory=dict)

    def find(self, draft: StructureDraft) -> KnownStructure | None:
        """By UAI, else by SIRET, else by name and town where no number says that they are two."""
        if draft.uai and draft.uai in self.by_uai:
            return self.by_uai[draft.uai]
        if draft.siret and draft.siret in self.by_siret:
            return self.by_siret[draft.siret]
        same = self.by_name.get((name_key(draft.name), fold(draft.commune)))
        if same is None or _differ(same.draft, draft):
            return None
        return same


@dataclass(frozen=True)
class Entry:
    """One structure of the file: its lines, what it would be, and what is there of it already.

    `fills` are the fields that are empty there and known here; `contacts` the new ones, each with its line.
    """

    lines: tuple[int, ...]
    draft: StructureDraft
    known_id: int | None
    fills: tuple[str, ...]
    contacts: tuple[tuple[int, ContactDraft], ...]

    @property
    def changes_something(self) -> bool:
        return self.known_id is None or bool(self.fills or self.contacts)


@dataclass(frozen=True)
class Plan:
    """What an import would do. A line with a problem that is no warning is in no entry."""

    lines: int
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]

    @property
    def new(self) -> list[Entry]:
        return [e for e in self.entries if e.known_id is None]

    @property
    def completed(self) -> list[Entry]:
        return [e for e in self.entries if e.known_id is not None and e.changes_something]

    @property
    def unchanged(self) -> list[Entry]:
        return [e for e in self.entries if not e.changes_something]

    @property
    def contacts(self) -> int:
        return sum(len(e.contacts) for e in self.entries)

    @property
    def bad_lines(self) -> list[int]:
        return sorted({p.line for p in self.problems if not p.warning})

    @property
    def work(self) -> list[Entry]:
        """What there is to write."""
        return [e for e in self.entries if e.changes_something]


def make_plan(sheet: Sheet, mapping: ColumnMapping, directory: Directory) -> Plan:
    """Raises ImportRefused (too_many_rows, missing_columns)."""
    if len(sheet.rows) > MOST_LINES:
        raise ImportRefused("too_many_rows", limit=MOST_LINES)
    if mapping.column(Field.NAME) is None:
        raise ImportRefused("missing_columns", columns=Field.NAME.value)
    gathering = _Gathering(directory)
    problems: list[Problem] = []
    for row in sheet.rows:
        line = _Line(sheet, mapping, row)
        draft, contact = line.read()
        problems += line.problems
        if draft is not None:
            problems += gathering.add(row.line, draft, contact)
    return Plan(len(sheet.rows), gathering.entries(), tuple(problems))


class _Line:
    """One row on its way to a structure and, where it names one, a contact."""

    def __init__(self, sheet: Sheet, mapping: ColumnMapping, row: Row) -> None:
        self.sheet, self.mapping, self.row = sheet, mapping, row
        self.problems: list[Problem] = []

    def text(self, wanted: Field) -> str:
        column = self.mapping.column(wanted)
        return "" if column is None or column >= len(self.row.cells) else self.row.cells[column]

    def read(self) -> tuple[StructureDraft | None, ContactDraft | None]:
        self._look_for_damage()
        draft, contact = self._structure(), self._contact()
        bad = any(not p.warning for p in self.problems)
        return (None if bad else draft), (None if bad else contact)

    def _structure(self) -> StructureDraft | None:
        kind = self._kind()
        draft = StructureDraft(
            kind or StructureKind.OTHER, self.text(Field.NAME), self.text(Field.UAI), self._figures(Field.SIRET, 14),
            self.text(Field.ADDRESS), self._figures(Field.POSTCODE, 5), self.text(Field.COMMUNE),
            self._figures(Field.PHONE, 10), self.text(Field.WEBSITE), self.text(Field.NOTES),
        )  # fmt: skip
        try:
            return clean_structure(draft)
        except FieldError as error:
            for name, code in error.problems.items():
                self.add(Field(name), code)
            return None

    def _contact(self) -> ContactDraft | None:
        if not any(self.text(f) for f in CONTACT_FIELDS):
            return None
        parts = (self.text(Field.CONTACT_FIRST_NAME), self.text(Field.CONTACT_FAMILY_NAME))
        name = " ".join(p for p in parts if p) or self.text(Field.CONTACT_NAME)
        locale = "en" if fold(self.text(Field.CONTACT_LANGUAGE)) in _ENGLISH else "fr"
        draft = ContactDraft(
            name or self.text(Field.CONTACT_DUTY) or self.text(Field.CONTACT_EMAIL), self.text(Field.CONTACT_DUTY),
            self.text(Field.CONTACT_EMAIL), self._figures(Field.CONTACT_PHONE, 10), locale,
        )  # fmt: skip
        try:
            return clean_contact(draft)
        except FieldError as error:
            for name, code in error.problems.items():
                self.add(self._column_of(name), code)
            return None

    def _column_of(self, name: str) -> Field:
        """Where a problem of a contact is told: at the column that the file has for it."""
        if name == "name" and self.mapping.column(Field.CONTACT_NAME) is None:
            return Field.CONTACT_FAMILY_NAME
        if name == "email" and self.mapping.column(Field.CONTACT_EMAIL) is None:
            return Field.CONTACT_PHONE
        return Field(f"contact_{name}")

    def _kind(self) -> StructureKind | None:
        said = fold(self.text(Field.KIND))
        if said:
            found = _OF_WORD.get(said) or _OF_WORD.get(said.removesuffix("s"))
            if found is None:
                self.add(Field.KIND, "unknown_kind")
            return found
        if self.text(Field.UAI) or fold(self.text(Field.NAME) + " ").startswith(_SCHOOL_NAMES):
            return StructureKind.SCHOOL
        return StructureKind.COMPANY if self.text(Field.SIRET) else StructureKind.OTHER

    def _figures(self, wanted: Field, length: int) -> str:
        """A spreadsheet that takes figures for a number drops the first 0."""
        text = self.text(wanted)
        if self.sheet.spreadsheet and text.isdecimal() and len(text) == length - 1:
            return f"0{text}"
        return text

    def _look_for_damage(self) -> None:
        width = len(self.sheet.header)
        if any(self.row.cells[width:]):
            self.add(None, "too_many_cells", cells=len(self.row.cells), columns=width)
        for wanted in Field:
            text = self.text(wanted)
            if begins_as_formula(text) and wanted not in {Field.PHONE, Field.CONTACT_PHONE}:
                self.add(wanted, "formula", sign=text[0])
            elif LOST_LETTER.search(text) and wanted is not Field.WEBSITE:
                self.add(wanted, "lost_letter", warning=True)

    def add(self, wanted: Field | None, code: str, *, warning: bool = False, **facts: Fact) -> None:
        column = None if wanted is None else self.mapping.column(wanted)
        name = "" if column is None or column >= len(self.sheet.header) else self.sheet.header[column]
        value = self.text(Field.NAME) if wanted is None else self.text(wanted)
        self.problems.append(Problem(self.row.line, name, code, value, facts, warning))


@dataclass
class _Group:
    lines: list[int]
    draft: StructureDraft
    known: KnownStructure | None
    contacts: list[tuple[int, ContactDraft]]


class _Gathering:
    """Brings the lines of one structure together. The first line that says something has it."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._groups: list[_Group] = []
        self._of_number: dict[tuple[str, str], _Group] = {}
        self._of_name: dict[tuple[str, str], _Group] = {}
        self._of_known: dict[int, _Group] = {}

    def add(self, line: int, draft: StructureDraft, contact: ContactDraft | None) -> list[Problem]:
        problems: list[Problem] = []
        known = self._directory.find(draft)
        group = self._find(draft, known)
        if group is None:
            group = _Group([], draft, known, [])
            self._groups.append(group)
            if known is not None:
                self._of_known[known.id] = group
                problems += _differences(line, known.draft, draft)
        else:
            problems += _contradictions(line, group.lines[0], group.draft, draft)
            group.draft = _complete(group.draft, draft)
        group.lines.append(line)
        self._file(group)
        if contact is not None and not _has_contact(group, contact):
            group.contacts.append((line, contact))
        return problems

    def entries(self) -> tuple[Entry, ...]:
        return tuple(
            Entry(tuple(g.lines), g.draft, g.known.id if g.known else None, _fills(g), tuple(g.contacts))
            for g in self._groups
        )

    def _find(self, draft: StructureDraft, known: KnownStructure | None) -> _Group | None:
        if known is not None and known.id in self._of_known:
            return self._of_known[known.id]
        for name in ("uai", "siret"):
            found = self._of_number.get((name, getattr(draft, name)))
            if found is not None:
                return found
        same = self._of_name.get((name_key(draft.name), fold(draft.commune)))
        return None if same is None or _differ(same.draft, draft) else same

    def _file(self, group: _Group) -> None:
        for name in ("uai", "siret"):
            if getattr(group.draft, name):
                self._of_number.setdefault((name, getattr(group.draft, name)), group)
        self._of_name.setdefault((name_key(group.draft.name), fold(group.draft.commune)), group)


def _differ(one: StructureDraft, other: StructureDraft) -> bool:
    """Whether numbers say that they are two."""
    pairs = ((one.uai, other.uai), (one.siret, other.siret))
    return any(a and b and a != b for a, b in pairs)


def _complete(draft: StructureDraft, more: StructureDraft) -> StructureDraft:
    said: dict[str, Any] = {n: getattr(more, n) for n in FIELDS if n != "kind" and not getattr(draft, n)}
    return replace(draft, **said)


def _fills(group: _Group) -> tuple[str, ...]:
    if group.known is None:
        return ()
    there = group.known.draft
    return tuple(n for n in FIELDS if n != "kind" and getattr(group.draft, n) and not getattr(there, n))


def _has_contact(group: _Group, contact: ContactDraft) -> bool:
    """Whether that person is there, or stands in a line above: the same mail; without one, the same name."""
    mails = {c.email for _, c in group.contacts if c.email} | (group.known.mails if group.known else frozenset())
    names = {fold(c.name) for _, c in group.contacts} | (group.known.names if group.known else frozenset())
    return contact.email in mails if contact.email else fold(contact.name) in names


def _differences(line: int, there: StructureDraft, here: StructureDraft) -> list[Problem]:
    """What stands otherwise in the directory: it stays so."""
    return [
        Problem(line, "", "differs", str(getattr(here, n)), {"field": n, "there": str(getattr(there, n))}, warning=True)
        for n in FIELDS
        if n not in {"kind", "notes"}
        and getattr(here, n)
        and getattr(there, n)
        and getattr(here, n) != getattr(there, n)
    ]


def _contradictions(line: int, first: int, above: StructureDraft, here: StructureDraft) -> list[Problem]:
    return [
        Problem(line, "", "contradicts", str(getattr(here, n)), {"field": n, "first": first}, warning=True)
        for n in FIELDS
        if n not in {"kind", "notes"}
        and getattr(here, n)
        and getattr(above, n)
        and getattr(here, n) != getattr(above, n)
    ]
