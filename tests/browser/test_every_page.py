"""Every page at 390 and 1280 px: no violation of WCAG 2.2 AA, nothing outside the Content-Security-Policy, no sideways scroll."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, ViewportSize
from werkzeug.routing import Rule

from app.web.guards import Guard, GuardKind, guard_of_endpoint
from tests.browser.chromium import EXECUTABLE, FLAGS, axe_report
from tests.browser.test_door import serving
from tests.browser.world import World, make_world
from tests.factories import PASSWORD
from tests.integration.guards.walking import Walk

pytestmark = pytest.mark.browser

WIDTHS = (390, 1280)
SHARES = 4
"""Of the team's many pages: a test looks at one share of them, so that no test is much longer than the others."""
FILES = (".ics", ".pdf", ".svg", ".css", ".png", ".json", ".csv", "/html", "/healthz", "/readyz")
PARTS = ("/live/now",)
"""What a page asks for to show within itself."""
PUBLIC = (GuardKind.PUBLIC, GuardKind.OWN_LINK)
CONTACT = (GuardKind.CONTACT,)
STAFF = (GuardKind.STAFF, GuardKind.EVENT_STAFF, GuardKind.SIGNED_IN)


@pytest.fixture(scope="module")
def plain_chromium(chromium: Browser) -> Iterator[Browser]:
    """One that optimises no script: on each page anew, that would take longer than axe then runs."""
    browser = chromium.browser_type.launch(executable_path=EXECUTABLE, args=[*FLAGS, "--js-flags=--no-opt,--no-maglev"])
    yield browser
    browser.close()


def pages(app: Flask, values: dict[str, str], kinds: tuple[GuardKind, ...]) -> Iterator[str]:
    """The address of each page that can be read, with the arguments of a world that has one of everything."""

    def wanted(rule: Rule) -> bool:
        guard = guard_of_endpoint(app, rule.endpoint)
        return guard is not None and guard.kind in kinds and "GET" in (rule.methods or set())

    for rule in app.url_map.iter_rules():
        if wanted(rule) and rule.endpoint != "static":
            own = {"code": "other"} if "/reasons/" in rule.rule else {}
            path = Walk(rule, "GET", Guard(GuardKind.PUBLIC)).path({**values, **own})
            if not path.endswith((*FILES, *PARTS)) and not path.startswith("/api/"):
                yield path


def look(page: Page, address: str) -> list[str]:
    """What is wrong with one page, which opens on a phone and is then made as wide as a desk."""
    problems: list[str] = []

    def note(line: str) -> None:
        if "Content Security Policy" in line or "Uncaught" in line:
            problems.append(line)

    def console(message: ConsoleMessage) -> None:
        note(message.text)

    def failed(error: Error) -> None:
        note(f"Uncaught {error}")

    page.on("console", console)
    page.on("pageerror", failed)
    page.set_viewport_size(ViewportSize(width=WIDTHS[0], height=844))
    answer = page.goto(address)
    if answer is not None and (answer.headers.get("content-type") or "").startswith("text/html"):
        if answer.status >= 500:
            problems.append(f"status {answer.status}")
        page.locator("h1:visible").first.wait_for()  # the door's application shows its parts once its script runs
        for width in WIDTHS:
            problems += look_at(page, width)
    else:
        problems.clear()
    page.remove_listener("console", console)
    page.remove_listener("pageerror", failed)
    return [f"{address}: {problem}" for problem in problems]


def look_at(page: Page, width: int) -> Iterator[str]:
    """What is wrong at one width."""
    page.set_viewport_size(ViewportSize(width=width, height=844))
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        yield f"{wide} px wide on a screen of {width}"
    report = axe_report(page)
    if report:
        yield f"at {width} px: {report}"


def enter(page: Page, url: str, world: World, kinds: tuple[GuardKind, ...]) -> None:
    """Log in as who reads these pages."""
    if kinds == STAFF:
        page.goto(f"{url}/login")
        page.locator("[name=email]").fill(world.owner)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url(lambda address: "/login" not in address)
    if kinds == CONTACT:
        page.goto(url + world.way_in)
        page.locator("main form button[type=submit]").click()
        page.wait_for_url("**/my/structure")


@pytest.mark.parametrize(
    ("kinds", "locale", "share"),
    [
        (PUBLIC, "fr-FR", slice(None)),
        *((STAFF, "fr-FR", slice(start, None, SHARES)) for start in range(SHARES)),
        (CONTACT, "fr-FR", slice(None)),
        (PUBLIC, "en-GB", slice(None)),
    ],
    ids=["public-fr", *(f"staff-{start + 1}" for start in range(SHARES)), "contact", "public-en"],
)
def test_every_page_is_accessible_and_fits(
    sqlite_app: Flask, plain_chromium: Browser, kinds: tuple[GuardKind, ...], locale: str, share: slice
) -> None:
    world = make_world(sqlite_app)
    more = {PUBLIC: world.more_public, STAFF: world.more_of_team}.get(kinds, ())
    paths = sorted({*pages(sqlite_app, world.values, kinds), *more})[share]
    assert len(paths) >= (3 if kinds == CONTACT else 10)
    with serving(sqlite_app) as url, plain_chromium.new_context(locale=locale) as context:
        page = context.new_page()
        enter(page, url, world, kinds)
        problems = [problem for path in paths for problem in look(page, url + path)]
    assert problems == [], "\n".join(problems)
