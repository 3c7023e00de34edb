"""Who works in the demo, for two organisers. All invented; mail at example.org, passwords made to be typed and told."""

from dataclasses import dataclass
from datetime import datetime

from app.accounts.enums import Role, Scope
from app.accounts.operations.look import Look, set_look
from app.accounts.operations.people import add_member, create_account, create_organiser
from app.accounts.operations.tokens import make_token
from app.accounts.passwords import choose_password
from app.accounts.queries import find_account_id, find_signed_in
from app.core.actor import SYSTEM
from app.core.errors import NotFound

FOREIGN = "foreign"


@dataclass(frozen=True)
class DemoAccount:
    """A log-in of the demo. `role` is the role at Creativ’, or `foreign` for the owner of the other organiser."""

    role: str
    name: str
    email: str
    password: str


ACCOUNTS = (
    DemoAccount("owner", "Inès Roux", "ines.roux@example.org", "tuiles-et-moutarde"),
    DemoAccount("manager", "Marc Delorme", "marc.delorme@example.org", "cassis-et-pain-epices"),
    DemoAccount("door", "Yasmina Berthier", "yasmina.berthier@example.org", "porte-a-longvic"),
    DemoAccount("viewer", "Paul Chevalier", "paul.chevalier@example.org", "regarder-seulement"),
    DemoAccount(FOREIGN, "Odile Marchand", "odile.marchand@example.org", "lunettes-du-jura"),
)

CREATIV = Look(
    name="Creativ’",
    tagline_fr="emploi et compétences, Dijon",
    tagline_en="jobs and skills, Dijon",
    email="bonjour@example.org",
    phone="03 53 01 00 21",
    help_hours_fr="du lundi au vendredi, 9 h – 17 h",
    help_hours_en="Monday to Friday, 9 am to 5 pm",
    brand="#5E1A49",
    accent="#F2B632",
)
JURA = Look(
    name="Métiers du Haut-Jura",
    tagline_fr="découvrir les métiers, Saint-Claude",
    tagline_en="discovering jobs, Saint-Claude",
    email="accueil@example.org",
    phone="06 39 98 39 00",
    help_hours_fr="du mardi au vendredi, 9 h – 12 h",
    help_hours_en="Tuesday to Friday, 9 am to noon",
    brand="#14524A",
    accent="#F0B429",
)


@dataclass(frozen=True)
class DemoOrganisers:
    """Ids of the organiser that the demo shows and of the one that must see nothing of it."""

    creativ: int
    foreign: int


def make_organisers(now: datetime) -> DemoOrganisers:
    """Both organisers with their looks and their people. Raises AccountExists where one of these mails is taken."""
    creativ = create_organiser(CREATIV.name, by=SYSTEM, now=now)
    foreign = create_organiser(JURA.name, by=SYSTEM, now=now)
    set_look(creativ, CREATIV, by=SYSTEM, now=now)
    set_look(foreign, JURA, by=SYSTEM, now=now)
    for account in ACCOUNTS:
        account_id = create_account(account.email, account.name, choose_password(account.password), by=SYSTEM, now=now)
        if account.role == FOREIGN:
            add_member(account_id, foreign, Role.OWNER, by=SYSTEM, now=now)
        else:
            add_member(account_id, creativ, Role(account.role), by=SYSTEM, now=now)
    return DemoOrganisers(creativ, foreign)


def find_organisers(now: datetime) -> DemoOrganisers:
    """The two organisers of a demo that is there: those of its owners. Raises NotFound when an owner is gone."""
    return DemoOrganisers(*(_organiser_of(account, now) for account in ACCOUNTS if account.role in {"owner", FOREIGN}))


def _organiser_of(account: DemoAccount, now: datetime) -> int:
    account_id = find_account_id(account.email)
    person = None if account_id is None else find_signed_in(account_id, now)
    if person is None or not person.memberships:
        raise NotFound(account.email)
    return person.memberships[0].organiser.id


def make_tokens(organisers: DemoOrganisers, now: datetime) -> dict[str, str]:
    """Keys for programs: `full` with every scope, `door` for scans alone, `foreign` with all of the other organiser."""
    return {
        "full": make_token(organisers.creativ, "Démo, tout", Scope, by=SYSTEM, now=now),
        "door": make_token(organisers.creativ, "Démo, porte", [Scope.SCANS_WRITE], by=SYSTEM, now=now),
        "foreign": make_token(organisers.foreign, "Démo, tout", Scope, by=SYSTEM, now=now),
    }
