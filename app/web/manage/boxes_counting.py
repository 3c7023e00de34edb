"""The lines of a counting page: things ticked or counted, read from the form and checked one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _

from app.boxes.rows import ContentRow
from app.loans.drafts import CountDraft
from app.loans.enums import CountMoment
from app.web.i18n import current_locale


@dataclass(frozen=True)
class CountLine:
    """A thing to count: `key` names it in the form, `typed` is the number that stands there, `problem` what is wrong."""

    key: str
    content: ContentRow
    name: str
    ticked: bool
    typed: str
    problem: str = ""


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
    """What was sent. `all_there` ticks whatever has no number, as the button does where no script runs."""
    found = []
    for content in contents:
        key = _key(content)
        typed = request.form.get(f"count-{key}", "").strip()[:9]
        ticked = f"ok-{key}" in request.form or (all_there and not typed)
        problem = ""
        if typed and not (typed.isdecimal() and int(typed) <= 9999):
            problem = _("Write a whole number, for example 28.")
        elif not typed and not ticked:
            problem = _("Tick it when all are there, or write how many there are.")
        found.append(CountLine(key, content, content.name(current_locale()), ticked, typed, problem))
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


def _key(content: ContentRow) -> str:
    return f"i{content.item_id}" if content.item_id else f"b{content.box_item_id}"
