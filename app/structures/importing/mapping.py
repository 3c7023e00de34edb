"""Which column says what of a structure or of its contact: proposed from the header, changed by the person who imports."""

import enum
from collections.abc import Mapping, Sequence

from app.sheets.columns import SheetMapping, propose_columns


class Field(enum.StrEnum):
    """What a column may hold, in the order in which people read it."""

    NAME = "name"
    KIND = "kind"
    UAI = "uai"
    SIRET = "siret"
    ADDRESS = "address"
    POSTCODE = "postcode"
    COMMUNE = "commune"
    PHONE = "phone"
    WEBSITE = "website"
    NOTES = "notes"
    CONTACT_NAME = "contact_name"
    CONTACT_FAMILY_NAME = "contact_family_name"
    CONTACT_FIRST_NAME = "contact_first_name"
    CONTACT_DUTY = "contact_duty"
    CONTACT_EMAIL = "contact_email"
    CONTACT_PHONE = "contact_phone"
    CONTACT_LANGUAGE = "contact_language"


CONTACT_FIELDS = tuple(f for f in Field if f.value.startswith("contact_"))


class ColumnMapping(SheetMapping[Field]):
    """The column of each field."""

    fields = Field


_NAMES: dict[Field | None, tuple[str, ...]] = {
    Field.NAME: (
        "etablissement", "structure", "nom etablissement", "nom structure", "raison sociale", "denomination", "organisme",
        "entreprise", "nom entreprise", "societe", "nom organisme", "appellation officielle", "school", "school name",
        "organisation", "organization", "company", "company name", "structure name", "nom usage etablissement", "ecole",
        "name organisation", "enseigne",
    ),
    Field.KIND: ("type", "type structure", "nature", "type etablissement", "categorie", "kind", "nature structure"),
    Field.UAI: ("uai", "code uai", "rne", "code rne", "numero uai", "uai etablissement", "identifiant etablissement"),
    Field.SIRET: ("siret", "numero siret", "siret number", "code siret"),
    Field.ADDRESS: ("adresse", "rue", "adresse postale", "address", "street", "voie", "adresse etablissement"),
    Field.POSTCODE: ("code postal", "cp", "postcode", "zip", "postal code", "zip code"),
    Field.COMMUNE: ("commune", "ville", "town", "city", "municipality", "localite"),
    Field.PHONE: (
        "standard", "telephone etablissement", "telephone structure", "telephone standard", "phone organisation",
        "school phone", "company phone", "telephone entreprise",
    ),
    Field.WEBSITE: ("site", "site web", "site internet", "website", "web", "url", "web site"),
    Field.NOTES: ("notes", "remarques", "observations", "commentaire", "commentaires", "remarks", "comments", "remarque"),
    Field.CONTACT_NAME: (
        "contact", "nom contact", "nom prenom", "nom complet", "referent", "interlocuteur", "responsable", "contact name",
        "full name", "prenom nom", "nom referent", "nom interlocuteur", "nom prenom contact",
    ),
    Field.CONTACT_FAMILY_NAME: ("nom", "nom famille", "last name", "family name", "surname", "nom famille contact"),
    Field.CONTACT_FIRST_NAME: ("prenom", "first name", "given name", "prenom contact", "contact first name"),
    Field.CONTACT_DUTY: ("fonction", "poste", "role", "qualite", "duty", "position", "job title", "fonction contact"),
    Field.CONTACT_EMAIL: (
        "courriel", "mail", "email", "e mail", "adresse mail", "adresse courriel", "adresse electronique", "mel",
        "email address", "adresse email", "adresse e mail", "contact email", "mail contact", "courriel contact",
        "email contact",
    ),
    Field.CONTACT_PHONE: (
        "telephone", "tel", "portable", "mobile", "numero telephone", "phone", "phone number", "telephone contact",
        "tel contact", "contact phone", "gsm", "telephone portable",
    ),
    Field.CONTACT_LANGUAGE: ("langue", "language", "langue contact"),
    None: ("date creation", "numero", "id", "departement", "academie", "region", "code commune", "statut", "pays"),
}  # fmt: skip


def propose(header: Sequence[str]) -> ColumnMapping:
    """The surest field of each column. In a file that names no body, « nom » is the body's name."""
    taken = propose_columns(header, _NAMES)
    if Field.NAME not in taken and Field.CONTACT_FAMILY_NAME in taken and Field.CONTACT_FIRST_NAME not in taken:
        taken[Field.NAME] = taken.pop(Field.CONTACT_FAMILY_NAME)
    if Field.CONTACT_FAMILY_NAME in taken and Field.CONTACT_FIRST_NAME in taken:
        taken.pop(Field.CONTACT_NAME, None)
    if Field.CONTACT_PHONE in taken and Field.PHONE not in taken and not _names_contact(taken):
        taken[Field.PHONE] = taken.pop(Field.CONTACT_PHONE)
    return ColumnMapping({field: taken[field] for field in Field if field in taken})


def _names_contact(taken: Mapping[Field, int]) -> bool:
    named = {Field.CONTACT_NAME, Field.CONTACT_FAMILY_NAME, Field.CONTACT_FIRST_NAME, Field.CONTACT_EMAIL}
    return bool(named & taken.keys())
