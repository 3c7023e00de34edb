"""Answers to an event's questions as pages show them, and the files among them as they are sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Response
from flask_babel import gettext as _
from werkzeug.datastructures import Headers

from app.core.errors import NotFound
from app.events.enums import QuestionKind
from app.events.queries import EventRow
from app.events.questions import QuestionRow, missing_answers
from app.registrations.answer_files import AnswerFileRow, get_file, list_files, tokens_in
from app.registrations.queries import RegistrationRow
from app.web.i18n import current_locale

REMOVE = "remove"
"""The name of the button that takes a file back; its value is the question's key."""
SANDBOX = "default-src 'none'; sandbox"


class SentFile(Response):
    """A file that people sent, under a policy of its own: whatever opens it in a browser all the same runs nothing.

    Set as the answer leaves, after the headers that every page gets (nosniff among them).
    """

    def get_wsgi_headers(self, environ: dict[str, object]) -> Headers:
        headers = super().get_wsgi_headers(environ)
        headers["Content-Security-Policy"] = SANDBOX
        return headers


@dataclass(frozen=True)
class AnswerLine:
    """A question with what a registration says to it. `missing`: an answer is needed and there is none."""

    key: str
    label: str
    text: str
    retired: bool = False
    missing: bool = False
    file: AnswerFileRow | None = None


def answer_lines(event: EventRow, registration: RegistrationRow, *, missing: bool = False) -> list[AnswerLine]:
    """The answers of a registration in the order of the questions, those no longer asked too: they stay readable.

    With `missing`, also the questions that need an answer and have none. One statement where a file is among them.
    """
    answers, locale = registration.answers, current_locale()
    files = list_files(registration.id) if tokens_in(event.questions, answers) else {}
    needed = {q.key for q in missing_answers(event.questions, registration.audience, answers)} if missing else set()

    def lines() -> Iterator[AnswerLine]:
        for q in event.questions:
            if q.key in answers:
                text = in_words(q, answers[q.key])
                yield AnswerLine(q.key, q.label(locale), text, q.retired, file=files.get(q.key))
            elif q.key in needed:
                yield AnswerLine(q.key, q.label(locale), "", missing=True)

    return list(lines())


def in_words(question: QuestionRow, answer: Any) -> str:
    """An answer as people read it; nothing for a file, whose name says it."""
    if question.kind is QuestionKind.CONSENT:
        return str(_("Yes")) if answer is True else ""
    return question.shown(answer, current_locale())


def send_file(event: EventRow, registration: RegistrationRow, key: str) -> Response:
    """The file that answers a question, as something to keep: no browser shows it within our pages. Raises NotFound."""
    token = tokens_in(event.questions, registration.answers).get(key)
    if token is None:
        raise NotFound(key)
    row, content = get_file(registration.id, token)
    answer = SentFile(content, content_type=row.media_type)
    plain = row.name.encode("ascii", "ignore").decode().replace('"', "") or "file"
    answer.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(row.name)}"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
