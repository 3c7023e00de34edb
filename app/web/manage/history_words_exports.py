"""Which columns somebody took out, as the history says it."""

from flask_babel import ngettext

from app.reports.exports import STRUCTURES
from app.reports.lists import ANSWER, COLUMNS
from app.reports.queries.journal import JournalLine, JournalNames
from app.web.i18n import current_locale
from app.web.manage.exports_words import structure_heads
from app.web.manage.list_words import key_title


def export_columns(line: JournalLine, names: JournalNames, *, people: bool) -> str:
    """The titles of an export's columns; of those with people's data only how many, to who may not see these.

    Questions are told by their words at that time.
    """
    keys = line.details.get("columns")
    if not isinstance(keys, list):
        return ""
    if line.details.get("what") == STRUCTURES:
        heads = structure_heads()
        return ", ".join(heads.get(str(key), str(key)) for key in keys)
    titles = dict(zip(keys, names.titles.get(line.details.get("export", 0), ()), strict=False))
    shown = [key for key in map(str, keys) if people or not _is_personal(key)]
    words = [titles.get(key, key) if key.startswith(ANSWER) else key_title(key, current_locale()) for key in shown]
    if hidden := len(keys) - len(shown):
        words.append(ngettext("%(num)d column of people’s data", "%(num)d columns of people’s data", hidden))
    return ", ".join(words)


def _is_personal(key: str) -> bool:
    return key not in COLUMNS or COLUMNS[key].personal
