"""What is asked for, and what people count and say at hand-over, return and check."""

from dataclasses import dataclass
from datetime import date

from app.boxes.enums import BoxCondition, OutReason
from app.loans.enums import LoanPurpose
from app.resources.halfdays import Period


@dataclass(frozen=True)
class LoanDraft:
    """A request as it is typed; `app.loans.rules` cleans it. `contact_id` is a contact of the structure, if one is known."""

    scenario_id: int
    boxes: int
    period: Period
    structure_id: int
    purpose: LoanPurpose
    players: int | None = None
    facilitator_ids: tuple[int, ...] = ()
    contact_id: int | None = None
    contact_name: str = ""
    email: str = ""
    phone: str = ""
    locale: str = "fr"
    purpose_note: str = ""
    place: str = ""
    notes: str = ""
    waits_for_event_id: int | None = None


@dataclass(frozen=True)
class CountDraft:
    """How many of a thing were counted: of the scenario (`item_id`), or of that box alone (`box_item_id`)."""

    counted: int
    item_id: int | None = None
    box_item_id: int | None = None
    note: str = ""


@dataclass(frozen=True)
class CheckDraft:
    """What the check of a box found. Out of service needs a reason; `out_until` is the day it is expected back in use."""

    condition: BoxCondition
    counts: tuple[CountDraft, ...] = ()
    note: str = ""
    out_reason: OutReason | None = None
    out_until: date | None = None


@dataclass(frozen=True)
class EventBoxesDraft:
    """Boxes that an event wants, perhaps at one of its stops, and who runs them.

    `over_requests`: although requests that wait ask for them.
    """

    event_id: int
    scenario_id: int
    boxes: int
    period: Period
    stop_id: int | None = None
    facilitator_ids: tuple[int, ...] = ()
    over_requests: bool = False


@dataclass(frozen=True)
class OtherLoan:
    """The loan with which somebody was told that boxes are exchanged, as they read it; `revision` None: as it is."""

    id: int
    revision: int | None = None


@dataclass(frozen=True)
class OtherEvent:
    """Boxes of another event (`EventBoxesRow.id`) of which one is exchanged, as somebody read them; `seen` None: as they are."""

    id: int
    seen: str | None = None
