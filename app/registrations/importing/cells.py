"""What single cells mean: dates, hours, headcounts, audiences, as offices write them."""

import re
from datetime import date, time

from app.core.text import fold
from app.events.audiences import BUILTIN
from app.events.queries import EventRow

_DATE = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})(?:\s.*)?")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T\s].*)?")
_TIME = re.compile(r"(?:.*\s)?(\d{1,2})\s*(?:h|:|\.)\s*(\d{2})?(?:\s*:\s*\d{2})?\s*(am|pm|min)?")
_NUMBER = re.compile(r"(\d{1,6})(?:[.,]0+)?")

_AUDIENCE_WORDS: dict[str, tuple[str, ...]] = {
    "school": (
        "scolaire", "classe", "eleve", "collegien", "lyceen", "ecole", "college", "lycee", "school", "pupil",
        "school class", "public scolaire", "etablissement scolaire",
    ),
    "student": ("etudiant", "student", "enseignement superieur", "apprenti"),
    "job_seeker": (
        "demandeur d'emploi", "demandeur emploi", "recherche d'emploi", "en recherche d'emploi", "job seeker", "de",
        "jobseeker", "personne en recherche d'emploi",
    ),
    "employment_prescriber": (
        "prescripteur de l'emploi", "prescripteur emploi", "conseiller emploi", "employment adviser", "job counsellor",
        "employment prescriber", "conseiller de l'emploi", "conseiller en insertion",
    ),
    "guidance_prescriber": (
        "prescripteur de l'orientation", "prescripteur orientation", "conseiller d'orientation", "psyen",
        "careers adviser", "guidance prescriber", "enseignant", "psychologue de l'education nationale",
    ),
    "family": ("famille", "parent", "family", "tout public", "particulier"),
    "professional": ("professionnel", "entreprise", "professional", "company", "intervenant"),
}  # fmt: skip


def read_date(text: str) -> date | None:
    """11/10/2021, 11.10.21, 2021-10-11; None for anything else."""
    if found := _ISO_DATE.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _DATE.fullmatch(text):
        day, month, year = map(int, found.groups())
        year += 2000 if year < 100 else 0
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_time(text: str) -> time | None:
    """09h00, 9 h, 9:40, 9:40 am, 09:00:00, also after a date; None for anything else."""
    found = _TIME.fullmatch(text.strip().lower())
    if found is None:
        return None
    hour, minute, half = int(found.group(1)), int(found.group(2) or 0), found.group(3)
    if half in {"am", "pm"} and not 1 <= hour <= 12:
        return None
    if half in {"am", "pm"}:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def read_number(text: str) -> int | None:
    """A headcount: 24, 24,0; None for anything else."""
    found = _NUMBER.fullmatch(text)
    return int(found.group(1)) if found else None


def audience_words(event: EventRow) -> dict[str, str]:
    """Every folded word for an audience → its code: the event's own audiences first, then the built-in ones."""
    words: dict[str, str] = {}
    for audience in (*event.audiences, *BUILTIN.values()):
        for name in (audience.code.replace("_", " "), audience.label_fr, audience.label_en):
            words.setdefault(audience_key(name), audience.code)
    for code, names in _AUDIENCE_WORDS.items():
        for name in names:
            words.setdefault(audience_key(name), code)
    words.pop("", None)
    return words


def audience_key(text: str) -> str:
    """Folded, without the endings of plural and feminine: « Étudiant·e·s », « Étudiante », « étudiants » are one."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"[·.()\-](?:e|ne|s|e[·.\-]?s|ne[·.\-]?s)\)?\b", "", fold(text)))
    return " ".join(re.sub(r"(?<=\w{3})(?:es|e|s)$", "", word) for word in words)
