"""Files given as answers: how they are named and told, and who finds them. A token in the answers leads to each.

A file waits without a registration while the form is filled in; it belongs to one from then on, and to no other ever.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from app.core.db import db
from app.core.errors import NotFound
from app.events.enums import QuestionKind
from app.events.questions import QuestionRow, file_type_of, largest_file
from app.registrations.models import AnswerFile

WAITS = timedelta(hours=24)
"""How long a file waits for the form to be sent."""
PRESSED = timedelta(hours=1)
"""How long it waits where too many do."""
MOST_WAITING, MOST_WAITING_BYTES = 2_000, 1_000_000_000
"""Files of one event that wait at the same time, and their bytes: beyond that somebody fills the disk."""
ENDINGS = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
LONGEST_NAME = 120
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")


@dataclass(frozen=True)
class AnswerFileRow:
    """One file, without its content."""

    token: str
    key: str
    name: str
    media_type: str
    size: int


_ROW = (AnswerFile.token, AnswerFile.question_key, AnswerFile.name, AnswerFile.media_type, AnswerFile.size)


def problem_of_file(question: QuestionRow, content: bytes) -> str | None:
    """Why a question does not take that content (file_empty, file_too_large, file_type), or None."""
    if not content:
        return "file_empty"
    if len(content) > largest_file(question):
        return "file_too_large"
    return None if file_type_of(content) else "file_type"


def safe_name(name: str, media_type: str) -> str:
    """The name a file is kept under: no folder, no sign that a system takes for another, the ending of what it is."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = "".join(c for c in last if c.isprintable() and c not in '<>:"/|?*%;')
    stem = _ENDING.sub("", plain).strip(" .")
    return f"{stem[:LONGEST_NAME] or 'file'}{ENDINGS[media_type]}"


def tokens_in(questions: Iterable[QuestionRow], answers: Mapping[str, Any]) -> dict[str, str]:
    """The tokens among some answers, by question key; none, and no work, where no question asks for a file."""
    return {
        q.key: str(answers[q.key])
        for q in questions
        if q.kind is QuestionKind.FILE and isinstance(answers.get(q.key), str)
    }


def find_files(
    event_id: int, tokens: Collection[str], *, registration_id: int | None = None
) -> dict[str, AnswerFileRow]:
    """The files of these tokens, by token, that wait at that event or belong to that registration."""
    if not tokens:
        return {}
    whose: ColumnElement[bool] = AnswerFile.registration_id.is_(None)
    if registration_id is not None:
        whose = or_(whose, AnswerFile.registration_id == registration_id)
    rows = db.session.execute(
        select(*_ROW).where(AnswerFile.event_id == event_id, AnswerFile.token.in_(sorted(tokens)), whose)
    )
    return {row.token: AnswerFileRow(*row) for row in rows}


def list_files(registration_id: int) -> dict[str, AnswerFileRow]:
    """The files of a registration, by question key."""
    rows = db.session.execute(select(*_ROW).where(AnswerFile.registration_id == registration_id))
    return {row.question_key: AnswerFileRow(*row) for row in rows}


def get_file(registration_id: int, token: str) -> tuple[AnswerFileRow, bytes]:
    """A registration's file with its content. Raises NotFound."""
    row = db.session.execute(
        select(*_ROW, AnswerFile.content).where(
            AnswerFile.registration_id == registration_id, AnswerFile.token == token
        )
    ).first()
    if row is None:
        raise NotFound("answer file")
    return AnswerFileRow(row.token, row.question_key, row.name, row.media_type, row.size), row.content
