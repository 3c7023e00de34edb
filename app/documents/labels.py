"""The fixed words of printed documents, in both languages.

They live here rather than in the message catalogues because a document is made from values alone, outside any request.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Locale = Literal["fr", "en"]


@dataclass(frozen=True, slots=True)
class Labels:
    """Words printed around what the caller gives. `qr_alt`, `title`, `minutes`, … hold one `{}` for their value."""

    arrival: str
    group: str
    entrance: str
    reference: str
    venue: str
    help: str
    join: str
    route: str
    optional: str
    minutes: str
    show_code: str
    one_code: str
    ticket_title: str
    ticket_qr_alt: str
    card_title: str
    card_qr_alt: str
    card_use: str
    card_privacy: str


LABELS: MappingProxyType[Locale, Labels] = MappingProxyType(
    {
        "fr": Labels(
            arrival="Arrivée",
            group="Groupe",
            entrance="Entrée",
            reference="Numéro à dicter",
            venue="Lieu",
            help="Une question, un retard",
            join="Rejoindre en ligne",
            route="Votre parcours",
            optional="Si vous le souhaitez",
            minutes="{} min",
            show_code="Montrez ce code à l’entrée.",
            one_code="Un seul code pour tout le groupe.",
            ticket_title="Billet {}",
            ticket_qr_alt="Code QR du billet {}, à montrer à l’entrée",
            card_title="Cartes de parcours {}",
            card_qr_alt="Code QR de la carte {}",
            card_use="Montrez cette carte à chaque étape.",
            card_privacy="N’écrivez pas votre nom dessus.",
        ),
        "en": Labels(
            arrival="Arrival",
            group="Group",
            entrance="Entrance",
            reference="Number to read out",
            venue="Place",
            help="A question, running late",
            join="Join online",
            route="Your route",
            optional="If you wish",
            minutes="{} min",
            show_code="Show this code at the entrance.",
            one_code="One code for the whole group.",
            ticket_title="Ticket {}",
            ticket_qr_alt="QR code of ticket {}, to show at the entrance",
            card_title="Route cards {}",
            card_qr_alt="QR code of card {}",
            card_use="Show this card at each stop.",
            card_privacy="Do not write your name on it.",
        ),
    }
)
