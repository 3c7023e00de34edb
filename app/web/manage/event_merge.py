"""What colleagues saved while a page of the settings was open: nothing of it is lost, and nothing of what was typed.

A page carries marks of what it showed (`known`). Rows that it did not show stay. Where somebody else changed the very row, or
the section, that was changed here too, the page comes back and shows both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from flask_babel import gettext as _

from app.core.tokens import digest
from app.events.queries import EventRow
from app.web.filters import date_by
from app.web.forms.timetable import RowsForm
from app.web.manage.event_sections import Section

MARK = 10
_OWN = {"id", "move_waves"}
_UNSAID = {"known", "csrf_token"}


@dataclass(frozen=True)
class Note:
    """What is to be said of one row. `kind`: changed, gone (a colleague removed it) or kept (removed here, changed there)."""

    kind: str
    stored: Mapping[str, Any] = field(default_factory=dict)


class ChangedMeanwhile(Exception):
    """Somebody else changed the same. `notes` are by row of the form."""

    def __init__(self, notes: Mapping[int, Note] | None = None) -> None:
        super().__init__("changed meanwhile")
        self.notes = dict(notes or {})


def mark_of(values: Mapping[str, Any]) -> str:
    """A short mark of what a form shows: equal for equal answers, whether stored or typed. Empty answers do not count."""
    said = {name: _text(value) for name, value in values.items() if name not in _OWN}
    return digest("\x1f".join(f"{name}={text}" for name, text in sorted(said.items()) if text))[:MARK]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "y" if value else ""
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple, set)):
        return ",".join(sorted(map(str, value)))
    return "" if value is None else "\n".join(str(value).split("\r\n")).strip()


def marks_of(rows: Iterable[Mapping[str, Any]]) -> str:
    """What the hidden field of a page says of the rows that it shows."""
    return ",".join(f"{row['id']}.{mark_of(row)}" for row in rows)


def known_marks(text: str | None) -> dict[str, str]:
    """The marks of a page's rows by id, in order, as `marks_of` wrote them."""
    pairs = (part.partition(".") for part in (text or "").split(",") if part)
    return {row_id: mark for row_id, _dot, mark in pairs}


@dataclass(frozen=True)
class Merged:
    """What came of merging: rows of colleagues that are kept, rows that they removed, and what needs an eye.

    Not `wanted`: nothing was changed here, and a colleague's answers are to stand.
    """

    added: int = 0
    removed: int = 0
    notes: dict[int, Note] = field(default_factory=dict)
    wanted: bool = True


def known_of(section: Section, event: EventRow) -> str:
    """The marks of what a page of this section shows of the event."""
    values = section.fill(event)
    return marks_of(values[section.rows]) if section.rows else mark_of(values)


def merge_section(section: Section, form: RowsForm, event: EventRow) -> Merged:
    """Bring into a form what was saved since its page was opened; `event` is as it is now, and locked.

    Raises ChangedMeanwhile where both changed the same; then the form knows what is stored, so that saving again means it.
    """
    known, values = form["known"].data, section.fill(event)
    if section.rows:
        merged = merge_rows(form[section.rows], known, values[section.rows])
        if merged.notes:
            form["known"].data = known_of(section, event)
            raise ChangedMeanwhile(merged.notes)
        return merged
    now, mine = mark_of(values), mark_of({name: form[name].data for name in form.data if name not in _UNSAID})
    if not known or now in {known, mine}:
        return Merged()
    if mine == known:
        return Merged(wanted=False)
    form["known"].data = now
    raise ChangedMeanwhile


