"""Changing what a registration answered to the event's own questions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.events.operations import lock_event
from app.events.queries import get_event_by_id
from app.events.questions import asked_again, check_answers
from app.registrations.answer_files import tokens_in
from app.registrations.errors import ChangeClosed
from app.registrations.models import Registration
from app.registrations.operations.answer_files import attach_files, drop_files_but
from app.registrations.operations.locking import lock_registration
from app.registrations.rules import may_answer


def change_answers(registration_id: int, answers: Mapping[str, Any], *, by: Actor, now: datetime) -> bool:
    """Answer what is asked of the registration's audience anew; whether anything changed.

    What is no longer asked keeps its answer. Staff may leave required ones empty. The history names the questions, not
    what was said: that would outlive the answers. Raises FieldError (answers/<key>), ChangeClosed, RegistrationNotFound.
    """
    before = lock_registration(registration_id)
    event = get_event_by_id(before.event_id)
    if not before.alive or not may_answer(event, before.waves, staff=by.is_staff, now=now):
        raise ChangeClosed
    asked = asked_again(event.questions, before.audience, before.answers)
    kept, problems = check_answers(asked, before.audience, answers, complete=not by.is_staff)
    if problems:
        raise FieldError({f"answers/{key}": code for key, code in problems.items()})
    keys = {question.key for question in asked}
    wanted: dict[str, Any] = {key: value for key, value in before.answers.items() if key not in keys} | kept
    if wanted == before.answers:
        return False
    attach_files(event, registration_id, wanted)
    if tokens_in(event.questions, before.answers):
        drop_files_but(registration_id, tokens_in(event.questions, wanted))
    version = lock_event(event.id)
    db.session.execute(
        update(Registration)
        .where(Registration.id == registration_id)
        .values(answers=wanted, changed_in=version, updated_at=now)
    )
    changed = [q.key for q in asked if wanted.get(q.key) != before.answers.get(q.key)]
    record(
        by, "registration.answered", f"registration:{registration_id}", now=now, organiser_id=before.organiser_id,
        details={"changed": changed},
    )  # fmt: skip
    return True
