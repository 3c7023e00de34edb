"""Forms of loans for the organiser: what came by telephone, dates, reasons, another box."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, EmailField, HiddenField, SelectField, StringField, TelField, TextAreaField

from app.boxes.rows import FacilitatorRow, ScenarioRow
from app.core.errors import FieldError
from app.core.i18n import Locale
from app.loans.drafts import LoanDraft, OtherLoan
from app.loans.enums import LoanCancel, LoanPurpose, LoanRefusal
from app.loans.rules import period_of
from app.resources.halfdays import Period
from app.structures.queries import ContactRow
from app.web.forms.base import EmailAddress, Length, Maybe, PageForm, PhoneNumber, Required, choices, text_of
from app.web.forms.events import checks
from app.web.forms.timetable import Day, Whole
from app.web.loan_labels import CANCEL_LABELS, HALF_LABELS, PURPOSE_LABELS, REFUSAL_LABELS
from app.web.loan_words import LOAN_WORDS
from app.web.wording import register_messages

register_messages(LOAN_WORDS)

FIELDS = {"from": "first_day", "to": "last_day"}
"""Where the problems of a request are shown."""


class DatesForm(PageForm):
    """From one half-day to another, both included."""

    first_day = Day(_l("First day"), [Required()])
    first_half = SelectField(_l("Starts in the"), choices=choices(HALF_LABELS), default="am")
    last_day = Day(_l("Last day"), [Required()])
    last_half = SelectField(_l("Ends in the"), choices=choices(HALF_LABELS), default="pm")
    revision = HiddenField()

    def period(self) -> Period:
        """Raises FieldError at to."""
        assert self.first_day.data is not None
        assert self.last_day.data is not None
        return period_of(self.first_day.data, self.first_half.data, self.last_day.data, self.last_half.data)

    def show_loan_problems(self, error: FieldError) -> None:
        """As `show_refusal`, at this form's fields."""
        problems = {FIELDS.get(key, key.partition("/")[0]): code for key, code in error.problems.items()}
        self.show_refusal(FieldError(problems))


def _box_id(text: Any) -> int:
    """Raises ValueError for what is no id."""
    if not re.fullmatch("[0-9]{1,9}", str(text)):
        raise ValueError(text)
    return int(text)


def _box_choice(text: Any) -> str:
    """A box, « 12 », or another loan's as it was read, « 12.7.3 ». Raises ValueError for what is neither."""
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9}\.[0-9]{1,9})?", str(text)):
        raise ValueError(text)
    return str(text)


def other_text(other: OtherLoan | None) -> str:
    """« 7.3 » for a form: a loan and the revision that its page showed; empty for none."""
    return "" if other is None else f"{other.id}.{other.revision}"


def read_other(text: str) -> OtherLoan | None:
    """What `other_text` wrote; None for anything else."""
    if not re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,9}", text):
        return None
    loan_id, revision = map(int, text.split("."))
    return OtherLoan(loan_id, revision)


def _id_or_none(text: Any) -> int | None:
    """Raises ValueError for what is no id."""
    return _box_id(text) if text else None


def _runs(person: FacilitatorRow, today: date) -> str:
    """Who, and what they may run today."""
    codes = ", ".join(person.valid_codes(today))
    return f"{person.name} · {codes}" if codes else person.name


def counted_words(scenario: ScenarioRow) -> str:
    """« 3 boîtes »."""
    if scenario.is_game:
        return str(ngettext("%(num)d box", "%(num)d boxes", scenario.boxes))
    return str(ngettext("%(num)d set", "%(num)d sets", scenario.boxes))


class LoanDatesForm(DatesForm):
    """Other dates; `even_closed`: also on days on which nobody is there."""

    even_closed = BooleanField(_l("These days all the same"))


