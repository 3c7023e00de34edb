"""Questions of an event as fields of a form: enough of a WTForms field for the pages that show and check them."""

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict

from app.core.errors import FieldError
from app.core.urls import settings
from app.events.enums import QuestionKind
from app.events.queries import EventRow
from app.events.questions import Answer, QuestionRow, asked_of, check_answers, largest_file
from app.registrations.answer_files import AnswerFileRow, find_files
from app.web.filters import file_size
from app.web.i18n import current_locale
from app.web.nul import had_nul
from app.web.wording import message_for, register_messages

PREFIX = "answers."

register_messages(
    {
        "file_empty": _l("This file is empty. Choose another one."),
        "file_type": _l("Choose a PDF file, or a photo in JPEG or PNG format."),
        "file_gone": _l("This file is no longer here. Choose it once more."),
        "too_many_waiting": _l("Too many files are being sent at the moment. Try again in a few minutes."),
    }
)


class AnswerField:
    """One question and what was answered. `name` is as in the API with dots: answers.<key>.

    For a file, `data` is its token, `file` what it stands for, and `refused` the code of why another one was not taken.
    """

    widget = SimpleNamespace(input_type="")
    type = "AnswerField"

    def __init__(self, question: QuestionRow, given: Any, *, complete: bool = True) -> None:
        self.question = question
        self.name = PREFIX + question.key
        self.id = f"answer-{question.key}"
        self.label = SimpleNamespace(text=question.label(current_locale()))
        self.data = given
        self.complete = complete
        self.file: AnswerFileRow | None = None
        self.refused = ""
        self.errors: list[str] = []

    @property
    def is_file(self) -> bool:
        return self.question.kind is QuestionKind.FILE

    @property
    def most(self) -> int:
        """Bytes of the largest file that is taken."""
        return most_bytes(self.question)

    @property
    def limits(self) -> str:
        return limits_of(self.question)

    def validate(self, _form: object = None) -> bool:
        """Whether the answer can be kept; else its message stands in `errors`."""
        _kept, problems = check_answers(
            [self.question], _audience(self.question), {self.question.key: self.data}, complete=self.complete
        )
        codes = list(problems.values())
        if self.is_file and (self.refused or (self.data and self.file is None)):
            codes = [self.refused or "file_gone"]
        if had_nul(self.name):
            codes = ["character_taken_out"]
        self.errors = [_message(code, self.question) for code in codes]
        return not self.errors

    def kept(self) -> dict[str, Answer]:
        """The answer as it is kept, empty when there is none."""
        found, _problems = check_answers(
            [self.question], _audience(self.question), {self.question.key: self.data}, complete=False
        )
        return found


def answer_fields(
    questions: Sequence[QuestionRow], audience: str, sent: "MultiDict[str, str]", *, complete: bool = True
) -> list[AnswerField]:
    """The questions asked of that audience with what the form sent."""
    return [
        AnswerField(question, _sent(question, sent), complete=complete) for question in asked_of(questions, audience)
    ]


def filled_fields(
    questions: Sequence[QuestionRow], audience: str, kept: Mapping[str, Any], *, complete: bool = True
) -> list[AnswerField]:
    """The questions asked of that audience with the answers that are kept."""
    return [AnswerField(q, kept.get(q.key), complete=complete) for q in asked_of(questions, audience)]


def find_their_files(
    fields: Iterable[AnswerField],
    event: EventRow,
    *,
    registration_id: int | None = None,
    refused: Mapping[str, str] | None = None,
) -> None:
    """Look up the files that the fields' tokens stand for; one statement, none without a token.

    `refused` are the codes of files that were not taken just now, by question key.
    """
    files = [field for field in fields if field.is_file]
    tokens = {field.data for field in files if isinstance(field.data, str) and field.data}
    found = find_files(event.id, tokens, registration_id=registration_id)
    for field in files:
        row = found.get(str(field.data))
        field.file = row if row is not None and row.key == field.question.key else None
        field.refused = (refused or {}).get(field.question.key, "")


def kept_answers_of(fields: Sequence[AnswerField]) -> dict[str, Answer]:
    """All answers that can be kept."""
    return {key: value for field in fields for key, value in field.kept().items()}


def answer_problems(fields: Iterable[AnswerField]) -> list[tuple[str, str, str]]:
    """(id of the field, label, message) of each answer to correct, as forms of the desk list them."""
    return [(field.id, field.label.text, field.errors[0]) for field in fields if field.errors]


def show_refused_answers(fields: Iterable[AnswerField], error: FieldError) -> FieldError:
    """Put the problems of answers (answers/<key>) at their fields; what remains is for the form."""
    by_path = {f"answers/{field.question.key}": field for field in fields}
    others = {path: code for path, code in error.problems.items() if path not in by_path}
    for path, code in error.problems.items():
        if path in by_path:
            by_path[path].errors = [_message(code, by_path[path].question)]
    return FieldError(others)


def most_bytes(question: QuestionRow) -> int:
    """Bytes that a file for this question may have, here."""
    return min(largest_file(question), settings().max_upload_bytes)


def limits_of(question: QuestionRow) -> str:
    """What a number or a choice of several must keep to, in a sentence; "" without bounds."""
    low, high = question.minimum, question.maximum
    if question.kind is QuestionKind.NUMBER:
        if low is not None and high is not None:
            return str(_("A number from %(low)s to %(high)s.", low=low, high=high))
        if low is not None:
            return str(_("A number from %(low)s on.", low=low))
        return str(_("A number up to %(high)s.", high=high)) if high is not None else ""
    if question.kind is QuestionKind.SEVERAL:
        if low and high:
            return str(_("Choose %(low)s to %(high)s answers.", low=low, high=high))
        if low:
            return str(ngettext("Choose at least %(num)d answer.", "Choose at least %(num)d answers.", low))
        return str(ngettext("Choose at most %(num)d answer.", "Choose at most %(num)d answers.", high)) if high else ""
    return ""


_OUT_OF_BOUNDS = {"answer_too_low", "answer_too_high", "answer_too_few", "answer_too_many"}


def _message(code: str, question: QuestionRow) -> str:
    if code == "file_too_large":
        return str(_("This file is too heavy: %(most)s at most.", most=file_size(most_bytes(question))))
    if code == "answer_required" and question.kind is QuestionKind.CONSENT:
        return str(_("Tick this box to go on."))
    return (limits_of(question) if code in _OUT_OF_BOUNDS else "") or message_for(code)


def _sent(question: QuestionRow, sent: "MultiDict[str, str]") -> Any:
    values = sent.getlist(PREFIX + question.key)
    return values if question.kind is QuestionKind.SEVERAL else (values[0] if values else None)


def _audience(question: QuestionRow) -> str:
    """One that the question is asked of: who it is asked of was settled before."""
    return question.audiences[0] if question.audiences else ""
