"""Forms by which who is registered, and how to reach them, is put right."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, HiddenField, RadioField, StringField, TelField

from app.web.forms.base import EmailAddress, Length, Nested, PageForm, Part, PhoneNumber, Required, choices
from app.web.forms.staff_registration import OrganisationPart
from app.web.forms.timetable import RowsForm
from app.web.wording import register_messages

register_messages(
    {"family_not_in_name": _l("This is not how the name begins or ends. Write it as it stands in the name.")}
)


class StaffContactPart(Part):
    name = StringField(_l("First name and name"), [Required(), Length(120)])
    family_name = StringField(
        _l("Family name, for sorting"),
        [Length(120)],
        description=_l("The list is sorted by it. It begins or ends the name above."),
    )
    email = EmailField(_l("E-mail address"), [EmailAddress()])
    phone = TelField(_l("Telephone"), [PhoneNumber()])


class CorrectionForm(RowsForm):
    """All of it, for the team. Names as in the API; `known` marks what the page showed."""

    known = HiddenField()
    contact = Nested(StaffContactPart, _l("Contact"))
    organisation = Nested(OrganisationPart, _l("Structure"))
    oriented_by = StringField(_l("Sent by"), [Length(160)], description=_l("The adviser or structure that sent them."))
    locale = RadioField(_l("Ticket in"), choices=choices({"fr": "Français", "en": "English"}))
    send = BooleanField(_l("If the e-mail address changes, send the ticket to the new one"))


class OwnContactForm(PageForm):
    """What visitors correct themselves."""

    known = HiddenField()
    name = StringField(_l("First name and name"), [Required(), Length(120)])
    phone = TelField(_l("Mobile phone"), [Length(40), PhoneNumber()])
