"""Forms of events: a short one that makes an event, then one for each of its sections."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    FieldList,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from app.events.enums import Axis, Enrolment, EventKind, WaitingPolicy
from app.events.flow_rules import MOST_ABSENT, OFFER_HOURS
from app.events.rules import MOST_EXPECTED
from app.registrations.rules import LARGEST_GROUP
from app.web.forms.base import Between, Length, Maybe, Nested, PageForm, Part, Required, choices
from app.web.forms.timetable import Day, Hour, Rows, RowsForm, Whole
from app.web.wording import register_messages

MOST_WAVES = 300
MOST_ROWS = 60
MOST_DATES = 31
LARGEST = 1_000_000

KIND_LABELS = {
    EventKind.FORUM: _l("Forum"),
    EventKind.INFORMATION_MEETING: _l("Information meeting"),
    EventKind.PRESCRIBERS_MORNING: _l("Advisers’ morning"),
    EventKind.VISIT: _l("Visit"),
    EventKind.OPEN_WEEK: _l("Open week"),
    EventKind.WEBINAR: _l("Webinar"),
    EventKind.ROUND_TABLE: _l("Round table"),
    EventKind.WORKSHOP: _l("Workshop"),
    EventKind.SPEED_DATING: _l("Speed dating"),
    EventKind.IDEATHON: _l("Ideathon"),
    EventKind.TRAINING: _l("Training"),
    EventKind.BRIEFING: _l("Briefing"),
    EventKind.COMMITTEE: _l("Committee"),
}
KIND_TEXTS = {
    EventKind.FORUM: _l("Groups and people arrive in waves and follow a route."),
    EventKind.INFORMATION_MEETING: _l("An hour up to 12 people, an hour and a half beyond."),
    EventKind.PRESCRIBERS_MORNING: _l("Advisers and teachers discover a company."),
    EventKind.VISIT: _l("A company or a building site shows itself."),
    EventKind.OPEN_WEEK: _l("Several companies, each with its times and places."),
    EventKind.WEBINAR: _l("Online, with a link to join."),
    EventKind.ROUND_TABLE: _l("People talk in front of an audience."),
    EventKind.WORKSHOP: _l("A small group makes or learns something."),
    EventKind.SPEED_DATING: _l("Short meetings, one after the other."),
    EventKind.IDEATHON: _l("Teams look for ideas for a company."),
    EventKind.TRAINING: _l("The same people come on one or several dates."),
    EventKind.BRIEFING: _l("Speakers and partners prepare an event."),
    EventKind.COMMITTEE: _l("Partners steer a project."),
}
KIND_ICONS = {
    EventKind.FORUM: "route",
    EventKind.INFORMATION_MEETING: "info-circle",
    EventKind.PRESCRIBERS_MORNING: "coffee",
    EventKind.VISIT: "building-factory-2",
    EventKind.OPEN_WEEK: "calendar-event",
    EventKind.WEBINAR: "video",
    EventKind.ROUND_TABLE: "microphone",
    EventKind.WORKSHOP: "tools",
    EventKind.SPEED_DATING: "messages",
    EventKind.IDEATHON: "bulb",
    EventKind.TRAINING: "certificate",
    EventKind.BRIEFING: "presentation",
    EventKind.COMMITTEE: "users-group",
}
ENROLMENT_LABELS = {
    Enrolment.ONE: _l("One arrival time"),
    Enrolment.SEVERAL: _l("Several, of their choice"),
    Enrolment.ALL: _l("All of them, such as the two dates of a training"),
}
POLICY_LABELS = {
    WaitingPolicy.HOLD: _l("Nobody goes before them. A class of 30 waits, 10 places are free: they stay free for it."),
    WaitingPolicy.SKIP: _l(
        "Smaller parties go first. A class of 30 waits, 10 places are free: a family of 4 gets places."
    ),
}
AXIS_LABELS = {
    Axis.LOCAL_DEVELOPMENT: _l("Local development"),
    Axis.SECURING_CAREERS: _l("Securing careers"),
    Axis.RESPONSIBLE_PURCHASING: _l("Responsible purchasing"),
    Axis.SCHOOL_COMPANY: _l("School and company"),
    Axis.PRIORITY_NEIGHBOURHOODS: _l("Priority neighbourhoods"),
}
ZONES = {
    "Europe/Paris": _l("Metropolitan France"),
    "America/Guadeloupe": _l("Guadeloupe"),
    "America/Martinique": _l("Martinique"),
    "America/Cayenne": _l("French Guiana"),
    "Indian/Reunion": _l("Réunion"),
    "Indian/Mayotte": _l("Mayotte"),
    "Pacific/Noumea": _l("New Caledonia"),
    "Pacific/Tahiti": _l("Tahiti"),
}

register_messages(
    {
        "ends_before_start": _l("The end comes before the beginning."),
        "outside_event": _l("This time is outside the event’s dates."),
        "waves_left_behind": _l("Waves would be left outside the new dates: move them along, or change them first."),
        "below_taken": _l("More places are taken already."),
        "date_to_come": _l("The date is to come: set it with “Set the new date”, so that everybody is told."),
        "not_apart": _l("Audiences that are kept apart hold places at the same time already."),
        "out_of_range": _l("This number is out of range."),
        "unknown_audience": _l("This audience is not one of the event’s."),
        "unknown_space": _l("Choose one of the event’s spaces."),
        "audience_has_stops": _l("The route has stops for an audience that you left out: change the route first."),
        "unknown_project": _l("Choose one of your projects."),
        "unknown_timezone": _l("Choose one of the time zones shown."),
        "repeated": _l("This stands here twice."),
        "taken": _l("This name is used already."),
        "malformed": _l("A web address begins with https://"),
        "too_many_days": _l("An event lasts 31 days at most."),
        "venue_unnamed": _l(
            "Give the venue a name, for example “Village hall”. If you do not know it yet, write the town here as well."
        ),
        "no_wave_fits": _l("No wave fits between these times."),
    }
)


def checks(label: Any, **kwargs: Any) -> SelectMultipleField:
    """Several choices as check boxes."""
    return SelectMultipleField(label, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False), **kwargs)


class NewEventForm(RowsForm):
    """The few things that make a draft; all of it can be changed afterwards. When it is comes with the forms below."""

    aliases = {
        "venue/name": "venue_name",
        "starts_at": "starts_hour",
        "ends_at": "ends_hour",
        "waves/0/capacity": "capacity",
        "waves/0/ends_at": "ends_hour",
        "waves/0/starts_at": "starts_hour",
    }

    kind = HiddenField(validators=[Required("choice")])
    title_fr = StringField(_l("Title in French"), [Required(), Length(160)])
    title_en = StringField(_l("Title in English"), [Length(160)])
    starts_hour = Hour(_l("From"), [Required("time")])
    ends_hour = Hour(_l("Until"), [Required("time")])
    venue_name = StringField(_l("Venue"), [Length(120)])
    venue_commune = StringField(_l("Town"), [Length(120)])
    join_url = URLField(_l("Link to join online"), [Length(500)])
    audiences = checks(_l("For whom?"))
    capacity = Whole(_l("Places"), [Required("number"), Between(1, LARGEST)])
    project = SelectField(_l("Project"), validate_choice=False)
    brings = checks(_l("Start with what it usually has"), validate_choice=False)


class NewSpanForm(NewEventForm):
    """From a day to another. Beyond two days the form asks again which of them: `offered` names the span it asked about."""

    starts_day = Day(_l("First day"), [Required("date")])
    ends_day = Day(_l("Last day"), [Maybe()], description=_l("Empty: the same day."))
    days = checks(_l("On which days?"), validate_choice=False)
    offered = HiddenField()


class NewWavesForm(NewSpanForm):
    """The same, with waves on each day."""

    every = Whole(_l("A wave every … minutes"), [Maybe(), Between(5, 720)])
    last_arrival = Hour(_l("Last wave at"), [Maybe()], description=_l("Empty: the last one ends with the event."))
    pause_from = Hour(_l("Break from"), [Maybe()])
    pause_until = Hour(_l("Break until"), [Maybe()])


class NewDatesForm(NewEventForm):
    """Dates that are taken together, each with the same hours."""

    dates = FieldList(Day("", [Maybe()]), _l("Date"), min_entries=2, max_entries=MOST_DATES, separator=".")


class SectionForm(RowsForm):
    """A section of the settings without rows. `known` is the mark of what it showed, so that nobody overwrites unseen."""

    known = HiddenField()


class BasicsForm(SectionForm):
    aliases = {"starts_at": "starts_hour", "ends_at": "ends_hour"}

    title_fr = StringField(_l("Title in French"), [Required(), Length(160)])
    title_en = StringField(_l("Title in English"), [Length(160)])
    kind = SelectField(_l("Kind"), choices=choices(KIND_LABELS))
    starts_day = Day(_l("First day"), [Required("date")])
    starts_hour = Hour(_l("From"), [Required("time")])
    ends_day = Day(_l("Last day"), [Required("date")])
    ends_hour = Hour(_l("Until"), [Required("time")])
    timezone = SelectField(_l("Local time of"), choices=choices(ZONES))
    move_waves = BooleanField(
        _l("Move the waves along"),
        description=_l("Each keeps its distance from the beginning of the event."),
    )


class PlaceForm(SectionForm):
    aliases = {"venue/name": "venue_name"}

    venue_name = StringField(_l("Venue"), [Length(120)])
    venue_address = StringField(_l("Street address"), [Length(200)])
    venue_commune = StringField(_l("Town"), [Length(120)])
    entrance_fr = StringField(
        _l("How to come in, in French"),
        [Length(200)],
        description=_l("For example: gate A, rue de Longvic."),
    )
    entrance_en = StringField(_l("How to come in, in English"), [Length(200)])
    join_url = URLField(
        _l("Link to join online"), [Length(500)], description=_l("Registered people see it; the public does not.")
    )


class AudiencesForm(SectionForm):
    audiences = checks(_l("Audiences accepted"))


class AudienceForm(RowsForm):
    """An audience of the organiser's own."""

    label_fr = StringField(_l("Name in French"), [Required(), Length(80)])
    label_en = StringField(_l("Name in English"), [Length(80)])
    groups = BooleanField(_l("May come as a group"), default=True)


