"""An organiser with a scenario, boxes, a borrower and somebody who is accredited, made through the features' operations."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import count
from typing import Any

from sqlalchemy import insert, select, update

from app.boxes.drafts import BoxDraft, FacilitatorDraft, ItemDraft, ScenarioDraft
from app.boxes.enums import AccreditationSource
from app.boxes.models import Accreditation, Box, Scenario
from app.boxes.operations.boxes import create_box
from app.boxes.operations.people import create_facilitator
from app.boxes.operations.scenarios import create_scenario, set_items
from app.boxes.queries import get_scenario_by_id
from app.boxes.rows import ScenarioRow
from app.core.actor import SYSTEM, Actor, ActorKind
from app.core.db import db
from app.core.transaction import transaction
from app.loans.drafts import LoanDraft
from app.loans.enums import LoanPurpose
from app.loans.operations import LoanMade, ask_loan, enter_loan
from app.resources.enums import Half
from app.resources.halfdays import HalfDay, Period
from app.structures.drafts import StructureDraft
from app.structures.models import Structure, StructureKind
from app.structures.operations.directory import create_structure
from tests.factories import NOW, make_organiser

STAFF = Actor(ActorKind.STAFF, "Inès Roux", 1)
BORROWER = Actor(ActorKind.VISITOR, "Manon Lambert")
_numbers = count(1)


def period(first: str, last: str) -> Period:
    """« 2027-02-01 am », « 2027-02-03 pm »."""
    return Period(half(first), half(last))


def half(text: str) -> HalfDay:
    day, part = text.split()
    return HalfDay(date.fromisoformat(day), Half(part))


@dataclass
class LoanWorld:
    organiser_id: int
    scenario_id: int
    box_ids: list[int]
    structure_id: int
    facilitator_id: int

    @property
    def scenario(self) -> ScenarioRow:
        return get_scenario_by_id(self.scenario_id)

    def draft(self, first: str = "2027-02-01 am", last: str = "2027-02-03 pm", **changes: Any) -> LoanDraft:
        """A request of three days in February 2027 for one box."""
        made = LoanDraft(
            scenario_id=self.scenario_id, boxes=1, period=period(first, last), structure_id=self.structure_id,
            purpose=LoanPurpose.CLASS, players=12, facilitator_ids=(self.facilitator_id,), contact_name="Manon Lambert",
            email="manon.lambert@example.org",
        )  # fmt: skip
        return replace(made, **changes)

    def ask(self, *args: str, by: Actor = BORROWER, now: datetime = NOW, **changes: Any) -> LoanMade:
        with transaction():
            return ask_loan(self.draft(*args, **changes), by=by, now=now)

    def enter(self, *args: str, by: Actor = STAFF, now: datetime = NOW, **changes: Any) -> LoanMade:
        with transaction():
            return enter_loan(self.draft(*args, **changes), by=by, now=now)

    def code(self, box_id: int) -> str:
        return db.session.execute(select(Box.code).where(Box.id == box_id)).scalar_one()


def make_world(boxes: int = 3, *, kind: StructureKind = StructureKind.COMPANY, **scenario: Any) -> LoanWorld:
    """Boxes S<n>-1, S<n>-2…, a borrower, and a facilitator of theirs who is accredited since 2026."""
    organiser_id = make_organiser(f"Creativ’ {next(_numbers)}")
    values: dict[str, Any] = {"players_min": 4, "players_max": 15, "minutes": 45, **scenario}
    code = f"S{next(_numbers)}"
    with transaction():
        scenario_id = create_scenario(
            ScenarioDraft(code=code, title_fr="La molécule perdue", **values),
            organiser_id=organiser_id,
            by=SYSTEM,
            now=NOW,
        )
        items = (ItemDraft("Cadenas", 4), ItemDraft("Feuille de réponses", 30, consumable=True, restock_below=10))
        set_items(scenario_id, items, organiser_id=organiser_id, revision=None, by=SYSTEM, now=NOW)
        box_ids = [
            create_box(scenario_id, BoxDraft(f"{code}-{n}"), organiser_id=organiser_id, by=SYSTEM, now=NOW)
            for n in range(1, boxes + 1)
        ]
        structure_id = make_structure(organiser_id, kind)
        facilitator_id = make_facilitator(organiser_id, structure_id)
        grant(organiser_id, facilitator_id, scenario_id)
    return LoanWorld(organiser_id, scenario_id, box_ids, structure_id, facilitator_id)


def make_structure(organiser_id: int, kind: StructureKind = StructureKind.COMPANY, **values: Any) -> int:
    draft = StructureDraft(kind, name=f"Atelier {next(_numbers)}", commune="Dijon", **values)
    return create_structure(draft, organiser_id=organiser_id, by=SYSTEM, now=NOW)


def make_facilitator(organiser_id: int, structure_id: int | None = None) -> int:
    draft = FacilitatorDraft(f"Karim Bernard {next(_numbers)}", f"karim{next(_numbers)}@example.org", "", structure_id)
    return create_facilitator(draft, organiser_id=organiser_id, by=SYSTEM, now=NOW)


def grant(organiser_id: int, facilitator_id: int, scenario_id: int, since: date = date(2026, 9, 1)) -> int:
    """An accreditation for good; its id."""
    return db.session.execute(
        insert(Accreditation)
        .values(
            organiser_id=organiser_id,
            facilitator_id=facilitator_id,
            scenario_id=scenario_id,
            source=AccreditationSource.BY_HAND,
            granted_on=since,
            created_at=NOW,
        )
        .returning(Accreditation.id)
    ).scalar_one()


def set_scenario(scenario_id: int, **values: Any) -> None:
    with transaction():
        db.session.execute(update(Scenario).where(Scenario.id == scenario_id).values(**values))


def set_structure(structure_id: int, **values: Any) -> None:
    with transaction():
        db.session.execute(update(Structure).where(Structure.id == structure_id).values(**values))
