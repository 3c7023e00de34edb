"""Forms of hand-over, return and check. What is counted is read line by line beside them."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import MultipleFileField
from wtforms import HiddenField, RadioField, SelectField, StringField

from app.boxes.enums import BoxCondition
from app.web.forms.base import Length, Maybe, PageForm, Required, choices
from app.web.forms.boxes import OUT_LABELS
from app.web.forms.timetable import Day, Whole

FOUND = {
    BoxCondition.READY: _l("Ready for the next loan"),
    BoxCondition.INCOMPLETE: _l("Usable, but something is missing"),
    BoxCondition.OUT_OF_SERVICE: _l("Out of service"),
}
REST_LABELS = {
    "free": _l("They are not needed: others may have them"),
    "keep": _l("Somebody still comes for them: keep them for this loan"),
}


class CountForm(PageForm):
    note = StringField(_l("Note"), [Length(300)], description=_l("What is damaged, missing or to be known."))
    photos = MultipleFileField(_l("Photos"), description=_l("At most 4, in JPEG, PNG or WebP, each up to 10 MB."))


class HandForm(CountForm):
    """Both parties are named."""

    given_by = StringField(_l("Given by"), [Required(), Length(120)])
    given_to = StringField(_l("Taken by"), [Required(), Length(120)])


class ReturnForm(HandForm):
    """With how many played, when somebody knows, and what becomes of boxes that nobody came for."""

    players_counted = Whole(
        _l("How many really played"), [Maybe()], description=_l("In all, with all boxes of this loan.")
    )
    rest = RadioField(_l("What becomes of these boxes"), choices=choices(REST_LABELS), validate_choice=False)


class PlayersForm(PageForm):
    """How many played, written down after the return."""

    players_counted = Whole(_l("How many really played"), [Maybe()], description=_l("Empty: nobody knows."))
    revision = HiddenField()


class CheckForm(CountForm):
    condition = RadioField(_l("How is it?"), [Required("choice")], choices=choices(FOUND))
    out_reason = SelectField(
        _l("Why it is out of service"), choices=choices({"": _l("Choose"), **OUT_LABELS}), default=""
    )
    out_until = Day(_l("Back in use on"), [Maybe()], description=_l("Empty: nobody knows yet."))
