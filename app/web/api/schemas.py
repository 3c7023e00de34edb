"""What calls answer, for the OpenAPI document; and what they all share."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.registrations.rules import LARGEST_GROUP
from app.web.api.fields import Body, Count, Text

ID: dict[str, Any] = {"description": "Opaque."}


class Told(Schema):
    """Base of what is answered. Everything is there each time."""


def text(description: str = "", *, null: bool = False, **more: Any) -> fields.String:
    return fields.String(required=True, allow_none=null, metadata={"description": description, **more})


def number(description: str = "", *, null: bool = False) -> fields.Integer:
    return fields.Integer(required=True, allow_none=null, metadata={"description": description})


def flag(description: str = "") -> fields.Boolean:
    return fields.Boolean(required=True, metadata={"description": description})


def instant(description: str = "", *, null: bool = False) -> fields.AwareDateTime:
    return fields.AwareDateTime(required=True, allow_none=null, metadata={"description": description})


def many(inner: Any) -> fields.List[Any]:
    return fields.List(inner if isinstance(inner, fields.Field) else fields.Nested(inner), required=True)


def one(inner: type[Schema], *, null: bool = False) -> fields.Nested:
    return fields.Nested(inner, required=True, allow_none=null)


class ProblemErrorSchema(Schema):
    pointer = fields.String(required=True, metadata={"description": "Where in the body (RFC 6901)."})
    code = fields.String(required=True, metadata={"description": "Stable."})
    message = fields.String(required=True, metadata={"description": "For people, in the language of Accept-Language."})


class ProblemSchema(Schema):
    """A problem document (RFC 9457) with a stable code."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "Stable: rely on it, not on the words."})
    detail = fields.String()
    errors = fields.List(fields.Nested(ProblemErrorSchema))


class TwoLanguages(Body):
    fr = Text(160, least=1, required=True)
    en = Text(160)


class TwoLanguagesOut(Told):
    fr = text()
    en = text("Empty when there is no English: French is shown.")


class HeadcountIn(Body):
    participants = Count(least=1, most=LARGEST_GROUP, required=True, metadata={"description": "Pupils, job seekers…"})
    companions = Count(most=LARGEST_GROUP, load_default=0, metadata={"description": "Teachers, counsellors…"})


class HeadcountOut(Told):
    participants = number()
    companions = number()


class PageQuery(Body):
    """Where to go on in a list."""

    cursor = fields.String(metadata={"description": "`cursor` of the page before."})
    limit = fields.Integer(
        load_default=20,
        error_messages={"invalid": "number"},
        validate=validate.Range(1, 100, error="out_of_range"),
    )
