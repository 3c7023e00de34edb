"""What every template may use: organiser, locale, lang_urls, account, theme_css_url, nav_items, url_for with versions.

A public page of one organiser calls `show_organiser` before it renders; pages for staff show the one they act for; the
rest shows the only organiser of the installation, or the product itself.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Flask, current_app, g, request, url_for
from flask_babel import gettext as _

from app.accounts.enums import MAY_READ, Role
from app.accounts.queries import OrganiserRow, SignedInRow, find_only_organiser, get_organiser
from app.core.i18n import LOCALES
from app.core.text import shown_phone
from app.core.urls import absolute
from app.web.guards import acting_organiser, find_access
from app.web.i18n import current_locale
from app.web.ttl_cache import TtlCache

LOOK_SECONDS = 3.0
LOOKS_KEPT = 200


@dataclass(frozen=True)
class OrganiserView:
    """An organiser in the reader's language. `phone` is written to be read, `logo_url` is empty without a logo.

    `feed_url` is the whole address of its public calendar; `subscribe_url` the same as calendar programs open it.
    """

    slug: str
    name: str
    tagline: str
    email: str
    phone: str
    help_hours: str
    logo_url: str
    theme_css_url: str
    feed_url: str
    subscribe_url: str


@dataclass(frozen=True)
class AccountView:
    """The person signed in, for the menu of the desk."""

    name: str
    email: str
    initials: str


class NavItem(NamedTuple):
    label: str
    href: str
    active: bool


def init_app(app: Flask) -> None:
    app.extensions["parcours.looks"] = TtlCache[OrganiserRow | None](LOOK_SECONDS, LOOKS_KEPT)
    app.extensions["parcours.static_versions"] = {}
    app.context_processor(_page_context)
    app.url_defaults(_add_version)
    app.add_template_global(_sprite_url, "sprite_url")


def show_organiser(organiser_id: int) -> None:
    """Dress this page in an organiser's name, contact and colours. Raises NotFound."""
    g.organiser = look_of(organiser_id)


def look_of(organiser_id: int) -> OrganiserRow:
    """An organiser as pages show it, some seconds old at most. Raises NotFound."""
    found = _looks().get(f"id:{organiser_id}", lambda: get_organiser(organiser_id))
    assert found is not None
    return found


def the_only_organiser() -> OrganiserRow | None:
    """That of an installation with one; None where there are several."""
    return _looks().get("only", find_only_organiser)


def forget_looks() -> None:
    """Make this process read the organisers' looks again: for the page that changes one."""
    _looks().clear()


def organiser_view(row: OrganiserRow) -> OrganiserView:
    locale = current_locale()
    stem = f"/look/{row.slug}-{row.look_version}"
    feed_url = absolute(f"/feeds/{row.feed_token}.ics?lang={locale}")
    return OrganiserView(
        slug=row.slug,
        name=row.name,
        tagline=row.tagline(locale),
        email=row.email,
        phone=shown_phone(row.phone) if row.phone else "",
        help_hours=row.help_hours(locale),
        logo_url=f"{stem}.png" if row.has_logo else "",
        theme_css_url=f"{stem}.css",
        feed_url=feed_url,
        subscribe_url=f"webcal:{feed_url.partition(':')[2]}",
    )


def initials(name: str) -> str:
    """CD for Claire Delorme; one letter when there is one word."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


def _page_context() -> dict[str, Any]:
    row = _shown_organiser()
    view = organiser_view(row) if row else None
    account: SignedInRow | None = g.get("account")
    return {
        "organiser": view,
        "theme_css_url": view.theme_css_url if view else "",
        "locale": current_locale(),
        "lang_urls": _language_urls(),
        "account": AccountView(account.name, account.email, initials(account.name)) if account else None,
        "role": access.role if (access := find_access()) else None,
        "nav_items": _nav_items(),
    }


def _shown_organiser() -> OrganiserRow | None:
    found: OrganiserRow | None
    if "organiser" in g:
        found = g.organiser
    elif (acting := acting_organiser()) is not None:
        found = acting
    elif g.get("plain_look"):
        found = None  # a fault's page asks nothing of a database that may be the fault
    else:
        found = the_only_organiser()
    return found


def _language_urls() -> dict[str, str]:
    """This same page in each language."""
    kept = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    return {locale: f"{request.path}?{urlencode([*kept, ('lang', locale)])}" for locale in LOCALES}


def _nav_items() -> list[NavItem]:
    account: SignedInRow | None = g.get("account")
    if account is None:
        return []
    access = find_access()
    role = access.role if access else None
    items = [(_("Events"), "/manage/events")] if role in MAY_READ else []
    if role in MAY_READ:
        items += [(_("Boxes"), "/manage/boxes"), (_("Structures"), "/manage/structures")]
    if account.entrusted:
        items.append((_("Entrusted to me"), "/manage/entrusted"))
    if role is Role.OWNER:
        items += [(_("People"), "/manage/people"), (_("Look"), "/manage/look"), (_("Keys"), "/manage/tokens")]
    return [NavItem(label, href, request.path.startswith(href)) for label, href in items]


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    """A static file's address names its state, so that browsers may keep it for ever; vendor's paths do so already."""
    filename = str(values.get("filename", ""))
    if endpoint != "static" or not filename or filename.startswith("vendor/") or "v" in values:
        return
    versions: dict[str, str] = current_app.extensions["parcours.static_versions"]
    if current_app.debug or filename not in versions:
        versions[filename] = _version_of(Path(current_app.static_folder or "") / filename)
    if versions[filename]:
        values["v"] = versions[filename]


def _sprite_url() -> str:
    """The symbols' address, made once for a page: long ones show a hundred icons."""
    if "sprite_url" not in g:
        g.sprite_url = url_for("static", filename="icons.svg")
    found: str = g.sprite_url
    return found


def _version_of(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()[:10] if file.is_file() else ""


def _looks() -> TtlCache[OrganiserRow | None]:
    cache: TtlCache[OrganiserRow | None] = current_app.extensions["parcours.looks"]
    return cache
