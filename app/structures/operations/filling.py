"""Adding what was not known of a structure, and nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.core.actor import Actor
from app.core.errors import FieldError
from app.structures.operations.directory import change_structure, lock_own


def fill_structure(
    structure_id: int, values: Mapping[str, Any], *, organiser_id: int, by: Actor, now: datetime
) -> bool:
    """Write those of `values` whose field is empty; whether something was. A number that is another's by now is left out.

    Raises StructureNotFound, StructureMerged.
    """
    structure = lock_own(structure_id, organiser_id)
    wanted: dict[str, Any] = {name: value for name, value in values.items() if value and not structure.value(name)}
    while wanted:
        draft = replace(structure.draft, **wanted)
        try:
            changed = change_structure(
                structure_id, draft, organiser_id=organiser_id, revision=structure.revision, by=by, now=now
            )
        except FieldError as error:
            left = {name: value for name, value in wanted.items() if name not in error.problems}
            if left == wanted:
                raise
            wanted = left
        else:
            return bool(changed)
    return False
