"""What may be asked of a forum (strategies for registrations and passages), and how its answers are read."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from app.checkin.enums import Direction
from app.core.errors import DomainError
from app.core.transaction import transaction
from app.events.errors import AudienceFull, QueueFirst, WaveFull
from tests.properties.model import Obstacle

AUDIENCES = ("school", "job_seeker", "family")

small = st.integers(0, 6)
limit = st.none() | st.integers(0, 15)
headcounts = st.none() | st.none() | st.tuples(small, st.integers(0, 2))
asks = st.fixed_dictionaries(
    {
        "audience": st.sampled_from(AUDIENCES),
        "group": st.booleans(),
        "people": st.tuples(st.integers(1, 6), st.integers(0, 2)),
        "chosen": st.sets(small, min_size=1, max_size=3),
        "waitlist": st.booleans(),
        "who": st.none() | st.integers(0, 4),
        "quiet": st.booleans(),
    }
)
passages = st.lists(
    st.tuples(
        st.integers(0, 99),
        st.integers(0, 3),
        st.sampled_from([Direction.IN, Direction.IN, Direction.OUT]),
        st.sampled_from([0, 0, 1, 2]),
        headcounts,
        st.sampled_from([0, 0, 0, 1, 2]),
    ),
    min_size=1,
    max_size=5,
)


def attempt(work: Callable[[], Any]) -> Any:
    """What `work` gives back, or the refusal, after its transaction."""
    try:
        with transaction():
            return work()
    except DomainError as error:
        return error


def refusal(obstacle: Obstacle, answer: object) -> bool:
    """Whether the answer names that obstacle."""
    kind, where = obstacle
    if kind == "event":
        return isinstance(answer, WaveFull) and answer.wave_id is None
    if kind == "wave":
        # the event's last places are for the waiting list too
        queue = isinstance(answer, QueueFirst) and answer.wave_id is None
        return isinstance(answer, WaveFull) and (queue or answer.wave_id in where)
    return isinstance(answer, AudienceFull) and answer.wave_id in where
