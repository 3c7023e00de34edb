"""Forms of accounts: logging in, the own password, people, tokens, look."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Field,
    Form,
    HiddenField,
    PasswordField,
    RadioField,
    SelectMultipleField,
    StringField,
    TelField,
)
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ColorInput, ListWidget

from app.accounts.enums import EventFunction, Role, Scope
from app.accounts.rules import weakness_of
from app.web.forms.base import EmailAddress, Length, Maybe, PageForm, PhoneNumber, Required, choices
from app.web.forms.timetable import Day
from app.web.wording import message_for, register_messages

ROLE_LABELS = {
    Role.OWNER: _l("Owner: everything, and people, look and keys"),
    Role.MANAGER: _l("Manager: events and registrations"),
    Role.VIEWER: _l("Viewer: reads events and registrations"),
    Role.DOOR: _l("Door: scans tickets, sees no lists"),
}
ROLE_NAMES = {
    Role.OWNER: _l("Owner"),
    Role.MANAGER: _l("Manager"),
    Role.VIEWER: _l("Viewer"),
    Role.DOOR: _l("Door"),
}
SCOPE_LABELS = {
    Scope.EVENTS_READ: _l("Read events, places and presence"),
    Scope.EVENTS_WRITE: _l("Make and change events"),
    Scope.REGISTRATIONS_WRITE: _l("Register people, change and cancel"),
    Scope.SCANS_WRITE: _l("Scan tickets and read the door list"),
    Scope.LOANS_WRITE: _l("Lend boxes"),
    Scope.INTERESTS_WRITE: _l("Collect expressions of interest"),
}


FUNCTION_NAMES = {
    EventFunction.REGISTRATIONS: _l("Registrations"),
    EventFunction.SCHOOLS: _l("Schools"),
    EventFunction.DOOR: _l("Door"),
    EventFunction.PROGRAMME: _l("Programme"),
    EventFunction.FIGURES: _l("Figures"),
    EventFunction.OFFERS: _l("Offers"),
}
FUNCTION_LABELS = {
    EventFunction.REGISTRATIONS: _l("Registrations: sees, registers, changes and exports everybody"),
    EventFunction.SCHOOLS: _l("Schools: the same, for classes and groups alone"),
    EventFunction.DOOR: _l("Door: scans tickets, sees no lists"),
    EventFunction.PROGRAMME: _l("Programme: changes times, spaces, route and texts"),
    EventFunction.FIGURES: _l("Figures: reads totals, sees nobody's name"),
    EventFunction.OFFERS: _l("Offers: reads the programme, to prepare what companies offer"),
}
"""What can be given: the offers have no pages yet."""
LANGUAGES = {"fr": "Français", "en": "English"}


def end_of(day: date | None, timezone: str) -> datetime | None:
    """The instant after the last day, where its clocks are."""
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), ZoneInfo(timezone))


def last_day(ends_at: datetime | None, timezone: str) -> date | None:
    """The day in which it ends; the day before for an end at midnight."""
    return None if ends_at is None else (ends_at - timedelta(seconds=1)).astimezone(ZoneInfo(timezone)).date()


def _last_day(hint: str) -> Day:
    return Day(_l("Last day"), [Maybe()], description=hint)


def _language() -> RadioField:
    return RadioField(_l("Language of the mail"), [Required("choice")], choices=choices(LANGUAGES))


class StrongPassword:
    """Ten characters at least, and not one of those that everybody tries first."""

    def __call__(self, form: Form, field: Field) -> None:
        weakness = weakness_of(field.data or "")
        if weakness:
            raise StopValidation(message_for(weakness))


class LogInForm(PageForm):
    email = EmailField(_l("E-mail address"), [Required(), EmailAddress()])
    password = PasswordField(_l("Password"), [Required(), Length(1000)])
    next = HiddenField()
    kept = HiddenField()


def _chosen_password() -> PasswordField:
    return PasswordField(
        _l("New password"),
        [Required(), Length(1000), StrongPassword()],
        description=_l("10 characters at least. Three words that do not belong together are easy to remember."),
    )


class SameTwice:
    """The same text as in another field."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, form: Form, field: Field) -> None:
        if field.data != form[self.name].data:
            raise StopValidation(message_for("password_differs"))


def _repeated_password() -> PasswordField:
    return PasswordField(_l("New password once more"), [Required(), SameTwice("new_password")])


class ForgottenForm(PageForm):
    email = EmailField(_l("E-mail address"), [Required(), EmailAddress()])


class NewPasswordForm(PageForm):
    new_password = _chosen_password()
    repeated = _repeated_password()


