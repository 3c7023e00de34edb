"""The lines of a counting page: things ticked or counted, read from the form and checked one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext

from app.boxes.rows import ContentRow
from app.loans.drafts import CountDraft
from app.loans.enums import CountMoment
from app.web.filters import number
from app.web.i18n import current_locale


@dataclass(frozen=True)
class CountLine:
    """A thing to count: `key` names it in the form, `typed` is the number that stands there, `problem` what is wrong.

    `asks`: it is more than the box should hold, and whether that is meant is asked; `sure`: somebody said so.
    """

    key: str
    content: ContentRow
    name: str
    ticked: bool
    typed: str
    problem: str = ""
    asks: bool = False
    sure: bool = False


def first_lines(contents: Sequence[ContentRow], moment: CountMoment) -> list[CountLine]:
    """Nothing is ticked before somebody looked; at the check stands what was counted at the return."""
    known = moment is CountMoment.CHECK
    return [
        CountLine(
            _key(c), c, c.name(current_locale()), known and c.present == c.expected,
            str(c.present) if known and c.present is not None and c.present != c.expected else "",
        )
        for c in contents
    ]  # fmt: skip


def read_lines(contents: Sequence[ContentRow], *, all_there: bool = False) -> list[CountLine]:
    """What was sent. `all_there` ticks whatever has no number, as the button does where no script runs.

    More than the box should hold is taken once somebody said that very number twice; the last count's is known.
    """
    found = []
    for content in contents:
        key = _key(content)
        typed = request.form.get(f"count-{key}", "").strip()[:9]
        ticked = f"ok-{key}" in request.form or (all_there and not typed)
        problem, sure = "", bool(typed) and request.form.get(f"sure-{key}") == typed
        asks = False
        if typed and not (typed.isdecimal() and int(typed) <= 9999):
            problem = _("Write a whole number, for example 28.")
        elif not typed and not ticked:
            problem = _("Tick it when all are there, or write how many there are.")
        elif asks := _is_more(content, typed):
            counted, expected = number(int(typed)), number(content.expected)
            problem = (
                "" if sure else _("%(counted)s of %(expected)s: is that right?", counted=counted, expected=expected)
            )
        found.append(CountLine(key, content, content.name(current_locale()), ticked, typed, problem, asks, sure))
    return found


def counts_of(lines: Sequence[CountLine]) -> list[CountDraft]:
    """A number that is typed counts more than a tick."""
    return [
        CountDraft(
            int(line.typed) if line.typed else line.content.expected,
            item_id=line.content.item_id,
            box_item_id=None if line.content.item_id else line.content.box_item_id,
        )
        for line in lines
    ]


def problems_words(lines: Sequence[CountLine]) -> list[str]:
    """How many lines are wrong, and how many ask, for the list above the form."""
    asking = sum(bool(line.problem and line.asks) for line in lines)
    wrong = sum(bool(line.problem) for line in lines) - asking
    found = []
    if wrong:
        found.append(ngettext("%(num)d thing is not counted", "%(num)d things are not counted", wrong))
    if asking:
        found.append(
            ngettext(
                "Of %(num)d thing there are more than expected",
                "Of %(num)d things there are more than expected",
                asking,
            )
        )
    return found


def _is_more(content: ContentRow, typed: str) -> bool:
    """Whether a number is above what the box should hold, and not what the last count said already."""
    return bool(typed) and int(typed) > content.expected and int(typed) != content.present


def _key(content: ContentRow) -> str:
    return f"i{content.item_id}" if content.item_id else f"b{content.box_item_id}"
