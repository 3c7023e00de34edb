"""Pure decisions: who may what, how long a guesser waits, which colours can be read, which passwords are weak."""

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from app.accounts.common_passwords import COMMON_PASSWORDS
from app.accounts.enums import EventFunction, Role

# --- Guessing passwords -------------------------------------------------------------------------------------------

WINDOW = timedelta(minutes=15)
ACCOUNT_FAILURES = 5
ADDRESS_FAILURES = 30
FIRST_BLOCK = timedelta(minutes=5)
LONGEST_BLOCK = timedelta(hours=1)
GRUDGE = timedelta(hours=2)
MAIL_RESETS = 3
ADDRESS_RESETS = 10
HOUSEHOLD_BITS = 64
"""Of an IPv6 address, what a provider gives to one household or office: they change the rest as they like."""


@dataclass(frozen=True)
class Attempts:
    """Attempts of one key since `since`; while `blocked_until` lies ahead, no further one is admitted."""

    failures: int
    since: datetime
    blocked_until: datetime | None


def is_blocked(attempts: Attempts | None, now: datetime) -> bool:
    return attempts is not None and attempts.blocked_until is not None and now < attempts.blocked_until


def is_forgotten(attempts: Attempts, now: datetime) -> bool:
    """Whether old attempts no longer count: the window is over and no block stands or stood lately."""
    if attempts.blocked_until is not None:
        return now >= attempts.blocked_until + GRUDGE
    return now >= attempts.since + WINDOW


def after_attempt(attempts: Attempts | None, limit: int, now: datetime) -> Attempts:
    """Count one attempt that is taken as failed until proven right.

    At `limit` a block of 5 minutes begins; each further failure after it doubles the block, up to an hour.
    """
    if attempts is None or is_forgotten(attempts, now):
        attempts = Attempts(0, now, None)
    failures = attempts.failures + 1
    if failures < limit:
        return Attempts(failures, attempts.since, None)
    block = min(FIRST_BLOCK * 2 ** min(failures - limit, 10), LONGEST_BLOCK)
    return Attempts(failures, attempts.since, now + block)


def guesser_of(address: str) -> str:
    """Who an address counts as: an IPv4 address itself, an IPv6 one the /64 it is in (RFC 6177), else the text."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((found, HOUSEHOLD_BITS), strict=False))


# --- Passwords ----------------------------------------------------------------------------------------------------

PASSWORD_LENGTH = 10
INVITATION_LIFE = timedelta(days=7)
"""How long the link of an invitation works, from when its mail was last asked for."""
RESET_LIFE = timedelta(hours=1)
"""How long the link of a forgotten password works, from when it was asked for."""


def weakness_of(password: str) -> str | None:
    """The code of what is weak (password_short, password_common), or None."""
    if len(password) < PASSWORD_LENGTH:
        return "password_short"
    if password.casefold() in COMMON_PASSWORDS or len(set(password)) < 4:
        return "password_common"
    return None


# --- Who may what (docs/organisers.md) ------------------------------------------------------------------------------


class Ability(enum.StrEnum):
    """What a page of one event, or of the organiser's boxes, may need. EVENT_MOVE: publish, cancel, delete, partners, templates."""

    PROGRAMME_SEE = "programme_see"
    PROGRAMME_CHANGE = "programme_change"
    LIST_SEE = "list_see"
    PEOPLE_SEE = "people_see"  # names, mail, telephone, answers
    REGISTRATIONS_CHANGE = "registrations_change"
    IMPORT = "import"  # a file may hold anybody: for those who have every row
    EXPORT = "export"
    DOOR = "door"
    FIGURES_SEE = "figures_see"
    LIVE_SEE = "live_see"  # the live board: for whoever sees figures, or stands at the door
    EVENT_MOVE = "event_move"
    LENDING_SEE = "lending_see"  # boxes, their calendar and loans; borrowers' names only with PEOPLE_SEE
    LENDING = "lending"


class RowLimit(enum.StrEnum):
    """Which registrations of an event somebody sees."""

    ALL = "all"
    GROUPS_AND_SCHOOLS = "groups_and_schools"
    NONE = "none"


SCHOOL_AUDIENCE = "school"
_A = Ability
_EVERYTHING = frozenset(Ability)
_REGISTRATIONS = frozenset(
    {_A.PROGRAMME_SEE, _A.LIST_SEE, _A.PEOPLE_SEE, _A.REGISTRATIONS_CHANGE, _A.EXPORT, _A.FIGURES_SEE, _A.LIVE_SEE}
)
ROLE_ABILITIES: dict[Role, frozenset[Ability]] = {
    Role.OWNER: _EVERYTHING,
    Role.MANAGER: _EVERYTHING,
    Role.VIEWER: frozenset({_A.PROGRAMME_SEE, _A.LIST_SEE, _A.EXPORT, _A.FIGURES_SEE, _A.LIVE_SEE, _A.LENDING_SEE}),
    Role.DOOR: frozenset({_A.DOOR, _A.LIVE_SEE}),
}
FUNCTION_ABILITIES: dict[EventFunction, frozenset[Ability]] = {
    EventFunction.REGISTRATIONS: _REGISTRATIONS | {_A.IMPORT},
    EventFunction.SCHOOLS: _REGISTRATIONS,
    EventFunction.DOOR: frozenset({_A.DOOR, _A.LIVE_SEE}),
    EventFunction.PROGRAMME: frozenset({_A.PROGRAMME_SEE, _A.PROGRAMME_CHANGE, _A.FIGURES_SEE, _A.LIVE_SEE}),
    EventFunction.FIGURES: frozenset({_A.FIGURES_SEE, _A.LIVE_SEE}),
    EventFunction.OFFERS: frozenset({_A.PROGRAMME_SEE}),
}
_LIMITED = {EventFunction.SCHOOLS: RowLimit.GROUPS_AND_SCHOOLS}


