"""What the scanning app says by itself, in the language of its page; beside the words of the door (`words.py`).

As there: `{name}` is filled in, a pair is the form for one and the form for several.
"""

from flask_babel import gettext as _
from flask_babel import pgettext

from app.web.door.words import Words, ngettext


def app_words() -> Words:
    """Everything that the app's scripts write on the page, and that no template holds."""
    return {
        **_bar(),
        **_enrolling(),
        **_groups(),
        **_passages(),
        **_corrections(),
        **_walk_ins(),
        **_phone(),
        **_stopped(),
        **_kiosk(),
    }


def _bar() -> Words:
    return {
        "app_name": _("Scan tickets"),
        "all_sent": _("All sent"),
        "place_out": _("{place} (exit)"),
        "age_now": _("just now"),
        "age_minutes": ngettext("{n} min ago", "{n} min ago"),
        "age_hours": ngettext("{n} h ago", "{n} h ago"),
        "age_days": ngettext("{n} day ago", "{n} days ago"),
        "room": ngettext("{n} place left here ({age})", "{n} places left here ({age})"),
        "full": _("Full: wait ({age})"),
        "no_figures": _("No figures yet"),
        "figures_age": _("Figures received {age}"),
        "corrections": ngettext("{n} passage to look at", "{n} passages to look at"),
    }


def _enrolling() -> Words:
    return {
        "phone_named": _("{kind}, {time}"),
        "an_android": _("Android phone"),
        "an_iphone": _("iPhone"),
        "a_tablet": _("Tablet"),
        "a_computer": _("Computer"),
        "no_address": _("This is not the address that staff show. It contains “#e=”."),
        "a_ticket": _("This is a ticket. Read the code that staff show on their screen."),
        "code_unknown": _("This code is not known here. Ask staff to show a new one."),
        "code_over": _("This code is over. Ask staff to show a new one."),
        "enrol_offline": _("No network: this phone needs it once. Try again where there is network."),
        "enrol_busy": _("Too many attempts. Wait a minute and try again."),
        "enrol_storage": _("The memory of this phone is full. Free some space, then try again."),
        "enrol_failed": _("This did not work. Ask staff to show a new code."),
        "no_camera_enrol": _("The camera is not available here. Type the address that staff show."),
    }


def _groups() -> Words:
    return {
        "which_team": _("Which team is coming in?"),
        "which_team_out": _("Which team is going out?"),
        "team": _("Team {team}: {people}"),
        "team_alone": _("Team {team}"),
        "tight": _("Not enough room"),
        "tight_detail": ngettext("{n} place is left here, for {people}.", "{n} places are left here, for {people}."),
        "whole_group": _("The whole group: {people}"),
    }


def _passages() -> Words:
    return {
        "is_kept": _("kept here"),
        "is_sent": pgettext("passage", "sent"),
        "is_undone": _("taken back"),
        "is_refused": _("not counted"),
        "is_duplicate": _("already counted"),
        "is_over": _("let in with a reason"),
        "take_back_of": _("Take back: {who}"),
        "nobody_yet": _("Nobody passed here yet."),
        "no_ticket": _("No ticket"),
        "without_name": _("Ticket without a name"),
        "let_in_over": _("Let in with a reason. It is noted."),
        "choose_reason": _("Choose the reason."),
        "say_reason": _("Say the reason in a few words."),
    }


def _corrections() -> Words:
    """What the server knew, where a phone without network decided otherwise."""
    return {
        "was_cancelled": _(
            "This ticket had just been cancelled. If they went in, the team is asked whether to count them."
        ),
        "was_waitlisted": _("This registration was still waiting for a place."),
        "was_wrong_wave": _("This ticket was for another day."),
        "was_space_full": _("The space was full already."),
        "was_route_full": _("The space was full already."),
        "was_already_in": _("Another phone had counted them already. They count once."),
        "was_not_in": _("They were not inside any more."),
        "was_unknown": _("This code is not a ticket of this event."),
        "was_wrong_event": _("This ticket is for another event."),
        "was_invalid": _("This passage could not be counted."),
        "was_accepted": _("This ticket was good: the passage counts."),
        "was_full": _("There was no place left: they are counted as let in with a reason."),
        "corrected_at": _("Passage at {time}, {place}"),
        "no_corrections": _("Nothing to look at."),
    }


