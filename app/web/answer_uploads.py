"""Files sent with a form that asks an event's questions: kept at once, so that no error at another field loses them."""

from collections.abc import Mapping

from flask import request
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage, MultiDict

from app.accounts.errors import TooManyAttempts
from app.accounts.operations.throttling import address_key, count
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.enums import QuestionKind
from app.events.queries import EventRow
from app.events.questions import QuestionRow, asked_again, asked_of
from app.registrations.operations.answer_files import drop_waiting, keep_file
from app.registrations.queries import RegistrationRow
from app.web.answer_responses import REMOVE
from app.web.forms.answers import PREFIX, AnswerField, answer_fields, filled_fields, find_their_files, most_bytes
from app.web.wording import register_messages

FROM_ONE_ADDRESS = 60
"""Files that visitors of one network address may send in a quarter of an hour: a school is one address."""

register_messages({"file_throttled": _l("Many files came from your network. Try again in a few minutes.")})


def asks_files(event: EventRow, audience: str) -> list[QuestionRow]:
    """The questions of that audience that a file answers."""
    return [q for q in asked_of(event.questions, audience) if q.kind is QuestionKind.FILE]


def take_files(
    event: EventRow, audience: str, answers: "MultiDict[str, str]", *, limited: bool = True
) -> dict[str, str]:
    """Keep the files of this request and put their tokens into `answers`; the codes of those refused, by question key.

    `answers.<key>` then holds the token of the file sent now, else of the one sent before. A press on « Remove » takes
    that one back. `limited`: whether the network address is counted, which is for visitors.
    """
    refused: dict[str, str] = {}
    for question in asks_files(event, audience):
        name = PREFIX + question.key
        sent = request.files.get(name)
        before = answers.get(name, "")
        if answers.get(REMOVE) == question.key:
            _drop(event, before)
            answers.poplist(name)
        elif sent is not None and sent.filename:
            try:
                answers[name] = _keep(event, question, sent, limited=limited)
                _drop(event, before)
            except FieldError as error:
                refused[question.key] = next(iter(error.problems.values()))
            except TooManyAttempts:
                refused[question.key] = "file_throttled"
    return refused


def kept_answers(event: EventRow, registration: RegistrationRow) -> list[AnswerField]:
    """The questions with what a registration answers at present, for a form of the team."""
    questions = asked_again(event.questions, registration.audience, registration.answers)
    fields = filled_fields(questions, registration.audience, registration.answers, complete=False)
    find_their_files(fields, event, registration_id=registration.id)
    return fields


def sent_answers(event: EventRow, audience: str, registration: RegistrationRow | None = None) -> list[AnswerField]:
    """The questions with what a form of the team sent, its files kept. Required ones may stay empty.

    `registration` is the one that is changed, where there is one: its own files and retired choices may stay.
    """
    sent: MultiDict[str, str] = MultiDict(request.form)
    refused = take_files(event, audience, sent, limited=False)
    questions = asked_again(event.questions, audience, registration.answers if registration else {})
    fields = answer_fields(questions, audience, sent, complete=False)
    find_their_files(fields, event, registration_id=registration.id if registration else None, refused=refused)
    return fields


def _keep(event: EventRow, question: QuestionRow, sent: FileStorage, *, limited: bool) -> str:
    """Raises FieldError, TooManyAttempts."""
    content = sent.stream.read(most_bytes(question) + 1)
    now = clock.now()
    with transaction():
        if limited:
            count({address_key(request.remote_addr or "", "answer-file"): FROM_ONE_ADDRESS}, now=now)
        return keep_file(event, question, sent.filename or "", content, now=now)


def _drop(event: EventRow, token: str) -> None:
    if token:
        with transaction():
            drop_waiting(event.id, token)


def wants_removal(answers: Mapping[str, str]) -> bool:
    """Whether the button pressed is the one that removes a file: then nothing else is done."""
    return bool(answers.get(REMOVE))
