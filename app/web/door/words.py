"""What a door says. The page gets the same words as its scripts, which answer without asking the server.

`{name}` is filled in. A pair is the form for one and the form for several.
"""

from flask_babel import gettext as _
from flask_babel import ngettext as form_for
from flask_babel import pgettext

from app.web.i18n import current_locale

Words = dict[str, str | tuple[str, str]]


def door_words(school: bool) -> Words:
    """The words of counts, for pupils or for other people."""
    return {**_titles(), **_reasons(), **_notes(), **(_pupils() if school else _people())}


def ngettext(one: str, many: str) -> tuple[str, str]:
    """Both forms. (Named as the function that looks one up, so that the words are found when they are collected.)"""
    return form_for(one, many, 1), form_for(one, many, 2)


def fill(text: str | tuple[str, str], /, **values: object) -> str:
    """The words with their values; of a pair, the one that goes with `n`."""
    if isinstance(text, tuple):
        text = text[0] if is_one(values["n"]) else text[1]
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def is_one(n: object) -> bool:
    """Whether a number takes the singular: 0 and 1 in French, 1 in English."""
    return n == 1 or (n == 0 and current_locale() == "fr")


def _titles() -> Words:
    return {
        "enter": pgettext("door", "Come in"),
        "leaving": _("Going out"),
        "leave": _("Exit noted"),
        "already_one": _("Already counted"),
        "already_group": _("Already in"),
        "unknown": _("Unknown ticket"),
        "wrong_event": _("Other event"),
        "cancelled": pgettext("door", "Cancelled"),
        "waitlisted": pgettext("door", "Waiting list"),
        "wrong_wave": _("Not today"),
        "space_full": _("Space full"),
        "route_full": _("No room yet"),
        "not_in": _("Not inside"),
        "invalid": _("Not counted"),
        "kept_title": _("Kept here"),
        "undone": _("Taken back"),
    }


def _reasons() -> Words:
    """Why, and then what to do next."""
    return {
        "unknown_why": _("This code is not a ticket of this event"),
        "unknown_detail": _("It may belong to another event."),
        "unknown_number": _("“{text}” is not a ticket of this event"),
        "unknown_number_detail": _("Check each letter and each figure. It may belong to another event."),
        "unknown_next": _("Welcome the person, then look for them."),
        "wrong_event_why": _("This ticket is for another event"),
        "wrong_event_detail": _("It was read correctly, but it does not open this door."),
        "wrong_event_next": _("Look for the person by name: they may be registered here too."),
        "cancelled_detail": _("This registration was cancelled."),
        "cancelled_next": _("Welcome the person. If there is room, they can register again."),
        "waitlisted_detail": _("This registration is still waiting for a place."),
        "waitlisted_next": _("Ask the organiser whether there is room."),
        "wrong_wave_detail": _("This ticket is for {day}. Today is {today}."),
        "wrong_wave_next": _("Explain the day. If the organiser agrees, register them for today."),
        "space_full_detail": _("{space} holds {capacity} people: there is not room for all of them."),
        "space_full_next": _("Ask them to wait a moment, or send them to another space."),
        "route_full_detail": _("This group was late: its places were given back, and its first space is full."),
        "route_full_next": _("Ask them to wait a moment, and tell the organiser."),
        "not_in_detail": _("Nobody is counted inside with this ticket."),
        "not_in_next": _("There is nothing to count. Let them out."),
        "invalid_detail": _("This passage cannot be counted."),
        "invalid_next": _("Read the ticket once more."),
    }


def _notes() -> Words:
    return {
        "expected_at": _("Expected {people}, {time}"),
        "expected_planned": _("Expected {people}, planned at {time}"),
        "expected": _("Expected {people}"),
        "absent_detail": _("This group was late: its places were given back"),
        "absent_note": _("This group was late and its places had been given back. Tell the organiser that it is here."),
        "expected_one": _("Expected: {time}"),
        "in_at_group": _("Came in at {time}, {door}"),
        "in_at_one": _("Counted at {time}, {door}"),
        "in_on_group": _("Came in on {day} at {time}, {door}"),
        "in_on_one": _("Counted on {day} at {time}, {door}"),
        "all_in": _("The whole group is counted already."),
        "one_in": _("This ticket is counted already."),
        "was_out": _("Had someone gone out? They may come back in and are not counted again."),
        "present": ngettext("{n} present", "{n} present"),
        "present_of": ngettext("{n} of {total} present", "{n} of {total} present"),
        "then_present": ngettext("That makes {n} of {total} present.", "That makes {n} of {total} present."),
        "now_in": _("+{n} now"),
        "now_out": _("−{n} now"),
        "kept": ngettext("{n} kept", "{n} kept"),
        "sent": _("Sent"),
        "kept_detail": _(
            "No network: this ticket is not checked. The passage is kept here and sent as soon as possible."
        ),
        "kept_sent": _("No network: the passage is kept here and sent as soon as possible."),
        "no_search": _("No network: names cannot be looked for now."),
        "undone_detail": _("This passage no longer counts."),
        "enter_button": ngettext("{n} comes in", "{n} come in"),
        "leave_button": ngettext("{n} goes out", "{n} go out"),
        "no_camera": _("The camera is not available here. Type the ticket’s number."),
        "nobody_found": _("Nobody matches “{text}”. Try the name of the school."),
        "no_practice": _("No answer: practising needs the network. Try again."),
        "session_over": _("You are logged out. The passages are kept here: log in again to send them."),
        "event_over": _("This event is archived: it counts nobody any more."),
    }


def _pupils() -> Words:
    return {
        "participants": ngettext("{n} pupil", "{n} pupils"),
        "companions": ngettext("{n} adult", "{n} adults"),
        "participants_of": ngettext("pupil of {total}", "pupils of {total}"),
        "companions_of": ngettext("adult of {total}", "adults of {total}"),
        "participants_more": ngettext("more pupil", "more pupils"),
        "companions_more": ngettext("more adult", "more adults"),
        **_missing(),
    }


def _people() -> Words:
    return {
        "participants": ngettext("{n} person", "{n} people"),
        "companions": ngettext("{n} companion", "{n} companions"),
        "participants_of": ngettext("person of {total}", "people of {total}"),
        "companions_of": ngettext("companion of {total}", "companions of {total}"),
        "participants_more": ngettext("more person", "more people"),
        "companions_more": ngettext("more companion", "more companions"),
        **_missing(),
    }


def _missing() -> Words:
    return {
        "missing": ngettext("Missing: {people}.", "Missing: {people}."),
        "later": ngettext("They may come in later with the same code.", "They may come in later with the same code."),
    }
