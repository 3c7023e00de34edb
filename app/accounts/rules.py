"""Pure decisions: who may what, how long a guesser waits, which colours can be read, which passwords are weak."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.accounts.common_passwords import COMMON_PASSWORDS
from app.accounts.enums import Role

# --- Guessing passwords -------------------------------------------------------------------------------------------

WINDOW = timedelta(minutes=15)
ACCOUNT_FAILURES = 5
ADDRESS_FAILURES = 30
FIRST_BLOCK = timedelta(minutes=5)
LONGEST_BLOCK = timedelta(hours=1)
GRUDGE = timedelta(hours=2)


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


# --- Passwords ----------------------------------------------------------------------------------------------------

PASSWORD_LENGTH = 10


def weakness_of(password: str) -> str | None:
    """The code of what is weak (password_short, password_common), or None."""
    if len(password) < PASSWORD_LENGTH:
        return "password_short"
    if password.casefold() in COMMON_PASSWORDS or len(set(password)) < 4:
        return "password_common"
    return None


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
