"""How every call of the API is declared, read and answered: one decorator, one way to be idempotent."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from hashlib import sha256
from http import HTTPStatus
from typing import Any, NoReturn

from flask import g, request
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, UnsupportedMediaType
from werkzeug.wrappers import Response

from app.accounts.enums import Scope
from app.accounts.errors import AnswerKept
from app.accounts.operations.answers import find_answer, keep_answer
from app.boxes.errors import ScenarioNotFound
from app.boxes.queries import get_scenario_by_slug
from app.boxes.rows import ScenarioRow
from app.core import clock
from app.core.errors import Conflict, DomainError, FieldError, NotFound, WriteConflict
from app.core.transaction import in_transaction, retry, transaction
from app.events.errors import EventNotFound
from app.events.queries import EventRow, get_event
from app.registrations.queries import get_by_reference
from app.web.api.every_problem import Reading, find_every_problem
from app.web.api.fields import as_field_error
from app.web.api.kept import with_people, without_people
from app.web.guards import current_organiser_id, current_token, token
from app.web.problems import domain_problem, status_of

PREFIX = "/api/v1"
PROBLEM = "application/problem+json"
KEY_HEADER = "Idempotency-Key"
KEY_LENGTH = 255
KEY = re.compile("[!-~]+")

Answer = tuple[int, dict[str, Any]]
Again = Callable[[dict[str, Any]], dict[str, Any]]

IDEMPOTENCY = {
    "in": "header",
    "name": KEY_HEADER,
    "required": False,
    "description": "Kept 24 hours for this token: the same key and body get the same answer again, and nothing is "
    "done twice. Another body gets 422 `idempotency_key_reused`. What was refused is kept as well, but for a call that does "
    "not fit this description: it uses no key up.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": f"^{KEY.pattern}$"},
}


def _not_a_number(text: str) -> NoReturn:
    raise ValueError(text)


def read_json() -> Any:
    """The body's JSON (RFC 8259). Raises FieldError (malformed_json) and, for another content type, 415."""
    if request.mimetype and request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise UnsupportedMediaType("send application/json")
    try:
        return json.loads(request.get_data(), parse_constant=_not_a_number)
    except (ValueError, RecursionError) as error:
        raise FieldError({"": "malformed_json"}) from error


def require_reach() -> None:
    """Raise NotFound when the call's path leads to what the token does not reach: that is said before a body is judged."""
    path = request.view_args or {}
    if "slug" in path:
        own_event(path["slug"])
    if "reference" in path:
        get_by_reference(path["reference"], organiser_id=current_organiser_id())
    if "scenario" in path:
        own_scenario(path["scenario"])


class BodyParser(FlaskParser):
    """Reads bodies strictly, and refuses with a FieldError, as operations do."""

    def load_json(self, req: Any, schema: Schema) -> Any:
        try:
            return read_json()
        except (FieldError, HTTPException):
            require_reach()
            raise

    def handle_error(self, error: ValidationError, *args: Any, **kwargs: Any) -> NoReturn:
        require_reach()
        found: Any = error.messages
        raise as_field_error(next(iter(found.values()))) from error


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A part of the API whose arguments are read by our parser."""

    ARGUMENTS_PARSER = BodyParser()


def call(
    blueprint: ApiBlueprint,
    method: str,
    rule: str,
    scopes: Sequence[Scope],
    answer: type[Schema],
    *,
    status: int = 200,
    body: type[Schema] | None = None,
    query: type[Schema] | None = None,
    reading: Reading | None = None,
    errors: Sequence[int] = (),
    documentation: dict[str, Any] | None = None,
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Declare one call: its guard (any of `scopes`), what it takes, what it answers, what it refuses.

    The view gets the body as a dict before its path's parameters. `errors` are statuses beyond 401, 403 and 503. With
    `reading` a refused body is read to its end, so that every wrong field is named at once.
    """
    manual = dict(documentation or {})
    if method == "POST":
        manual.setdefault("parameters", [IDEMPOTENCY])

    def declare(view: Callable[..., Response]) -> Callable[..., Response]:
        decorated: Any = view
        refused = {401, 403, 503, *errors}
        if query is not None:
            decorated = blueprint.arguments(query(), location="query", unknown=RAISE)(decorated)
            refused |= {422}
        if body is not None:
            schema = body()  # made once, not for each call
            decorated = blueprint.arguments(schema)(decorated)
            decorated = _read_to_its_end(decorated, schema, reading) if reading else decorated
            refused |= {413, 415, 422}
        decorated = blueprint.response(status, answer)(decorated)
        for code in sorted(refused):
            decorated = blueprint.alt_response(code, HTTPStatus(code).name)(decorated)
        guarded: Callable[..., Response] = token(*scopes)(blueprint.doc(**manual)(decorated))
        blueprint.route(rule, methods=[method])(guarded)
        return guarded

    return declare


