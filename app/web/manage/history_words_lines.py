"""Lines of the history as pages show them: what, of what, by whom, and each field from → to."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app.core.actor import ActorKind
from app.reports.queries.journal import EXPORTED, JournalLine, JournalNames
from app.web.i18n import current_locale
from app.web.manage.history_words import verb_words
from app.web.manage.history_words_boxes import of_event_boxes
from app.web.manage.history_words_doors import SETTLED, settled_words
from app.web.manage.history_words_exports import export_columns
from app.web.manage.history_words_fields import Saying, field_label, moment_words, value_words

LISTS = frozenset(
    {
        "waves",
        "functions",
        "scopes",
        "answers",
        "fields",
        "changed",
        "audiences",
        "secondary",
        "funders",
        "choices",
        "apart",
    }
)
"""Fields whose value is a list: two of them are no before and after unless both are lists themselves."""
HIDDEN = frozenset(
    {
        "key", "slug", "contact_id", "account_id", "invitation_id", "into_id", "into_name", "structure_id", "other_id",
        "moved", "dropped", "kept_before", "kept_after", "bytes", "event_id", "export", "bulk", "columns", "filters",
        "parts", "from", "event", "was", "was_to_come", "with_event",
        "mark", "scan", "hours", "moment", "asked", "lines",
    }
)  # fmt: skip
"""What programs need, or what stands in the line already."""
PERSONAL = frozenset({"reason", "said", "email", "phone", "notes", "answers", "person"})
"""Of these, whoever may not see people reads the name alone. What an event was called off for is public."""
PUBLIC_WORDS = frozenset({"event.cancel", "event.postpone", "event.deleted"})


@dataclass(frozen=True)
class Change:
    """A field from → to. Both are empty where only its name is told."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class HistoryLine:
    """`about` names the object and `url` is its page, empty where there is none. `part` heads changes of a wave, a space…"""

    at: datetime
    icon: str
    text: str
    who: str
    about: str
    url: str
    notes: tuple[str, ...]
    changes: tuple[Change, ...]


def history_line(
    line: JournalLine, names: JournalNames, *, people: bool, about: bool = True, team: bool = False
) -> HistoryLine:
    """`people`: whether the reader may see people's data, and who of the team did it; `about`: whether the object is named (not on
    its own page); `team`: whether they may open the pages of the team.
    """
    icon, text = verb_words(line.verb)
    saying = Saying(line.verb, names.zone_of(line), names)
    details = _told(line, names)
    if line.verb == SETTLED:
        text, details = settled_words(line.details), {}
    if line.verb == EXPORTED:
        details["columns"] = export_columns(line, names, people=people)
    shown = {n: v for n, v in details.items() if people or n not in PERSONAL or line.verb in PUBLIC_WORDS}
    named, url = _about(line, names, people=people) if about else ("", "")
    if line.subject_kind == "account" and not (team and line.subject_id in names.members):
        url = ""
    return HistoryLine(
        at=line.at,
        icon=icon,
        text=text,
        who=_who(line, people=people),
        about=named,
        url=url,
        notes=tuple(_notes(shown, saying)),
        changes=(*_changes(shown, saying), *_part_changes(line.details.get("parts"), saying)),
    )


def _told(line: JournalLine, names: JournalNames) -> dict[str, Any]:
    """The details as fields: what is hidden left out, the fields of an older line's « changed » in their place."""
    details = {name: value for name, value in _renewed(line).items() if name not in HIDDEN}
    if isinstance(changed := details.get("changed"), dict):
        details = {**{n: v for n, v in details.items() if n != "changed"}, **changed}
    if line.verb.startswith("reason."):  # its own words name it
        details = {n: v for n, v in details.items() if n not in {"code", "name"}}
    if isinstance(details.get("title"), str) and line.subject_id in names.events:
        del details["title"]
    if line.verb.startswith("job.") and "name" in details:
        details["job"] = details.pop("name")
    if person := names.person_of(line):
        details["person"] = person
    if isinstance(left := details.get("not_back"), list):
        details["not_back"] = len(left) or None
    if line.verb == "structure.merged_away":
        details["name"] = line.details.get("into_name")
    return details


def _renewed(line: JournalLine) -> dict[str, Any]:
    """The details of a line as lines are written today: those of the first release told before and after by other names."""
    if line.verb.startswith("event.box"):
        return of_event_boxes(line.details)
    details = dict(line.details)
    field = next((field for verb, field in _ONCE.items() if line.verb.startswith(verb)), "")
    if field and "from" in details and "to" in details:
        details[field] = [details.pop("from"), details.pop("to")]
    if "before" in details and "functions" in details:
        details["functions"] = [details.pop("before"), details["functions"]]
    return details


