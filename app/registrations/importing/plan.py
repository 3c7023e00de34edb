"""The values of an import: problems of lines, what is there already, and the plan of what would be written."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.text import fold
from app.registrations.drafts import Contact, Headcount, RegistrationDraft
from app.registrations.rules import same_key
from app.sheets.problems import Problem


@dataclass(frozen=True)
class Known:
    """A registration that the event has already."""

    reference: str
    alive: bool
    audience: str
    headcount: Headcount
    waves: tuple[int, ...]
    answers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class KnownRegistrations:
    """The event's registrations by what tells them apart: the line they came from, mail, name and telephone."""

    by_import: Mapping[str, Known] = field(default_factory=dict)
    by_same: Mapping[str, Known] = field(default_factory=dict)
    by_phone: Mapping[tuple[str, str], Known] = field(default_factory=dict)

    def find(self, draft: RegistrationDraft) -> Known | None:
        """The registration of that line's person or class, or None."""
        found = self.by_import.get(draft.import_key or "")
        key = same_key(draft)
        if found is None and key is not None:
            found = self.by_same.get(key)
        if found is None and not draft.contact.email:  # one that is there without a key of its own
            found = self.by_phone.get(phone_key(draft.contact))
        return found


@dataclass(frozen=True)
class Entry:
    """A line that can be written, or is there already. `differs` names what the registration there has otherwise."""

    line: int
    draft: RegistrationDraft
    known: Known | None = None
    differs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What an import would do. `lines` counts the file's; a line with a problem that is no warning has no entry.

    `lists` are the keys of questions that are answered by one choice of a list.
    """

    lines: int
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    lists: frozenset[str] = frozenset()

    @property
    def new(self) -> list[Entry]:
        return [e for e in self.entries if e.known is None]

    @property
    def there(self) -> list[Entry]:
        return [e for e in self.entries if e.known is not None]

    @property
    def bad_lines(self) -> list[int]:
        return sorted({p.line for p in self.problems if not p.warning})

    @property
    def people(self) -> int:
        return sum(e.draft.headcount.people for e in self.new)


def phone_key(contact: Contact) -> tuple[str, str]:
    """What tells apart people without a mail."""
    return fold(contact.name), contact.phone


def import_key(draft: RegistrationDraft) -> str:
    """A line's identity, whatever its place in the file: audience, waves, name, mail, telephone, UAI and class."""
    contact, organisation = draft.contact, draft.organisation
    identity = [
        draft.audience, list(draft.waves), fold(contact.name), contact.email, contact.phone, organisation.uai,
        fold(organisation.class_label),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(identity, ensure_ascii=False).encode()).hexdigest()
