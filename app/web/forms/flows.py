"""Forms of how people flow through an event: its spaces, its route, minutes to walk, audiences kept apart."""

import re
from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField, StringField

from app.events.enums import Span
from app.events.flow_rules import LARGEST_TEAM, LONGEST_BOX, LONGEST_WALK, MOST_STANDS
from app.web.forms.base import Between, Length, Maybe, Part, Required, choices
from app.web.forms.events import LARGEST, MOST_ROWS, checks
from app.web.forms.timetable import Rows, RowsForm, Whole

SPAN_LABELS = {
    Span.WAVE: _l("in the same wave"),
    Span.HALF_DAY: _l("on the same half-day"),
    Span.DAY: _l("on the same day"),
}


class SpacePart(Part):
    id = HiddenField()
    name = StringField(_l("Name"), [Required(), Length(120)])
    capacity = Whole(_l("Limit of people at a time"), [Required("number"), Between(1, LARGEST)])
    stands = Whole(_l("Stands"), [Maybe(), Between(1, MOST_STANDS)])
    directions_fr = StringField(_l("How to find it, in French"), [Length(200)])
    directions_en = StringField(_l("How to find it, in English"), [Length(200)])


class SpacesForm(RowsForm):
    known = HiddenField()
    spaces = Rows(SpacePart, _l("Space"), max_entries=MOST_ROWS)


class StopPart(Part):
    id = HiddenField()
    name_fr = StringField(_l("Name in French"), [Required(), Length(80)])
    name_en = StringField(_l("Name in English"), [Length(80)])
    minutes = Whole(_l("Minutes"), [Required("number"), Between(0, 1440)])
    optional = BooleanField(_l("Optional"))
    space = SelectField(_l("Space"), choices=choices({"": "–"}), validate_choice=False)
    text_fr = StringField(_l("What one does there, in French"), [Length(300)])
    text_en = StringField(_l("What one does there, in English"), [Length(300)])
    any_order = BooleanField(_l("In any order with the stop before"))
    audiences = checks(_l("Only for"), validate_choice=False)
    largest_team = Whole(_l("People at once, at most"), [Maybe(), Between(1, LARGEST_TEAM)])
    box = StringField(_l("Escape-game box"), [Length(LONGEST_BOX)])


class RouteForm(RowsForm):
    known = HiddenField()
    stops = Rows(StopPart, _l("Stop"), max_entries=MOST_ROWS)


class ApartPart(Part):
    id = HiddenField()
    audience = SelectField(_l("This audience"), validate_choice=False)
    other = SelectField(_l("and this one"), validate_choice=False)
    span = SelectField(_l("do not come"), choices=choices(SPAN_LABELS))


class ApartForm(RowsForm):
    known = HiddenField()
    pairs = Rows(ApartPart, _l("Pair"), max_entries=MOST_ROWS)

    def _field_path(self, path: str) -> str:
        return re.sub(r"^apart/(\d+)/audiences$", r"pairs/\1/other", path)


def walks_form(pairs: Mapping[tuple[int, int], str]) -> type[RowsForm]:
    """A form with the usual minutes to walk, and those of each of these pairs of spaces (in words) that are others."""

    class WalksForm(RowsForm):
        known = HiddenField()
        transfer_minutes = Whole(
            _l("Minutes to walk from one space to another"),
            [Required("number"), Between(0, LONGEST_WALK)],
            description=_l("Counted between two stops in different spaces. 0: they are side by side."),
        )

    for (low, high), label in pairs.items():
        setattr(WalksForm, f"walk_{low}_{high}", Whole(label, [Maybe(), Between(0, LONGEST_WALK)]))
    return WalksForm