class LoanForm(DatesForm):
    """A loan for a structure; `fill` gives its choices. Who asks may be a contact of the structure, or somebody else."""

    scenario = SelectField(_l("What is lent"), [Required("choice")], coerce=_id_or_none)
    boxes = Whole(_l("Boxes"), [Required()], default=1)
    contact = SelectField(_l("Who asks"))
    contact_name = StringField(_l("First name and name"), [Length(120)])
    email = EmailField(_l("E-mail address"), [EmailAddress()])
    phone = TelField(_l("Telephone"), [PhoneNumber()])
    purpose = SelectField(_l("What for"), [Required("choice")], choices=choices({"": _l("Choose"), **PURPOSE_LABELS}))
    purpose_note = StringField(_l("In a few words"), [Length(300)])
    players = Whole(_l("Players in all"), [Maybe()])
    place = StringField(_l("Where it is played"), [Length(160)])
    facilitators = checks(_l("Facilitators"), coerce=int)
    notes = TextAreaField(_l("Notes for the team"), [Length(2000)])

    def fill(
        self,
        scenarios: Sequence[ScenarioRow],
        contacts: Sequence[ContactRow],
        people: Sequence[FacilitatorRow],
        locale: Locale,
        today: date,
    ) -> "LoanForm":
        """Its choices: what is lent, who asks, who runs it."""
        self.scenario.choices = [
            ("", _l("Choose")),
            *((s.id, f"{s.code} · {s.title(locale)} · {counted_words(s)}") for s in scenarios),
        ]
        self.contact.choices = [(str(c.id), c.name) for c in contacts] + [("", _l("Somebody else, or nobody yet"))]
        self.facilitators.choices = [(p.id, _runs(p, today)) for p in people]
        return self

    def draft(self, structure_id: int, contacts: Sequence[ContactRow]) -> LoanDraft:
        """Raises FieldError (to). A contact's own name and addresses are taken where none are typed."""
        chosen = next((c for c in contacts if str(c.id) == self.contact.data), None)
        return LoanDraft(
            scenario_id=self.scenario.data,
            boxes=self.boxes.data or 0,
            period=self.period(),
            structure_id=structure_id,
            purpose=LoanPurpose(self.purpose.data),
            players=self.players.data,
            facilitator_ids=tuple(self.facilitators.data or ()),
            contact_id=chosen.id if chosen else None,
            contact_name=text_of(self.contact_name) or (chosen.name if chosen else ""),
            email=text_of(self.email) or (chosen.email if chosen else ""),
            phone=text_of(self.phone) or (chosen.phone if chosen else ""),
            locale=chosen.locale if chosen else "fr",
            purpose_note=text_of(self.purpose_note),
            place=text_of(self.place),
            notes=text_of(self.notes),
        )


class MoveForm(PageForm):
    """The words that go with a move; which of them are needed is the operation's to say."""

    refusal = SelectField(_l("Reason"), choices=choices({"": _l("Choose"), **REFUSAL_LABELS}), default="")
    reason = SelectField(_l("Reason"), choices=choices({"": _l("Choose"), **CANCEL_LABELS}), default="")
    note = StringField(_l("A word to the borrower"), [Length(300)])
    name = StringField(_l("Who signed"), [Length(120)])
    revision = HiddenField()

    @property
    def chosen_refusal(self) -> LoanRefusal | None:
        return LoanRefusal(self.refusal.data) if self.refusal.data else None

    @property
    def chosen_reason(self) -> LoanCancel | None:
        return LoanCancel(self.reason.data) if self.reason.data else None


class PeopleForm(PageForm):
    facilitators = checks(_l("Facilitators"), coerce=int)
    revision = HiddenField()


class SwapForm(PageForm):
    """Whether the box may still be had is the operation's to say."""

    box = SelectField(
        _l("Box to lend instead"), [Required("choice")], coerce=_box_id, choices=(), validate_choice=False
    )
    revision = HiddenField()


class LoanSwapForm(SwapForm):
    """A free box, or one that another loan gives for this one's (`chosen`)."""

    box = SelectField(
        _l("Box to lend instead"), [Required("choice")], coerce=_box_choice, choices=(), validate_choice=False
    )

    @property
    def chosen(self) -> tuple[int, OtherLoan | None]:
        """The box, and the loan that gets this one's in exchange, as the page showed it."""
        box, _dot, other = str(self.box.data).partition(".")
        return int(box), read_other(other)


def revision_of(form: Any) -> int | None:
    """The state of the loan that the page showed."""
    said = text_of(form.revision)
    return int(said) if said.isdecimal() and len(said) < 10 else None
