"""Which column says what: proposed from the header's words, changed by the person who imports."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from app.core.text import fold
from app.events.enums import Enrolment
from app.events.queries import EventRow
from app.events.questions import QuestionRow
from app.registrations.importing.answers import PREFIX, answers_from_json, propose_answers
from app.sheets.columns import SheetMapping, propose_columns


class Field(enum.StrEnum):
    """What a column may hold, in the order in which people read it."""

    DATE = "date"
    TIME = "time"
    PLACE = "place"
    AUDIENCE = "audience"
    ORGANISATION = "organisation"
    UAI = "uai"
    CLASS_LABEL = "class_label"
    PARTICIPANTS = "participants"
    COMPANIONS = "companions"
    FULL_NAME = "full_name"
    FAMILY_NAME = "family_name"
    FIRST_NAME = "first_name"
    EMAIL = "email"
    PHONE = "phone"
    COMMUNE = "commune"
    ORIENTED_BY = "oriented_by"


@dataclass(frozen=True)
class ColumnMapping(SheetMapping[Field]):
    """The column of each field, and of each question that a column answers, by its key."""

    fields = Field
    answers: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, int]:
        return super().to_json() | {f"{PREFIX}{key}": column for key, column in self.answers.items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, int]) -> Self:
        return cls(super().from_json(stored).columns, answers_from_json(stored))


# The more words of a header a name explains, the surer it is: « Nom de l’établissement » is no person's name.
# None: a column that must not be taken for another.
_NAMES: dict[Field | None, tuple[str, ...]] = {
    Field.DATE: ("date", "jour", "day", "date visite", "date venue", "jour visite", "visit date"),
    Field.TIME: (
        "creneau", "heure", "horaire", "vague", "heure arrivee", "creneau arrivee", "wave", "time", "slot", "arrival",
        "arrival time", "hour",
    ),
    Field.PLACE: ("lieu", "entreprise accueil", "site", "place", "venue", "host", "host company", "lieu accueil"),
    Field.AUDIENCE: ("public", "type public", "profil", "statut", "audience", "visitor type", "profile", "categorie"),
    Field.ORGANISATION: (
        "etablissement", "structure", "etablissement ou structure", "organisme", "ecole", "nom etablissement",
        "nom structure", "organisation", "organization", "school", "institution", "school name", "company",
        "entreprise", "societe",
    ),
    Field.UAI: ("uai", "code uai", "rne", "code rne", "uai number", "numero uai", "uai etablissement"),
    Field.CLASS_LABEL: ("classe", "class", "nom classe", "division", "groupe", "class name", "class label", "group"),
    Field.PARTICIPANTS: (
        "effectif", "effectif eleves", "nombre eleves", "nb eleves", "eleves", "participants", "nombre participants",
        "nb participants", "pupils", "students", "headcount", "number pupils", "nombre personnes", "nb personnes",
    ),
    Field.COMPANIONS: (
        "accompagnateurs", "accompagnants", "nombre accompagnateurs", "nb accompagnateurs", "companions", "adultes",
        "accompanying adults", "teachers", "adults", "nb accompagnants", "nombre accompagnants",
        "effectif accompagnateurs",
    ),
    Field.FULL_NAME: (
        "nom prenom", "nom complet", "contact", "nom contact", "responsable", "full name", "name", "nom responsable",
        "contact name", "prenom nom",
    ),
    Field.FAMILY_NAME: ("nom", "nom famille", "family name", "last name", "surname", "lastname", "nom usage"),
    Field.FIRST_NAME: ("prenom", "first name", "firstname", "given name", "forename"),
    Field.EMAIL: (
        "courriel", "mail", "email", "e mail", "adresse mail", "adresse courriel", "adresse electronique",
        "email address", "mel", "adresse email", "adresse e mail", "contact email", "mail contact", "courriel contact",
    ),
    Field.PHONE: (
        "telephone", "tel", "portable", "mobile", "numero telephone", "phone", "phone number", "telephone portable",
        "telephone contact", "contact phone", "gsm",
    ),
    Field.COMMUNE: ("commune", "ville", "town", "city", "municipality", "commune residence", "ville residence"),
    Field.ORIENTED_BY: (
        "oriente par", "prescripteur", "conseiller", "envoye par", "oriented by", "referred by", "adviser",
        "structure orientation",
    ),
    None: (
        "date naissance", "date inscription", "birth date", "date creation", "numero", "id", "remarque", "observations",
    ),
}  # fmt: skip


def propose(header: Sequence[str], questions: Sequence[QuestionRow] = ()) -> ColumnMapping:
    """The surest field of each column, no field twice: columns whose whole name is known come first.

    A column named exactly as one of these questions answers it, unless that is the very name of a field.
    """
    known = {fold(name) for names in _NAMES.values() for name in names}
    answers = propose_answers(["" if fold(name) in known else name for name in header], questions)
    taken = propose_columns(["" if n in answers.values() else name for n, name in enumerate(header)], _NAMES)
    if Field.FAMILY_NAME in taken and Field.FIRST_NAME in taken:
        taken.pop(Field.FULL_NAME, None)  # « Contact » beside « Nom » and « Prénom » is somebody's function
    return ColumnMapping({field: taken[field] for field in Field if field in taken}, answers)


def missing_fields(mapping: ColumnMapping, event: EventRow) -> tuple[tuple[Field, ...], ...]:
    """What this event's registrations cannot do without: one of each group of fields must have a column."""
    needed: list[tuple[Field, ...]] = []
    if event.enrolment is not Enrolment.ALL and len(event.waves) > 1:
        moments = [w.starts_at for w in event.waves]
        days = {m.date() for m in moments}
        if len(days) > 1:
            needed.append((Field.DATE,))
        if len(set(moments)) > len(days):
            needed.append((Field.TIME,))
        if len(set(moments)) < len(moments):
            needed.append((Field.PLACE,))
    if len(event.audiences) != 1:
        needed.append((Field.AUDIENCE,))
    needed += [(Field.FULL_NAME, Field.FAMILY_NAME), (Field.EMAIL, Field.PHONE)]
    return tuple(group for group in needed if all(mapping.column(f) is None for f in group))
