"""Asking, rewording, ordering and retiring the questions of an event. Each change raises the event's revision, under its lock."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from app.core.actor import Actor
from app.core.audit import changes_between, record
from app.core.db import db
from app.core.errors import FieldError, NotFound
from app.events.enums import EDITABLE, QuestionKind
from app.events.errors import EventReadOnly
from app.events.models import Event, Question
from app.events.operations.places import lock_event
from app.events.queries import EventRow, get_event_by_id
from app.events.questions import (
    MOST_FILES,
    MOST_QUESTIONS,
    QuestionChanged,
    QuestionRow,
    change_of,
    fingerprint,
    new_key,
    problems_of,
)


def save_question(
    event_id: int, wanted: QuestionRow, *, key: str | None = None, is_answered: bool = False, seen: str = "",
    by: Actor, now: datetime,
) -> str:  # fmt: skip
    """Ask something new (no key), or change what is asked under `key`; returns the key.

    `is_answered` says whether people may have answered: then the kind stays and choices are retired, never removed.
    `seen` is the fingerprint of the question that was changed; without one, whatever stands there is replaced.
    Raises FieldError by field, EventReadOnly, NotFound, QuestionChanged.
    """
    event = _hold(event_id)
    before = next((q for q in event.questions if q.key == key), None)
    if key is not None and (before is None or before.retired):
        raise NotFound("question")
    if before is not None and seen and seen != fingerprint(before):
        raise QuestionChanged(before)
    if before is None:
        if sum(not q.retired for q in event.questions) >= MOST_QUESTIONS:
            raise FieldError({"label_fr": "too_many_questions"})
        wanted = replace(wanted, key=new_key(wanted.label_fr, [q.key for q in event.questions]))
    else:
        wanted = change_of(before, wanted, is_answered=is_answered)
    problems = problems_of(wanted, [a.code for a in event.audiences])
    if wanted.kind is QuestionKind.FILE and _files_besides(event, wanted.key) >= MOST_FILES:
        problems["kind"] = "too_many_files"
    if _asks_already(event, wanted, before):
        problems.setdefault("label_fr", "question_twice")
    if problems:
        raise FieldError(problems)
    values = _columns(wanted)
    if before is None:
        last = select(func.coalesce(func.max(Question.position), -1) + 1).where(Question.event_id == event_id)
        position = db.session.execute(last).scalar_one()
        db.session.execute(
            insert(Question).values(event_id=event_id, key=wanted.key, position=position, created_at=now, **values)
        )
    else:
        db.session.execute(
            update(Question).where(Question.event_id == event_id, Question.key == wanted.key).values(**values)
        )
    changed = changes_between(_columns(before), values) if before else {}
    verb = "question.asked" if before is None else "question.changed"
    _say(event, verb, (wanted.key, wanted.label_fr), changed, by=by, now=now)
    return wanted.key


def retire_question(event_id: int, key: str, *, is_answered: bool, by: Actor, now: datetime) -> None:
    """Ask it no more. Nobody having answered, it is removed; else it stays, for its answers to be read. Raises as above."""
    event = _hold(event_id)
    question = next((q for q in event.questions if q.key == key and not q.retired), None)
    if question is None:
        raise NotFound("question")
    mine = Question.event_id == event_id, Question.key == key
    if is_answered:
        db.session.execute(update(Question).where(*mine).values(retired_at=now))
    else:
        db.session.execute(delete(Question).where(*mine))
    _say(event, "question.retired", (key, question.label_fr), {}, by=by, now=now)


def ask_again(event_id: int, key: str, *, by: Actor, now: datetime) -> None:
    """Take back the retiring of a question. Raises NotFound, EventReadOnly, FieldError (too many questions or files)."""
    event = _hold(event_id)
    question = next((q for q in event.questions if q.key == key and q.retired), None)
    if question is None:
        raise NotFound("question")
    if sum(not q.retired for q in event.questions) >= MOST_QUESTIONS:
        raise FieldError({"label_fr": "too_many_questions"})
    if question.kind is QuestionKind.FILE and _files_besides(event, key) >= MOST_FILES:
        raise FieldError({"kind": "too_many_files"})
    db.session.execute(
        update(Question).where(Question.event_id == event_id, Question.key == key).values(retired_at=None)
    )
    _say(event, "question.asked_again", (key, question.label_fr), {}, by=by, now=now)


def order_questions(event_id: int, keys: Sequence[str], *, by: Actor, now: datetime) -> None:
    """Ask in this order; questions not named follow, as they were (a colleague may have added one meanwhile)."""
    event = _hold(event_id)
    known = [q.key for q in event.questions]
    ordered = [k for k in dict.fromkeys(keys) if k in known]
    ordered += [k for k in known if k not in ordered]
    if ordered == known:
        return
    for position, key in enumerate(ordered):
        db.session.execute(
            update(Question).where(Question.event_id == event_id, Question.key == key).values(position=position)
        )
    _say(event, "question.ordered", None, {}, by=by, now=now)


def copy_questions(from_event_id: int, to_event_id: int, *, now: datetime) -> None:
    """Give an event the questions that another one still asks; for clones, which are recorded as such."""
    rows = db.session.execute(
        select(Question).where(Question.event_id == from_event_id, Question.retired_at.is_(None))
    ).scalars()
    kept = (
        "key",
        "kind",
        "label_fr",
        "label_en",
        "help_fr",
        "help_en",
        "required",
        "position",
        "audiences",
        "minimum",
        "maximum",
    )
    values = [
        {"event_id": to_event_id, "created_at": now, "choices": [c for c in row.choices if not c.get("retired")]}
        | {name: getattr(row, name) for name in kept}
        for row in rows
    ]
    if values:
        db.session.execute(insert(Question), values)


def _files_besides(event: EventRow, key: str) -> int:
    """How many other questions ask for a file."""
    return sum(q.kind is QuestionKind.FILE and not q.retired and q.key != key for q in event.questions)


def _asks_already(event: EventRow, wanted: QuestionRow, before: QuestionRow | None) -> bool:
    """Whether another question has these very words; one that had them already keeps them."""
    words = wanted.label_fr.strip().casefold()
    if before is not None and before.label_fr.casefold() == words:
        return False
    return any(q.label_fr.casefold() == words and not q.retired and q.key != wanted.key for q in event.questions)


def _hold(event_id: int) -> EventRow:
    lock_event(event_id)
    event = get_event_by_id(event_id)
    if event.state not in EDITABLE:
        raise EventReadOnly
    return event


def _columns(question: QuestionRow) -> dict[str, object]:
    return {
        "kind": question.kind,
        "label_fr": question.label_fr.strip(),
        "label_en": question.label_en.strip(),
        "help_fr": question.help_fr.strip(),
        "help_en": question.help_en.strip(),
        "required": question.required,
        "audiences": list(question.audiences),
        "choices": [asdict(choice) for choice in question.choices],
        "minimum": question.minimum,
        "maximum": question.maximum,
    }


def _say(
    event: EventRow, verb: str, question: tuple[str, str] | None, changed: dict[str, Any], *, by: Actor, now: datetime
) -> None:
    """`question` is its key and what it asked."""
    db.session.execute(
        update(Event)
        .where(Event.id == event.id)
        .values(version=Event.version + 1, revision=Event.revision + 1, updated_at=now)
    )
    details = changed | (dict(zip(("key", "question"), question, strict=True)) if question else {})
    record(by, verb, f"event:{event.id}", now=now, organiser_id=event.organiser_id, details=details)
