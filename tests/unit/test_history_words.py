"""Every verb that an operation records has words, an icon and a group in which people find it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from app.events.enums import EventMove
from app.features import register_features
from app.jobs.registry import list_handlers
from app.registrations.enums import BulkKind, Source
from app.web.manage.history_words import EVENT_GROUPS, GROUPS, VERBS
from app.web.manage.history_words_fields import BULK_KINDS, SOURCES
from app.web.manage.messages import MESSAGE_LABELS

ROOT = Path(__file__).parent.parent.parent / "app"
VERB = re.compile(r"[a-z_]+\.[a-z_]+")


def recording_modules() -> list[Path]:
    """Features' modules that write the history."""
    found = [
        path
        for path in sorted(ROOT.rglob("*.py"))
        if re.search(
            r"from app\.core\.audit import [^\n]*\b(record|record_from|record_values|AuditEntry)\b", path.read_text()
        )
    ]
    assert len(found) > 25
    return found


def texts_of(path: Path) -> Iterator[str]:
    """Texts in a module that look like verbs; an f-string of a move stands for all moves. Docstrings hold spaces."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and VERB.fullmatch(node.value):
            yield node.value
        if isinstance(node, ast.JoinedStr) and ast.unparse(node.values[0]) == "'event.'":
            yield from (f"event.{move.value}" for move in EventMove)


def recorded_verbs() -> set[str]:
    return {verb for path in recording_modules() for verb in texts_of(path)} - other_names()


def other_names() -> set[str]:
    """What looks like a verb and is none: names of jobs, of mails and of the log."""
    register_features()
    return {*list_handlers(), *MESSAGE_LABELS, "parcours.jobs"}


def test_every_recorded_verb_has_words() -> None:
    assert recorded_verbs() - set(VERBS) == set()


def test_every_verb_is_in_one_group() -> None:
    starts = [start for _words, group in GROUPS.values() for start in group]
    assert {
        verb: [s for s in starts if verb.startswith(s)] for verb in VERBS if sum(map(verb.startswith, starts)) != 1
    } == {}
    assert set(EVENT_GROUPS) <= set(GROUPS)


def test_icons_exist() -> None:
    sprite = (ROOT / "static" / "icons.svg").read_text()
    assert [icon for icon, _text in VERBS.values() if f'id="i-{icon}"' not in sprite] == []


def test_closed_lists_have_words_for_each_value() -> None:
    assert set(BULK_KINDS) == {kind.value for kind in BulkKind}
    assert set(SOURCES) == {source.value for source in Source}
