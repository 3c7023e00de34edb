"""Every wrong field of a body in one answer.

A field of the wrong type hides what the domain's rules would refuse next, and one rule hides another. So what is wrong is
replaced by something harmless and the body is read again, until nothing new is found. Only refused calls pay for it.
"""

import re
from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, ValidationError

from app.core.errors import FieldError
from app.web.api.fields import as_field_error

READINGS = 8
INDEX = re.compile(r"(?<=/)\d+(?=/|$)")


@dataclass(frozen=True)
class Reading:
    """How a body is read to its end. Paths are those of FieldError, with `*` for any index.

    `look(sent, **path)` reads what the schema let through as the operation would: it raises FieldError and writes nothing.
    `harmless` is what may stand for a wrong value; what is not named there is left out. `depends` names the fields without
    which a problem says nothing: once one of them was replaced, it is not reported.
    """

    look: Callable[..., object]
    harmless: Mapping[str, Any] = field(default_factory=dict)
    depends: Mapping[str, Collection[str]] = field(default_factory=dict)


def find_every_problem(
    schema: Schema, sent: object, known: Mapping[str, str], reading: Reading, path: Mapping[str, Any]
) -> dict[str, str]:
    """The known problems of what was sent (codes by path), and those that they hid. `path` holds the call's parameters."""
    found = dict(known)
    if not isinstance(sent, dict) or "" in found:
        return found
    body, fresh, seen = deepcopy(sent), dict(known), set(known)
    for _ in range(READINGS):
        for place in fresh:
            _replace(body, place, reading.harmless)
        fresh = {p: code for p, code in _read(schema, body, reading, path).items() if p not in seen}
        if not fresh:
            break
        found |= {p: code for p, code in fresh.items() if _tells(p, seen, reading.depends)}
        seen |= set(fresh)
    return found


def _read(schema: Schema, body: dict[str, Any], reading: Reading, path: Mapping[str, Any]) -> dict[str, str]:
    try:
        reading.look(schema.load(body), **path)
    except ValidationError as error:
        return as_field_error(error.messages).problems
    except FieldError as error:
        return error.problems
    return {}


def _replace(body: dict[str, Any], place: str, harmless: Mapping[str, Any]) -> None:
    """Put something harmless where the wrong value stands, or leave it out."""
    *way, last = [step.replace("~1", "/").replace("~0", "~") for step in place.split("/")]
    inside: Any = body
    for step in way:
        if isinstance(inside, list):
            inside = inside[int(step)] if step.isdecimal() and int(step) < len(inside) else None
        else:
            inside = inside.get(step) if isinstance(inside, dict) else None
    pattern = INDEX.sub("*", place)
    if isinstance(inside, list) and last.isdecimal() and int(last) < len(inside):
        inside[int(last)] = deepcopy(harmless.get(pattern))
    elif isinstance(inside, dict) and pattern in harmless:
        inside[last] = deepcopy(harmless[pattern])
    elif isinstance(inside, dict):
        inside.pop(last, None)


def _tells(place: str, seen: Collection[str], depends: Mapping[str, Collection[str]]) -> bool:
    """Whether a problem is one of what was sent, rather than of what was put in its stead."""
    if any(place.startswith(f"{other}/") or other.startswith(f"{place}/") for other in seen):
        return False
    return not any(
        re.fullmatch(_of_the_same(pattern, place), other)
        for pattern in depends.get(INDEX.sub("*", place), ())
        for other in seen
    )


def _of_the_same(pattern: str, place: str) -> str:
    """The pattern as an expression: within the same wave, space or stop as the place, else of any."""
    steps: list[str] = []
    own = place.split("/")
    for at, step in enumerate(pattern.split("/")):
        same = [re.escape(s) for s in own[:at]] == steps and at < len(own)
        steps.append((re.escape(own[at]) if same else r"\d+") if step == "*" else re.escape(step))
    return "/".join(steps)