class WavePart(Part):
    id = HiddenField()
    day = Day(_l("Day"), [Required("date")])
    starts_at = Hour(_l("From"), [Required("time")])
    ends_at = Hour(_l("Until"), [Required("time")])
    capacity = Whole(_l("Places"), [Required("number"), Between(1, LARGEST)])
    forecast = Whole(_l("Individuals expected"), [Maybe(), Between(0, MOST_EXPECTED)])
    place = StringField(_l("Place"), [Length(160)])
    host = StringField(_l("Host"), [Length(160)])


class WavesForm(RowsForm):
    known = HiddenField()
    waves = Rows(WavePart, _l("Wave"), max_entries=MOST_WAVES)


class GeneratorForm(PageForm):
    """Waves by rule: each day, from … to … every … minutes, with so many places."""

    days = checks(_l("Days"), validators=[Required("choice")])
    first = Hour(_l("From"), [Required("time")])
    last = Hour(_l("Until"), [Required("time")])
    every = Whole(_l("Every … minutes"), [Required("number"), Between(5, 720)])
    capacity = Whole(_l("Places in each"), [Required("number"), Between(1, LARGEST)])
    pause_from = Hour(_l("Break from"), [Maybe()])
    pause_until = Hour(_l("Break until"), [Maybe()])


