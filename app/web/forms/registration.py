"""The public form to register: five subjects, names as in the API, answers that travel from one page to the next."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, EmailField, Field, RadioField, SelectMultipleField, StringField, TelField
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from app.core.errors import FieldError
from app.core.i18n import as_locale
from app.events.enums import Enrolment
from app.events.queries import EventRow
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft, Statistics
from app.registrations.enums import AgeBand, Gender, RegistrationKind, Source
from app.registrations.rules import LARGEST_GROUP, exceeds_group
from app.web.forms.answers import (
    AnswerField,
    answer_fields,
    find_their_files,
    kept_answers_of,
    show_refused_answers,
)
from app.web.forms.base import (
    UAI,
    Between,
    EmailAddress,
    Length,
    Maybe,
    Nested,
    PageForm,
    Part,
    PhoneNumber,
    Required,
    find_field,
    strip,
)
from app.web.forms.base import (
    choices as as_choices,
)
from app.web.forms.timetable import Whole
from app.web.i18n import current_locale
from app.web.wording import message_for, register_messages

register_messages(
    {
        "email_or_phone": _l("Give an e-mail address or a telephone number, so that the ticket reaches you."),
        "no_groups": _l("This audience comes one by one: choose “One person”."),
        "unknown_audience": _l("Choose one of the answers shown."),
        "unknown_wave": _l("Choose one of the times shown."),
        "one_wave": _l("Choose one time only."),
        "all_waves": _l("This event is taken as a whole."),
        "out_of_range": _l("This number is out of range."),
        "wave_missing": _l("Choose a time."),
        "never_room": _l(
            "There will never be room for so many people at that time, even if others cancel. Choose another time, or "
            "write a smaller number."
        ),
        "never_open": _l("This time is kept for other visitors: nobody can wait for it. Choose another one."),
        "wave_full": _l("This time is full. Choose another one."),
        "group_too_large": _l("This group is larger than those that register by themselves. Call the organiser."),
    }
)

YES, NO = "yes", "no"
QUESTIONS_STEP = 4
"""The step that asks the event's own questions, after how to reach the person."""
WAIT = "wait:"
"""Before a wave's id: the person wants to wait for a place in it."""

GENDER_LABELS = {Gender.WOMAN: _l("A woman"), Gender.MAN: _l("A man"), Gender.OTHER: _l("Other")}
AGE_LABELS = {
    AgeBand.UNDER_16: _l("Under 16"),
    AgeBand.FROM_16_TO_29: _l("16 to 29"),
    AgeBand.FROM_30_TO_54: _l("30 to 54"),
    AgeBand.FROM_55: _l("55 or older"),
}
SILENT = ("", _l("I would rather not say"))
YES_OR_NO = [(YES, _l("Yes")), (NO, _l("No")), SILENT]
STATISTICS = ("gender", "age_band", "priority_neighbourhood", "rural_zone", "recognised_disability", "commune")


class Choice(RadioField):
    """One answer among some, refused in our words when it is none of them."""

    def __init__(self, label: Any, validators: Any = (), *, choices: Any = (), **kwargs: Any) -> None:
        super().__init__(label, [*validators], choices=as_choices(dict(choices)), validate_choice=False, **kwargs)

    def pre_validate(self, form: Any) -> None:
        known = {str(value) for value, *_ in self.iter_choices()}
        if self.data and self.data not in known:
            raise StopValidation(message_for("choice"))


class ContactPart(Part):
    name = StringField(_l("First name and name"), [Required(), Length(120)])
    email = EmailField(_l("E-mail address"), [Length(254), EmailAddress()])
    phone = TelField(_l("Mobile phone"), [Length(40), PhoneNumber()])


class OrganisationPart(Part):
    class_label = StringField(_l("Name of the class"), [Length(60)])
    name = StringField(_l("School"), [Length(160)])
    uai = StringField(_l("UAI of the school"), [UAI()])
    commune = StringField(_l("Town"), [Length(120)])


class HeadcountPart(Part):
    participants = Whole(_l("Number of pupils"), [Required("number"), Between(1, LARGEST_GROUP)])
    companions = Whole(_l("Number of companions"), [Maybe(), Between(0, LARGEST_GROUP)])


class StatisticsPart(Part):
    """What funders ask for. Every question may stay without an answer."""

    gender = Choice(_l("You are"), choices=[*((g.value, t) for g, t in GENDER_LABELS.items()), SILENT], default="")
    age_band = Choice(_l("Your age"), choices=[*((a.value, t) for a, t in AGE_LABELS.items()), SILENT], default="")
    priority_neighbourhood = Choice(_l("Do you live in a priority neighbourhood?"), choices=YES_OR_NO, default="")
    rural_zone = Choice(_l("Do you live in the countryside?"), choices=YES_OR_NO, default="")
    recognised_disability = Choice(_l("Are you recognised as a disabled worker?"), choices=YES_OR_NO, default="")
    commune = StringField(_l("The town where you live"), [Length(120)])


