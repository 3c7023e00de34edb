"""The scanning app's shell: one page that is the same for everybody of a language, and what keeps it on a phone.

Nothing here asks who is there. The phone keeps the page with every file it needs (`/sw.js`), and starts without network.
"""

import json
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path, PurePosixPath

from flask import Blueprint, current_app, g, jsonify, render_template, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.i18n import LOCALES, Locale
from app.web.door.app_words import app_words
from app.web.door.words import Words, door_words
from app.web.guards import public
from app.web.i18n import current_locale

blueprint = Blueprint("door_shell", __name__)

ICON_SIDES = (192, 512)
VERSION_LENGTH = 16
_IN_PAGE = re.compile(r'"(/(?:static|look)/[^"#]+)')
_IN_STYLE = re.compile(r"""url\(["']?([^"')]+)["']?\)""")
_IN_SCRIPT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")


@blueprint.get("/door", strict_slashes=False)
@public
def shell() -> str:
    """The app's page."""
    return _render()


@blueprint.get("/door/manifest.webmanifest")
@public
def manifest() -> Response:
    """What the app is called and looks like once it is installed (W3C Web Application Manifest)."""
    icons = [
        {"src": _static(f"img/door-{side}.png"), "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
        for side in ICON_SIDES
        for purpose in ("any", "maskable")
    ]
    response = jsonify(
        id="/door",
        name=_("Parcours door"),
        short_name=_("Door"),
        description=_("Scan tickets at the door, with or without network."),
        lang=current_locale(),
        start_url="/door",
        scope="/door",
        display="standalone",
        orientation="portrait",
        background_color="#ffffff",
        theme_color="#5e1a49",
        icons=icons,
    )
    response.mimetype = "application/manifest+json"
    return response


@blueprint.get("/sw.js")
@public
def service_worker() -> Response:
    """The script that keeps the shell. It names the state of each file: when one changes, phones install the new state."""
    pages = {locale: _page_in(locale) for locale in LOCALES}
    files = _files_of("".join(pages.values()))
    source = (_static_folder() / "js/door/sw.js").read_text(encoding="utf-8")
    states = [_state(address) for address in files]
    version = sha256(json.dumps([pages, files, states, source]).encode()).hexdigest()[:VERSION_LENGTH]
    shells = {locale: f"/door?lang={locale}" for locale in LOCALES}
    known = json.dumps({"version": version, "shells": shells, "files": files})
    response = Response(f"self.SHELL = {known};\n{source}", mimetype="text/javascript")
    response.headers["Service-Worker-Allowed"] = "/door"
    response.headers["Cache-Control"] = "no-cache"
    return response


def _render() -> str:
    words: dict[str, Words] = {
        "school": {**door_words(True), **app_words()},
        "people": {**door_words(False), **app_words()},
    }
    return render_template(
        "door/app.html", words=words["school"], app_data={"locale": current_locale(), "words": words}
    )


def _page_in(locale: Locale) -> str:
    """The page as `/door?lang=…` answers it."""
    asked, g.locale = current_locale(), locale
    try:
        with force_locale(locale):
            return _render()
    finally:
        g.locale = asked


def _files_of(page: str) -> list[str]:
    """The addresses of all files that a page needs: those it names, and those that its styles and modules name."""
    found: dict[str, None] = {}
    waiting = _IN_PAGE.findall(page)
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        found[address] = None
        if address.startswith("/static/"):
            file = _file_of(address)
            waiting += [_resolved(address, name) for name in _named_in(file, _mark(file))]
    return sorted(found)


def _file_of(address: str) -> Path:
    return _static_folder() / address.partition("?")[0].removeprefix("/static/")


def _resolved(base: str, name: str) -> str:
    """An address as a browser makes it of one that stands in a file: these carry no version."""
    parts: list[str] = []
    for part in (PurePosixPath(base.partition("?")[0]).parent / name).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return str(PurePosixPath(*parts))


def _mark(file: Path) -> int:
    """When the file was written: what was read of it is read again after that."""
    return file.stat().st_mtime_ns


@lru_cache(maxsize=200)
def _named_in(file: Path, mark: int) -> tuple[str, ...]:
    pattern = {".css": _IN_STYLE, ".js": _IN_SCRIPT}.get(file.suffix)
    if pattern is None or "vendor" in file.parts:
        return ()
    names = pattern.findall(file.read_text(encoding="utf-8"))
    return tuple(name.partition("#")[0] for name in names if not name.startswith(("data:", "#", "/")))


def _state(address: str) -> str:
    """What changes with a file; an organiser's colours name their state in their address."""
    if not address.startswith("/static/"):
        return address
    file = _file_of(address)
    return _digest(file, _mark(file))


@lru_cache(maxsize=200)
def _digest(file: Path, mark: int) -> str:
    return sha256(file.read_bytes()).hexdigest()


def _static(filename: str) -> str:
    return url_for("static", filename=filename)


def _static_folder() -> Path:
    return Path(current_app.static_folder or "")
