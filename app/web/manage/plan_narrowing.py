"""A part of a plan's picture: some groups or spaces at a time, found by words. Pure."""

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from app.core.text import fold

T = TypeVar("T")
WORD = re.compile(r"\w+")

GROUPS, SPACES = 40, 15
"""So many stand on a page: a day of an ordinary forum in one, hundreds of groups in a few."""
LONGEST = 80
"""Characters of what is looked for."""


@dataclass(frozen=True)
class Part(Generic[T]):
    """`number` of `pages`; `count` are all that the words found, `first` to `last` those shown (from 1)."""

    shown: tuple[T, ...]
    count: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // self.size))

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1

    @property
    def last(self) -> int:
        return self.first + len(self.shown) - 1


def part_of(found: Sequence[T], page: str, size: int) -> Part[T]:
    """The page that was asked for, or the nearest that there is."""
    asked = int(page) if page.isascii() and page.isdecimal() and len(page) < 7 else 1
    number = max(1, min(asked, -(-len(found) // size)))
    return Part(tuple(found[(number - 1) * size : number * size]), len(found), number, size)


def keys_with(
    rows: Iterable[T], key: Callable[[T], Hashable], texts: Callable[[T], Iterable[str]], words: str
) -> list[Any]:
    """The keys, in their order, of what has all of the words: its words begin with them, a single letter is a word itself."""
    wanted = WORD.findall(fold(words))
    found: dict[Hashable, bool] = {}
    for row in rows:
        own = WORD.findall(fold(" ".join(texts(row)))) if wanted else []
        fits = all(any(one == word or (len(word) > 1 and one.startswith(word)) for one in own) for word in wanted)
        found[key(row)] = found.get(key(row), False) or fits
    return [one for one, fits in found.items() if fits]


def page_url(here: str, values: dict[str, str], number: int) -> str:
    """The address of another page of the same part."""
    kept = {name: value for name, value in values.items() if value}
    return f"{here}?{urlencode({**kept, 'page': number})}"
