"""A copy of a training teaches what the training teaches. Importing this registers it."""

from datetime import datetime

from sqlalchemy import insert, select

from app.boxes.models import Scenario
from app.core.actor import Actor
from app.core.db import db
from app.events.followers import register_copier
from app.training.models import TrainingScenario


def copy_scenarios(source_id: int, event_id: int, by: Actor, now: datetime) -> None:
    """Those that are still in the organiser's list; the copy's own history says where it comes from."""
    taught = (
        select(TrainingScenario.scenario_id)
        .join(Scenario, Scenario.id == TrainingScenario.scenario_id)
        .where(TrainingScenario.event_id == source_id, Scenario.archived_at.is_(None))
        .order_by(TrainingScenario.scenario_id)
    )
    rows = [{"event_id": event_id, "scenario_id": found} for found in db.session.execute(taught).scalars()]
    if rows:
        db.session.execute(insert(TrainingScenario), rows)


register_copier("training", copy_scenarios)
