"""Walking every route: its address with the values of a world, and people who hold something there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import AnyConverter, Rule

from app.accounts.models import Account
from app.core.db import db
from app.web.guards import Guard, GuardKind, guard_of_endpoint

SAFE = {"GET", "HEAD", "OPTIONS"}
STAFF_KINDS = (GuardKind.STAFF, GuardKind.EVENT_STAFF)


@dataclass(frozen=True)
class Walk:
    """One rule with one of its methods, and the guard that holds for it."""

    rule: Rule
    method: str
    guard: Guard

    @property
    def safe(self) -> bool:
        return self.method in SAFE

    @property
    def name(self) -> tuple[str, str]:
        return self.rule.rule, self.method

    def path(self, values: Mapping[str, str]) -> str:
        """The rule's path; an argument that the world has no value for is its first choice, or 1, an id that exists or not."""
        arguments = dict(self.rule.defaults or {})
        for argument, converter in self.rule._converters.items():
            fallback = sorted(converter.items)[0] if isinstance(converter, AnyConverter) else "1"
            arguments[argument] = converter.to_python(values.get(argument, fallback))
        built = self.rule.build(arguments, append_unknown=False)
        assert built is not None, self.rule.rule
        return built[1]


def walks_of(app: Flask, *kinds: GuardKind) -> Iterator[Walk]:
    """Each rule with each of its methods, when its guard is of one of these kinds."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            guard = guard_of_endpoint(app, rule.endpoint, method)
            assert guard is not None, f"{rule.endpoint} {method} declares no guard"
            if guard.kind in kinds:
                yield Walk(rule, method, guard)


def sign_in_as(app: Flask, account_id: int) -> FlaskClient:
    """A browser in which that person is signed in."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["account_id"] = account_id
        session["epoch"] = db.session.execute(select(Account.epoch).where(Account.id == account_id)).scalar_one()
    return client
