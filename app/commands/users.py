"""flask user create: the first person of an installation, and any other."""

import click
from flask.cli import with_appcontext

from app.accounts.enums import Role
from app.accounts.errors import AccountExists, AlreadyMember
from app.accounts.operations.people import add_member, create_account, create_organiser
from app.accounts.passwords import NewPassword, choose_password
from app.accounts.queries import find_account_id, find_organiser_by_slug, list_organisers
from app.core import clock
from app.core.actor import SYSTEM
from app.core.errors import FieldError
from app.core.text import TextError, normalise_email
from app.core.transaction import transaction
from app.core.urls import absolute

WEAKNESSES = {
    "password_short": "The password needs at least 10 characters.",
    "password_common": "Many people use this password, so it is quickly guessed. Choose another.",
}


@click.group()
def user() -> None:
    """People who log in."""


@user.command()
@click.option("--email", prompt="E-mail address", help="What the person logs in with.")
@click.option("--name", prompt="First name and name")
@click.option("--organiser", prompt="Organiser (name or slug; made when there is none)")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.OWNER.value, show_default=True)
@click.option("--password", help="Asked for when it is not given and the person is new.")
@with_appcontext
def create(email: str, name: str, organiser: str, role: str, password: str | None) -> None:
    """Let a person work for an organiser; make the organiser and the account when they are missing."""
    now = clock.now()
    try:
        account_id = find_account_id(normalise_email(email))
    except TextError as error:
        raise click.ClickException(f"This is not an e-mail address: {email} ({error.code})") from error
    if account_id is None and password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        person = choose_password(password or "") if account_id is None else account_id
        with transaction():
            organiser_id = _find_organiser(organiser)
            if organiser_id is None:
                organiser_id = create_organiser(organiser, by=SYSTEM, now=now)
            if isinstance(person, NewPassword):
                person = create_account(email, name, person, by=SYSTEM, now=now)
            add_member(person, organiser_id, Role(role), by=SYSTEM, now=now)
    except FieldError as error:
        code = next(iter(error.problems.values()))
        raise click.ClickException(WEAKNESSES.get(code, str(error))) from error
    except AccountExists as error:
        raise click.ClickException(f"{email} has an account already.") from error
    except AlreadyMember as error:
        raise click.ClickException(f"{email} works for this organiser already.") from error
    click.echo(f"{email} can log in as {role}: {absolute('/login')}")


def _find_organiser(text: str) -> int | None:
    found = find_organiser_by_slug(text)
    if found is not None:
        return found.id
    return next((row.id for row in list_organisers() if row.name == text), None)
