"""What goes with a structure when it is merged into another. Features register theirs by name, so that nothing low knows them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Belonging:
    """Rows of one feature that name a structure.

    `ids(structure_id)` lists them; `move(ids, from_id, to_id, now)` makes those of them that name the first name the second,
    and tells how many did. Both run inside the caller's transaction. `used`: whether they are a use of the structure, so
    that it is not archived.
    """

    ids: Callable[[int], list[int]]
    move: Callable[[Sequence[int], int, int, datetime], int]
    used: bool = False


_belongings: dict[str, Belonging] = {}


def register_belonging(name: str, belonging: Belonging) -> None:
    """Raises ValueError when the name is taken."""
    if name in _belongings:
        raise ValueError(f"a belonging named {name} is registered already")
    _belongings[name] = belonging


def list_belongings() -> dict[str, Belonging]:
    """By name, in the order of names: the order in which rows are moved, everywhere."""
    return dict(sorted(_belongings.items()))
