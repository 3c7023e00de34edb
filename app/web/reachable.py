"""Whether the person of this request could open a page, asked of its own guard: search and helpers never name another."""

from flask import current_app, g
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from app.accounts.queries import SignedInRow
from app.accounts.rules import Ability, Access, may
from app.web.guards import Guard, GuardKind, find_access, guard_of_endpoint

OPEN = frozenset({GuardKind.PUBLIC, GuardKind.OWN_LINK})


def may_open(path: str, access: Access | None = None) -> bool:
    """Whether a page of that path exists and its guard would let the person in, by `access` or by what they hold here.

    The path may have a query or a fragment. For a page of one event give what they hold of that event.
    """
    bare = path.partition("?")[0].partition("#")[0]
    try:
        endpoint, _arguments = current_app.url_map.bind("localhost").match(bare, method="GET")
    except (HTTPException, RequestRedirect):
        return False
    guard = guard_of_endpoint(current_app, endpoint)
    return guard is not None and _admits(guard, access or find_access())


def is_of_use(path: str) -> bool:
    """Whether a page has something for the person: nothing is proposed that would say that there is nothing to do."""
    account = g.get("account")
    if not may_open(path) or not isinstance(account, SignedInRow):
        return False
    if path.startswith("/manage/entrusted"):
        return bool(account.entrusted)
    if path.startswith("/door"):
        return any(may(access, Ability.DOOR) for access in accesses_of(account))
    return True


def accesses_of(account: SignedInRow) -> list[Access]:
    """All that somebody may reach: the organiser they act for, and each event entrusted to them."""
    own = find_access()
    roles = {m.organiser.id: m.role for m in account.memberships}
    entrusted = [Access(e.organiser.id, e.event_id, roles.get(e.organiser.id), e.functions) for e in account.entrusted]
    return [own, *entrusted] if own is not None and own.event_id is None else entrusted


def _admits(guard: Guard, access: Access | None) -> bool:
    if guard.kind in OPEN:
        return True
    if guard.kind is GuardKind.SIGNED_IN:
        return "account" in g
    if access is None:
        return False
    if guard.kind is GuardKind.STAFF:
        return access.event_id is None and access.role in guard.roles
    return guard.kind is GuardKind.EVENT_STAFF and guard.ability is not None and may(access, guard.ability)
