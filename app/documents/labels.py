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
    connection: str
    asked: str
    group: str
    entrance: str
    reference: str
    venue: str
    help: str
    change: str
    join: str
    route: str
    optional: str
    minutes: str
    show_code: str
    opens: str
    no_code: str
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
            connection="Connexion",
            asked="Heure demandée",
            group="Groupe",
            entrance="Entrée",
            reference="Numéro à dicter",
            venue="Lieu",
            help="Une question, un retard",
            change="Changer ou annuler",
            join="Rejoindre en ligne",
            route="Votre parcours",
            optional="Si vous le souhaitez",
            minutes="{} min",
            show_code="Montrez ce code à l’entrée.",
            opens="Ce code ouvre votre billet, avec le lien.",
            no_code="Pas de code ici : ce papier ne permet pas d’entrer.",
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
            connection="Connection",
            asked="Time asked for",
            group="Group",
            entrance="Entrance",
            reference="Number to read out",
            venue="Place",
            help="A question, running late",
            change="Change or cancel",
            join="Join online",
            route="Your route",
            optional="If you wish",
            minutes="{} min",
            show_code="Show this code at the entrance.",
            opens="This code opens your ticket, with the link.",
            no_code="No code here: this paper does not let anybody in.",
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
