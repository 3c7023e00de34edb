"""Public holidays of France and its school holidays by zone. The tables of the library are read when they are first needed."""

from datetime import date, timedelta
from functools import lru_cache

from app.core.i18n import N_
from app.resources.enums import SchoolZone

_FIXED = {
    (1, 1): N_("New Year’s Day"),
    (5, 1): N_("Labour Day"),
    (5, 8): N_("Victory Day"),
    (7, 14): N_("National Day"),
    (8, 15): N_("Assumption Day"),
    (11, 1): N_("All Saints’ Day"),
    (11, 11): N_("Armistice Day"),
    (12, 25): N_("Christmas Day"),
}
_AFTER_EASTER = {1: N_("Easter Monday"), 39: N_("Ascension Day"), 50: N_("Whit Monday")}

SCHOOL_HOLIDAYS = {
    "Vacances de la Toussaint": N_("autumn holidays"),
    "Vacances de Noël": N_("Christmas holidays"),
    "Vacances d'hiver": N_("winter holidays"),
    "Vacances de printemps": N_("spring holidays"),
    "Pont de l'Ascension": N_("Ascension bridge"),
    "Vacances d'été": N_("summer holidays"),
}
"""Names in the library, and what we call them."""

# Départements by the zone of their académie (arrêté of the national education's calendar); Corsica and overseas have their own.
_DEPARTMENTS = {
    SchoolZone.A: "01 03 07 15 16 17 19 21 23 24 25 26 33 38 39 40 42 43 47 58 63 64 69 70 71 73 74 79 86 87 89 90",
    SchoolZone.B: "02 04 05 06 08 10 13 14 18 22 27 28 29 35 36 37 41 44 45 49 50 51 52 53 54 55 56 57 59 60 61 62 67"
    " 68 72 76 80 83 84 85 88",
    SchoolZone.C: "09 11 12 30 31 32 34 46 48 65 66 75 77 78 81 82 91 92 93 94 95",
}
_ZONES = {f"0{department}": zone for zone, names in _DEPARTMENTS.items() for department in names.split()}


@lru_cache(maxsize=64)
def public_holidays(year: int) -> dict[date, str]:
    """The eleven days of article L3133-1 of the Code du travail in a year, each with its name (to be translated)."""
    from dateutil.easter import easter

    sunday = easter(year)
    found = {date(year, month, day): name for (month, day), name in _FIXED.items()}
    for days, name in _AFTER_EASTER.items():
        day = sunday + timedelta(days=days)
        found[day] = found.get(day, name)  # Ascension Day may fall on 1 or 8 May
    return found


def zone_of_uai(uai: str, default: SchoolZone) -> SchoolZone:
    """The zone of a school by the département in its UAI (first three figures); `default` where it is in none of the three."""
    return _ZONES.get(uai[:3], default)


def school_holidays(zone: SchoolZone, day: date) -> str | None:
    """The name of the school holidays in which a day falls (to be translated); None on school days and after `known_until`."""
    return _school_days().get(day, {}).get(zone)


@lru_cache(maxsize=1)
def known_until() -> date:
    """The last day of the school holidays that are published: of later days nothing is known."""
    return max(_school_days())


@lru_cache(maxsize=1)
def _school_days() -> dict[date, dict[SchoolZone, str]]:
    """Days by zone, of recent years and those to come: the library's own table is fourteen thousand lines."""
    from vacances_scolaires_france import SchoolHolidayDates

    dates = SchoolHolidayDates()
    return {
        day: {
            zone: SCHOOL_HOLIDAYS.get(row["nom_vacances"], row["nom_vacances"])
            for zone in SchoolZone
            if row[dates.zone_key(zone.value)]
        }
        for day, row in dates.data.items()
        if day.year >= 2020
    }
