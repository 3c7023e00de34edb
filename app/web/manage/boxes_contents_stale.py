"""The form of a box's contents, and what becomes of one that was written while the box was counted or changed."""

import json
from typing import Any, NamedTuple

from flask_babel import gettext as _

from app.boxes.queries import list_contents
from app.boxes.rows import BoxRow
from app.web.forms.boxes import SPARE_ROWS, BoxContentsForm
from app.web.i18n import current_locale

Row = dict[str, Any]
TYPED = ("expected", "present", "note")
OWN = ("name", "consumable", *TYPED)


class Stale(NamedTuple):
    """`form`: what stands there now, with what was typed; `changes`: what is not as the page showed it, in words."""

    form: BoxContentsForm
    changes: list[str]


def contents_form(box: BoxRow) -> BoxContentsForm:
    return _form(box, _rows(box))


def take_over(form: BoxContentsForm, box: BoxRow) -> Stale:
    """What was typed stays; a field that nobody touched shows what stands there now. `form` is sound."""
    typed = {(part.form.item_id.data, part.form.box_item_id.data): part.form for part in form.lines}
    rows, changes = list[Row](), list[str]()
    for row in _rows(box):
        part = typed.pop((row["item_id"], row["box_item_id"]), None)
        if part is None:
            changes.append(_("%(thing)s: added", thing=row["name"]))
            rows.append(row)
            continue
        names = TYPED if row["item_id"] else OWN
        was = _read(part.was.data)
        changes += [_change(part, row, name, was[name]) for name in names if name in was and was[name] != row[name]]
        touched = {name: part[name].data for name in names if name not in was or part[name].data != was[name]}
        rows.append({**row, **touched})
    gone = [part for key, part in typed.items() if any(key)]
    changes += [_("%(thing)s: taken out", thing=_read(p.was.data).get("name") or p["name"].data) for p in gone]
    new = [part.form for part in form.filled() if not (part.form.item_id.data or part.form.box_item_id.data)]
    return Stale(_form(box, rows + [{name: part[name].data for name in OWN} for part in new]), changes)


def _form(box: BoxRow, rows: list[Row]) -> BoxContentsForm:
    spare: list[Row] = [{} for _n in range(SPARE_ROWS)]
    return BoxContentsForm(formdata=None, lines=rows + spare, revision=str(box.revision))


def _rows(box: BoxRow) -> list[Row]:
    locale = current_locale()
    rows: list[Row] = [
        {
            "item_id": str(c.item_id or ""), "box_item_id": "" if c.item_id else str(c.box_item_id),
            "name": c.name(locale), "expected": c.expected, "present": c.present, "note": c.note,
            "consumable": c.consumable,
        }
        for c in list_contents(box)
    ]  # fmt: skip
    return [{**row, "was": json.dumps({name: row[name] for name in OWN})} for row in rows]


def _read(was: object) -> Row:
    """What the page showed of a line; nothing of what is no such thing."""
    try:
        read = json.loads(str(was or ""))
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _change(part: Any, row: Row, name: str, was: object) -> str:
    said = _(
        "%(thing)s, %(field)s: %(before)s before, %(after)s now",
        thing=row["name"],
        field=str(part[name].label.text),
        before=_said(was),
        after=_said(row[name]),
    )
    return str(said)


def _said(value: object) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return "–" if value in (None, "") else str(value)
