"""How an organiser presents itself: name, contact, logo, two colours."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from PIL import Image, UnidentifiedImageError
from sqlalchemy import select, update

from app.accounts.errors import ContrastTooLow
from app.accounts.models import Organiser
from app.accounts.rules import contrast_faults, is_colour
from app.core.actor import Actor
from app.core.audit import changes_between, record
from app.core.db import db
from app.core.errors import FieldError, NotFound
from app.core.text import TextError, normalise_email, normalise_phone

LOGO_BYTES = 512 * 1024
LOGO_SIDE = 600  # pixels, of what is kept
LOGO_PIXELS = 40_000_000  # of what is read: a small file may unfold into a huge picture
LOGO_FORMATS = ("PNG", "JPEG", "WEBP")  # no SVG: it may hold scripts
LIMITS = {
    "name": 120,
    "tagline_fr": 120,
    "tagline_en": 120,
    "help_hours_fr": 120,
    "help_hours_en": 120,
}


@dataclass(frozen=True)
class Look:
    """What an organiser shows of itself. `email` and `phone` may be empty; colours are #RRGGBB."""

    name: str
    tagline_fr: str
    tagline_en: str
    email: str
    phone: str
    help_hours_fr: str
    help_hours_en: str
    brand: str
    accent: str


def set_look(organiser_id: int, look: Look, *, by: Actor, now: datetime) -> None:
    """Raises FieldError on a field, and ContrastTooLow with the figures when a colour cannot be read."""
    values, problems = _checked(look)
    if problems:
        raise FieldError(problems)
    faults = contrast_faults(look.brand, look.accent)
    if faults:
        raise ContrastTooLow(faults)
    before = db.session.execute(
        select(*(getattr(Organiser, name) for name in values)).where(Organiser.id == organiser_id)
    ).mappings()
    details = changes_between(dict(before.first() or {}), values)
    _write(organiser_id, values)
    record(by, "organiser.look_set", f"organiser:{organiser_id}", now=now, organiser_id=organiser_id, details=details)


@dataclass(frozen=True)
class Logo:
    """A PNG of at most 600 × 600 pixels, drawn by `as_logo`."""

    png: bytes = field(repr=False)


def set_logo(organiser_id: int, logo: Logo, *, by: Actor, now: datetime) -> None:
    """Show this picture beside the name. Raises NotFound."""
    _write(organiser_id, {"logo": logo.png, "logo_type": "image/png"})
    record(by, "organiser.logo_set", f"organiser:{organiser_id}", now=now, organiser_id=organiser_id)


def remove_logo(organiser_id: int, *, by: Actor, now: datetime) -> None:
    _write(organiser_id, {"logo": None, "logo_type": ""})
    record(by, "organiser.logo_removed", f"organiser:{organiser_id}", now=now, organiser_id=organiser_id)


def as_logo(file: bytes) -> Logo:
    """The picture drawn anew; what else the file held is dropped. It may take a second: call it outside of a transaction.

    Raises FieldError (logo: picture_size, picture_type).
    """
    if len(file) > LOGO_BYTES:
        raise FieldError({"logo": "picture_size"})
    try:
        with Image.open(io.BytesIO(file), formats=LOGO_FORMATS) as picture:
            if picture.width * picture.height > LOGO_PIXELS:
                raise FieldError({"logo": "picture_size"})
            drawn = picture.convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FieldError({"logo": "picture_size"}) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise FieldError({"logo": "picture_type"}) from error
    drawn.thumbnail((LOGO_SIDE, LOGO_SIDE))
    target = io.BytesIO()
    drawn.save(target, "PNG", optimize=True)
    return Logo(target.getvalue())


def _checked(look: Look) -> tuple[dict[str, str], dict[str, str]]:
    values = {name: str(getattr(look, name)).strip() for name in (*LIMITS, "email", "phone", "brand", "accent")}
    problems = {name: "too_long" for name, limit in LIMITS.items() if len(values[name]) > limit}
    if not values["name"]:
        problems["name"] = "required"
    for name, normalise in (("email", normalise_email), ("phone", normalise_phone)):
        try:
            values[name] = normalise(values[name]) if values[name] else ""
        except TextError as error:
            problems[name] = error.code
    for name in ("brand", "accent"):
        if not is_colour(values[name]):
            problems[name] = "colour"
        values[name] = values[name].upper()
    return values, problems


def _write(organiser_id: int, values: Mapping[str, object]) -> None:
    found = db.session.execute(
        update(Organiser)
        .where(Organiser.id == organiser_id)
        .values(**values, look_version=Organiser.look_version + 1)
        .returning(Organiser.id)
    ).one_or_none()
    if found is None:
        raise NotFound("organiser")
