"""What pages of boxes, scenarios and facilitators do with a form alike: write it or say why not."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from app.boxes.errors import EntryChanged
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.web.forms.base import PageForm
from app.web.guards import current_actor, current_organiser_id

Written = TypeVar("Written")


class Tried(NamedTuple, Generic[Written]):
    """`value`: what was written, None where `status` is that of a refusal (422, or 409: somebody else saved it meanwhile)."""

    status: int
    value: Written | None = None

    @property
    def changed(self) -> bool:
        """Whether somebody else saved it since it was read."""
        return self.status == 409


def try_to_save(form: PageForm, write: Callable[[], Written]) -> Tried[Written]:
    """Write what a form says, in a transaction. What is wrong with it stands at its fields afterwards."""
    if not form.validate_on_submit():
        return Tried(422)
    try:
        with transaction():
            return Tried(200, write())
    except EntryChanged:
        return Tried(409)
    except FieldError as error:
        form.show_refusal(error)
        return Tried(422)


def at_rows(rows: Iterable[Any], filled: Sequence[Any], error: FieldError) -> FieldError:
    """Operations count the lines that are filled, in their order; the form counts those on the page."""
    on_page = list(rows)
    places = {n: on_page.index(part) for n, part in enumerate(filled)}
    problems = {}
    for path, code in error.problems.items():
        parts = path.split("/")
        if len(parts) == 3 and parts[1].isdecimal():
            parts[1] = str(places.get(int(parts[1]), parts[1]))
        problems["/".join(parts)] = code
    return FieldError(problems)


def acting() -> dict[str, Any]:
    """For whom, by whom and when something is written, as operations want it."""
    return {"organiser_id": current_organiser_id(), "by": current_actor(), "now": clock.now()}
