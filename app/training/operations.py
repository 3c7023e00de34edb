"""What a training teaches, and presence that becomes accreditation."""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert

from app.boxes.drafts import FacilitatorDraft
from app.boxes.errors import ScenarioNotFound
from app.boxes.operations.people import ensure_facilitator, grant_accreditation, withdraw_accreditation
from app.boxes.queries import get_scenario_by_id
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.events.queries import EventRow
from app.loans.operations.forgetting_people import nameless
from app.training.errors import TrainingToCome
from app.training.models import TrainingScenario
from app.training.queries import Trainee, find_trained, list_trainees, list_training_codes, scenario_ids_of

__all__ = ["grant_by_hand", "grant_from_presence", "set_training_scenarios", "withdraw"]

grant_by_hand = grant_accreditation
withdraw = withdraw_accreditation


def set_training_scenarios(event: EventRow, codes: Collection[str], *, by: Actor, now: datetime) -> bool:
    """Make these the scenarios that the event teaches; whether anything changed. What was granted stays.

    Raises ScenarioNotFound.
    """
    before, after = list_training_codes(event.id), sorted(set(codes))
    if before == after:
        return False
    ids = scenario_ids_of(event.organiser_id, after)
    if unknown := [code for code in after if code not in ids]:
        raise ScenarioNotFound(unknown[0])
    db.session.execute(delete(TrainingScenario).where(TrainingScenario.event_id == event.id))
    if ids:
        rows = [{"event_id": event.id, "scenario_id": scenario_id} for scenario_id in ids.values()]
        db.session.execute(insert(TrainingScenario), rows)
    details = {"before": before, "after": after}
    record(by, "training.scenarios_set", f"event:{event.id}", now=now, organiser_id=event.organiser_id, details=details)
    return True


def grant_from_presence(
    event: EventRow, registration_ids: Collection[int] | None = None, *, by: Actor, now: datetime
) -> int:
    """Accredit who was there, or those registrations that staff name; how many people got something new.

    Granted on the local day on which the event ended. Doing it again grants nothing twice, and nothing that was withdrawn.
    Raises TrainingToCome.
    """
    if now < event.starts_at:
        raise TrainingToCome
    scenario_ids = sorted(scenario_ids_of(event.organiser_id, list_training_codes(event.id)).values())
    for scenario_id in scenario_ids:  # all of them first, in one order: requests for each are looked at again
        get_scenario_by_id(scenario_id, lock=True)
    trainees = list_trainees(event.id) if scenario_ids else []
    chosen = [t for t in trainees if (t.came if registration_ids is None else t.registration_id in registration_ids)]
    return sum(_grant(event, trainee, scenario_ids, by, now) for trainee in chosen)


def _grant(event: EventRow, trainee: Trainee, scenario_ids: Collection[int], by: Actor, now: datetime) -> bool:
    """Whether they got something new. Whoever was made anonymous since stays so."""
    trained = find_trained(event.id, trainee.registration_id)
    if trained is not None and trained[1] == nameless(trained[0]):
        return False
    draft = FacilitatorDraft(trainee.name, trainee.email, trainee.phone, trainee.structure_id)
    found = trained[0] if trained is not None else None
    facilitator_id = found or ensure_facilitator(draft, organiser_id=event.organiser_id, by=by, now=now)
    day = min(event.ends_at, now).astimezone(ZoneInfo(event.timezone)).date()
    granted = [
        grant_accreditation(
            facilitator_id, scenario_id, day, organiser_id=event.organiser_id, by=by, now=now, event_id=event.id,
            registration_id=trainee.registration_id,
        )
        for scenario_id in scenario_ids
    ]  # fmt: skip
    return any(one is not None for one in granted)
