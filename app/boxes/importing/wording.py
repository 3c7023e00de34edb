"""What refusals and problems of files of boxes say to people, in both languages: for the page and the command alike."""

from app.core.i18n import N_, Locale, translate
from app.sheets import wording as sheets
from app.sheets.errors import ImportRefused
from app.sheets.problems import Problem

REFUSALS: dict[str, str] = {
    **sheets.REFUSALS,
    "unknown_header": N_(
        "The first line names neither boxes (box, scenario, …) nor contents (scenario, thing, number): it must be one of the two."
    ),
    "too_heavy": N_("This file is too heavy: %(limit)s KB at most. Cut it into several files."),
    "same_kind": N_("These two files hold the same: one must be of boxes, the other of their contents."),
}
PROBLEMS: dict[str, str] = {
    "required": N_("This answer is missing."),
    "too_long": N_("This text is too long."),
    "number": N_("Write a whole number, for example 28."),
    "number_too_high": N_("This number is too large."),
    "number_too_low": N_("This number is too small."),
    "players_order": N_("The most players are fewer than the fewest."),
    "code": N_("A code has letters, figures and hyphens, for example SANTE-1-A."),
    "wear": N_("Write “bon” (good) or “usé” (worn)."),
    "yes_or_no": N_("Write yes or no."),
    "repeated": N_("An earlier line says the same."),
    "scenario_differs": N_("An earlier line says something else of this scenario: %(columns)s."),
    "other_scenario": N_("This box is in the inventory with another scenario."),
    "no_such_scenario": N_("No scenario has this code. Import the boxes first."),
    "formula": N_("A text may not begin like a formula."),
}


def say_refusal(refused: ImportRefused, locale: Locale) -> str:
    return translate(locale, REFUSALS.get(refused.code, REFUSALS["unreadable"]), **refused.facts)


def say_problem(problem: Problem, locale: Locale) -> str:
    return translate(locale, PROBLEMS.get(problem.code, PROBLEMS["required"]), **problem.facts)
