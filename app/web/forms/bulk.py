"""Fields of an action on many registrations: a message, another wave, why they are cancelled."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import StopValidation

from app.web.forms.base import Length, PageForm, Required, choices, text_of
from app.web.forms.reasons import StaffCancelForm
from app.web.wording import message_for

SUBJECT_LENGTH = 150
TEXT_LENGTH = 5_000
_TELL = _l("Tell each person by mail")
_TELL_HINT = _l("Leave it out when people know already.")


class MessageForm(PageForm):
    """The team's own words. English is wholly there or not at all; without it everybody reads French."""

    subject_fr = StringField(_l("Subject in French"), [Required(), Length(SUBJECT_LENGTH)])
    text_fr = TextAreaField(_l("Text in French"), [Required(), Length(TEXT_LENGTH)])
    subject_en = StringField(_l("Subject in English"), [Length(SUBJECT_LENGTH)])
    text_en = TextAreaField(_l("Text in English"), [Length(TEXT_LENGTH)])
    with_cancelled = BooleanField(_l("Write also to those whose registration is cancelled"))

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        valid = bool(super().validate(extra_validators))
        english = (self.subject_en, self.text_en)
        if any(text_of(f) for f in english) and not all(text_of(f) for f in english):
            missing = next(f for f in english if not text_of(f))
            missing.errors = [gettext("Write both in English, or neither.")]
            return False
        return valid

    def params(self) -> dict[str, Any]:
        """What is kept of it."""
        texts = {f.name: text_of(f) for f in (self.subject_fr, self.text_fr, self.subject_en, self.text_en)}
        one_line = {name: " ".join(text.split()) for name, text in texts.items() if name.startswith("subject")}
        return {**texts, **one_line, "with_cancelled": bool(self.with_cancelled.data)}


class MoveForm(PageForm):
    """`to` is the wave that they get; `leaves` the one that they give up for it, empty for all that they have."""

    to = RadioField(_l("New arrival time"), [Required("choice")], validate_choice=False)
    leaves = SelectField(_l("In place of"), validate_choice=False)
    tell = BooleanField(_TELL, description=_TELL_HINT, default=True)

    def validate_to(self, field: Any) -> None:
        if field.data not in {choice.value for choice in field.choices}:
            raise StopValidation(message_for("choice"))

    validate_leaves = validate_to

    def fill(self, params: Mapping[str, Any]) -> None:
        """Show what was kept of it."""
        if "to" in params:
            self.to.data, self.leaves.data = str(params["to"]), str(params["from"] or "")
            self.tell.data = params["tell"]

    def params(self) -> dict[str, Any]:
        """What is kept of it."""
        left = int(self.leaves.data) if self.leaves.data else None
        return {"to": int(self.to.data), "from": left, "tell": bool(self.tell.data)}


class BulkCancelForm(StaffCancelForm):
    """Why they are cancelled, and whether they are told."""

    tell = BooleanField(_TELL, description=_TELL_HINT, default=True)

    def params(self) -> dict[str, Any]:
        """What is kept of it."""
        return {"code": self.code.data, "reason": text_of(self.reason), "tell": bool(self.tell.data)}


def move_form(waves: Mapping[int, str], *, several: bool, **kwargs: Any) -> MoveForm:
    """A MoveForm with these waves, {id: words}. `several`: one may have more than one of them."""
    form = MoveForm(**kwargs)
    form.to.choices = choices(waves)
    form.leaves.choices = choices({"": gettext("All the times that they have"), **(waves if several else {})})
    if form.leaves.data is None or not several:
        form.leaves.data = ""
    return form
