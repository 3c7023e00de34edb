"""The fixed words of sheets for groups and stands, in both languages; see `labels`."""

from dataclasses import dataclass
from types import MappingProxyType

from app.documents.labels import Locale


@dataclass(frozen=True, slots=True)
class SheetLabels:
    """Words printed around what the caller gives. Titles, `minutes` and `walk` hold one `{}` for their value."""

    group_title: str
    groups_title: str
    group: str
    venue: str
    entrance: str
    arrival: str
    reference: str
    help: str
    hour: str
    place: str
    optional: str
    minutes: str
    walk: str
    glance: str
    no_stops: str
    keep: str
    stand_title: str
    stands_title: str
    who: str
    how_many: str
    origin: str
    stand: str
    notes: str
    nobody: str
    others: str
    here: str


SHEET_LABELS: MappingProxyType[Locale, SheetLabels] = MappingProxyType(
    {
        "fr": SheetLabels(
            group_title="Feuille de route {}",
            groups_title="Feuilles de route",
            group="Groupe",
            venue="Lieu",
            entrance="Entrée",
            arrival="Arrivée",
            reference="Numéro à dicter",
            help="Une question, un retard",
            hour="Heure",
            place="Où aller",
            optional="si vous le souhaitez",
            minutes="{} min",
            walk="{} min à pied",
            glance="La visite en un coup d’œil",
            no_stops="Aucune étape n’est prévue ce jour-là.",
            keep="Cette feuille ne permet pas d’entrer : montrez le billet du groupe.",
            stand_title="Feuille de stand {}",
            stands_title="Feuilles de stand",
            who="Qui",
            how_many="Combien",
            origin="D’où",
            stand="Stand",
            notes="Notes",
            nobody="Aucun groupe n’est attendu ici ce jour-là.",
            others="Autres visites, remarques",
            here="En même temps, au plus",
        ),
        "en": SheetLabels(
            group_title="Route sheet {}",
            groups_title="Route sheets",
            group="Group",
            venue="Place",
            entrance="Entrance",
            arrival="Arrival",
            reference="Number to read out",
            help="A question, running late",
            hour="Time",
            place="Where to go",
            optional="if you wish",
            minutes="{} min",
            walk="{} min walk",
            glance="The visit at a glance",
            no_stops="No stop is planned on that day.",
            keep="This sheet does not let anybody in: show the group’s ticket.",
            stand_title="Stand sheet {}",
            stands_title="Stand sheets",
            who="Who",
            how_many="How many",
            origin="From",
            stand="Stand",
            notes="Notes",
            nobody="No group is expected here on that day.",
            others="Other visits, remarks",
            here="At the same time, at most",
        ),
    }
)
