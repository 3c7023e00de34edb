"""What goes with a structure when it is merged, and what is kept of its contacts.

Features register theirs by name, so that nothing low knows them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.actor import Actor
from app.structures.queries import ContactRow


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


def _nothing_goes_on(contact_id: int, structure_id: int, email: str, now: datetime) -> Sequence[str]:
    return ()


def _nothing_goes(contact_id: int, structure_id: int, email: str, now: datetime, by: Actor) -> None:
    return None


@dataclass(frozen=True)
class ContactPart:
    """What one feature keeps of a structure's contact, known by their id, structure and mail address.

    `tell(contact)` says it to them, as JSON by name: what is theirs, and nobody else's name, words or secrets. The mail address
    is theirs: it is where their link to /my arrived.

    `needs(contact_id, structure_id, email, now)` lists what is still going on with them, as people know it (numbers of
    loans): it is to be ended before they are erased. `forget(contact_id, structure_id, email, now, by)` takes them out of
    what is over. These two run inside the caller's transaction; a part that has an erasing of its own leaves them out.
    `only_by_themselves`: they take it along when they erase themselves, staff do not, who erase it where it stands.
    """

    tell: Callable[[ContactRow], dict[str, Any]]
    needs: Callable[[int, int, str, datetime], Sequence[str]] = _nothing_goes_on
    forget: Callable[[int, int, str, datetime, Actor], None] = _nothing_goes
    only_by_themselves: bool = False


_contact_parts: dict[str, ContactPart] = {}


def register_contact_part(name: str, part: ContactPart) -> None:
    """Raises ValueError when the name is taken."""
    if name in _contact_parts:
        raise ValueError(f"a part of contacts named {name} is registered already")
    _contact_parts[name] = part


def list_contact_parts() -> list[ContactPart]:
    """In the order of their names."""
    return [part for _name, part in sorted(_contact_parts.items())]
