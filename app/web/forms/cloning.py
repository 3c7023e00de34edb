"""Forms of copies: one on another day, several at once, and events from a template."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, HiddenField, RadioField, StringField, URLField
from wtforms.validators import StopValidation

from app.events.cloning import MOST_COPIES
from app.events.cloning_days import Rhythm
from app.events.rules import SLUG
from app.web.forms.base import Between, Length, Maybe, PageForm, Required, choices
from app.web.forms.events import LARGEST, NewSpanForm, checks
from app.web.forms.timetable import Day, Hour, RowsForm, Whole
from app.web.wording import message_for, register_messages

BY_HAND = "dates"
"""The series whose days are written one by one."""

RHYTHM_LABELS = {
    Rhythm.WEEK.value: _l("Every week, on the same day"),
    Rhythm.FORTNIGHT.value: _l("Every two weeks, on the same day"),
    Rhythm.MONTH_WEEKDAY.value: _l("Every month, such as each first Thursday"),
    Rhythm.MONTH_DATE.value: _l("Every month, on the same date"),
    BY_HAND: _l("On dates that I write"),
}

register_messages(
    {
        "too_many_copies": _l("That is too many at once: 52 events at most."),
        "too_many_waves": _l("Together they would have more than 1000 waves. Make fewer at once."),
        "too_many_templates": _l("You keep 100 templates already. Delete one first."),
        "slug_malformed": _l("Small letters without accents, figures and hyphens, for example forum-2027."),
        "slug_taken": _l("Another event has this address. Choose another, or leave this empty."),
        "template_taken": _l("A template has this name already. Choose another, or tick the box to replace it."),
    }
)


class CloneForm(RowsForm):
    """One copy. `shown` is the day whose waves the page showed: another one is shown first, then made."""

    aliases = {"slug": "slug", "starts_at": "first_day", "ends_at": "first_day"}

    first_day = Day(_l("First day of the copy"), [Required("date")])
    title_fr = StringField(_l("Title in French"), [Required(), Length(160)])
    title_en = StringField(_l("Title in English"), [Length(160)])
    slug = StringField(
        _l("End of the public page’s address"),
        [Length(80)],
        description=_l("Empty: made from the title."),
    )
    partners = BooleanField(
        _l("Give the partners the same functions"),
        description=_l("They see the draft at once. They are not told."),
    )
    shown = HiddenField()

    def validate_slug(self, field: Any) -> None:
        if field.data and SLUG.fullmatch(field.data) is None:
            raise StopValidation(message_for("slug_malformed"))


class RepeatForm(RowsForm):
    """Several copies. `offered` names the series that the page showed; `days` are those of it to make."""

    title_fr = StringField(_l("Title in French"), [Required(), Length(160)])
    title_en = StringField(_l("Title in English"), [Length(160)])
    rhythm = RadioField(_l("How often?"), choices=choices(RHYTHM_LABELS))
    first_day = Day(_l("First day of the first one"), [Maybe()])
    number = Whole(_l("How many?"), [Maybe(), Between(1, MOST_COPIES)])
    dates = FieldList(Day("", [Maybe()]), _l("Date"), min_entries=3, max_entries=MOST_COPIES, separator=".")
    partners = BooleanField(
        _l("Give the partners the same functions"),
        description=_l("They see the drafts at once. They are not told."),
    )
    days = checks(_l("Which of them?"), validate_choice=False)
    offered = HiddenField()


class NewMeetingForm(NewSpanForm):
    """An information meeting: the number expected says how it goes, how long and for how many, unless these are written."""

    expected = Whole(_l("How many people do you expect?"), [Maybe(), Between(1, LARGEST)])
    ends_hour = Hour(_l("Until"), [Maybe()])
    capacity = Whole(_l("Places"), [Maybe(), Between(1, LARGEST)])


class NewHostedForm(NewSpanForm):
    """What a company receives people for."""

    host = StringField(_l("Company that receives people"), [Length(120)])


class TemplateUseForm(RowsForm):
    """A new event from a template."""

    aliases = {"starts_at": "first_day", "ends_at": "first_day", "venue/name": "venue_name"}

    title_fr = StringField(_l("Title in French"), [Required(), Length(160)])
    title_en = StringField(_l("Title in English"), [Length(160)])
    first_day = Day(_l("First day"), [Required("date")])
    venue_name = StringField(_l("Venue"), [Length(120)])
    venue_commune = StringField(_l("Town"), [Length(120)])
    join_url = URLField(_l("Link to join online"), [Length(500)])
    shown = HiddenField()


class TemplateNameForm(PageForm):
    name = StringField(_l("Name of the template"), [Required(), Length(160)])


class SaveTemplateForm(TemplateNameForm):
    replaces = BooleanField(_l("Replace the template that has this name"))
