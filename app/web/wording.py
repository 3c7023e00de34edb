"""What a code of a refused value says to people. Pages and the API share it; the key is the code."""

from collections.abc import Mapping

from flask_babel import gettext, lazy_gettext, ngettext

_MESSAGES: dict[str, object] = {
    "required": lazy_gettext("This answer is missing."),
    "too_long": lazy_gettext("This text is too long."),
    "too_short": lazy_gettext("This text is too short."),
    "choice": lazy_gettext("Choose one of the answers shown."),
    "number": lazy_gettext("Write a whole number, for example 28."),
    "number_too_high": lazy_gettext("This number is too large."),
    "number_too_low": lazy_gettext("This number is too small."),
    "character_taken_out": lazy_gettext(
        "A character that cannot be read was taken out. Read this again, then send it."
    ),
    "range": lazy_gettext("This number is out of range."),
    "past": lazy_gettext("This day is over. Choose today or a later one."),
    "date": lazy_gettext("Write a date, for example 04/02/2027."),
    "year": lazy_gettext("Write a year from 2000 to 2100."),
    "time": lazy_gettext("Write a time, for example 09:40."),
    "invalid": lazy_gettext("This value does not fit here."),
    "contact_missing": lazy_gettext("Give an e-mail address or a telephone number."),
    "email_at": lazy_gettext("The @ sign is missing, as in camille@example.org."),
    "email_start": lazy_gettext("The part before the @ sign is missing."),
    "email_ending": lazy_gettext("The end of the address is missing, for example “.fr”."),
    "email_space": lazy_gettext("There is a space in the address. Take it out."),
    "email_wrong": lazy_gettext("No address is written like this. Read it again, letter by letter."),
    "phone_letters": lazy_gettext("Write figures only, for example 06 39 98 44 10."),
    "phone_digits": lazy_gettext("There are not enough or too many figures: 10 are needed."),
    "phone_wrong": lazy_gettext("No number begins like this. Read it again, figure by figure."),
    "uai_shape": lazy_gettext("A UAI has 7 figures and a letter, for example 0210001M."),
    "uai_letter": lazy_gettext("The letter does not go with the figures. Read the UAI again."),
    "contrast": lazy_gettext("This colour cannot be read well enough."),
    "colour": lazy_gettext("Write a colour as # and 6 figures or letters, for example #5E1A49."),
    "password_short": lazy_gettext("The password needs at least 10 characters."),
    "password_common": lazy_gettext("Many people use this password, so it is quickly guessed. Choose another."),
    "password_wrong": lazy_gettext("This is not your current password."),
    "password_differs": lazy_gettext("The two new passwords differ."),
    "picture_type": lazy_gettext("Choose a picture in PNG, JPEG or WebP format."),
    "picture_size": lazy_gettext("This picture is too heavy: 512 KB at most."),
}

_FOR_PROGRAMS: dict[str, object] = {
    "date": lazy_gettext("Write a day as year, month and day, for example 2027-02-04."),
    "unknown_id": lazy_gettext("Nothing here has this id."),
}
"""What a code says in a problem document, where people in front of a page are told something else."""


def register_messages(messages: Mapping[str, object]) -> None:
    """Add the words of a feature's codes (lazy_gettext texts)."""
    _MESSAGES.update(messages)


def message_for_programs(code: str) -> str:
    """The same of a problem document."""
    return str(_FOR_PROGRAMS[code]) if code in _FOR_PROGRAMS else message_for(code)


def message_for(code: str, **values: object) -> str:
    """The message of a code in the reader's language; an unknown code says that the value does not fit."""
    if code == "phone_digits" and "figures" in values:
        return str(
            ngettext(
                "There is %(num)s figure, 10 are needed.",
                "There are %(num)s figures, 10 are needed.",
                values["figures"],
            )
        )
    if code == "too_long" and "limit" in values:
        return str(gettext("This text is too long: %(limit)s characters at most.", **values))
    if code == "group_too_large" and values.get("largest"):
        return str(
            gettext(
                "Groups of up to %(largest)s people register here, companions included. For a larger one, call the organiser.",
                largest=values["largest"],
            )
        )
    if code == "contrast" and "ratio" in values:
        return str(gettext("The contrast is %(ratio)s; it must be at least %(needed)s.", **values))
    return str(_MESSAGES.get(code, _MESSAGES["invalid"]))