class RegistrationForm(SectionForm):
    aliases = {"registration_opens_at": "opens_hour", "registration_closes_at": "closes_hour"}

    enrolment = RadioField(_l("Each registration takes"), choices=choices(ENROLMENT_LABELS))
    opens_day = Day(_l("Registration opens on"), [Maybe()], description=_l("Empty: as soon as it is published."))
    opens_hour = Hour(_l("At"), [Maybe()])
    closes_day = Day(_l("Registration closes on"), [Maybe()], description=_l("Empty: when the event is over."))
    closes_hour = Hour(_l("At"), [Maybe()])
    capacity = Whole(
        _l("Limit for the whole event"),
        [Maybe(), Between(1, LARGEST)],
        description=_l("People, all waves together. Empty: what the waves hold."),
    )
    largest_group = Whole(
        _l("Largest group that registers by itself"),
        [Maybe(), Between(2, LARGEST_GROUP)],
        description=_l(
            "People of one class or group, companions included. Larger ones call you: the team has no limit."
        ),
    )
    waiting_list = BooleanField(
        _l("Keep a waiting list"), description=_l("When a wave is full, people may ask for a place that comes free.")
    )
    waiting_policy = RadioField(
        _l("When the first who wait are too many for the free places"), choices=choices(POLICY_LABELS)
    )
    offer_hours = Whole(
        _l("A free place is kept for … hours"),
        [Required("number"), Between(*OFFER_HOURS)],
        description=_l(
            "Whoever it is offered to has so long to say yes; near the date less. Then it goes to the next."
        ),
    )
    absent_minutes = Whole(
        _l("A group that does not come gives its places back after … minutes"),
        [Maybe(), Between(1, MOST_ABSENT)],
        description=_l(
            "Counted from the beginning of its wave. Empty: never. If it comes after all, it may still be let in."
        ),
    )
    asks_statistics = BooleanField(
        _l("Ask for statistics"),
        description=_l("Gender, age, neighbourhood: optional, kept apart from names, shown in totals only."),
    )
    keep_names_days = Whole(
        _l("Keep names for … days after the event"),
        [Required("number"), Between(1, 3650)],
        description=_l("Then names go and totals stay."),
    )