class PasswordForm(PageForm):
    current_password = PasswordField(_l("Current password"), [Required(), Length(1000)])
    new_password = _chosen_password()
    repeated = _repeated_password()


class MemberForm(PageForm):
    """A person to add. The password is needed only when nobody has an account with this mail."""

    name = StringField(_l("First name and name"), [Required(), Length(120)])
    email = EmailField(_l("E-mail address"), [Required(), EmailAddress()])
    role = RadioField(_l("Role"), [Required("choice")], choices=choices(ROLE_LABELS))
    ends_on = _last_day(_l("For a replacement or a volunteer. Empty: without an end."))
    password = PasswordField(
        _l("First password"),
        [Maybe(), Length(1000), StrongPassword()],
        description=_l("You tell it to the person, who then changes it. Not needed if they have an account already."),
    )


class InviteForm(PageForm):
    """A person to invite to the organiser."""

    name = StringField(_l("First name and name"), [Required(), Length(120)])
    email = EmailField(_l("E-mail address"), [Required(), EmailAddress()])
    role = RadioField(_l("Role"), [Required("choice")], choices=choices(ROLE_LABELS))
    ends_on = _last_day(_l("For a replacement or a volunteer. Empty: without an end."))
    locale = _language()


class EndForm(PageForm):
    ends_on = _last_day(_l("The person can no longer log in for you on the day after. Empty: without an end."))


class _InvitedForm(PageForm):
    name = StringField(_l("First name and name"), [Required(), Length(120)])
    email = EmailField(_l("E-mail address"), [Required(), EmailAddress()])


class PartnerChangeForm(PageForm):
    organisation = StringField(_l("Organisation"), [Required(), Length(160)])
    functions = SelectMultipleField(
        _l("What they hold of this event"),
        [Required("no_function")],
        choices=choices(FUNCTION_LABELS),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    ends_on = _last_day(_l("They see nothing more on the day after. Empty: until you take it back."))


class PartnerForm(PartnerChangeForm, _InvitedForm):
    """A person of another organisation to invite to one event; who it is comes first."""

    locale = _language()


class AcceptForm(PageForm):
    """Who was invited makes their account."""

    name = StringField(_l("Your first name and name"), [Required(), Length(120)])
    new_password = PasswordField(
        _l("Password"),
        [Required(), Length(1000), StrongPassword()],
        description=_l("10 characters at least. Three words that do not belong together are easy to remember."),
    )
    repeated = PasswordField(_l("Password once more"), [Required(), SameTwice("new_password")])


class RoleForm(PageForm):
    role = RadioField(_l("Role"), [Required("choice")], choices=choices(ROLE_LABELS))


register_messages(
    {
        "no_function": _l("Tick at least one part of the event."),
        "token_name_taken": _l(
            "A key that works has this name already. Give this one another, or revoke the other first."
        ),
    }
)


class TokenForm(PageForm):
    name = StringField(
        _l("What the key is for"), [Required(), Length(120)], description=_l("For example: web site of the town hall.")
    )
    scopes = SelectMultipleField(
        _l("What it may do"),
        [Required()],
        choices=choices(SCOPE_LABELS),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    expires_on = DateField(_l("Last day"), [Maybe()], description=_l("Empty: until you revoke it."))


class LookForm(PageForm):
    name = StringField(_l("Name"), [Required(), Length(120)])
    tagline_fr = StringField(_l("Line under the name, in French"), [Length(120)])
    tagline_en = StringField(_l("Line under the name, in English"), [Length(120)])
    email = EmailField(_l("E-mail address for questions"), [EmailAddress()])
    phone = TelField(_l("Telephone for questions"), [PhoneNumber()])
    help_hours_fr = StringField(_l("When somebody answers, in French"), [Length(120)])
    help_hours_en = StringField(_l("When somebody answers, in English"), [Length(120)])
    brand = StringField(_l("Brand colour"), [Required()], widget=ColorInput())
    accent = StringField(_l("Accent colour"), [Required()], widget=ColorInput())
    logo = FileField(_l("Logo"), description=_l("PNG, JPEG or WebP, 512 KB at most."))
    remove_logo = BooleanField(_l("Show no logo"))


def contrast_message(ratio: float, decimal_sign: str) -> str:
    """Why a colour is refused, with its figure."""
    figure = f"{int(ratio * 10) / 10:.1f}".replace(".", decimal_sign)  # cut, not rounded: 4.46 is not 4.5
    return message_for("contrast", ratio=figure, needed="4.5".replace(".", decimal_sign))
