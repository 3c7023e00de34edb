"""What all forms share: names as in the API (`contact.name`), our words, values normalised as they are checked."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from flask import has_request_context
from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import Field, Form, FormField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import StopValidation

from app.core.errors import FieldError
from app.core.text import TextError, normalise_email, normalise_phone, normalise_uai
from app.web.i18n import current_locale
from app.web.nul import had_nul
from app.web.wording import message_for


class PageForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A form of a page. `validate_on_submit()` as in Flask-WTF; texts come without the spaces around them.

    Nested parts: `contact = Nested(ContactPart)` with `class ContactPart(Part)`: fields contact.name, contact.email.
    """

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        @property
        def locales(self) -> list[str]:
            return [current_locale()]

        def bind_field(self, form: Form, unbound_field: Any, options: Any) -> Any:
            return _bind(form, unbound_field, options)

    def show_refusal(self, error: FieldError, **values: object) -> None:
        """Put each problem of a refused operation at its field (`contact/email` at contact.email), else on the form."""
        for path, code in error.problems.items():
            field = find_field(self, path)
            message = message_for(code, **values)
            if field is None:
                self.form_errors.append(message)
            else:
                field.errors = [*field.errors, message]


class Part(Form):
    """Fields that belong together inside a PageForm. The token against forgery is the outer form's."""

    class Meta:
        @property
        def locales(self) -> list[str]:
            return [current_locale()]

        def bind_field(self, form: Form, unbound_field: Any, options: Any) -> Any:
            return _bind(form, unbound_field, options)


if TYPE_CHECKING:
    _FormField = FormField[Form]
else:  # the stubs are generic, WTForms itself is not
    _FormField = FormField


class Nested(_FormField):
    """A Part within a form, its names joined by a dot as in the API."""

    def __init__(self, part: type[Form], label: str | None = None, **kwargs: Any) -> None:
        super().__init__(part, label, separator=".", **kwargs)


def find_field(form: Any, path: str) -> Any | None:
    """The field at contact/email (or contact.email), or None."""
    found: Any = form
    for name in path.replace("/", ".").strip(".").split("."):
        inner = getattr(found, "form", found)
        fields = getattr(inner, "_fields", None)
        if fields is not None:
            found = fields.get(name)
        elif name.isdigit() and hasattr(found, "entries") and int(name) < len(found.entries):
            found = found.entries[int(name)]
        else:
            found = None
        if found is None:
            return None
    return found


def choices(labels: Mapping[Any, object]) -> Any:
    """The choices of a field, from {value: label}; the labels may be lazy texts."""
    return [SelectChoice(str(value), label) for value, label in labels.items()]


def text_of(field: Field) -> str:
    """What was typed, as text; "" for nothing."""
    return str(field.data) if field.data else ""


def strip(value: object) -> object:
    """The text without spaces around it and without characters that no keyboard sends; "" when none was sent."""
    if not isinstance(value, str):
        return "" if value is None else value
    return "".join(c for c in value if c.isprintable() or c in "\n\r\t").strip()


def _bind(form: Form, unbound_field: Any, options: dict[str, Any]) -> Any:
    field = unbound_field.bind(form=form, **_stripping(unbound_field, options))
    field.validators = (_no_nul, *field.validators)
    return field


def _no_nul(_form: Form, field: Field) -> None:
    """What was typed is shown without it, and has to be looked at again."""
    if has_request_context() and had_nul(field.name):
        raise StopValidation(message_for("character_taken_out"))


def _stripping(unbound_field: Any, options: dict[str, Any]) -> dict[str, Any]:
    own = unbound_field.kwargs.get("filters", ())
    is_text = isinstance(unbound_field.field_class, type) and issubclass(unbound_field.field_class, StringField)
    secret = unbound_field.field_class.__name__ == "PasswordField"
    return {**options, "filters": (strip, *own)} if is_text and not secret else dict(options)


class Required:
    """Something must be typed, chosen or sent. `code` names the message (wording.py)."""

    def __init__(self, code: str = "required") -> None:
        self.code = code
        self.field_flags = {"required": True}

    def __call__(self, form: Form, field: Field) -> None:
        if field.data is None or (isinstance(field.data, (str, list, tuple)) and not field.data):
            field.errors = []  # what the field said about an empty text adds nothing
            raise StopValidation(message_for(self.code))


class Maybe:
    """Nothing needs to be typed; then what follows is not asked."""

    field_flags = {"optional": True}

    def __call__(self, form: Form, field: Field) -> None:
        if not field.raw_data or (isinstance(field.raw_data[0], str) and not field.raw_data[0].strip()):
            field.errors = []
            raise StopValidation


class Length:
    """At most `most` characters, and at least `least` of what is typed."""

    def __init__(self, most: int, least: int = 0) -> None:
        self.most, self.least = most, least
        self.field_flags = {"maxlength": most}

    def __call__(self, form: Form, field: Field) -> None:
        text = field.data or ""
        if len(text) > self.most:
            raise StopValidation(message_for("too_long", limit=self.most))
        if text and len(text) < self.least:
            raise StopValidation(message_for("too_short"))


class Between:
    """A whole number within limits; either may be absent."""

    def __init__(self, least: int | None = None, most: int | None = None) -> None:
        self.least, self.most = least, most
        self.field_flags = {name: value for name, value in (("min", least), ("max", most)) if value is not None}

    def __call__(self, form: Form, field: Field) -> None:
        if field.data is None:
            raise StopValidation(message_for("number"))
        if self.least is not None and field.data < self.least:
            raise StopValidation(gettext("Write %(least)s or more.", least=self.least))
        if self.most is not None and field.data > self.most:
            raise StopValidation(gettext("Write %(most)s or less.", most=self.most))


class ChoiceOf:
    """One of these values."""

    def __init__(self, values: Collection[str]) -> None:
        self.values = values

    def __call__(self, form: Form, field: Field) -> None:
        if field.data not in self.values:
            raise StopValidation(message_for("choice"))


class EmailAddress:
    """An e-mail address, or nothing; kept as normalise_email gives it."""

    def __call__(self, form: Form, field: Field) -> None:
        _normalise(field, normalise_email)


class PhoneNumber:
    """A telephone number, or nothing; kept in E.164. What was typed is shown again when it is refused."""

    def __call__(self, form: Form, field: Field) -> None:
        _normalise(field, normalise_phone)


class UAI:
    """A school's UAI, or nothing; kept as 7 figures and a capital letter."""

    def __call__(self, form: Form, field: Field) -> None:
        _normalise(field, normalise_uai)


def _normalise(field: Field, normalise: Any) -> None:
    if not field.data:
        return
    try:
        field.data = normalise(field.data)
    except TextError as error:
        values = {} if error.figures is None else {"figures": error.figures}
        raise StopValidation(message_for(error.code, **values)) from error
