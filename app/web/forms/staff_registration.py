"""Forms by which the team registers somebody, and changes a registration."""

from collections.abc import Iterator
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
)

from app.registrations.enums import RegistrationKind
from app.registrations.rules import LARGEST_GROUP
from app.web.forms.base import UAI, Between, EmailAddress, Length, Maybe, Nested, Part, PhoneNumber, Required, choices
from app.web.forms.timetable import RowsForm, Whole
from app.web.wording import register_messages

register_messages(
    {
        "no_groups": _l("This audience comes as single people."),
        "unknown_wave": _l("Choose one of the times shown."),
        "one_wave": _l("Choose one time only."),
        "all_waves": _l("This event is taken as a whole: choose all times."),
        "individual_is_one": _l("One person is one person."),
        "groups_only": _l("Cards are for groups."),
    }
)


class ContactPart(Part):
    name = StringField(_l("First name and name"), [Required(), Length(120)])
    phone = TelField(_l("Telephone"), [PhoneNumber()])
    email = EmailField(_l("E-mail address"), [EmailAddress()])


class OrganisationPart(Part):
    class_label = StringField(_l("Class"), [Length(60)])
    uai = StringField(_l("UAI of the school"), [UAI()])
    name = StringField(_l("School or structure"), [Length(160)])
    commune = StringField(_l("Town"), [Length(120)])


class HeadcountPart(Part):
    participants = Whole(_l("Participants"), [Required("number"), Between(1, LARGEST_GROUP)])
    companions = Whole(_l("Companions"), [Maybe(), Between(0, LARGEST_GROUP)])


class StaffRegistrationForm(RowsForm):
    """One dense page, its fields in the order of the page. Names as in the API."""

    aliases = {"headcount": "headcount/participants"}

    kind = RadioField(
        _l("Who comes?"),
        [Required("choice")],
        choices=choices({RegistrationKind.INDIVIDUAL: _l("One person"), RegistrationKind.GROUP: _l("A group")}),
        default=RegistrationKind.INDIVIDUAL.value,
    )
    audience = SelectField(_l("Audience"), [Required("choice")])
    headcount = Nested(HeadcountPart, _l("Headcount"))
    organisation = Nested(OrganisationPart, _l("Structure"))
    contact = Nested(ContactPart, _l("Contact"))
    oriented_by = StringField(_l("Sent by"), [Length(160)], description=_l("The adviser or structure that sent them."))
    waves = SelectMultipleField(_l("Arrival time"))
    is_15_or_older = RadioField(
        _l("15 or older?"), choices=choices({"yes": _l("Yes"), "no": _l("No"), "": _l("Not said")}), default=""
    )
    locale = RadioField(_l("Ticket in"), choices=choices({"fr": "Français", "en": "English"}), default="fr")
    waitlist = BooleanField(_l("If it is full, put on the waiting list"))

    def forget_group(self) -> None:
        """One person comes: what the fields for groups hold, hidden or left from before, is not asked."""
        count: Any = self.headcount.form
        structure: Any = self.organisation.form
        count.participants.data, count.companions.data = 1, 0
        structure.class_label.data = structure.uai.data = ""
        for field in (count.participants, count.companions):
            field.process_errors = []

    def forget_errors(self) -> None:
        """For a page that only shows the places anew: nothing is judged yet."""
        for field in self._all_fields():
            field.process_errors = []
            field.errors = []

    def _all_fields(self) -> Iterator[Any]:
        for field in self:
            if hasattr(field, "form"):
                yield from field.form
            else:
                yield field


class ChangeForm(RowsForm):
    """Other waves or another headcount."""

    aliases = {"headcount": "headcount/participants"}

    waves = SelectMultipleField(_l("Arrival time"))
    headcount = Nested(HeadcountPart, _l("Headcount"))
