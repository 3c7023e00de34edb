"""How many examples: few and always the same ones in everyday runs, many and new ones with TEST_LONG=1."""

import os

from hypothesis import HealthCheck, Phase, settings

LONG = os.environ.get("TEST_LONG") == "1"

settings.register_profile(
    "parcours",
    max_examples=2000 if LONG else 100,
    derandomize=not LONG,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("parcours")
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
