"""Refusals of trainings."""

from app.core.errors import Conflict


class TrainingToCome(Conflict):
    """It has not begun: nobody was there."""

    code = "training_to_come"
