"""What imports of structures say to people, in both languages."""

from collections.abc import Mapping

from app.core.i18n import N_, Locale, translate
from app.sheets import wording as sheets
from app.sheets.errors import Fact, ImportRefused
from app.sheets.problems import Problem
from app.structures.importing.mapping import Field

FIELD_NAMES: dict[Field, str] = {
    Field.NAME: N_("Name of the structure"),
    Field.KIND: N_("Kind of structure"),
    Field.UAI: N_("UAI of the school"),
    Field.SIRET: N_("SIRET"),
    Field.ADDRESS: N_("Street and number"),
    Field.POSTCODE: N_("Postcode"),
    Field.COMMUNE: N_("Town"),
    Field.PHONE: N_("Telephone of the structure"),
    Field.WEBSITE: N_("Web site"),
    Field.NOTES: N_("Notes"),
    Field.CONTACT_NAME: N_("Contact: first name and name, together"),
    Field.CONTACT_FAMILY_NAME: N_("Contact: family name"),
    Field.CONTACT_FIRST_NAME: N_("Contact: first name"),
    Field.CONTACT_DUTY: N_("Contact: function"),
    Field.CONTACT_EMAIL: N_("Contact: e-mail address"),
    Field.CONTACT_PHONE: N_("Contact: telephone"),
    Field.CONTACT_LANGUAGE: N_("Contact: language"),
}

REFUSALS: dict[str, str] = {
    **sheets.REFUSALS,
    "missing_columns": N_("No column says: %(columns)s."),
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
    "phone_digits": N_("There are not enough or too many figures: 10 are needed."),
    "phone_wrong": N_("No number begins like this. Read it again, figure by figure."),
    "contact_missing": N_("Give an e-mail address or a telephone number."),
    "uai_shape": N_("A UAI has 7 figures and a letter, for example 0210001M."),
    "uai_letter": N_("The letter does not go with the figures. Read the UAI again."),
    "siret_shape": N_("A SIRET has 14 figures."),
    "siret_siren": N_("This is a SIREN, with 9 figures: the SIRET has 14."),
    "siret_wrong": N_("These figures do not go together. Read the SIRET again."),
    "postcode": N_("A French postcode has 5 figures, for example 21000."),
    "website": N_("Write the address of the site, for example https://example.org"),
    "unknown_kind": N_("This kind is not known. Write: school, company, training body, association, public service."),
    "too_many_cells": N_("This line has %(cells)s cells for %(columns)s columns. A separator may stand inside a text."),
    "formula": N_("This begins with %(sign)s: is it a formula?"),
    "lost_letter": N_("A letter seems lost here. The line is imported as it is; correct the name afterwards."),
    "differs": N_("%(field)s: the directory says “%(there)s”, and keeps it."),
    "contradicts": N_("%(field)s: line %(first)s says something else, and counts."),
}
OTHER = N_("This value does not fit here.")


def say_field(field: Field, locale: Locale) -> str:
    """The name of a field, as people read it."""
    return translate(locale, FIELD_NAMES[field])


def say_refusal(refused: ImportRefused, locale: Locale) -> str:
    """Why the file cannot be used, and what to do."""
    facts = dict(refused.facts)
    if "columns" in facts:
        facts["columns"] = ", ".join(say_field(Field(name), locale) for name in str(facts["columns"]).split())
    return translate(locale, REFUSALS[refused.code], **facts)


def say_problem(problem: Problem, locale: Locale) -> str:
    """What is wrong with a line."""
    facts: Mapping[str, Fact] = problem.facts
    if "field" in facts:
        facts = {**facts, "field": say_field(Field(str(facts["field"])), locale)}
    return translate(locale, PROBLEMS.get(problem.code, OTHER), **facts)
