"""What refusals of loans say to people, on pages and in the API."""

from flask_babel import lazy_gettext

LOAN_WORDS = {
    "too_far": lazy_gettext("This day is too far away: loans are planned three years ahead at most."),
    "half_day_over": lazy_gettext("This half-day is over. Choose a later one."),
    "loan_too_long": lazy_gettext("This is longer than a loan may last. Choose an earlier return."),
    "closed_weekend": lazy_gettext("We are closed on this day. Choose another one."),
    "closed_public_holiday": lazy_gettext("This day is a public holiday. Choose another one."),
    "closed_closure": lazy_gettext("We are closed on this day. Choose another one."),
    "school_holidays": lazy_gettext("Your school is on holiday on this day. Choose another one."),
    "handed_over": lazy_gettext("The boxes are out already: only their return can change."),
    "order": lazy_gettext("The end is before the beginning."),
    "first_day": lazy_gettext("Choose the first day too."),
    "last_day": lazy_gettext("Choose the last day too."),
    "unknown_structure": lazy_gettext(
        "No structure of the directory has this id, this UAI or this name, or several have it."
    ),
    "unknown_scenario": lazy_gettext("The organiser lends no scenario of this slug."),
    "days_too_many": lazy_gettext("These are too many days: two years at most are told at once."),
    "too_many": lazy_gettext("There are too many here."),
}
