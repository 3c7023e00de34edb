"""Which column says what, guessed from the words of the header."""

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Self, TypeVar

from app.core.text import fold

Field = TypeVar("Field", bound=enum.StrEnum)

_SMALL = {"de", "du", "des", "d", "la", "le", "les", "l", "of", "the", "et", "and", "a", "en"}


@dataclass(frozen=True)
class SheetMapping(Generic[Field]):
    """The column (from 0) of each field; a field without one is not in the file. An import says what its `fields` are."""

    fields: ClassVar[type[enum.StrEnum]]
    columns: Mapping[Field, int]

    def column(self, field: Field) -> int | None:
        return self.columns.get(field)

    def to_json(self) -> dict[str, int]:
        return {field.value: column for field, column in self.columns.items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, int]) -> Self:
        """The mapping as it was stored; fields that are no more are left out."""
        return cls({field: stored[field.value] for field in cls.fields if field.value in stored})  # type: ignore[misc]


def propose_columns(header: Sequence[str], names: Mapping[Field | None, Sequence[str]]) -> dict[Field, int]:
    """The column (from 0) of each field that is surest, no field and no column twice.

    `names` are the words by which each field is called; under None, those of columns that must not be taken for another.
    The more words of a header a name explains, the surer it is: « Nom de l’établissement » is no person's name.
    """
    known = [(field, _words(name)) for field, texts in names.items() for name in texts]
    guesses: list[tuple[int, int, int, Field | None]] = []
    for column, name in enumerate(header):
        words = _words(name)
        for field, called in known:
            if called and called <= words:
                guesses.append((len(words) - len(called), -len(called), column, field))
    taken: dict[Field, int] = {}
    settled: set[int] = set()
    for _, _, column, guess in sorted(guesses, key=lambda g: g[:3]):
        if column in settled or (guess is not None and guess in taken):
            continue
        settled.add(column)
        if guess is not None:
            taken[guess] = column
    return taken


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", fold(text))) - _SMALL
