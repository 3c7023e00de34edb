"""Lists of who is expected with each arrival, to tick by hand where no phone works. They hold people's names.

Hours and headcounts come already worded; a list goes on over as many A4 pages as it needs.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from app.documents.badge_labels import BADGE_LABELS
from app.documents.pdf import Json, printable, typeset
from app.documents.sheets_pdf import SheetHead, head_value


@dataclass(frozen=True, slots=True)
class WaveLine:
    """Somebody who is expected: a name or a class, what stands under it, « 28 + 2 », the number to read out.

    `blank`: where to write how many came; empty for one person alone, whom the tick says.
    """

    who: str
    detail: str
    expected: str
    reference: str
    blank: str = ""


@dataclass(frozen=True, slots=True)
class WaveList:
    """An arrival: « 9 h 40 », its day, « 12 inscriptions, 143 personnes », what is particular, and who comes, in order."""

    title: str
    day_text: str
    total_text: str
    notice: str
    lines: tuple[WaveLine, ...]


def wave_lists_pdf(head: SheetHead, lists: Sequence[WaveList]) -> bytes:
    """A4 pages, each arrival on pages of its own, as a tagged PDF. Raises ValueError when there is none."""
    return typeset("wave_lists", wave_lists_value(head, lists))


def wave_lists_value(head: SheetHead, lists: Sequence[WaveList]) -> Json:
    """Return what the template `wave_lists` reads."""
    words = BADGE_LABELS[head.locale]
    said: dict[str, Json] = dict(asdict(words))
    value = head_value(head, words.lists_title, len(lists))
    value["words"] = {**value["words"], **said} if isinstance(value["words"], dict) else said
    return {**value, "lists": [_list_value(one) for one in lists]}


def _list_value(one: WaveList) -> Json:
    lines: list[Json] = [{name: printable(text) for name, text in asdict(line).items()} for line in one.lines]
    return {
        "title": printable(one.title),
        "day_text": printable(one.day_text),
        "total_text": printable(one.total_text),
        "notice": printable(one.notice),
        "lines": lines,
    }
