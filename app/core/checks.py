"""What `doctor` looks at: each feature registers checks of its own promises by name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Check = Callable[[datetime], list[str]]


@dataclass(frozen=True)
class CheckResult:
    """One check's outcome: `promise` says what holds when `problems` is empty, each problem what is broken."""

    name: str
    promise: str
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


_checks: dict[str, tuple[str, Check]] = {}


def check(name: str, promise: str) -> Callable[[Check], Check]:
    """Register a check under `feature.what`. It reads only, and returns one line for each thing that is broken.

    Raises ValueError when the name is taken.
    """

    def register(function: Check) -> Check:
        if name in _checks:
            raise ValueError(f"a check named {name} is registered already")
        _checks[name] = (promise, function)
        return function

    return register


def run_checks(now: datetime) -> list[CheckResult]:
    """Run every registered check, in the order of their names."""
    return [CheckResult(name, promise, tuple(function(now))) for name, (promise, function) in sorted(_checks.items())]