class TextsForm(SectionForm):
    summary_fr = TextAreaField(
        _l("In a sentence, in French"),
        [Length(300)],
        description=_l("Under the title: 300 characters at most."),
    )
    summary_en = TextAreaField(_l("In a sentence, in English"), [Length(300)])
    description_fr = TextAreaField(_l("Description in French"), [Length(20_000)])
    description_en = TextAreaField(_l("Description in English"), [Length(20_000)])


class ProjectChoiceForm(SectionForm):
    project = SelectField(_l("Project"), validate_choice=False)


class ProjectForm(RowsForm):
    name = StringField(_l("Name"), [Required(), Length(160)])
    axis = SelectField(_l("Principal axis"), choices=choices(AXIS_LABELS))
    secondary = checks(_l("Other axes"), choices=choices(AXIS_LABELS))
    funders = TextAreaField(_l("Funders"), [Length(4_000)], description=_l("One on each line."))
    starts_on = Day(_l("From"), [Maybe()])
    ends_on = Day(_l("Until"), [Maybe()])


class LimitCell(Part):
    """What one audience may take of one wave; empty: no limit of its own. 0 people: not admitted."""

    people = Whole(_l("People"), [Maybe(), Between(0, LARGEST)])
    groups = Whole(_l("Groups"), [Maybe(), Between(0, LARGEST)])


def limits_form(wave_ids: list[int], audiences: list[str]) -> type[RowsForm]:
    """A form with one cell for each wave and audience, and one row that stands for all waves."""

    class LimitsForm(RowsForm):
        known = HiddenField()

    for row in ["all", *map(str, wave_ids)]:
        for code in audiences:
            setattr(LimitsForm, f"limit_{row}_{code}", Nested(LimitCell))
    return LimitsForm