def _walk_ins() -> Words:
    return {
        "count_walk_in": ngettext("{n} comes in", "{n} come in"),
        "walk_in_participants": ngettext("person", "people"),
        "walk_in_companions": ngettext("adult with them", "adults with them"),
        "walk_in_taken": _("It is noted"),
        "walk_in_number": _("Number to tell them: {reference}"),
        "walk_in_provisional": _("Noted, to confirm"),
        "walk_in_provisional_detail": _(
            "No network: let them in. The passage is kept here, and its number comes once it is sent."
        ),
        "walk_in_full": _("No place left"),
        "walk_in_full_detail": ngettext(
            "There is no place for {n} person now.", "There are no places for {n} people now."
        ),
        "walk_in_full_next": _("Ask them to wait, or let them in with a reason."),
        "walk_in_invalid": _("Not noted"),
        "walk_in_invalid_detail": _("The server did not take this. Look at the audience and the number of people."),
        "walk_in_group": _("{people} without a ticket"),
        "walk_in_many": _("{n} people, is that right? Press again to note them."),
        "walk_in_most": _("{n} people are too many for one passage: at most 500."),
        "choose_audience": _("Choose the audience first."),
    }


def _phone() -> Words:
    return {
        "unsent": ngettext("{n} passage kept here", "{n} passages kept here"),
        "unsent_none": _("All passages are sent"),
        "unsent_since": _("the oldest {age}"),
        "contact_never": _("not yet"),
        "clock_right": _("right"),
        "clock_behind": _("{far} behind: hours are corrected"),
        "clock_ahead": _("{far} ahead: hours are corrected"),
        "minutes": ngettext("{n} minute", "{n} minutes"),
        "hours": ngettext("{n} hour", "{n} hours"),
        "clock_unknown": _("not measured yet"),
        "storage_kept": _("safe: this phone keeps the passages until they are sent"),
        "storage_loose": _("allowed for now: install the app so that the phone keeps the passages"),
        "storage_full": _("full: free some space"),
        "stuck": ngettext("{n} that the server does not take", "{n} that the server does not take"),
        "memory_full": _("Memory full: free space on the phone, or find network soon."),
        "held": ngettext(
            "Memory full: {n} passage is in this page alone. Do not close it. Find network, or free space on the phone.",
            "Memory full: {n} passages are in this page alone. Do not close it. Find network, or free space on the phone.",
        ),
        "list_size": ngettext("{n} ticket", "{n} tickets"),
        "sound_on": _("Sound is on"),
        "sound_off": _("Sound is off"),
        "sending": _("Sending…"),
        "sent_now": _("Everything is sent."),
        "send_failed": _("No answer: the passages stay kept here."),
        "leave_unsent": ngettext(
            "{n} passage ({people}) is not sent yet. If this phone leaves now, it is lost.",
            "{n} passages ({people}) are not sent yet. If this phone leaves now, they are lost.",
        ),
        "with_people": _("{text} ({people})"),
        "persons": ngettext("{n} person", "{n} people"),
        "lose": ngettext("Leave and lose {n} passage ({people})", "Leave and lose {n} passages ({people})"),
        "lose_agree": ngettext(
            "Yes, {n} passage is lost: nobody counts {people}.", "Yes, {n} passages are lost: nobody counts {people}."
        ),
        "leave_clean": _("The list of tickets leaves this phone. To come back, read a new code."),
    }


def _stopped() -> Words:
    return {
        "revoked": _("This phone is not allowed any more"),
        "revoked_detail": _("Staff took it off the list. The tickets are gone from this phone."),
        "event_over_title": _("The event is over"),
        "event_over_detail": _("Thank you. The tickets are gone from this phone."),
        "passages_sent": _("All its passages were sent."),
        "passages_kept": ngettext(
            "{n} passage ({people}) is still kept here and is sent as soon as possible.",
            "{n} passages ({people}) are still kept here and are sent as soon as possible.",
        ),
        "passages_uncounted": ngettext(
            "{n} passage does not count: this phone let people in when it was not allowed any more. Tell staff.",
            "{n} passages do not count: this phone let people in when it was not allowed any more. Tell staff.",
        ),
        "no_list": _("The tickets are not here yet: this phone needs the network once."),
    }


def _kiosk() -> Words:
    return {
        "kiosk_welcome": _("Welcome"),
        "kiosk_goodbye": _("Goodbye"),
        "kiosk_counted": _("You are counted already"),
        "kiosk_counted_detail": _("You may go in. If something is wrong, ask at the welcome desk."),
        "kiosk_desk": _("Ask at the welcome desk"),
        "kiosk_desk_detail": _("Someone there helps you."),
        "kiosk_wrong_day": _("This ticket is for {day}."),
        "kiosk_full": _("This space is full for the moment. Wait a little, please."),
        "no_camera_kiosk": _("The camera is not available. Please ask at the welcome desk."),
        "kiosk_how_many": _("How many are you?"),
        "kiosk_code_short": _("The code has four figures."),
        "kiosk_more": _("More of you? Ask at the welcome desk."),
        "kiosk_code_wrong": _("This is not the code."),
        "kiosk_code_pause": ngettext(
            "Too many wrong codes. Try again in {n} minute.", "Too many wrong codes. Try again in {n} minutes."
        ),
    }
