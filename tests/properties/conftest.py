"""How many examples of things done one after the other: see also the profile in tests/conftest.py."""

from hypothesis import HealthCheck, Phase, settings

from tests.conftest import LONG

__all__ = ["LONG", "STATEFUL"]

STATEFUL = settings(
    max_examples=200 if LONG else 10,
    stateful_step_count=60 if LONG else 30,
    deadline=None,
    database=None,
    derandomize=not LONG,
    phases=(Phase.generate, Phase.shrink),
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
