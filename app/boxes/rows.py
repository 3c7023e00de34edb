"""What is stored of scenarios, boxes and the people who run them, as rows that never change."""

from dataclasses import dataclass, field
from datetime import date, datetime

from app.boxes.enums import AccreditationSource, BoxCondition, FileUse, LentKind, OutReason, Wear
from app.boxes.rules import is_to_restock, is_valid, missing_of
from app.core.i18n import Locale


@dataclass(frozen=True)
class ScenarioRow:
    """As `app.boxes.models.Scenario`. `boxes` counts those in the inventory."""

    id: int
    organiser_id: int
    slug: str
    code: str
    kind: LentKind
    title_fr: str
    title_en: str
    universe_fr: str
    universe_en: str
    public_fr: str
    public_en: str
    skills_fr: str
    skills_en: str
    summary_fr: str
    summary_en: str
    players_min: int | None
    players_max: int | None
    minutes: int | None
    asks_accreditation: bool
    accreditation_months: int | None
    before_halves: int
    after_halves: int
    longest_halves: int | None
    value_cents: int | None
    listed: bool
    revision: int
    archived_at: datetime | None
    boxes: int

    @property
    def is_game(self) -> bool:
        """Whether somebody runs it for players; visuals and signage are just lent."""
        return self.kind is LentKind.GAME

    def title(self, locale: Locale) -> str:
        return self._said("title", locale)

    def universe(self, locale: Locale) -> str:
        return self._said("universe", locale)

    def public(self, locale: Locale) -> str:
        return self._said("public", locale)

    def skills(self, locale: Locale) -> str:
        return self._said("skills", locale)

    def summary(self, locale: Locale) -> str:
        return self._said("summary", locale)

    def _said(self, name: str, locale: Locale) -> str:
        english: str = getattr(self, f"{name}_en")
        french: str = getattr(self, f"{name}_fr")
        return english if locale == "en" and english else french


@dataclass(frozen=True)
class ItemRow:
    """A thing of a scenario's contents, in the order in which they are checked."""

    id: int
    scenario_id: int
    name_fr: str
    name_en: str
    quantity: int
    consumable: bool
    restock_below: int | None
    value_cents: int | None

    def name(self, locale: Locale) -> str:
        return self.name_en if locale == "en" and self.name_en else self.name_fr


@dataclass(frozen=True)
class BoxRow:
    """As `app.boxes.models.Box`, with its scenario's code and title."""

    id: int
    organiser_id: int
    scenario_id: int
    scenario_code: str
    scenario_title_fr: str
    scenario_title_en: str
    code: str
    label: str
    depot: str
    wear: Wear
    condition: BoxCondition
    out_reason: OutReason | None
    out_note: str
    out_from: date | None
    out_until: date | None
    notes: str
    value_cents: int | None
    uses_count: int
    last_used_on: date | None
    revision: int
    archived_at: datetime | None

    def scenario_title(self, locale: Locale) -> str:
        return self.scenario_title_en if locale == "en" and self.scenario_title_en else self.scenario_title_fr

    def is_out(self, day: date) -> bool:
        """Whether it is out of service on that day, as far as anybody knows."""
        return self.condition is BoxCondition.OUT_OF_SERVICE and (self.out_until is None or day < self.out_until)


@dataclass(frozen=True)
class ContentRow:
    """A thing that one box should hold: of its scenario (`item_id`), or of its own (`box_item_id` alone).

    `present` is the last count, None while nobody counted. `differs`: this box is expected to hold another number.
    """

    item_id: int | None
    box_item_id: int | None
    name_fr: str
    name_en: str
    consumable: bool
    expected: int
    present: int | None
    note: str
    restock_below: int | None
    value_cents: int | None
    differs: bool

    def name(self, locale: Locale) -> str:
        return self.name_en if locale == "en" and self.name_en else self.name_fr

    @property
    def missing(self) -> int:
        return missing_of(self.expected, self.present)

    @property
    def to_restock(self) -> bool:
        return is_to_restock(
            consumable=self.consumable, restock_below=self.restock_below, expected=self.expected, present=self.present
        )


@dataclass(frozen=True)
class FileRow:
    token: str
    use: FileUse
    scenario_id: int | None
    box_id: int | None
    loan_box_id: int | None
    name: str
    media_type: str
    size: int
    note: str
    created_at: datetime

    @property
    def is_picture(self) -> bool:
        return self.media_type.startswith("image/")


@dataclass(frozen=True)
class AccreditationRow:
    """`event_id`: the training that granted it, None by hand."""

    id: int
    facilitator_id: int
    scenario_id: int
    scenario_code: str
    source: AccreditationSource
    granted_on: date
    expires_on: date | None
    event_id: int | None
    note: str
    withdrawn_at: datetime | None
    withdrawn_note: str

    def is_valid(self, first_day: date, last_day: date) -> bool:
        withdrawn = self.withdrawn_at is not None
        return is_valid(self.granted_on, self.expires_on, withdrawn, first_day, last_day)


@dataclass(frozen=True)
class FacilitatorRow:
    """`structure_name` is empty for the organiser's own people and for those on their own."""

    id: int
    organiser_id: int
    structure_id: int | None
    structure_name: str
    name: str
    email: str
    phone: str
    revision: int
    ended_at: datetime | None
    accreditations: tuple[AccreditationRow, ...] = field(default=())

    def valid_codes(self, day: date) -> tuple[str, ...]:
        """Codes of the scenarios that they may run on that day, each once."""
        return tuple(sorted({a.scenario_code for a in self.accreditations if a.is_valid(day, day)}))


@dataclass(frozen=True)
class RestockLine:
    """A consumable that runs short in one box: `wanted` bring it back to its full number."""

    box_code: str
    scenario_code: str
    name_fr: str
    name_en: str
    expected: int
    present: int

    @property
    def wanted(self) -> int:
        return self.expected - self.present

    def name(self, locale: Locale) -> str:
        return self.name_en if locale == "en" and self.name_en else self.name_fr
