"""The form of one question of an event."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from app.events.enums import QuestionKind
from app.events.questions import QuestionRow, fingerprint, with_codes
from app.web.forms.base import Between, Length, Maybe, PageForm, Required, choices
from app.web.forms.timetable import Whole
from app.web.wording import register_messages

KIND_LABELS = {
    QuestionKind.TEXT: _l("A text"),
    QuestionKind.CHOICE: _l("One choice from a list"),
    QuestionKind.SEVERAL: _l("Several choices from a list"),
    QuestionKind.NUMBER: _l("A number"),
    QuestionKind.DATE: _l("A date"),
    QuestionKind.CONSENT: _l("A consent: a box to tick"),
    QuestionKind.FILE: _l("A file: PDF or photo"),
}

register_messages(
    {
        "question_unknown": _l("This event does not ask this."),
        "question_not_asked": _l("This is not asked of this audience."),
        "answer_required": _l("This answer is missing."),
        "answer_wrong_kind": _l("This answer has not the right form."),
        "answer_no_choice": _l("Choose one of the answers shown."),
        "answer_too_short": _l("This text is too short."),
        "answer_too_long": _l("This text is too long."),
        "answer_too_low": _l("This number is too small."),
        "answer_too_high": _l("This number is too large."),
        "answer_too_few": _l("Choose more answers."),
        "answer_too_many": _l("Choose fewer answers."),
        "answer_file_by_form": _l("Files can be given on the page of the registration only."),
        "unknown_audience": _l("This event does not accept this audience."),
        "choices_missing": _l("Write the answers to choose from, one a line: at least two."),
        "too_many_choices": _l("There are too many answers: 40 at most."),
        "choice_twice": _l("The same answer stands there twice."),
        "below_minimum": _l("The largest is below the smallest."),
        "file_limit": _l("A file weighs between 1 and 5,000 KB."),
        "too_many_files": _l("An event asks for at most 2 files: more do not fit into one form."),
        "question_twice": _l("This event asks this already. Change that question, or ask in other words."),
        "too_many_questions": _l("An event asks at most 30 questions. Fewer questions bring more registrations."),
    }
)


class QuestionForm(PageForm):
    kind = SelectField(_l("What people answer"), choices=choices(KIND_LABELS))
    label_fr = StringField(_l("Question in French"), [Required(), Length(300)])
    label_en = StringField(_l("Question in English"), [Length(300)])
    help_fr = StringField(_l("Help in French"), [Length(300)])
    help_en = StringField(_l("Help in English"), [Length(300)])
    choices_text = TextAreaField(_l("Answers to choose from"), [Length(8000)])
    minimum = Whole(_l("At least"), [Maybe(), Between(0, 1_000_000)])
    maximum = Whole(_l("At most"), [Maybe(), Between(0, 1_000_000)])
    audiences = SelectMultipleField(
        _l("Asked of"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), validate_choice=False
    )
    required = BooleanField(_l("An answer is needed"))
    seen = HiddenField()

    def fill(self, question: QuestionRow) -> None:
        """Show a question as it is."""
        for name in ("label_fr", "label_en", "help_fr", "help_en", "minimum", "maximum", "required"):
            self[name].data = getattr(question, name)
        self.kind.data = question.kind.value
        self.audiences.data = list(question.audiences)
        self.choices_text.data = "\n".join(f"{c.fr} | {c.en}" if c.en else c.fr for c in question.offered())
        self.seen.data = fingerprint(question)

    def differences(self, now: QuestionRow) -> list[tuple[str, str]]:
        """Label and present value of each field where the question is other than what was typed."""
        there = QuestionForm(formdata=None)
        there.fill(now)
        pairs = [(self[f.name], f) for f in there if f.name not in {"csrf_token", "seen"}]
        return [(str(f.label.text), self._words(f)) for mine, f in pairs if self._words(mine) != self._words(f)]

    def _words(self, field: Field) -> str:
        """A field's value in one line, alike whether it was typed or is kept."""
        if isinstance(field, BooleanField):
            return str(gettext("Yes") if field.data else gettext("No"))
        if isinstance(field, SelectMultipleField):
            labels = {value: str(label) for value, label, *_rest in self.audiences.iter_choices()}
            return ", ".join(labels.get(code, code) for code in field.data or ())
        if isinstance(field, SelectField):
            return str(KIND_LABELS[QuestionKind(field.data)])
        lines = ("" if field.data is None else str(field.data)).splitlines()
        return ", ".join(line.strip() for line in lines if line.strip())

    def question(self, before: QuestionRow | None, *, is_answered: bool = False) -> QuestionRow:
        """The question that the form asks for; its kind stays once it is answered.

        A line « French | English » is a choice; a known one keeps its code.
        """
        kind = before.kind if before and is_answered else QuestionKind(self.kind.data)
        lines = [line.strip() for line in (self.choices_text.data or "").splitlines()]
        pairs = [(fr.strip(), en.strip()) for fr, _bar, en in (line.partition("|") for line in lines) if fr.strip()]
        with_choices = kind in {QuestionKind.CHOICE, QuestionKind.SEVERAL}
        known = before.choices if before else ()
        return QuestionRow(
            key=before.key if before else "",
            kind=kind,
            label_fr=self.label_fr.data or "",
            label_en=self.label_en.data or "",
            help_fr=self.help_fr.data or "",
            help_en=self.help_en.data or "",
            required=bool(self.required.data),
            audiences=tuple(self.audiences.data or ()),
            choices=with_codes(pairs, known) if with_choices else (),
            minimum=self.minimum.data if kind in BOUNDED else None,
            maximum=self.maximum.data if kind in BOUNDED or kind is QuestionKind.FILE else None,
        )


BOUNDED = {QuestionKind.TEXT, QuestionKind.NUMBER, QuestionKind.SEVERAL}
"""Kinds whose answers the two bounds mean something for: characters, the number itself, how many."""


def question_form(audiences: dict[str, str], **kwargs: Any) -> QuestionForm:
    """The form with the event's audiences to choose from."""
    form = QuestionForm(**kwargs)
    form.audiences.choices = choices(audiences)
    return form
