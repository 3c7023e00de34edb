"""Keys of programs and of doors."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import delete, exists, insert, select, update

from app.accounts.enums import Scope
from app.accounts.models import Account, ApiToken, IdempotencyKey
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError, NotFound
from app.core.tokens import digest

NAME_LENGTH = 120


def make_token(
    organiser_id: int,
    name: str,
    scopes: Iterable[Scope],
    *,
    by: Actor,
    now: datetime,
    expires_at: datetime | None = None,
    distinct: bool = False,
) -> str:
    """A key for a program: 192 random bits, told once, of which the digest and the last four characters are kept.

    `distinct` refuses the name of a key that works. Raises FieldError (name: required, too_long, token_name_taken;
    scopes: required).
    """
    chosen, label = sorted(set(scopes)), name.strip()
    problems = {}
    if not label or len(label) > NAME_LENGTH:
        problems["name"] = "too_long" if label else "required"
    if not chosen:
        problems["scopes"] = "required"
    if distinct and not problems and _is_in_use(organiser_id, label, now):
        problems["name"] = "token_name_taken"
    if problems:
        raise FieldError(problems)
    secret = f"pc_{secrets.token_urlsafe(24)}"
    token_id = db.session.execute(
        insert(ApiToken)
        .values(
            organiser_id=organiser_id,
            name=label,
            digest=digest(secret),
            scopes=" ".join(chosen),
            ending=secret[-4:],
            created_at=now,
            expires_at=expires_at,
        )
        .returning(ApiToken.id)
    ).scalar_one()
    details = {"name": label, "scopes": [scope.value for scope in chosen]}
    record(by, "token.made", f"token:{token_id}", now=now, organiser_id=organiser_id, details=details)
    return secret


def _is_in_use(organiser_id: int, name: str, now: datetime) -> bool:
    """Whether a key of that name works: two of one name could not be told apart when one is to be revoked."""
    found = exists().where(
        ApiToken.organiser_id == organiser_id,
        ApiToken.name == name,
        ApiToken.account_id.is_(None),
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at.is_(None) | (ApiToken.expires_at > now),
    )
    return db.session.execute(select(found)).scalar_one()


def note_token_use(token_id: int, *, today: date) -> None:
    """Keep the day on which a program called, once a day. Nothing is recorded of it: it is no change."""
    db.session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, (ApiToken.last_used_on.is_(None)) | (ApiToken.last_used_on < today))
        .values(last_used_on=today),
        execution_options={"synchronize_session": False},
    )


def make_door_token(
    account_id: int, event_id: int, organiser_id: int, *, by: Actor, now: datetime, hours: int = 16
) -> str:
    """A key for one person's phone at one event's doors, with the scope scans:write; it ends by itself.

    Logging out everywhere ends it sooner. Raises NotFound when the account is gone or disabled.
    """
    account = db.session.execute(
        select(Account.name, Account.epoch).where(Account.id == account_id, Account.disabled_at.is_(None))
    ).one_or_none()
    if account is None:
        raise NotFound("account")
    secret = f"pd_{secrets.token_urlsafe(24)}"
    db.session.execute(
        insert(ApiToken).values(
            organiser_id=organiser_id,
            name=account.name,
            digest=digest(secret),
            scopes=Scope.SCANS_WRITE.value,
            account_id=account_id,
            account_epoch=account.epoch,
            event_id=event_id,
            created_at=now,
            expires_at=now + timedelta(hours=hours),
        )
    )
    details = {"event_id": event_id}
    record(by, "door_token.made", f"account:{account_id}", now=now, organiser_id=organiser_id, details=details)
    return secret


def revoke_token(token_id: int, organiser_id: int, *, by: Actor, now: datetime) -> None:
    """The key stops within 5 seconds everywhere. Raises NotFound when it is not the organiser's, or revoked."""
    revoked = db.session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.organiser_id == organiser_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiToken.name)
    ).one_or_none()
    if revoked is None:
        raise NotFound("token")
    record(by, "token.revoked", f"token:{token_id}", now=now, organiser_id=organiser_id, details={"name": revoked.name})


def revoke_door_tokens(
    account_id: int, *, now: datetime, organiser_id: int | None = None, event_id: int | None = None
) -> None:
    """End a person's door keys: all, or those for one organiser or event. The caller records why."""
    door = [ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None)]
    if organiser_id is not None:
        door.append(ApiToken.organiser_id == organiser_id)
    if event_id is not None:
        door.append(ApiToken.event_id == event_id)
    db.session.execute(update(ApiToken).where(*door).values(revoked_at=now))


def purge_door_tokens(*, now: datetime) -> None:
    """Drop the door keys that ran out or were ended, with the answers kept for them.

    Programs' keys stay: their owner sees them in the list.
    """
    over = select(ApiToken.id).where(
        ApiToken.account_id.is_not(None), (ApiToken.expires_at <= now) | ApiToken.revoked_at.is_not(None)
    )
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.token_id.in_(over)))
    db.session.execute(delete(ApiToken).where(ApiToken.id.in_(over)))
