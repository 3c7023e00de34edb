"""Which scenarios a training event teaches (docs/boxes.md)."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model


class TrainingScenario(Model):
    """Whoever was present at the event may run the scenario afterwards."""

    __tablename__ = "training_scenarios"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    scenario_id: Mapped[int] = mapped_column(ForeignKey("scenarios.id"), primary_key=True)
