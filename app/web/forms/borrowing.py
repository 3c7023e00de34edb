"""What borrowers fill in: a request, the agreement, a day on which they bring boxes back, why they call it off."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Field,
    Form,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from app.core.i18n import translate
from app.loans.enums import LoanPurpose
from app.loans.words import BORROWERS_CANCEL_WORDS, BORROWERS_REASONS, PURPOSE_WORDS
from app.resources.enums import Half
from app.web.forms.base import Maybe, PageForm, Required, choices
from app.web.forms.timetable import Whole
from app.web.i18n import current_locale
from app.web.loan_words import LOAN_WORDS
from app.web.wording import message_for, register_messages

register_messages(LOAN_WORDS)
register_messages(
    {
        "promise_too_far": _l("This day is too far away. Call us, and we look for a way."),
        "training_too_late": _l("This training comes after your first day. Choose later days, or an earlier training."),
        "unknown_id": _l("Somebody here is no longer in the list. Choose again."),
    }
)
HALVES = {Half.AM.value: _l("Morning"), Half.PM.value: _l("Afternoon")}


class CheckboxesField(SelectMultipleField):
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class LoanRequestForm(PageForm):
    """The names of days are those of the catalogue's addresses."""

    scenario = HiddenField()
    first = DateField(_l("First day"), [Required()], name="from")
    from_half = SelectField(_l("From the"), choices=choices(HALVES), default=Half.AM.value)
    last = DateField(_l("Last day"), [Required()], name="to")
    to_half = SelectField(_l("Until the"), choices=choices(HALVES), default=Half.PM.value)
    boxes = Whole(_l("How many boxes"), [Required()], default=1)
    players = Whole(_l("How many players in all"), [Maybe()])
    purpose = SelectField(_l("Purpose"), [Required("choice")])
    purpose_note = StringField(
        _l("Which class or group"), description=_l("For example: 3e B, or a workshop for job seekers.")
    )
    place = StringField(_l("Where you play"))
    facilitators = CheckboxesField(_l("Who runs the game"))
    waits_for = SelectField(_l("Training to wait for"), default="")
    even_untrained = BooleanField(_l("Ask all the same"))
    contact_name = StringField(_l("First name and name"), [Required()])
    email = EmailField(_l("E-mail address"), [Required()])
    phone = TelField(_l("Telephone"))
    notes = TextAreaField(_l("Anything else to say"))

    def __init__(
        self, facilitators: dict[str, str], trainings: dict[str, str], *, game: bool = True, **values: Any
    ) -> None:
        super().__init__(**values)
        locale = current_locale()
        self.purpose.choices = choices(
            {"": _l("Choose"), **{p.value: translate(locale, PURPOSE_WORDS[p]) for p in LoanPurpose}}
        )
        self.facilitators.choices = choices(facilitators)
        if not game:
            self.boxes.label.text = _l("How many sets")
            self.place.label.text = _l("Where you use it")
            self.purpose_note.description = _l("For example: the forum of our town.")
        self.waits_for.choices = choices({"": _l("None of them"), **trainings})


class Ticked(Required):
    """The box must be ticked: one that is not comes as no."""

    def __call__(self, form: Form, field: Field) -> None:
        if not field.data:
            raise StopValidation(message_for(self.code))


class AcceptForm(PageForm):
    """`number` is the agreement that was read."""

    number = HiddenField()
    name = StringField(_l("Your first name and name"), [Required()])
    read = BooleanField(_l("I read the agreement and accept it."), [Ticked()])


class CancelLoanForm(PageForm):
    reason = SelectField(_l("Why"))
    note = StringField(_l("A word for the team"))

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        locale = current_locale()
        said = {reason.value: translate(locale, BORROWERS_CANCEL_WORDS[reason]) for reason in BORROWERS_REASONS}
        self.reason.choices = choices({value: text[:1].upper() + text[1:] for value, text in said.items()})


class PeopleForm(PageForm):
    facilitators = CheckboxesField(_l("Who runs the game"))

    def __init__(self, people: dict[str, str], **values: Any) -> None:
        super().__init__(**values)
        self.facilitators.choices = choices(people)


class PromiseForm(PageForm):
    day = DateField(_l("I bring the boxes back on"), [Required()])

    def __init__(self, *, game: bool = True, **values: Any) -> None:
        super().__init__(**values)
        if not game:
            self.day.label.text = _l("I bring the equipment back on")
