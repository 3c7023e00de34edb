"""What refusals and problems of imports say to people, in both languages: for pages and the command alike."""

from collections.abc import Mapping

from app.core.i18n import N_, Locale, translate
from app.events.questions import QuestionRow
from app.registrations.importing.errors import Fact, ImportRefused
from app.registrations.importing.mapping import Field
from app.sheets import wording as sheets
from app.sheets.problems import Problem

FIELD_NAMES: dict[Field, str] = {
    Field.DATE: N_("Date"),
    Field.TIME: N_("Hour of arrival"),
    Field.PLACE: N_("Place or host"),
    Field.AUDIENCE: N_("Audience"),
    Field.ORGANISATION: N_("School or organisation"),
    Field.UAI: N_("UAI of the school"),
    Field.CLASS_LABEL: N_("Class"),
    Field.PARTICIPANTS: N_("How many participants"),
    Field.COMPANIONS: N_("How many companions"),
    Field.FULL_NAME: N_("First name and name, together"),
    Field.FAMILY_NAME: N_("Family name"),
    Field.FIRST_NAME: N_("First name"),
    Field.EMAIL: N_("E-mail address"),
    Field.PHONE: N_("Telephone"),
    Field.COMMUNE: N_("Town"),
    Field.ORIENTED_BY: N_("Oriented by"),
}

QUESTION = N_("Question: %(question)s")

REFUSALS: dict[str, str] = {
    **sheets.REFUSALS,
    "missing_columns": N_("These columns are missing or not recognised: %(columns)s."),
    "read_only": N_("This event is archived or called off: it takes no registrations any more."),
    "not_open": N_("This event takes no registrations: publish it first."),
}

PROBLEMS: dict[str, str] = {
    "required": N_("This answer is missing."),
    "too_long": N_("This text is too long."),
    "email_at": N_("The @ sign is missing, as in camille@example.org."),
    "email_start": N_("The part before the @ sign is missing."),
    "email_ending": N_("The end of the address is missing, for example “.fr”."),
    "email_space": N_("There is a space in the address. Take it out."),
    "email_wrong": N_("No address is written like this. Read it again, letter by letter."),
    "phone_letters": N_("Write figures only, for example 06 39 98 44 10."),
    "phone_digits": N_("There are %(figures)s figures, 10 are needed."),
    "phone_wrong": N_("No number begins like this. Read it again, figure by figure."),
    "contact_missing": N_("Give an e-mail address or a telephone number."),
    "uai_shape": N_("A UAI has 7 figures and a letter, for example 0210001R."),
    "uai_letter": N_("The letter does not go with the figures. Read the UAI again."),
    "headcount": N_("Write a whole number, for example 28."),
    "out_of_range": N_("A group has at least 1 participant and at most 5,000."),
    "no_groups": N_("This audience does not come in groups."),
    "unknown_audience": N_("No audience has this name."),
    "audience_not_here": N_("This event does not accept this audience."),
    "date_shape": N_("Write the date as 11/10/2021."),
    "unknown_day": N_("The event has no wave on this day."),
    "time_shape": N_("Write the hour as 09h40 or 09:40."),
    "unknown_wave": N_("No wave begins at this hour on this day."),
    "unknown_place": N_("No wave at this hour is at this place."),
    "several_waves": N_("Several waves begin at this hour. A column with the place tells them apart."),
    "wave_full": N_("Places left in this wave, the lines above included: %(left)s. Needed: %(people)s."),
    "audience_full": N_("Places left for this audience in this wave, the lines above included: %(left)s."),
    "already_registered": N_("This person or this class is registered already."),
    "registration_closed": N_("The event no longer takes registrations."),
    "repeated_line": N_("This line says the same as line %(first)s."),
    "repeated_person": N_("Line %(first)s has the same address or telephone: one person registers once."),
    "too_many_cells": N_("This line has %(cells)s cells for %(columns)s columns. A separator may stand inside a text."),
    "formula": N_("This begins with %(sign)s: is it a formula?"),
    "answer_no_choice": N_("No answer has this name. Write one of: %(choices)s."),
    "answer_wrong_kind": N_("This answer has not the right form."),
    "answer_too_short": N_("This text is too short."),
    "answer_too_long": N_("This text is too long."),
    "answer_too_low": N_("This number is too small."),
    "answer_too_high": N_("This number is too large."),
    "answer_too_few": N_("Choose more answers."),
    "answer_too_many": N_("Choose fewer answers."),
    "question_not_asked": N_("This is not asked of this audience: the answer is left out."),
    "lost_letter": N_("A letter seems lost here. The line is imported as it is; correct the name afterwards."),
}
OTHER = N_("This value does not fit here.")

