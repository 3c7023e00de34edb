"""What people say of a structure and of a contact, before it is checked."""

from dataclasses import dataclass

from app.structures.models import StructureKind


@dataclass(frozen=True)
class StructureDraft:
    """A structure as it is written. Empty texts are unknown."""

    kind: StructureKind
    name: str
    uai: str = ""
    siret: str = ""
    address: str = ""
    postcode: str = ""
    commune: str = ""
    phone: str = ""
    website: str = ""
    notes: str = ""


@dataclass(frozen=True)
class ContactDraft:
    """A person to reach. A name, and a mail or a telephone number."""

    name: str
    duty: str = ""
    email: str = ""
    phone: str = ""
    locale: str = "fr"


FIELDS = ("kind", "name", "uai", "siret", "address", "postcode", "commune", "phone", "website", "notes")
"""Of a structure, in the order in which people read them."""
