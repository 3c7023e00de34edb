"""Fields of the API's bodies. They take exactly the JSON types of the contract, and each fault has a stable code.

A field that is not required may be null, which says the same as leaving it out.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext
from marshmallow import Schema, ValidationError, fields, validate

from app.core.errors import FieldError
from app.web.wording import register_messages

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
FIRST_YEAR, LAST_YEAR = 2000, 2100
LARGEST_ID = 2**31 - 1
UNUSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

register_messages(
    {
        "unknown_field": lazy_gettext("There is no field of this name here."),
        "malformed_json": lazy_gettext("The body is not JSON in UTF-8."),
        "object_expected": lazy_gettext("An object is expected here."),
        "list_expected": lazy_gettext("A list is expected here."),
        "text_expected": lazy_gettext("A text is expected here."),
        "flag_expected": lazy_gettext("true or false is expected here."),
        "control_character": lazy_gettext("This text holds characters that no keyboard sends."),
        "timestamp": lazy_gettext("A time with its offset is expected, for example 2027-02-04T09:40:00+01:00."),
        "unknown_id": lazy_gettext("Nothing here has this id."),
        "out_of_range": lazy_gettext("This number is out of range."),
    }
)


class Body(Schema):
    """Base of what is sent: a field that is not in the contract is refused, so that a slip does not pass unseen."""

    error_messages = {"unknown": "unknown_field", "type": "object_expected"}


class _Optional:
    """Makes a field that is not required accept null."""

    required: bool
    allow_none: bool

    def _allow_none(self) -> None:
        self.allow_none = not self.required


class Text(_Optional, fields.String):
    """A text of `least` to `most` characters."""

    default_error_messages = {
        "required": "required",
        "null": "required",
        "invalid": "text_expected",
        "control": "control_character",
    }

    def __init__(self, most: int, *, least: int = 0, **kwargs: Any) -> None:
        checks: list[Any] = [validate.Length(max=most, error="too_long")]
        if least:
            checks.append(validate.Length(min=least, error="required"))
        super().__init__(validate=checks, **kwargs)
        self._allow_none()

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if UNUSABLE.search(text):
            raise self.make_error("control")
        return text


class Choice(Text):
    """One of these values of an enum (or of all its values), as text."""

    default_error_messages = {"invalid": "choice"}

    def __init__(self, values: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(40, **kwargs)
        self.validators = [validate.OneOf([v.value for v in values], error="choice")]


class Count(_Optional, fields.Integer):
    """A whole number between `least` and `most`. A number in a text is refused."""

    default_error_messages = {"required": "required", "null": "required", "invalid": "number"}

    def __init__(self, *, least: int = 0, most: int = 1_000_000, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(least, most, error="out_of_range"), **kwargs)
        self._allow_none()

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return value


class Flag(_Optional, fields.Boolean):
    """true or false."""

    default_error_messages = {"required": "required", "null": "required", "invalid": "flag_expected"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._allow_none()

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Instant(_Optional, fields.AwareDateTime):
    """A time with its offset (RFC 3339), between the years 2000 and 2100."""

    default_error_messages = {"required": "required", "null": "required", "invalid": "timestamp"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._allow_none()

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        moment = as_instant(value)
        if moment is None:
            raise ValidationError("timestamp")
        return moment


class Id(_Optional, fields.String):
    """An id as it came from us: opaque to others, a number to us."""

    default_error_messages = {"required": "required", "null": "required", "invalid": "unknown_id"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._allow_none()

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        found = as_id(value)
        if found is None:
            raise self.make_error("invalid")
        return found


class Many(_Optional, fields.List[Any]):
    """A list of at most `most` items."""

    default_error_messages = {"required": "required", "null": "required", "invalid": "list_expected"}

    def __init__(self, item: fields.Field[Any], *, most: int = 500, **kwargs: Any) -> None:
        item.allow_none = False  # an item cannot be left out by being null
        super().__init__(item, validate=validate.Length(max=most, error="too_long"), **kwargs)
        self._allow_none()


class One(_Optional, fields.Nested):
    """An object within an object."""

    default_error_messages = {"required": "required", "null": "required", "type": "object_expected"}

    def __init__(self, schema: type[Schema], **kwargs: Any) -> None:
        super().__init__(schema, **kwargs)
        self._allow_none()


class Answers(_Optional, fields.Dict):
    """Answers to an event's own questions: short texts, numbers, flags, or lists of short texts, by question key."""

    default_error_messages = {"required": "required", "null": "required", "invalid": "object_expected"}
    MOST, LONGEST, LONGEST_KEY = 50, 2000, 80

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._allow_none()

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[Any, Any]:
        found: dict[Any, Any] = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        if len(found) > self.MOST:
            raise ValidationError("too_long")
        problems: dict[str, list[str]] = {}
        for key, answer in found.items():
            if not 0 < len(key) <= self.LONGEST_KEY or UNUSABLE.search(key):
                problems["_schema"] = ["unknown_field"]  # no pointer could name it
            elif (code := self._problem(answer)) is not None:
                problems[key] = [code]
        if problems:
            raise ValidationError(problems)
        return found

    def _problem(self, answer: object) -> str | None:
        """What is wrong with one answer, or with the first wrong one of a list."""
        for text in answer if isinstance(answer, list) else [answer]:
            if isinstance(text, str):
                if len(text) > self.LONGEST or UNUSABLE.search(text):
                    return "too_long" if len(text) > self.LONGEST else "control_character"
            elif not isinstance(text, bool | int | float | None) or abs(text or 0) > 1e15:
                return "text_expected"
        return None


def as_instant(value: object) -> datetime | None:
    """The moment that an RFC 3339 text says, or None."""
    if not isinstance(value, str) or not RFC_3339.fullmatch(value):
        return None
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def as_id(value: object) -> int | None:
    """The number in an id that we gave out, or None."""
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 10 or value[0] == "0":
        return None
    return number if (number := int(value)) <= LARGEST_ID else None


def as_field_error(messages: object) -> FieldError:
    """Marshmallow's nested messages as paths and codes."""
    problems: dict[str, str] = {}
    _flatten(messages, "", problems)
    return FieldError(problems)


def _flatten(messages: object, path: str, problems: dict[str, str]) -> None:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            step = str(name).replace("~", "~0").replace("/", "~1")
            _flatten(inner, path if name == "_schema" else f"{path}/{step}".lstrip("/"), problems)
    elif isinstance(messages, list) and messages:
        problems.setdefault(path, str(messages[0]))
