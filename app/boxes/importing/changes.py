"""What importing would change of things that are there already: each value before and after."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.boxes.drafts import BoxDraft, ItemDraft, ScenarioDraft


@dataclass(frozen=True)
class Change:
    """`of` is a code; `name` one of NAMES; `thing` the item of a scenario's contents, empty for what it says of itself."""

    of: str
    name: str
    before: object
    after: object
    thing: str = ""


NAMES = ("title_fr", "players_min", "players_max", "minutes", "depot", "wear", "quantity", "consumable")


def changes_of(code: str, before: ScenarioDraft | BoxDraft, after: ScenarioDraft | BoxDraft) -> Iterator[Change]:
    for name in NAMES:
        if hasattr(before, name) and getattr(before, name) != getattr(after, name):
            yield Change(code, name, getattr(before, name), getattr(after, name))


def changes_of_contents(
    before: Mapping[str, Sequence[ItemDraft]], after: Mapping[str, Sequence[ItemDraft]]
) -> Iterator[Change]:
    """Of things that are there; new ones are no changes."""
    for code, items in after.items():
        stored = {item.id: item for item in before.get(code, ())}
        for item in items:
            was = stored.get(item.id) if item.id is not None else None
            for name in ("quantity", "consumable"):
                if was is not None and getattr(was, name) != getattr(item, name):
                    yield Change(code, name, getattr(was, name), getattr(item, name), item.name_fr)