def _read_to_its_end(view: Callable[..., Any], schema: Schema, reading: Reading) -> Callable[..., Any]:
    @wraps(view)
    def read(*args: Any, **path: Any) -> Any:
        g.reading = schema, reading
        try:
            return view(*args, **path)
        except FieldError as error:
            raise _completed(error) from error

    return read


def _completed(error: FieldError) -> FieldError:
    """The refusal with every other wrong field of the body."""
    if "reading" not in g or "" in error.problems:
        return error
    schema, reading = g.reading
    return FieldError(find_every_problem(schema, read_json(), error.problems, reading, request.view_args or {}))


def as_response(status: int, body: dict[str, Any]) -> Response:
    """The JSON answer; a refusal is a problem document."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status=status, content_type="application/json" if status < 400 else PROBLEM)


def own_event(slug: str) -> EventRow:
    """An event that the token reaches: its organiser's; a door token reaches one alone. Raises EventNotFound."""
    event = get_event(slug, organiser_id=current_organiser_id())
    limit = current_token().event_id
    if limit is not None and limit != event.id:
        raise EventNotFound(slug)
    return event


def own_scenario(slug: str) -> ScenarioRow:
    """A scenario of the token's organiser that is still lent. Raises NotFound."""
    try:
        scenario = get_scenario_by_slug(slug)
    except ScenarioNotFound as error:
        raise NotFound("scenario") from error
    if scenario.organiser_id != current_organiser_id() or scenario.archived_at is not None:
        raise NotFound("scenario")
    return scenario


def refuse_nul(values: dict[str, Any] | None) -> None:
    """No slug or reference has a NUL; PostgreSQL cannot even compare one. Raises NotFound."""
    if any("\x00" in value for value in (values or {}).values() if isinstance(value, str)):
        raise NotFound("no such path")


def answer_once(work: Callable[[datetime], Answer], again: Again | None = None) -> Response:
    """Do `work` in one transaction and answer; with an Idempotency-Key, keep the answer in that same transaction.

    A refusal undoes the work; it is kept too, so that the same key is answered the same whatever happened meanwhile. Where
    an answer says something of people, `again` tells from the kept answer what is said of them now: they are not kept.
    """
    key = request.headers.get(KEY_HEADER)
    now = clock.now()
    if key is None:
        status, body = in_transaction(lambda: work(now))
        return as_response(status, body)
    if len(key) > KEY_LENGTH or not KEY.fullmatch(key):
        raise FieldError({KEY_HEADER: "too_long" if len(key) > KEY_LENGTH else "invalid"})
    status, body = retry(lambda: _write_once(work, again, key, now), also=(AnswerKept,))
    return as_response(status, body)


def _write_once(work: Callable[[datetime], Answer], again: Again | None, key: str, now: datetime) -> Answer:
    token_id = current_token().id
    digest = sha256(f"{request.method} {request.full_path}\n".encode() + request.get_data()).hexdigest()
    try:
        with transaction():
            kept = find_answer(token_id, key, digest, now=now)
            if kept is not None:
                if again is None or kept.status >= 400:
                    return kept.status, kept.answer
                return kept.status, with_people(kept.answer, again(kept.answer))
            status, body = work(now)
            keep_answer(token_id, key, digest, status, without_people(body) if again else body, now=now)
            return status, body
    except (WriteConflict, AnswerKept):
        raise
    except (Conflict, FieldError, NotFound) as error:
        refusal = _completed(error) if isinstance(error, FieldError) else error
        status, body = status_of(refusal), _problem(refusal)
        with transaction():
            keep_answer(token_id, key, digest, status, body, now=now)
        return status, body


def _problem(error: DomainError) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(domain_problem(error).get_data())
    return found
