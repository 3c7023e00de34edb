"""The form of targets: a number for each audience and each thing that is counted."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from flask_babel import gettext as _
from wtforms import HiddenField

from app.events.targets import MOST, TargetKey
from app.web.forms.base import Between, Maybe
from app.web.forms.timetable import RowsForm, Whole

LONGEST = 20_000


class TargetsForm(RowsForm):
    """Fields are added by `targets_form`. `seen` is what the page showed when it was asked for, so that two people who set
    different targets at once lose nothing: only what was typed anew is saved.
    """

    seen = HiddenField()
    keys: ClassVar[Mapping[str, TargetKey]] = {}

    def target(self, key: TargetKey) -> Any:
        """The field of one target."""
        return self[field_name(key)]

    def changes(self) -> dict[TargetKey, int | None]:
        """What was typed and differs from what the page showed."""
        seen = _read(str(self.seen.data or ""))
        return {key: self[name].data for name, key in self.keys.items() if self[name].data != seen.get(name)}


def targets_form(
    keys: Iterable[TargetKey], labels: Mapping[TargetKey, str], values: Mapping[TargetKey, int], **kwargs: Any
) -> TargetsForm:
    """A form with a field for each key, filled with `values`."""
    named = {field_name(key): key for key in keys}
    fields: dict[str, Any] = {name: Whole(labels[key], [Maybe(), Between(1, MOST)]) for name, key in named.items()}
    shown = {name: values[key] for name, key in named.items() if key in values}
    form_class = type("EveryTargetForm", (TargetsForm,), {**fields, "keys": named})
    form: TargetsForm = form_class(**kwargs, **shown, seen=json.dumps(shown))
    return form


def field_name(key: TargetKey) -> str:
    return f"{key.measure.value}-{key.audience or 'all'}"


def target_label(what: object, audience: str) -> str:
    """« Inscrits, Scolaires » as the label that is read out."""
    return str(_("%(what)s, %(audience)s", what=what, audience=audience))


def _read(text: str) -> dict[str, Any]:
    """What the page showed; nothing where somebody changed that."""
    try:
        found = json.loads(text[:LONGEST]) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