_ONCE = {"event.": "state", "member.role_changed": "role", "member.end_set": "until"}


def _who(line: JournalLine, *, people: bool) -> str:
    if line.verb.startswith("door_device.") and line.actor_kind in {ActorKind.SYSTEM, ActorKind.VISITOR}:
        return str(_("on the phone itself"))
    if line.actor_kind is ActorKind.SYSTEM:
        return str(_("by Parcours"))
    if line.actor_kind is ActorKind.VISITOR:
        return line.actor_label if people and line.actor_label else str(_("by the person"))
    if line.actor_kind is ActorKind.STAFF and not people:
        return str(_("by the team"))
    return line.actor_label


def is_pair(name: str, value: Any) -> bool:
    """Whether a detail is [before, after]."""
    if not isinstance(value, list) or len(value) != 2:
        return False
    if name in LISTS:
        return all(item is None or isinstance(item, list) for item in value)
    return True


def _notes(details: dict[str, Any], saying: Saying) -> Iterator[str]:
    for name, value in details.items():
        if is_pair(name, value) or value in (None, "", [], {}):
            continue
        yield _("%(field)s: %(value)s", field=field_label(name, saying.verb), value=value_words(name, value, saying))


def _changes(details: dict[str, Any], saying: Saying, head: str = "") -> Iterator[Change]:
    for name, value in details.items():
        if not is_pair(name, value) or value[0] == value[1]:
            continue
        label = field_label(name, saying.verb)
        before, after = (value_words(name, item, saying) for item in value)
        yield Change(f"{head} · {label}" if head else label, before, after)


def _part_changes(parts: Any, saying: Saying) -> Iterator[Change]:
    """Waves, spaces and stops: added, removed, or their fields."""
    for part in parts if isinstance(parts, list) else ():
        head = _part_name(part["part"], part["name"], saying)
        if part["change"] == "changed":
            yield from _changes(part["fields"], saying, head)
        else:
            yield Change(head, "", _("added") if part["change"] == "added" else _("removed"))


def _part_name(part: str, name: str, saying: Saying) -> str:
    if part == "wave":
        return str(_("Wave of %(when)s", when=moment_words(datetime.fromisoformat(name), saying.zone)))
    if part == "space":
        return str(_("Space “%(name)s”", name=name))
    if part == "transfer":
        return str(_("Walk %(spaces)s", spaces=name))
    return str(_("Stop “%(name)s”", name=name))


def _about(line: JournalLine, names: JournalNames, *, people: bool) -> tuple[str, str]:
    kind, number = line.subject_kind, line.subject_id or 0
    if kind == "event":
        return _event(line, number, names)
    if kind == "registration":
        return _registration(number, names, people=people)
    plain = {"structure": names.structures, "account": names.accounts, "project": names.projects}
    if kind in plain:
        address = {"structure": "structures", "account": "people", "project": "projects"}[kind]
        name = plain[kind].get(number, "")
        return name, f"/manage/{address}/{number}" if name else ""
    if kind == "template":
        return names.templates.get(number) or _own_name(line), ""
    if kind == "year":
        return _("Year %(year)s", year=number), ""
    if kind == "job":
        return _("Work number %(number)s", number=number), f"/manage/jobs/{number}"
    if kind == "reason":
        return _own_name(line), "/manage/reasons"
    return "", ""


def _event(line: JournalLine, event_id: int, names: JournalNames) -> tuple[str, str]:
    event = names.events.get(event_id)
    if event is None:
        title = line.details.get("title")
        return title if isinstance(title, str) else _("an event that is gone"), ""
    return event.title(current_locale()), "" if event.deleted else f"/manage/events/{event.slug}/edit"


def _registration(number: int, names: JournalNames, *, people: bool) -> tuple[str, str]:
    found = names.registrations.get(number)
    if found is None:
        return _("a registration that is gone"), ""
    said = f"{found.reference} · {found.name}" if people and found.name else found.reference
    event = names.events.get(found.event_id)
    gone = found.deleted or event is None or event.deleted
    return said, "" if gone or event is None else f"/manage/events/{event.slug}/registrations/{found.reference}"


def _own_name(line: JournalLine) -> str:
    name = line.details.get("name", "")
    return str(name[1] if isinstance(name, list) and len(name) == 2 else name)
