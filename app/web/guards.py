"""Who may call a view. Each view declares its guard; a view without one is refused, so that forgetting fails closed.

    @blueprint.get("/manage/people")
    @staff(OWNERS)
    def people() -> str: …

Views that are not ours (static files, a library's pages) are declared with `guard_endpoint`. For a MethodView, the
guard stands on each of its methods.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Flask, abort, current_app, g, redirect, request, session
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from app.accounts.enums import Role, Scope
from app.accounts.queries import (
    EntrustedRow,
    OrganiserRow,
    SignedInRow,
    TokenRow,
    find_signed_in,
    find_token,
)
from app.accounts.rules import Ability, Access, may
from app.core import clock
from app.core.actor import VISITOR, Actor, ActorKind
from app.core.errors import NotAllowed
from app.core.tokens import digest
from app.events.errors import EventNotFound
from app.events.queries import find_event
from app.structures.queries import VisitingContact, find_visiting
from app.web.bearers import bearer, require_device
from app.web.key_uses import note_use
from app.web.refusals import FunctionMissing, RoleMissing, SessionOver, Unauthorized
from app.web.ttl_cache import TtlCache

TOKEN_SECONDS = 3.0  # below the 5 s in which a revoked token must stop
TOKENS_KEPT = 2048
LABEL_LENGTH = 200  # of who did something, in the history
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWNERS = frozenset({Role.OWNER})
EVERYONE = frozenset(Role)

View = TypeVar("View", bound=Callable[..., Any])
csrf = CSRFProtect()


class GuardKind(enum.StrEnum):
    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    STAFF = "staff"
    EVENT_STAFF = "event_staff"
    TOKEN = "token"  # noqa: S105 - the name of a kind
    OWN_LINK = "own_link"
    CONTACT = "contact"
    ENROLMENT = "enrolment"
    DEVICE = "device"


@dataclass(frozen=True)
class Guard:
    """`roles` holds for staff, `ability` for event_staff; `scope` for token, `or_scopes` being others that do as well."""

    kind: GuardKind
    roles: frozenset[Role] = frozenset()
    ability: Ability | None = None
    scope: Scope | None = None
    or_scopes: frozenset[Scope] = frozenset()


PUBLIC = Guard(GuardKind.PUBLIC)


def public(view: View) -> View:
    """Anyone."""
    return _declare(view, PUBLIC)


def own_link(view: View) -> View:
    """Whoever has the address: a capability (/r/<token>, /t/<code>) stands in it. Never cached, sends no Referer."""
    return _declare(view, Guard(GuardKind.OWN_LINK))


def contact(view: View) -> View:
    """A structure's contact who came in by their link: sets `current_contact()`. The desk's session opens nothing here."""
    return _declare(view, Guard(GuardKind.CONTACT))


def signed_in(view: View) -> View:
    """Any person with an account, whatever their role."""
    return _declare(view, Guard(GuardKind.SIGNED_IN))


def staff(roles: frozenset[Role]) -> Callable[[View], View]:
    """People with one of `roles` for the organiser they act for (`current_organiser_id()`)."""
    return lambda view: _declare(view, Guard(GuardKind.STAFF, roles=roles))


def event_staff(ability: Ability) -> Callable[[View], View]:
    """People who may do that for the event whose slug stands in the address: by their role, or by a function of it.

    The page asks for the event with `current_organiser_id()`, else 404; partners reach no other event than theirs.
    """
    return lambda view: _declare(view, Guard(GuardKind.EVENT_STAFF, ability=ability))


def token(scope: Scope, *or_scopes: Scope) -> Callable[[View], View]:
    """Programs with an API token of one of these scopes: sets `current_token()`. No form token, no cookie is read."""
    return lambda view: _declare(view, Guard(GuardKind.TOKEN, scope=scope, or_scopes=frozenset(or_scopes)))


def enrolment(view: View) -> View:
    """A phone that shows a code to become a device: no session and no form token, the code is what opens."""
    return _declare(view, Guard(GuardKind.ENROLMENT))


def device(view: View) -> View:
    """A phone with the token that it was given, in whatever state: sets `current_device()` (bearers). No cookie is read."""
    return _declare(view, Guard(GuardKind.DEVICE))


def guard_of(view: object, method: str = "GET") -> Guard | None:
    """The guard declared on a view, or on the method of its MethodView; None when it was forgotten."""
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        verb = "get" if method == "HEAD" and not hasattr(view_class, "head") else method.lower()
        view = getattr(view_class, verb, None)
    found = getattr(view, "parcours_guard", None)
    return found if isinstance(found, Guard) else None


def guard_endpoint(app: Flask, endpoint: str, guard: Guard) -> None:
    """Declare the guard of a view that is not ours."""
    app.extensions["parcours.guards"][endpoint] = guard


def guard_of_endpoint(app: Flask, endpoint: str, method: str = "GET") -> Guard | None:
    """The guard that holds for an endpoint, wherever it was declared."""
    declared: dict[str, Guard] = app.extensions["parcours.guards"]
    return declared.get(endpoint) or guard_of(app.view_functions.get(endpoint), method)


def current_account() -> SignedInRow:
    """The person signed in. Only under signed_in, staff and event_staff."""
    found = g.account
    assert isinstance(found, SignedInRow)
    return found


def current_contact() -> VisitingContact:
    """The contact who is in. Only under contact."""
    found = g.contact
    assert isinstance(found, VisitingContact)
    return found


def find_contact() -> VisitingContact | None:
    """The contact who is in, on a page where nobody has to be."""
    contact_id = session.get("contact_id")
    found = find_visiting(contact_id) if isinstance(contact_id, int) else None
    return found if found is not None and found.epoch == session.get("contact_epoch") else None


def current_access() -> Access:
    """What that person holds where they are. Only under staff and event_staff."""
    found = g.access
    assert isinstance(found, Access)
    return found


def find_access() -> Access | None:
    """The same on pages of any guard; None for visitors and for who holds nothing for an organiser."""
    found: Access | None = g.get("access")
    return found


def acting_organiser() -> OrganiserRow | None:
    """The organiser that the person acts for on this page: theirs, or that of the event entrusted to them."""
    found: OrganiserRow | None = g.get("acting_organiser")
    return found


def allows(ability: Ability) -> bool:
    """Whether the person may do that here."""
    access = find_access()
    return access is not None and may(access, ability)


def current_token() -> TokenRow:
    """The token of the call. Only under token."""
    found = g.token
    assert isinstance(found, TokenRow)
    return found


def current_organiser_id() -> int:
    """The tenant the call acts for: every query for staff and programs takes it."""
    return current_token().organiser_id if "token" in g else current_access().organiser_id


def current_actor() -> Actor:
    """Who does it, for operations: the person, the program, or a visitor on public pages and own links.

    A partner's label says for which organisation.
    """
    if "token" in g:
        key = current_token()
        return Actor(ActorKind.TOKEN, key.name, key.id, key.organiser_id)
    if "account" in g:
        account, access = current_account(), find_access()
        organisation = g.get("organisation", "")
        label = f"{account.name} ({organisation})"[:LABEL_LENGTH] if organisation else account.name
        return Actor(ActorKind.STAFF, label, account.account_id, access.organiser_id if access else None)
    return VISITOR


def find_visiting_account() -> SignedInRow | None:
    """The person signed in, on a page where nobody has to be."""
    account = find_signed_in(session["account_id"], clock.now()) if "account_id" in session else None
    return account if account is not None and account.epoch == session.get("epoch") else None


def is_recognised() -> bool:
    """Whether somebody is signed in, looked for where no guard has: at an address that is no page. They then act as usual."""
    account = None if "account" in g else find_visiting_account()
    if account is not None:
        _act_as(account)
    return "account" in g


def sign_in(account_id: int, epoch: int) -> None:
    """Begin the person's session; what a visitor's session held is dropped."""
    session.clear()
    g.pop("csrf_token", None)  # of the session that ends: a form on this very answer needs one of the new session
    session["account_id"], session["epoch"] = account_id, epoch
    session.permanent = True


def sign_out() -> None:
    session.clear()


def _forget_person() -> None:
    """Nobody of the desk is signed in any more; a contact who is in beside it stays."""
    for name in ("account_id", "epoch", "organiser_id"):
        session.pop(name, None)


def let_contact_in(contact_id: int, epoch: int) -> None:
    """Begin, or turn to another structure in, a contact's session. That of the desk beside it is not touched."""
    session["contact_id"], session["contact_epoch"] = contact_id, epoch
    session.permanent = True


