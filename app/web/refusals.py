"""Refusals that the web itself makes: a role or function is missing, a token is."""

from app.accounts.enums import Role
from app.accounts.rules import Ability
from app.core.errors import DomainError, NotAllowed


class RoleMissing(NotAllowed):
    """The person's role is none of `roles`; the page says who can help."""

    def __init__(self, roles: frozenset[Role]) -> None:
        super().__init__("this role may not do that")
        self.roles = roles


class FunctionMissing(NotAllowed):
    """Neither the person's role nor a function they hold of the event includes `ability`."""

    def __init__(self, ability: Ability) -> None:
        super().__init__("this function may not do that")
        self.ability = ability


class SessionOver(NotAllowed):
    """Nobody is signed in any more, and a form was sent."""

    def __init__(self) -> None:
        super().__init__("log in first")


class Unauthorized(DomainError):
    """No token, or one that is unknown, revoked or expired."""

    code = "unauthorized"
    status = 401

    def __init__(self) -> None:
        super().__init__("send a valid token in the header Authorization: Bearer")
