"""What doctor looks at: nobody is locked out of their organiser, and door keys end."""

from datetime import datetime

from sqlalchemy import func, select

from app.accounts.enums import Role
from app.accounts.models import Account, ApiToken, Membership, Organiser
from app.core.checks import check
from app.core.db import db


@check("accounts.owners", "Every organiser has an owner who can log in")
def check_owners(now: datetime) -> list[str]:
    owned = (
        select(Membership.organiser_id)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.role == Role.OWNER, Membership.ends_at.is_(None), Account.disabled_at.is_(None))
    )
    rows = db.session.execute(
        select(Organiser.slug)
        .where(Organiser.id.not_in(owned), Organiser.id.in_(select(Membership.organiser_id)))
        .order_by(Organiser.slug)
    )
    return [f"organiser {slug} has people but no owner who can log in" for (slug,) in rows]


@check("accounts.door_tokens", "A door token belongs to a person, is for one event, and ends by itself")
def check_door_tokens(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(ApiToken.id)
        .where(
            ApiToken.account_id.is_not(None) | ApiToken.event_id.is_not(None),
            ApiToken.account_id.is_(None)
            | ApiToken.event_id.is_(None)
            | ApiToken.expires_at.is_(None)
            | ApiToken.account_epoch.is_(None),
        )
        .order_by(ApiToken.id)
    )
    return [f"door token {token_id} lacks its person, event, epoch or end" for (token_id,) in rows]


@check("accounts.mails", "Account mails are kept in lower case, so that one person has one account")
def check_mails(now: datetime) -> list[str]:
    rows = db.session.execute(select(Account.id).where(Account.email != func.lower(Account.email)).order_by(Account.id))
    return [f"account {account_id} has a mail that is not in lower case" for (account_id,) in rows]