CAUSES: dict[str, str] = {
    "phone_digits": N_("The number of figures is wrong: 10 are needed."),
    "wave_full": N_("The wave does not have enough places left, the lines above included."),
    "audience_full": N_("The wave does not have enough places left for this audience, the lines above included."),
    "repeated_line": N_("The line says the same as one above it."),
    "repeated_person": N_("A line above has the same address or telephone: one person registers once."),
    "too_many_cells": N_("The line has more cells than the file has columns. A separator may stand inside a text."),
    "formula": N_("The text begins as a formula does: =, +, - or @."),
    "answer_no_choice": N_("No answer to this question has that name."),
}
"""What problems of one kind have in common, where each says more of its own."""

TOO_LATE: dict[str, str] = {
    "wave_full": N_("The wave filled up while the file was being written."),
    "audience_full": N_("The places of this audience were taken while the file was being written."),
    "registration_closed": N_("The event stopped taking registrations while the file was being written."),
    "already_registered": N_("This person or this class registered while the file was being written."),
}
"""Why a line that was fine when the file was checked was not written."""
CHANGED = N_("Something changed while the file was being written. Check the file again to see what.")

DIFFERENCES: dict[str, str] = {
    "waves": N_("another wave"),
    "audience": N_("another audience"),
    "headcount": N_("another headcount"),
    "cancelled": N_("the registration was cancelled"),
    "answers": N_("other answers"),
}


def say_field(field: Field, locale: Locale) -> str:
    """The name of a field, as people read it."""
    return translate(locale, FIELD_NAMES[field])


def say_question(question: QuestionRow, locale: Locale) -> str:
    """A question among the names of fields, as a choice of what a column says."""
    return translate(locale, QUESTION, question=question.label(locale))


def say_refusal(refused: ImportRefused, locale: Locale) -> str:
    """Why the file cannot be used, and what to do."""
    facts = dict(refused.facts)
    if "columns" in facts:
        facts["columns"] = ", ".join(say_fields(str(facts["columns"]), locale))
    return translate(locale, REFUSALS[refused.code], **facts)


def say_fields(groups: str, locale: Locale) -> list[str]:
    """« date full_name|family_name » → the names of the fields, those of one group joined by « or »."""
    either = translate(locale, " or ")
    return [either.join(say_field(Field(name), locale) for name in group.split("|")) for group in groups.split()]


def say_problem(problem: Problem, locale: Locale) -> str:
    """What is wrong with a line."""
    return say_code(problem.code, problem.facts, locale)


def say_code(code: str, facts: Mapping[str, Fact], locale: Locale) -> str:
    message = PROBLEMS.get(code, OTHER)
    try:
        return translate(locale, message, **facts)
    except KeyError:  # a fact that only the check of the whole file knows
        return translate(locale, OTHER)


def say_cause(code: str, locale: Locale) -> str:
    """What problems of one kind have in common."""
    return translate(locale, CAUSES.get(code) or PROBLEMS.get(code, OTHER))


def has_own_words(code: str) -> bool:
    """Whether each problem of that kind says more than what they have in common."""
    return code in CAUSES


def say_too_late(code: str, locale: Locale) -> str:
    """Why a line was not written in the end."""
    return translate(locale, TOO_LATE.get(code, CHANGED))


def say_difference(name: str, locale: Locale) -> str:
    """What a registration has otherwise than the file says."""
    return translate(locale, DIFFERENCES[name])
