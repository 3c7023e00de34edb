"""Columns that answer the event's own questions: recognised by a question's wording, read by label or by code."""

import re
from collections.abc import Mapping, Sequence

from app.core.text import fold
from app.events.enums import QuestionKind
from app.events.queries import EventRow
from app.events.questions import Choice, QuestionRow
from app.registrations.importing.cells import read_date, read_number

PREFIX = "answer:"
"""Before a question's key, where fields and questions stand side by side."""
YES = frozenset({"oui", "yes", "o", "y", "x", "1", "true", "vrai", "ok", "d'accord", "accord"})
NO = frozenset({"non", "no", "n", "0", "false", "faux"})


def importable(event: EventRow) -> list[QuestionRow]:
    """The questions that a column may answer: those asked now, but for files."""
    return [q for q in event.questions if not q.retired and q.kind is not QuestionKind.FILE]


def propose_answers(header: Sequence[str], questions: Sequence[QuestionRow]) -> dict[str, int]:
    """The column (from 0) of each question whose wording, in either language, or whose key stands there as it is."""
    names = {
        _name(text): q.key for q in reversed(questions) for text in (q.key.replace("_", " "), q.label_en, q.label_fr)
    }
    names.pop("", None)
    found: dict[str, int] = {}
    for column, name in enumerate(header):
        key = names.get(_name(name))
        if key is not None and key not in found:
            found[key] = column
    return found


def read_answer(question: QuestionRow, text: str) -> object:
    """What a cell answers, for `check_answers` to judge; None for no answer. Choices are read by label or code."""
    text = text.strip()
    if not text:
        return None
    match question.kind:
        case QuestionKind.CHOICE:
            return _code(question, text)
        case QuestionKind.SEVERAL:
            return _codes(question, text)
        case QuestionKind.NUMBER:
            number = read_number(text)
            return text if number is None else number
        case QuestionKind.DATE:
            day = read_date(text)
            return text if day is None else day.isoformat()
        case QuestionKind.CONSENT:
            said = fold(text)
            return True if said in YES else None if said in NO else text
        case _:
            return text


def labels_of(question: QuestionRow) -> str:
    """« Oui, Non »: what may stand in the column."""
    return ", ".join(choice.fr for choice in question.offered())


def answers_from_json(stored: Mapping[str, int]) -> dict[str, int]:
    """The columns of questions, of what a mapping was stored as."""
    return {name.removeprefix(PREFIX): column for name, column in stored.items() if name.startswith(PREFIX)}


def _name(text: str) -> str:
    """Words alone: « Prenez-vous le repas ? » and « prenez vous le repas » are one."""
    return " ".join(re.findall(r"[a-z0-9]+", fold(text)))


def _code(question: QuestionRow, text: str) -> str:
    """The code of a choice; the text itself where there is none of that name, for it to be refused."""
    return _find(question.offered(), text) or text


def _codes(question: QuestionRow, text: str) -> list[str]:
    """One label as a whole (it may have commas in it), else several between semicolons, bars, lines or commas."""
    for separators in (r"\n+", r"[;|\n]+", r"[;|,\n]+"):
        parts = [part.strip() for part in re.split(separators, text) if part.strip()]
        found = [_find(question.offered(), part) for part in parts]
        if all(found):
            return [code for code in found if code]
    return [_code(question, part) for part in parts]


def _find(choices: Sequence[Choice], text: str) -> str | None:
    wanted = _name(text)
    for choice in choices:
        labels = (choice.code, choice.fr, choice.en)
        if fold(text) in map(fold, labels) or (wanted and wanted in map(_name, labels)):
            return choice.code
    return None