@dataclass(frozen=True)
class Access:
    """What somebody holds where they are: the organiser's page (`event_id` None) or one event's.

    `role` is theirs for the organiser, None for a partner; `functions` are those of that event.
    """

    organiser_id: int
    event_id: int | None = None
    role: Role | None = None
    functions: frozenset[EventFunction] = field(default_factory=frozenset)


def may(access: Access, ability: Ability) -> bool:
    """Whether the role or one of the functions includes it."""
    return any(ability in abilities for abilities, _limit in _grants(access))


def roles_with(ability: Ability) -> frozenset[Role]:
    return frozenset(role for role, abilities in ROLE_ABILITIES.items() if ability in abilities)


def functions_with(ability: Ability) -> frozenset[EventFunction]:
    return frozenset(function for function, abilities in FUNCTION_ABILITIES.items() if ability in abilities)


def row_limit(access: Access) -> RowLimit:
    """The registrations somebody sees. NONE without LIST_SEE.

    Whoever sees people's data by one function and mere rows by another gets the rows of the first: nobody's data is shown
    that no function includes.
    """
    lists = [(abilities, limit) for abilities, limit in _grants(access) if Ability.LIST_SEE in abilities]
    chosen = [limit for abilities, limit in lists if Ability.PEOPLE_SEE in abilities] or [limit for _, limit in lists]
    return min(chosen, key=list(RowLimit).index, default=RowLimit.NONE)


def is_within(limit: RowLimit, *, group: bool, audience: str) -> bool:
    """Whether a registration is among the rows of `limit`: groups of any audience, and schools'."""
    if limit is RowLimit.GROUPS_AND_SCHOOLS:
        return group or audience == SCHOOL_AUDIENCE
    return limit is RowLimit.ALL


def _grants(access: Access) -> Iterator[tuple[frozenset[Ability], RowLimit]]:
    if access.role is not None:
        yield ROLE_ABILITIES[access.role], RowLimit.ALL
    for function in access.functions:
        yield FUNCTION_ABILITIES[function], _LIMITED.get(function, RowLimit.ALL)


def is_live(ends_at: datetime | None, now: datetime) -> bool:
    """Whether a membership or function still counts."""
    return ends_at is None or now < ends_at


# --- Roles --------------------------------------------------------------------------------------------------------


def leaves_no_owner(role: Role, becomes: Role | None, owners: int) -> bool:
    """Whether changing one member's role (None: removing the member) would leave the organiser without an owner."""
    return role is Role.OWNER and becomes is not Role.OWNER and owners <= 1


# --- Colours ------------------------------------------------------------------------------------------------------

LEAST_CONTRAST = 4.5
INK, WHITE = "#231D1A", "#FFFFFF"
STRONG_SHARE, TINT_SHARE, ACCENT_TINT_SHARE = 0.34, 0.93, 0.76


@dataclass(frozen=True)
class Palette:
    """The colours that follow from the two an organiser chooses, each as #RRGGBB."""

    brand: str
    brand_strong: str
    brand_tint: str
    accent: str
    accent_tint: str


def is_colour(text: str) -> bool:
    return re.fullmatch(r"#[0-9A-Fa-f]{6}", text) is not None


def contrast(one: str, other: str) -> float:
    """Contrast ratio from 1 to 21 (WCAG 2.2, relative luminance)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def contrast_faults(brand: str, accent: str) -> dict[str, float]:
    """The fields whose colour cannot be read, with the ratio: white text on the brand, ink on the accent."""
    ratios = {"brand": contrast(WHITE, brand), "accent": contrast(INK, accent)}
    return {field: ratio for field, ratio in ratios.items() if ratio < LEAST_CONTRAST}


def palette(brand: str, accent: str) -> Palette:
    """Strong is the brand towards black (white on it reads better still), tints go towards white (ink reads there)."""
    return Palette(
        brand=brand.upper(),
        brand_strong=_mix(brand, "#000000", STRONG_SHARE),
        brand_tint=_mix(brand, WHITE, TINT_SHARE),
        accent=accent.upper(),
        accent_tint=_mix(accent, WHITE, ACCENT_TINT_SHARE),
    )


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in _channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _mix(colour: str, towards: str, share: float) -> str:
    mixed = (round(a + (b - a) * share) for a, b in zip(_channels(colour), _channels(towards), strict=True))
    return "#" + "".join(f"{value:02X}" for value in mixed)