def merge_rows(rows: Any, known: str | None, stored: Sequence[Mapping[str, Any]]) -> Merged:
    """Bring what colleagues saved meanwhile into the rows of a form; what they did not touch stays as it was typed.

    Rows that the page did not know come in where they are stored. Who did not move rows keeps the order that is stored.
    """
    marks, now = known_marks(known), {str(row["id"]): row for row in stored}
    typed = {entry.form.id.data or f"new {number}": entry for number, entry in enumerate(rows.entries)}
    merged: dict[str, Any] = {}
    notes: dict[str, Note] = {}
    for key, entry in typed.items():
        note = None if key.startswith("new") else _settle(entry, marks.get(key), now.get(key))
        if note is not _DROP:
            merged[key] = entry
            notes |= {key: note} if note else {}
    added = [key for key in now if key not in typed and key not in marks]
    came_back = [key for key in now if key not in typed and marks.get(key, "") not in {"", mark_of(now[key])}]
    rows.max_entries = None  # theirs are stored already, however many there are
    for key in (*added, *came_back):
        merged[key] = rows.append_entry(dict(now[key]))
    notes |= {key: Note("kept", now[key]) for key in came_back}
    mine = [key for key in typed if key in merged]
    theirs = [key for key in now if key in merged]
    moved = [key for key in mine if key in marks] != [key for key in marks if key in mine]
    order = _woven(mine, theirs) if moved else _woven(theirs, mine)
    rows.entries[:] = [merged[key] for key in order]
    rows._compact_indices()
    by_index = {index: notes[key] for index, key in enumerate(order) if key in notes}
    return Merged(len(added), len(typed) - len(mine), by_index)


_DROP = Note("")


def _settle(entry: Any, was: str | None, theirs: Mapping[str, Any] | None) -> Note | None:
    """Decide about one row that was stored when the page was opened; _DROP when it goes, as a colleague had it."""
    typed = mark_of(entry.data)
    if theirs is None:
        if typed == was:
            return _DROP
        entry.form.id.data = ""  # saved again, it is a new one
        return Note("gone")
    if was in {None, mark_of(theirs)} or typed == mark_of(theirs):
        return None
    if typed == was:
        entry.process(None, dict(theirs))
        return None
    return Note("changed", theirs)


def _woven(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """The first order, with what only the second has put in after what precedes it there."""
    order = list(first)
    for place, key in enumerate(second):
        if key not in order:
            before = next((other for other in reversed(second[:place]) if other in order), None)
            order.insert(0 if before is None else order.index(before) + 1, key)
    return order


@dataclass(frozen=True)
class NoteWords:
    """A note of one row as its page says it: what a colleague's answers are where they differ from those in the row."""

    kind: str
    theirs: list[tuple[str, str]]


def note_words(rows: Any, notes: Mapping[int, Note]) -> dict[int, NoteWords]:
    """The notes by row of the form."""
    found = {}
    for index, note in notes.items():
        entry = rows.entries[index]
        stored = _as_stored(entry, note.stored) if note.kind == "changed" else None
        found[index] = NoteWords(note.kind, differences(entry.form, stored) if stored is not None else [])
    return found


def _as_stored(entry: Any, values: Mapping[str, Any]) -> Any:
    """A row's form as it is stored, offering what the row on the page offers, so that it is told in the same words."""
    stored = entry.form_class(formdata=None, **values)
    for field_ in stored:
        if hasattr(field_, "choices"):
            field_.choices = entry.form[field_.short_name].choices
    return stored


def differences(typed: Any, stored: Any) -> list[tuple[str, str]]:
    """(label, what is stored) of each field whose answers differ."""
    pairs = ((mine, stored[mine.short_name]) for mine in typed if mine.short_name not in {*_OWN, *_UNSAID})
    return [
        (str(theirs.label.text), _shown(theirs)) for mine, theirs in pairs if _text(mine.data) != _text(theirs.data)
    ]


def _shown(field: Any) -> str:
    """A field's value as people read it."""
    value = field.data
    labels = {str(choice.value): str(choice.label) for choice in getattr(field, "choices", None) or ()}
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, date):
        return date_by(value, "EEEE d MMMM y")
    if isinstance(value, (list, tuple)):
        return ", ".join(labels.get(str(item), str(item)) for item in value) or "–"
    return labels.get(str(value), _text(value)) or "–"
