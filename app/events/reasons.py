"""Coded reasons: the built-in lists, and how what an organiser keeps of its own changes them. Pure.

A code means one thing in all of an organiser's lists that explain a registration's end, so that it can be counted by itself.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from app.core.i18n import Locale
from app.core.text import slugify
from app.events.enums import ReasonUse

CODE_LENGTH = 40
LABEL_LENGTH = 120
MOST_REASONS = 40
"""What a list may hold before nobody reads it any more, retired ones included."""

OTHER = "other"
"""A reason told in words alone."""
LAPSED = "offer_lapsed"
"""A place offered from the waiting list and not taken in time: refused, by nobody's hand."""
DECLINED = "offer_declined"
"""A place offered from the waiting list that its person does not want."""

MISTAKE = "mistake"
"""Somebody registered at the door with a slip of the finger, and taken back there."""


@dataclass(frozen=True)
class ReasonRow:
    """A reason as people read it. `builtin`: of the software, in both languages; an organiser may reword it."""

    code: str
    label_fr: str
    label_en: str
    position: int = 0
    retired: bool = False
    builtin: bool = False

    def label(self, locale: Locale) -> str:
        return self.label_fr if locale == "fr" else self.label_en or self.label_fr


_WORDS: dict[ReasonUse, tuple[tuple[str, str, str], ...]] = {
    ReasonUse.EVENT_CANCELLED: (
        ("too_few", "Pas assez d’inscrits", "Not enough people registered"),
        ("hard_to_mobilise", "Difficulté à mobiliser les jeunes", "Trouble mobilising young people"),
        ("provider_changed", "Changement de prestataire", "Change of provider"),
        ("illness", "Maladie, Covid", "Illness, Covid"),
        ("speaker_missing", "Intervenant absent", "Speaker not available"),
        ("venue_lost", "Lieu indisponible", "Venue not available"),
        ("timetable", "Problème de calendrier", "Trouble with the timetable"),
        ("transport", "Transport, grève", "Transport, strike"),
        ("weather", "Météo", "Weather"),
        (OTHER, "Autre raison", "Another reason"),
    ),
    ReasonUse.EVENT_POSTPONED: (
        ("too_few", "Pas assez d’inscrits", "Not enough people registered"),
        ("provider_changed", "Changement de prestataire", "Change of provider"),
        ("illness", "Maladie, Covid", "Illness, Covid"),
        ("speaker_missing", "Intervenant absent", "Speaker not available"),
        ("venue_lost", "Lieu indisponible", "Venue not available"),
        ("timetable", "Problème de calendrier", "Trouble with the timetable"),
        ("transport", "Transport, grève", "Transport, strike"),
        ("weather", "Météo", "Weather"),
        (OTHER, "Autre raison", "Another reason"),
    ),
    ReasonUse.REGISTRATION_CANCELLED: (
        ("illness", "Maladie, Covid", "Illness, Covid"),
        ("timetable", "Emploi du temps, examen", "Timetable, exam"),
        ("transport", "Transport", "Transport"),
        ("companion_missing", "Pas d’accompagnateur", "Nobody to come along with the group"),
        ("hard_to_mobilise", "Difficulté à mobiliser le groupe", "Trouble getting the group together"),
        ("provider_changed", "Changement de prestataire", "Change of provider"),
        ("found_something", "Emploi ou formation trouvés", "Found a job or a training"),
        ("no_interest", "Ne souhaite plus venir", "No longer wants to come"),
        ("twice", "Inscription en double", "Registered twice"),
        (MISTAKE, "Saisie par erreur", "Entered by mistake"),
        ("weather", "Météo", "Weather"),
        (OTHER, "Autre raison", "Another reason"),
    ),
    ReasonUse.REFUSED: (
        ("no_room", "Plus de place", "No room left"),
        (LAPSED, "Place proposée, pas de réponse à temps", "Place offered, no answer in time"),
        (DECLINED, "Place proposée, refusée", "Place offered, declined"),
        ("not_concerned", "Hors du public visé", "Not the audience it is for"),
        ("too_late", "Demande trop tardive", "Asked too late"),
        ("refused_other", "Autre raison", "Another reason"),
    ),
    ReasonUse.NO_SHOW: (
        ("illness", "Maladie, Covid", "Illness, Covid"),
        ("timetable", "Emploi du temps, examen", "Timetable, exam"),
        ("transport", "Transport", "Transport"),
        ("companion_missing", "Pas d’accompagnateur", "Nobody to come along with the group"),
        ("hard_to_mobilise", "Difficulté à mobiliser le groupe", "Trouble getting the group together"),
        ("forgot", "Oubli", "Forgot"),
        ("weather", "Météo", "Weather"),
        ("no_news", "Sans nouvelles", "No news"),
        (OTHER, "Autre raison", "Another reason"),
    ),
}  # fmt: skip

BUILTIN: dict[ReasonUse, tuple[ReasonRow, ...]] = {
    use: tuple(ReasonRow(code, fr, en, position, builtin=True) for position, (code, fr, en) in enumerate(words))
    for use, words in _WORDS.items()
}
_FOR_VISITORS = {
    True: frozenset({"illness", "timetable", "transport", "companion_missing", OTHER}),
    False: frozenset({"illness", "timetable", "transport", "found_something", "no_interest", OTHER}),
}


def shown_to_visitors(rows: Iterable[ReasonRow], *, group: bool) -> tuple[ReasonRow, ...]:
    """What a group's contact, or a single person, is offered on their own page: few built-in ones, all of the organiser's."""
    return tuple(row for row in rows if not row.builtin or row.code in _FOR_VISITORS[group])


def merge(use: ReasonUse, kept: Iterable[ReasonRow]) -> tuple[ReasonRow, ...]:
    """The whole list of one use, in order: the built-in reasons, changed where the organiser keeps a row of that code
    (without words it keeps the built-in ones), and the organiser's own.
    """
    by_code = {row.code: row for row in kept}
    found = [_changed(row, by_code.pop(row.code, None)) for row in BUILTIN[use]]
    return tuple(sorted([*found, *by_code.values()], key=lambda row: (row.position, not row.builtin)))


def _changed(builtin: ReasonRow, kept: ReasonRow | None) -> ReasonRow:
    if kept is None:
        return builtin
    if not kept.label_fr:
        return replace(builtin, position=kept.position, retired=kept.retired)
    return replace(kept, builtin=True)


def new_code(label: str, known: Collection[str]) -> str:
    """A code for a new reason, made of its words; `known` are those of every list of the organiser."""
    stem = slugify(label).replace("-", "_")[: CODE_LENGTH - 4].strip("_") or "reason"
    number, code = 1, stem
    while code in known:
        number += 1
        code = f"{stem}_{number}"
    return code


def problems_of(label_fr: str, label_en: str, others: Iterable[ReasonRow]) -> dict[str, str]:
    """What is wrong with the words of a reason beside `others` of its list, by field."""
    problems = {}
    for name, text in (("label_fr", label_fr), ("label_en", label_en)):
        if len(text) > LABEL_LENGTH:
            problems[name] = "too_long"
    if not label_fr:
        problems["label_fr"] = "required"
    elif any(label_fr.casefold() == other.label_fr.casefold() for other in others):
        problems["label_fr"] = "reason_taken"
    return problems
