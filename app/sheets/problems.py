"""What is wrong with a line of a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.sheets.errors import Fact


@dataclass(frozen=True)
class Problem:
    """`column` is the header's name, empty for the whole line; a warning keeps nothing from being written."""

    line: int
    column: str
    code: str
    value: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    warning: bool = False
