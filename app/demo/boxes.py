"""What the demo lends: fifteen boxes of five games and the forum's signage, people who may run them, closures and terms."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from app.boxes.drafts import BoxDraft, FacilitatorDraft, ItemDraft, ScenarioDraft
from app.boxes.enums import LentKind, OutReason
from app.boxes.importing.writing import plan_sheets, write_plan
from app.boxes.operations.boxes import create_box, put_out_of_service
from app.boxes.operations.people import create_facilitator, grant_accreditation
from app.boxes.operations.scenarios import change_scenario, create_scenario, set_items
from app.boxes.queries import get_box, list_scenarios
from app.core.actor import SYSTEM
from app.demo.box_texts import GAMES, SIGNAGE, Said
from app.demo.closures import closures_after
from app.resources.calendars import lending_zone
from app.resources.enums import SchoolZone
from app.resources.halfdays import half_day_at
from app.resources.settings import SettingsRow, add_closure, set_settings
from app.sheets.reading import read_sheet
from app.structures.queries import list_known

DATA = Path(__file__).parent / "data"
FILES = ("boites.csv", "contenu_boites.csv")
# Name, mail, telephone, the beginning of their structure's name, codes of scenarios.
FACILITATORS = (
    ("Inès Roux", "ines.roux@example.org", "06 39 98 13 01", "", ("MAINT", "SANTE-1", "SANTE-2", "SANTE-3", "SOFT")),
    ("Leïla Marchand", "leila.marchand@example.org", "06 39 98 13 02", "Formation Val", ("MAINT", "SOFT")),
    ("Paul Ferrand", "paul.ferrand@example.org", "06 39 98 13 03", "Centre social", ("SANTE-2", "SOFT")),
    ("Nadège Collin", "nadege.collin@example.org", "06 39 98 13 04", "Mission Locale", ("SANTE-1",)),
    (
        "Manon Lambert",
        "manon.lambert@example.org",
        "06 39 98 11 01",
        "Collège des Trois",
        ("SANTE-1", "SANTE-2", "SANTE-3"),
    ),
    ("Coralie Vial", "coralie.vial@example.org", "06 39 98 13 05", "Moutarderie", ()),
)
LENDER = "Creativ’\nCampus des métiers, Dijon\nreprésentée par Inès Roux"
TERMS = (
    "L’emprunteur vérifie le contenu à la remise et au retour. Ce qui est perdu ou cassé est remplacé à sa charge, sauf l’usure "
    "normale et les consommables. Ce qui est prêté est rapporté complet, à la date convenue."
)


def make_boxes(organiser_id: int, *, now: datetime) -> None:
    """Boxes and contents as in the two files; one box is being repaired."""
    made, today = now - timedelta(days=400), half_day_at(now, lending_zone()).date
    sheets = [read_sheet((DATA / name).read_bytes()) for name in FILES]
    write_plan(organiser_id, plan_sheets(organiser_id, sheets), by=SYSTEM, now=made)
    settings = SettingsRow(
        "01234", SchoolZone.A, LENDER, TERMS, "De 9 h à 17 h, à la réserve", "9 am to 5 pm, at the store"
    )
    set_settings(organiser_id, settings, by=SYSTEM, now=made)
    _make_closures(organiser_id, today, made)
    _tell_games(organiser_id, made)
    _make_signage(organiser_id, made)
    _make_facilitators(organiser_id, today - timedelta(days=300), made)
    box = get_box(organiser_id, "SANTE-2-C")
    put_out_of_service(
        box.id, OutReason.BROKEN, until=today + timedelta(days=12), note="Lampe UV cassée", organiser_id=organiser_id,
        today=today, by=SYSTEM, now=now,
    )  # fmt: skip


def _tell_games(organiser_id: int, made: datetime) -> None:
    """What the files do not say of the games."""
    for scenario in list_scenarios(organiser_id):
        said = GAMES[scenario.code]
        draft = ScenarioDraft(
            scenario.code, scenario.title_fr, players_min=scenario.players_min, players_max=scenario.players_max,
            minutes=scenario.minutes, **_texts(said),
        )  # fmt: skip
        change_scenario(scenario.id, draft, organiser_id=organiser_id, revision=scenario.revision, by=SYSTEM, now=made)


def _make_signage(organiser_id: int, made: datetime) -> None:
    """Two sets of the forum's signage: lent as the games are, by whoever comes."""
    draft = ScenarioDraft(
        "SIGNAL", "Signalétique du forum", LentKind.OTHER, asks_accreditation=False, **_texts(SIGNAGE)
    )  # fmt: skip
    scenario_id = create_scenario(draft, organiser_id=organiser_id, by=SYSTEM, now=made)
    things = [
        ItemDraft("Totem", 6),
        ItemDraft("Flèche", 12),
        ItemDraft("Bâche d’accueil", 1),
        ItemDraft("Collier de serrage", 40, True),
    ]
    set_items(scenario_id, things, organiser_id=organiser_id, revision=None, by=SYSTEM, now=made)
    for letter in "AB":
        box = BoxDraft(f"SIGNAL-{letter}", "Siège, garage")
        create_box(scenario_id, box, organiser_id=organiser_id, by=SYSTEM, now=made)


def _texts(said: Said) -> dict[str, Any]:
    texts = {
        f"{name}_{locale}": getattr(said, name)[n]
        for name in ("universe", "public", "skills", "summary")
        for n, locale in enumerate(("fr", "en"))
    }
    return texts | {"title_en": said.title_en, "value_cents": said.value_cents}


def _make_closures(organiser_id: int, today: date, made: datetime) -> None:
    for first, last, label in closures_after(today):
        add_closure(organiser_id, first, last, label, by=SYSTEM, now=made)


def _make_facilitators(organiser_id: int, granted_on: date, made: datetime) -> None:
    structures = {row.name: row.id for row in list_known(organiser_id)}
    scenarios = {row.code: row.id for row in list_scenarios(organiser_id)}
    for name, email, phone, begins, codes in FACILITATORS:
        structure_id = next((i for n, i in structures.items() if begins and n.startswith(begins)), None)
        draft = FacilitatorDraft(name, email, phone, structure_id)
        facilitator_id = create_facilitator(draft, organiser_id=organiser_id, by=SYSTEM, now=made)
        for code in codes:
            grant_accreditation(
                facilitator_id, scenarios[code], granted_on, organiser_id=organiser_id, by=SYSTEM, now=made,
                note="Formation à l’animation, une demi-journée",
            )  # fmt: skip
