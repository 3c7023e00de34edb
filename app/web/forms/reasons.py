"""Coded reasons in forms: choosing one where something is cancelled, and keeping an organiser's lists."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, RadioField, StringField, TextAreaField
from wtforms.validators import StopValidation

from app.core.i18n import Locale
from app.events.enums import ReasonUse
from app.events.queries.reasons import OF_REGISTRATIONS, list_reasons, lists_of_reasons
from app.events.reasons import LABEL_LENGTH, LAPSED, shown_to_visitors
from app.registrations.enums import RegistrationStatus
from app.registrations.queries import RegistrationRow
from app.web.forms.base import Length, Maybe, PageForm, Required, choices
from app.web.i18n import current_locale
from app.web.wording import message_for, register_messages

register_messages(
    {
        "reason_taken": _l("This list has a reason of that name already."),
        "too_many_reasons": _l("This list is full: 40 reasons at most. Reword one that is used no more."),
    }
)

USE_LABELS = {
    ReasonUse.EVENT_CANCELLED: _l("Why an event is called off"),
    ReasonUse.EVENT_POSTPONED: _l("Why an event is postponed"),
    ReasonUse.REGISTRATION_CANCELLED: _l("Why a registration is cancelled"),
    ReasonUse.REFUSED: _l("Why somebody on the waiting list gets no place"),
    ReasonUse.NO_SHOW: _l("Why somebody did not come"),
}


def reason_choices(organiser_id: int, use: ReasonUse, locale: Locale) -> dict[str, str]:
    """{code: words} of what is offered for one use, in its order; for `choices`."""
    return {row.code: row.label(locale) for row in list_reasons(organiser_id, use)}


def visitor_choices(organiser_id: int, locale: Locale, *, group: bool) -> dict[str, str]:
    """As `reason_choices`, for who cancels on their own page: a short list."""
    rows = list_reasons(organiser_id, ReasonUse.REGISTRATION_CANCELLED)
    return {row.code: row.label(locale) for row in shown_to_visitors(rows, group=group)}


def reasons_told(registration: RegistrationRow) -> dict[str, str]:
    """`why_off` and `why_absent`: the coded reasons of one registration in words, empty where none was told."""
    lapsed = LAPSED if registration.status is RegistrationStatus.LAPSED else ""
    codes = {"why_off": registration.cancel_code or lapsed, "why_absent": registration.no_show_code}
    if not any(codes.values()):
        return codes
    lists, locale = lists_of_reasons(registration.organiser_id), current_locale()
    rows = {"why_off": [r for use in OF_REGISTRATIONS for r in lists[use]], "why_absent": lists[ReasonUse.NO_SHOW]}
    return {name: next((r.label(locale) for r in rows[name] if r.code == code), code) for name, code in codes.items()}


class _Coded(PageForm):
    """`options`: {code: words}. What is sent must be one of them."""

    def __init__(self, options: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._fields["code"].choices = choices(options)
        self._codes = frozenset(options)

    def validate_code(self, field: Field) -> None:
        if field.data not in self._codes:
            raise StopValidation(message_for("choice"))


class EventOffForm(_Coded):
    """Why an event is called off: a code that is counted, and words that people read."""

    code = RadioField(_l("Kind of reason, for your reports"), [Required("choice")], validate_choice=False)
    reason = TextAreaField(
        _l("Reason for calling it off"),
        [Required(), Length(300)],
        description=_l("Registered people read this reason."),
    )


class EventGoneForm(_Coded):
    """Why an event is deleted, as when it is called off; not `asked` where nobody was to come any more."""

    code = RadioField(_l("Kind of reason, for your reports"), validate_choice=False)
    reason = TextAreaField(
        _l("Reason for calling it off"), [Length(300)], description=_l("Registered people read this reason.")
    )

    def __init__(self, options: Mapping[str, str], *, asked: bool, **kwargs: Any) -> None:
        super().__init__(options, **kwargs)
        self.asked = asked

    def validate_code(self, field: Field) -> None:
        if self.asked:
            super().validate_code(field)


class StaffCancelForm(_Coded):
    """Why the team cancels a registration."""

    code = RadioField(_l("Reason for cancelling"), [Required("choice")], validate_choice=False)
    reason = StringField(_l("In your own words"), [Length(300)])
    count_out = BooleanField(_l("Count them out: they have left, or are leaving"), default=True)


class CancelForm(_Coded):
    """Why a person cancels, if they like to say."""

    code = RadioField(_l("Why, if you like"), [Maybe()], validate_choice=False)
    reason = StringField(_l("In your own words"), [Length(300)])


class ReasonForm(PageForm):
    """The words of one reason."""

    label_fr = StringField(_l("In French"), [Required(), Length(LABEL_LENGTH)])
    label_en = StringField(_l("In English"), [Length(LABEL_LENGTH)])
