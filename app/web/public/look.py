"""An organiser's colours as a style sheet, and its logo. The version in the address lets browsers keep them."""

from flask import Blueprint, current_app
from werkzeug.wrappers import Response

from app.accounts.queries import find_logo, find_organiser_by_slug
from app.accounts.rules import Palette, palette
from app.core.errors import NotFound
from app.web.guards import public
from app.web.headers import FOREVER

blueprint = Blueprint("public_look", __name__)

ICON_DAYS = 7


@blueprint.get("/look/<slug>-<int:version>.css")
@public
def theme(slug: str, version: int) -> Response:
    organiser = find_organiser_by_slug(slug)
    if organiser is None:
        raise NotFound("organiser")
    text = theme_css(palette(organiser.brand, organiser.accent))
    return _kept(text.encode(), "text/css; charset=utf-8", fresh=version == organiser.look_version)


@blueprint.get("/look/<slug>-<int:version>.png")
@public
def logo(slug: str, version: int) -> Response:
    organiser = find_organiser_by_slug(slug)
    picture = find_logo(slug)
    if organiser is None or picture is None:
        raise NotFound("logo")
    return _kept(picture, "image/png", fresh=version == organiser.look_version)


@blueprint.get("/favicon.ico")
@public
def icon() -> Response:
    """The icon for what asks for none by name: viewers of PDFs, readers of feeds."""
    response = current_app.send_static_file("img/favicon.ico")
    response.headers["Cache-Control"] = f"public, max-age={ICON_DAYS * 86400}"
    return response


def theme_css(colours: Palette) -> str:
    """The tokens that an organiser's two colours replace (docs/design-system.md)."""
    return (
        ":root{"
        f"--brand:{colours.brand};--brand-strong:{colours.brand_strong};--brand-tint:{colours.brand_tint};"
        f"--accent:{colours.accent};--accent-tint:{colours.accent_tint}"
        "}\n"
    )


def _kept(body: bytes, content_type: str, *, fresh: bool) -> Response:
    """An old version's address answers with today's look, but is not kept."""
    return Response(body, content_type=content_type, headers={"Cache-Control": FOREVER if fresh else "no-cache"})
