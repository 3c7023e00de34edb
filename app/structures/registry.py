"""What goes with a structure when it is merged into another. Features register theirs by name, so that nothing low knows them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.actor import Actor


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


@dataclass(frozen=True)
class ContactPart:
    """What one feature keeps of a structure's contact, known by their id, structure and mail address.

    `needs(contact_id, structure_id, email)` lists what is still going on with them, as people know it (numbers of loans): it
    is to be ended before they are erased. `forget(contact_id, structure_id, email, now, by)` takes them out of what is over.
    Both run inside the caller's transaction.
    """

    needs: Callable[[int, int, str], Sequence[str]]
    forget: Callable[[int, int, str, datetime, Actor], None]


_contact_parts: dict[str, ContactPart] = {}


def register_contact_part(name: str, part: ContactPart) -> None:
    """Raises ValueError when the name is taken."""
    if name in _contact_parts:
        raise ValueError(f"a part of contacts named {name} is registered already")
    _contact_parts[name] = part


def list_contact_parts() -> list[ContactPart]:
    """In the order of their names."""
    return [part for _name, part in sorted(_contact_parts.items())]
