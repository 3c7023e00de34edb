"""How lists are said in words. The pages say it, and lend it to the worker, so that a file says what the screen says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.accounts.rules import Access
from app.core.i18n import Locale
from app.events.queries import EventRow
from app.reports.exports import Cell
from app.reports.lists import Column, ListQuery

RowMaker = Callable[[Any], Sequence[Cell]]


@dataclass(frozen=True)
class ListWords:
    """Words of one kind of list: its name, the head of a column, each filter, and what makes the cells of a line.

    `lasting`: the filters as the log keeps them for ever, without what may name somebody.
    `cells(columns, event, locale)` gives a function from a line of the list to its cells, in the order of the columns.
    """

    name: Callable[[Locale], str]
    head: Callable[[Column, EventRow, Locale], str]
    filters: Callable[[ListQuery, EventRow, Locale, Access], Sequence[str]]
    lasting: Callable[[ListQuery, EventRow, Locale, Access], Sequence[str]]
    cells: Callable[[Sequence[Column], EventRow, Locale], RowMaker]


_words: dict[str, ListWords] = {}


def lend_words(what: str, words: ListWords) -> None:
    """Register the words of a kind of list. Raises ValueError when it has some already."""
    if what in _words:
        raise ValueError(f"the list {what} has its words already")
    _words[what] = words


def words_of(what: str) -> ListWords:
    """Raises LookupError in a process without pages."""
    return _words[what]
