"""Idempotency keys: a repeated call gets the answer of the first one, and is done once.

The caller keeps the answer in the transaction of the work itself. When two calls with one key run at once, the second
one's `keep_answer` raises AnswerKept, its work is rolled back, and it answers from `find_answer`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from app.accounts.errors import AnswerKept, IdempotencyKeyReused
from app.accounts.models import IdempotencyKey
from app.core.db import db

KEPT = timedelta(hours=24)


@dataclass(frozen=True)
class KeptAnswer:
    status: int
    answer: dict[str, Any]


def find_answer(token_id: int, key: str, body_digest: str, *, now: datetime) -> KeptAnswer | None:
    """The answer kept under the key in the last 24 hours. Raises IdempotencyKeyReused when it was for another body."""
    row = db.session.execute(
        select(IdempotencyKey.body_digest, IdempotencyKey.status, IdempotencyKey.answer).where(
            IdempotencyKey.token_id == token_id, IdempotencyKey.key == key, IdempotencyKey.created_at > now - KEPT
        )
    ).one_or_none()
    if row is None:
        return None
    if row.body_digest != body_digest:
        raise IdempotencyKeyReused("this Idempotency-Key was sent with another body")
    return KeptAnswer(row.status, row.answer)


def keep_answer(
    token_id: int, key: str, body_digest: str, status: int, answer: dict[str, Any], *, now: datetime
) -> None:
    """Keep the answer for 24 hours, in the transaction of the work. Raises AnswerKept when another call was first."""
    db.session.execute(
        delete(IdempotencyKey).where(
            IdempotencyKey.token_id == token_id, IdempotencyKey.key == key, IdempotencyKey.created_at <= now - KEPT
        )
    )
    values = {
        "token_id": token_id,
        "key": key,
        "body_digest": body_digest,
        "status": status,
        "answer": answer,
        "created_at": now,
    }
    try:
        with db.session.begin_nested():
            db.session.execute(insert(IdempotencyKey).values(values))
    except IntegrityError as error:
        raise AnswerKept from error


def purge_answers(*, now: datetime) -> None:
    """Drop the answers that are more than 24 hours old."""
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at <= now - KEPT))
