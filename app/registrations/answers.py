"""What people answered to an event's own questions, as organisers read it. Answers that were forgotten are not counted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.core.db import db
from app.events.enums import QuestionKind
from app.events.questions import QuestionRow
from app.registrations.enums import ALIVE
from app.registrations.models import Registration
from app.registrations.queries import in_no_bin


@dataclass(frozen=True)
class Tally:
    """The answers to one question: how many registrations answered, and for choices how many took each, in their order."""

    question: QuestionRow
    answered: int
    choices: tuple[tuple[str, int], ...] = ()
    lowest: int | None = None
    highest: int | None = None
    mean: float | None = None


@dataclass(frozen=True)
class Written:
    """One answer in people's own words, with the registration it stands in."""

    reference: str
    name: str
    answer: str


def answered_keys(event_id: int) -> frozenset[str]:
    """The keys that anybody answered, cancelled and deleted registrations included: their answers must stay readable."""
    return frozenset(key for answers in _all_answers(event_id, alive=False) for key in answers)


def tally_answers(event_id: int, questions: Sequence[QuestionRow]) -> list[Tally]:
    """Each question with its totals, over registrations that are not cancelled: one statement."""
    given: dict[str, list[Any]] = {question.key: [] for question in questions}
    for answers in _all_answers(event_id, alive=True):
        for key, value in answers.items():
            if key in given:
                given[key].append(value)
    return [_tally(question, given[question.key]) for question in questions]


def list_written(event_id: int, key: str, *, limit: int = 500) -> list[Written]:
    """The texts that people wrote to one question, newest first; the pages of those who may see people."""
    rows = db.session.execute(
        select(Registration.reference, Registration.contact_name, Registration.answers)
        .where(Registration.event_id == event_id, Registration.status.in_(ALIVE), in_no_bin())
        .order_by(Registration.created_at.desc(), Registration.id.desc())
    )
    found = (Written(r.reference, r.contact_name, str(r.answers[key])) for r in rows if r.answers.get(key))
    return [written for written, _number in zip(found, range(limit), strict=False)]


def _all_answers(event_id: int, *, alive: bool) -> Iterator[dict[str, Any]]:
    statement = select(Registration.answers).where(Registration.event_id == event_id)
    if alive:
        statement = statement.where(Registration.status.in_(ALIVE), in_no_bin())
    return (answers for answers in db.session.execute(statement).scalars() if answers)


def _tally(question: QuestionRow, values: list[Any]) -> Tally:
    if question.kind in {QuestionKind.CHOICE, QuestionKind.SEVERAL}:
        taken = Counter(code for value in values for code in (value if isinstance(value, list) else [value]))
        return Tally(question, len(values), tuple((choice.code, taken[choice.code]) for choice in question.choices))
    if question.kind is QuestionKind.NUMBER:
        numbers = [value for value in values if isinstance(value, int)]
        if numbers:
            mean = sum(numbers) / len(numbers)
            return Tally(question, len(numbers), (), min(numbers), max(numbers), mean)
    return Tally(question, len(values))