def let_contact_out() -> None:
    session.pop("contact_id", None)
    session.pop("contact_epoch", None)


def act_for(organiser_id: int) -> None:
    """Choose the organiser to act for. The person must belong to it."""
    if all(m.organiser.id != organiser_id for m in current_account().memberships):
        raise NotAllowed("organiser")
    session["organiser_id"] = organiser_id


def forget_tokens() -> None:
    """Make this process read tokens again: for the one that revokes them."""
    _token_cache().clear()


def init_app(app: Flask) -> None:
    app.extensions["parcours.guards"] = {"static": PUBLIC}
    app.extensions["parcours.tokens"] = TtlCache[TokenRow | None](TOKEN_SECONDS, TOKENS_KEPT)
    csrf.init_app(app)
    app.before_request(_enforce)


def _declare(view: View, guard: Guard) -> View:
    view.parcours_guard = guard  # type: ignore[attr-defined]
    return view


def _enforce() -> Response | None:
    for name in ("account", "access", "acting_organiser", "organisation", "token", "device"):
        g.pop(name, None)  # of an earlier request, where several share one application context
    if request.url_rule is None:
        return None  # no such page: dispatching says so
    guard = guard_of_endpoint(current_app, request.url_rule.endpoint, request.method)
    if guard is None:
        if request.method == "OPTIONS" and getattr(request.url_rule, "provide_automatic_options", False):
            return None
        current_app.logger.error("endpoint %s declares no guard", request.url_rule.endpoint)
        abort(500 if current_app.testing else 404)
    g.guard = guard
    if guard.kind is GuardKind.TOKEN:
        _require_token(guard)
        return None
    if guard.kind is GuardKind.DEVICE:
        require_device()
    if guard.kind in {GuardKind.DEVICE, GuardKind.ENROLMENT}:
        return None
    if request.method not in SAFE_METHODS and current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()
    if guard.kind in {GuardKind.PUBLIC, GuardKind.OWN_LINK}:
        return None
    if guard.kind is GuardKind.CONTACT:
        return _require_contact()
    return _require_person(guard)