class RegistrationForm(PageForm):
    """All answers of one registration. A page shows those of one step; the others travel hidden, as they were typed."""

    kind = Choice(
        _l("Who comes?"),
        [Required("choice")],
        choices=[(RegistrationKind.INDIVIDUAL.value, _l("One person")), (RegistrationKind.GROUP.value, _l("A group"))],
    )
    audience = Choice(_l("You come…"), [Required("choice")])
    organisation = Nested(OrganisationPart)
    headcount = Nested(HeadcountPart)
    is_15_or_older = Choice(_l("Are you 15 or older?"), choices=[(YES, _l("Yes")), (NO, _l("No, I am younger"))])
    oriented_by = StringField(_l("Who told you about this event?"), [Length(160)])
    statistics = Nested(StatisticsPart)
    waves = SelectMultipleField(
        _l("Arrival time"), option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )
    waitlist = BooleanField(_l("Put me on the waiting list"))
    contact = Nested(ContactPart)
    locale = StringField()

    def __init__(
        self, event: EventRow, answers: "MultiDict[str, str]", refused_files: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(formdata=answers)
        self.event = event
        own: Any = self
        own.audience.choices = as_choices({a.code: a.label(current_locale()) for a in event.audiences})
        own.waves.choices = as_choices({w.id: "" for w in event.waves})
        own.waves.label.text = _waves_label(event)
        self.answer_fields = answer_fields(event.questions, self.chosen_audience, answers)
        find_their_files(self.answer_fields, event, refused=refused_files)
        self._say_it_for(event.audience(self.chosen_audience).school)

    def _say_it_for(self, school: bool) -> None:
        """Labels for those who are not a class."""
        form: Any = self
        if not school:
            form.organisation.form.name.label.text = _("Organisation, or name of the group")
            form.headcount.form.participants.label.text = _("Number of people")
            form.oriented_by.label.text = _("Who sent you?")

    @property
    def is_group(self) -> bool:
        return bool(self._fields["kind"].data == RegistrationKind.GROUP.value)

    @property
    def asks_files(self) -> bool:
        return any(field.is_file for field in self.answer_fields)

    @property
    def chosen_audience(self) -> str:
        return str(self._fields["audience"].data or "")

    def fields_of(self, step: int) -> list[Field | AnswerField]:
        """The fields that one step shows, in their order; none of a part that does not concern this person."""
        own = [found for name in self._names_of(step) if (found := find_field(self, name)) is not None]
        return [*own, *self.answer_fields] if step == QUESTIONS_STEP else own

    def _names_of(self, step: int) -> Iterable[str]:
        if step == 2 and self.is_group:
            return _group_names(self.event.audience(self.chosen_audience).school)
        asked = tuple(f"statistics.{name}" for name in STATISTICS)
        return {
            1: ("kind", "audience"),
            2: ("is_15_or_older", "oriented_by", *(asked if self.event.asks_statistics else ())),
            3: ("waves", "waitlist"),
            4: ("contact.name", "contact.email", "contact.phone"),
        }.get(step, ())

    def show_refusal(self, error: FieldError, **values: object) -> None:
        others = show_refused_answers(self.answer_fields, error)
        super().show_refusal(others, largest=self.event.largest_group, **values)

    def show_as_typed(self, step: int) -> None:
        """Show texts as they were typed, whatever checking made of them."""
        for field in self.fields_of(step):
            if isinstance(field, StringField) and field.raw_data:
                field.data = str(strip(field.raw_data[0]))

    def check(self, step: int, *, walking: bool) -> bool:
        """Validate the fields of one step, each error at its field. `walking`: the step was seen, so what it asks must be there."""
        found = [field.validate(self) for field in self.fields_of(step) if field.name != "waves"]
        return self._check_together(step, walking=walking) and all(found)

    def _check_together(self, step: int, *, walking: bool) -> bool:
        """What no field can see alone."""
        if step == 1:
            return self._check_kind()
        if step == 2:
            return not walking or self._check_people()
        return self._check_waves() if step == 3 else self._check_contact()

    def _check_kind(self) -> bool:
        audience = self.event.audience(self.chosen_audience)
        if self.is_group and self.chosen_audience and not audience.groups:
            return self._refuse("kind", "no_groups")
        return True

    def _check_people(self) -> bool:
        form: Any = self
        count = form.headcount.form
        if self.is_group and exceeds_group(
            self.event, Headcount(count.participants.data or 0, count.companions.data or 0)
        ):
            return self._refuse("headcount.participants", "group_too_large")
        if not self.is_group:
            missing = [] if self._fields["is_15_or_older"].data else ["is_15_or_older"]
        elif self.event.audience(self.chosen_audience).school:
            missing = [name for name in ("organisation.class_label", "organisation.name") if not self._text(name)]
        else:
            missing = []
        for name in missing:
            self._refuse(name, "choice" if name == "is_15_or_older" else "required")
        return not missing

    def _check_waves(self) -> bool:
        wanted, known = self.wave_ids(), {w.id for w in self.event.waves}
        if self.event.enrolment is Enrolment.ALL:
            return True
        if not wanted:
            return self._refuse("waves", "wave_missing")
        if not set(wanted) <= known:
            return self._refuse("waves", "unknown_wave")
        if self.event.enrolment is Enrolment.ONE and len(wanted) > 1:
            return self._refuse("waves", "one_wave")
        return True

    def _check_contact(self) -> bool:
        if self._text("contact.email") or self._text("contact.phone"):
            return True
        return self._refuse("contact.email", "email_or_phone")

    def _refuse(self, name: str, code: str) -> bool:
        field = find_field(self, name)
        if field is not None and not field.errors:
            field.errors = [message_for(code, largest=self.event.largest_group)]
        return False

    def _text(self, name: str) -> str:
        field = find_field(self, name)
        return str(field.data or "") if field is not None else ""

    def wave_ids(self) -> tuple[int, ...]:
        """The waves asked for, once each. What is not the id of a wave of this event reads as 0."""
        known = {str(w.id): w.id for w in self.event.waves}
        return tuple(dict.fromkeys(known.get(value, 0) for value in self._fields["waves"].data or ()))

    def draft(self) -> RegistrationDraft:
        """What the person says, for the operation that registers. Call it once every step is right."""
        form: Any = self
        contact, organisation, count = form.contact.form, form.organisation.form, form.headcount.form
        group = self.is_group
        return RegistrationDraft(
            kind=RegistrationKind(form.kind.data),
            audience=self.chosen_audience,
            waves=() if self.event.enrolment is Enrolment.ALL else self.wave_ids(),
            contact=Contact(contact.name.data, contact.email.data or "", contact.phone.data or ""),
            headcount=Headcount(count.participants.data or 0, count.companions.data or 0) if group else Headcount(),
            organisation=Organisation(
                organisation.name.data, organisation.uai.data, organisation.class_label.data, organisation.commune.data
            )
            if group
            else Organisation(),
            waitlist=bool(form.waitlist.data),
            locale=as_locale(form.locale.data or current_locale()),
            is_15_or_older=None if group else said(form.is_15_or_older.data),
            oriented_by=form.oriented_by.data or "",
            statistics=_statistics(form.statistics.form) if self.event.asks_statistics and not group else Statistics(),
            answers=dict(kept_answers_of(self.answer_fields)),
            source=Source.WEB,
        )


def _waves_label(event: EventRow) -> str:
    return str(_("Start time") if event.is_online else _("Arrival time"))


def _group_names(school: bool) -> tuple[str, ...]:
    counts = ("headcount.participants", "headcount.companions")
    if school:
        return ("organisation.class_label", *counts, "organisation.name", "organisation.uai", "organisation.commune")
    return ("organisation.name", *counts, "organisation.commune", "oriented_by")


def _statistics(part: Any) -> Statistics:
    return Statistics(
        gender=Gender(part.gender.data) if part.gender.data else None,
        age_band=AgeBand(part.age_band.data) if part.age_band.data else None,
        priority_neighbourhood=said(part.priority_neighbourhood.data),
        rural_zone=said(part.rural_zone.data),
        recognised_disability=said(part.recognised_disability.data),
        commune=part.commune.data or "",
    )


def said(answer: str | None) -> bool | None:
    """Yes, no, or nothing said; programs may write true and false."""
    return {YES: True, "true": True, NO: False, "false": False}.get(answer or "")


class LinkForm(PageForm):
    """« Send me my link again »."""

    email = EmailField(_l("E-mail address"), [Required(), Length(254), EmailAddress()])


class ChangeForm(PageForm):
    """Other times or another headcount, from one's own page."""

    headcount = Nested(HeadcountPart)
    waves = SelectMultipleField(
        _l("Arrival time"), option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )

    def __init__(
        self, event: EventRow, *, school: bool, answers: "MultiDict[str, str] | None" = None, **values: Any
    ) -> None:
        super().__init__(formdata=answers, **values)
        form: Any = self
        form.waves.choices = as_choices({w.id: "" for w in event.waves})
        form.waves.label.text = _waves_label(event)
        if not school:
            form.headcount.form.participants.label.text = _("Number of people")

    def check(self, *, group: bool, choosing: bool) -> bool:
        """Whether the answers can be sent on. `choosing`: the event's times are a choice."""
        form: Any = self
        right = bool(form.headcount.validate(self)) if group else True
        if choosing and not form.waves.data:
            form.waves.errors = [message_for("wave_missing")]
            return False
        return right

    def wave_ids(self, event: EventRow) -> tuple[int, ...]:
        wanted = set(self._fields["waves"].data or ())
        return tuple(w.id for w in event.waves if str(w.id) in wanted)
