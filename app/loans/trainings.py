"""The training that a request waits for. What a training teaches is known further up (`app.training`), which registers itself."""

from collections.abc import Callable

Teaches = Callable[[int, int], bool]
_teaching: list[Teaches] = []


def register_teaching(teaches: Teaches) -> Teaches:
    """`teaches(event_id, scenario_id)`: whether the event is a training for that scenario."""
    _teaching.append(teaches)
    return teaches


def is_training_for(event_id: int, scenario_id: int) -> bool:
    return any(teaches(event_id, scenario_id) for teaches in _teaching)
