"""Questions of an event as fields of a form: enough of a WTForms field for the pages that show and check them."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from werkzeug.datastructures import MultiDict

from app.events.enums import QuestionKind
from app.events.questions import Answer, QuestionRow, asked_of, check_answers
from app.web.i18n import current_locale
from app.web.wording import message_for

PREFIX = "answers."


class AnswerField:
    """One question and what was answered. `name` is as in the API with dots: answers.<key>."""

    widget = SimpleNamespace(input_type="")
    type = "AnswerField"

    def __init__(self, question: QuestionRow, given: Any, *, complete: bool = True) -> None:
        self.question = question
        self.name = PREFIX + question.key
        self.id = f"answer-{question.key}"
        self.label = SimpleNamespace(text=question.label(current_locale()))
        self.data = given
        self.complete = complete
        self.errors: list[str] = []

    def validate(self, _form: object = None) -> bool:
        """Whether the answer can be kept; else its message stands in `errors`."""
        _kept, problems = check_answers(
            [self.question], _audience(self.question), {self.question.key: self.data}, complete=self.complete
        )
        self.errors = [message_for(code) for code in problems.values()]
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


def filled_fields(questions: Sequence[QuestionRow], audience: str, kept: Mapping[str, Any]) -> list[AnswerField]:
    """The questions asked of that audience with the answers that are kept."""
    return [AnswerField(question, kept.get(question.key)) for question in asked_of(questions, audience)]


def kept_answers_of(fields: Sequence[AnswerField]) -> dict[str, Answer]:
    """All answers that can be kept."""
    return {key: value for field in fields for key, value in field.kept().items()}


def _sent(question: QuestionRow, sent: "MultiDict[str, str]") -> Any:
    values = sent.getlist(PREFIX + question.key)
    return values if question.kind is QuestionKind.SEVERAL else (values[0] if values else None)


def _audience(question: QuestionRow) -> str:
    """One that the question is asked of: who it is asked of was settled before."""
    return question.audiences[0] if question.audiences else ""
