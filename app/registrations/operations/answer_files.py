"""Keeping files that answer questions: they wait, become a registration's, and go with it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from app.core.db import db
from app.core.errors import FieldError
from app.core.tokens import new_token
from app.events.queries import EventRow
from app.events.questions import QuestionRow, file_type_of
from app.registrations.answer_files import (
    MOST_WAITING,
    MOST_WAITING_BYTES,
    PRESSED,
    WAITS,
    problem_of_file,
    safe_name,
    tokens_in,
)
from app.registrations.models import AnswerFile


def keep_file(event: EventRow, question: QuestionRow, name: str, content: bytes, *, now: datetime) -> str:
    """Keep a file until its form is sent, a day at most; its token.

    Raises FieldError at answers/<key>: file_empty, file_too_large, file_type, too_many_waiting.
    """
    problem, media_type = problem_of_file(question, content), file_type_of(content)
    if problem or media_type is None:
        raise FieldError({f"answers/{question.key}": problem or "file_type"})
    if not _has_room(event.id, len(content)):
        _drop_waiting_since(event.id, now - PRESSED)
        if not _has_room(event.id, len(content)):
            raise FieldError({f"answers/{question.key}": "too_many_waiting"})
    token = new_token()
    db.session.execute(
        insert(AnswerFile).values(
            event_id=event.id, registration_id=None, question_key=question.key, token=token,
            name=safe_name(name, media_type), media_type=media_type, size=len(content), content=content, created_at=now,
        )
    )  # fmt: skip
    return token


def _has_room(event_id: int, size: int) -> bool:
    """Whether another file may wait at the event."""
    waiting, held = db.session.execute(
        select(func.count(AnswerFile.id), func.coalesce(func.sum(AnswerFile.size), 0)).where(
            AnswerFile.event_id == event_id, AnswerFile.registration_id.is_(None)
        )
    ).one()
    return bool(waiting < MOST_WAITING and held + size <= MOST_WAITING_BYTES)


def _drop_waiting_since(event_id: int, before: datetime) -> None:
    """Where too many wait, those that waited long make room: no one client can send as many within an hour."""
    db.session.execute(
        delete(AnswerFile).where(
            AnswerFile.event_id == event_id, AnswerFile.registration_id.is_(None), AnswerFile.created_at < before
        )
    )


def drop_waiting(event_id: int, token: str) -> None:
    """Take back a file that no form was sent with."""
    db.session.execute(
        delete(AnswerFile).where(
            AnswerFile.event_id == event_id, AnswerFile.token == token, AnswerFile.registration_id.is_(None)
        )
    )


def attach_files(event: EventRow, registration_id: int, answers: Mapping[str, Any]) -> None:
    """Make the files among the answers the registration's own. No statement where no question asks for a file.

    Raises FieldError (file_gone) for a token that stands for no waiting file of that question.
    """
    problems: dict[str, str] = {}
    for key, token in tokens_in(event.questions, answers).items():
        taken = db.session.execute(
            update(AnswerFile)
            .where(
                AnswerFile.token == token,
                AnswerFile.event_id == event.id,
                AnswerFile.question_key == key,
                AnswerFile.registration_id.is_(None) | (AnswerFile.registration_id == registration_id),
            )
            .values(registration_id=registration_id)
            .returning(AnswerFile.id)
        ).first()
        if taken is None:
            problems[f"answers/{key}"] = "file_gone"
    if problems:
        raise FieldError(problems)


def drop_files_but(registration_id: int, tokens: Mapping[str, str]) -> None:
    """Delete a registration's files but these."""
    db.session.execute(
        delete(AnswerFile).where(
            AnswerFile.registration_id == registration_id, AnswerFile.token.not_in(sorted(tokens.values()))
        )
    )


def forget_files(registration_id: int) -> None:
    """Delete all files of a registration."""
    db.session.execute(delete(AnswerFile).where(AnswerFile.registration_id == registration_id))


def purge_waiting(*, now: datetime) -> None:
    """Delete the files whose form was never sent."""
    db.session.execute(
        delete(AnswerFile).where(AnswerFile.registration_id.is_(None), AnswerFile.created_at < now - WAITS)
    )
