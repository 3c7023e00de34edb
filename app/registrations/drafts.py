"""What somebody says when they register: the one input of every path to a place (web, API, staff, import)."""

from dataclasses import dataclass, field
from typing import Any

from app.registrations.enums import AgeBand, Gender, RegistrationKind, Source


@dataclass(frozen=True)
class Headcount:
    """People of one registration: participants (pupils, job seekers…) and companions (teachers, counsellors)."""

    participants: int = 1
    companions: int = 0

    @property
    def people(self) -> int:
        return self.participants + self.companions


@dataclass(frozen=True)
class Contact:
    """The person, or the group's responsible person. `family_name` only sorts the list; empty: the last word of the name."""

    name: str
    email: str = ""
    phone: str = ""
    family_name: str = ""


@dataclass(frozen=True)
class Organisation:
    name: str = ""
    uai: str = ""
    class_label: str = ""
    commune: str = ""


@dataclass(frozen=True)
class Statistics:
    """Optional declarations for funders; None means not said."""

    gender: Gender | None = None
    age_band: AgeBand | None = None
    priority_neighbourhood: bool | None = None
    rural_zone: bool | None = None
    recognised_disability: bool | None = None
    commune: str = ""

    @property
    def said_something(self) -> bool:
        return self != Statistics()


@dataclass(frozen=True)
class RegistrationDraft:
    kind: RegistrationKind
    audience: str
    waves: tuple[int, ...]
    contact: Contact
    headcount: Headcount = Headcount()
    organisation: Organisation = Organisation()
    waitlist: bool = False
    locale: str = "fr"
    is_15_or_older: bool | None = None
    statistics: Statistics = Statistics()
    oriented_by: str = ""
    source: Source = Source.WEB
    answers: dict[str, Any] = field(default_factory=dict)
    import_key: str | None = None
