"""Accrediting who was at a training, after its last day."""

from datetime import timedelta

from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.events.queries import get_event_by_id
from app.jobs.registry import JobContext, periodic
from app.training import following, forgetting
from app.training.operations import grant_from_presence
from app.training.queries import list_ended_trainings

FOLLOWING = following.__name__  # registered wherever jobs are: a copy of a training teaches the same
FORGETTING = forgetting.__name__  # as FOLLOWING: what is told to a structure's contact, and goes with them
LOOKED_BACK = timedelta(days=30)
"""For how long after a training its door's late counts are still looked at."""
SETTLED = timedelta(hours=2)


@periodic("training.accredit", every=timedelta(hours=1))
def accredit(context: JobContext) -> None:
    """Once a training is over, whoever was there may run its scenarios. Begun again, it grants nothing twice."""
    now = context.now()
    for event_id in list_ended_trainings(now - LOOKED_BACK, now - SETTLED):
        with transaction():
            grant_from_presence(get_event_by_id(event_id), by=SYSTEM, now=now)