def _require_contact() -> Response | None:
    found = find_contact()
    if found is None:
        let_contact_out()
        wanted = request.full_path.rstrip("?") if request.method in SAFE_METHODS else ""
        return redirect(f"/my?next={quote(wanted, safe='/')}" if wanted and wanted != "/my/structure" else "/my")
    g.contact = found
    return None


def _require_person(guard: Guard) -> Response | None:
    account = find_visiting_account()
    if account is None:
        _forget_person()
        if request.method not in SAFE_METHODS:
            raise SessionOver
        wanted = request.full_path.rstrip("?")
        return redirect(f"/login?next={quote(wanted, safe='/')}")
    _act_as(account)
    if guard.kind is GuardKind.EVENT_STAFF:
        _require_ability(guard, account)
    elif guard.kind is GuardKind.STAFF and ((access := find_access()) is None or access.role not in guard.roles):
        raise RoleMissing(guard.roles)
    return None


def _act_as(account: SignedInRow) -> None:
    """The person of this request, for the organiser that they chose, else their first."""
    g.account = account
    chosen, memberships = session.get("organiser_id"), account.memberships
    membership = next((m for m in memberships if m.organiser.id == chosen), memberships[0] if memberships else None)
    if membership is not None:
        g.access, g.acting_organiser = Access(membership.organiser.id, role=membership.role), membership.organiser


def _require_ability(guard: Guard, account: SignedInRow) -> None:
    """Let in by role or by function. To who holds only functions, every other event is one that does not exist."""
    entrusted = _find_entrusted(account)
    access = find_access()
    if entrusted is not None:
        role = next((m.role for m in account.memberships if m.organiser.id == entrusted.organiser.id), None)
        access = Access(entrusted.organiser.id, entrusted.event_id, role, entrusted.functions)
        g.access, g.acting_organiser, g.organisation = access, entrusted.organiser, entrusted.organisation
    elif access is None and account.entrusted:
        raise EventNotFound(_asked_slug())
    assert guard.ability is not None
    if access is None or not may(access, guard.ability):
        raise FunctionMissing(guard.ability)


def _find_entrusted(account: SignedInRow) -> EntrustedRow | None:
    """What the person holds of the event in the address. Asks for the event only if they hold anything of any."""
    if not account.entrusted:
        return None
    event = find_event(_asked_slug())
    return next((e for e in account.entrusted if event is not None and e.event_id == event.id), None)


def _asked_slug() -> str:
    """Without the NUL that no database holds: the page then says that there is no such event."""
    return str((request.view_args or {}).get("slug", "")).replace("\x00", "\ufffd")


def _require_token(guard: Guard) -> None:
    secret = bearer()
    now = clock.now()
    found = _token_cache().get(digest(secret), lambda: find_token(secret, now))
    if found is None or (found.expires_at is not None and found.expires_at <= now):
        raise Unauthorized
    if guard.scope not in found.scopes and not guard.or_scopes & found.scopes:
        raise NotAllowed(f"this token lacks the scope {guard.scope}")
    g.token = found
    note_use(found, now)


def _token_cache() -> TtlCache[TokenRow | None]:
    cache: TtlCache[TokenRow | None] = current_app.extensions["parcours.tokens"]
    return cache
