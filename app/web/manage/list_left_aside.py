"""What the address of a list asks for in vain: filters that mean nothing there any more, and a page that there is not."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from app.accounts.rules import Ability, Access, may
from app.core.i18n import Locale
from app.events.queries import EventRow
from app.reports.exports import is_personal
from app.reports.lists import ListQuery, left_aside
from app.web.manage.list_words import filter_title

LONGEST_VALUE = 60


@dataclass(frozen=True)
class LeftAside:
    """`words`: « Vague : 413 » for each. `withheld`: filters by people's data that the reader does not see, whatever they say."""

    words: tuple[str, ...]
    withheld: bool

    def __bool__(self) -> bool:
        return bool(self.words) or self.withheld


def words_left_aside(
    args: Sequence[tuple[str, str]], event: EventRow, query: ListQuery, access: Access, locale: Locale, *, page: int
) -> LeftAside:
    """Of the arguments that gave this query, and its page `page`."""
    lost, named = left_aside(args, query), may(access, Ability.PEOPLE_SEE)
    words = [
        _said(filter_title(n, event, locale), value) for n, value in lost if n != "q" and (named or not is_personal(n))
    ]
    words += [_said(_("Search"), value) for n, value in lost if n == "q"]
    asked = next((value.strip() for name, value in args if name == "page"), "")
    if asked and not (asked.isascii() and asked.isdecimal() and asked.lstrip("0") == str(page)):
        words.append(_said(_("Page"), asked))
    return LeftAside(tuple(words), not named and any(is_personal(n) for n, _value in lost if n != "q"))


def _said(label: str, value: str) -> str:
    value = "".join(letter if letter.isprintable() else "\ufffd" for letter in value[: 2 * LONGEST_VALUE])
    shown = value if len(value) <= LONGEST_VALUE else f"{value[: LONGEST_VALUE - 1].rstrip()}…"
    return str(_("%(label)s: %(value)s", label=label, value=shown))
