"""Measuring two servers in turn, A B A B …, so that a busy moment of the machine hits both alike."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.client import Load
from bench.figures import middle, spread_of


@dataclass(frozen=True)
class Plan:
    """How much is measured: `rounds` of `seconds` each after one short one that does not count."""

    rounds: int = 5
    seconds: float = 2.0
    warm_up: float = 0.7
    quick: bool = False

    @classmethod
    def short(cls) -> "Plan":
        return cls(rounds=3, seconds=1.0, warm_up=0.3, quick=True)


@dataclass(frozen=True)
class Pair:
    """Rates of both, in requests a second, by round."""

    ours: list[float]
    bare: list[float]

    @property
    def ratios(self) -> list[float]:
        return [a / b for a, b in zip(self.ours, self.bare, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios: both rates of a round were measured one right after the other."""
        return middle(self.ratios)

    @property
    def spread(self) -> str:
        return spread_of(self.ratios)


Round = Callable[[float], Load]


def measure_in_turn(ours: Round, bare: Round, plan: Plan) -> Pair:
    """Run both for `plan.rounds` rounds; each takes the seconds it may last."""
    ours(plan.warm_up)
    bare(plan.warm_up)
    pair = Pair([], [])
    for _ in range(plan.rounds):
        pair.ours.append(ours(plan.seconds).rate)
        pair.bare.append(bare(plan.seconds).rate)
    return pair
