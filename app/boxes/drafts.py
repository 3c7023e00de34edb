"""What people type of scenarios, their contents, boxes and facilitators, before it is checked (`app.boxes.rules`)."""

from dataclasses import dataclass

from app.boxes.enums import LentKind, Wear


@dataclass(frozen=True)
class ScenarioDraft:
    """As `app.boxes.models.Scenario`; texts are stripped by the rules."""

    code: str
    title_fr: str
    kind: LentKind = LentKind.GAME
    title_en: str = ""
    universe_fr: str = ""
    universe_en: str = ""
    public_fr: str = ""
    public_en: str = ""
    skills_fr: str = ""
    skills_en: str = ""
    summary_fr: str = ""
    summary_en: str = ""
    players_min: int | None = None
    players_max: int | None = None
    minutes: int | None = None
    asks_accreditation: bool = True
    accreditation_months: int | None = None
    before_halves: int = 1
    after_halves: int = 1
    longest_halves: int | None = None
    value_cents: int | None = None
    listed: bool = True


@dataclass(frozen=True)
class ItemDraft:
    """A thing of a scenario's contents. `id` is that of the stored one that it changes, None for a new one."""

    name_fr: str
    quantity: int
    consumable: bool = False
    id: int | None = None
    name_en: str = ""
    restock_below: int | None = None
    value_cents: int | None = None


@dataclass(frozen=True)
class BoxDraft:
    code: str
    depot: str = ""
    wear: Wear = Wear.GOOD
    notes: str = ""
    value_cents: int | None = None


@dataclass(frozen=True)
class ExceptionDraft:
    """What differs in one box: of the thing `item_id` of its scenario, or a thing of its own (`name`, `expected`).

    `expected` None: as many as the scenario says. `box_item_id`: the stored thing of its own that it changes.
    `present`: what was counted with it, None where nobody counted; checked with the rest, kept by `count_box`.
    """

    item_id: int | None = None
    box_item_id: int | None = None
    name: str = ""
    consumable: bool = False
    expected: int | None = None
    note: str = ""
    present: int | None = None


@dataclass(frozen=True)
class FacilitatorDraft:
    name: str
    email: str = ""
    phone: str = ""
    structure_id: int | None = None
