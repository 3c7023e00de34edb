"""The fixed words of badges and of lists of arrivals, in both languages; see `labels`."""

from dataclasses import dataclass
from types import MappingProxyType

from app.documents.labels import Locale


@dataclass(frozen=True, slots=True)
class BadgeLabels:
    """Words printed around what the caller gives. `badge_qr_alt` holds one `{}` for its value."""

    badges_title: str
    badge_qr_alt: str
    tickets_title: str
    cards_title: str
    lists_title: str
    here: str
    who: str
    expected: str
    present: str
    reference: str
    blank: str
    nobody: str
    others: str
    total: str


BADGE_LABELS: MappingProxyType[Locale, BadgeLabels] = MappingProxyType(
    {
        "fr": BadgeLabels(
            badges_title="Badges",
            badge_qr_alt="Code QR du billet {}",
            tickets_title="Billets",
            cards_title="Cartes de parcours",
            lists_title="Listes d’arrivée",
            here="Là",
            who="Qui",
            expected="Attendus",
            present="Présents",
            reference="Numéro",
            blank="___ + ___",
            nobody="Personne n’est attendu à cette heure.",
            others="Arrivées non prévues, remarques",
            total="En tout",
        ),
        "en": BadgeLabels(
            badges_title="Badges",
            badge_qr_alt="QR code of ticket {}",
            tickets_title="Tickets",
            cards_title="Route cards",
            lists_title="Arrival lists",
            here="Here",
            who="Who",
            expected="Expected",
            present="Present",
            reference="Number",
            blank="___ + ___",
            nobody="Nobody is expected at this hour.",
            others="Unplanned arrivals, remarks",
            total="In all",
        ),
    }
)
