"""The secret in a loan's own link: made from this installation's key, so that every mail may hold it and no table does."""

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256

from app.core.urls import settings

_PURPOSE = b"loan link"
OPEN_FOR = timedelta(days=90)
"""How long after its end a loan is shown by its link: mails go astray."""


def loan_token(organiser_id: int, reference: str) -> str:
    """The token of `/l/<token>`: 43 characters. `loans.link_hash` is its digest (`app.core.tokens.digest`)."""
    key = hmac.digest(settings().secret_key.encode(), _PURPOSE, sha256)
    return urlsafe_b64encode(hmac.digest(key, f"{organiser_id} {reference}".encode(), sha256)).rstrip(b"=").decode()


def loan_path(token: str) -> str:
    return f"/l/{token}"


def is_closed(ended_at: datetime | None, names_removed_at: datetime | None, now: datetime) -> bool:
    """Whether the link of a loan that ended then shows nothing any more: its days are over, or nobody is left to see it."""
    return ended_at is not None and (names_removed_at is not None or is_long_over(ended_at, now))


def is_long_over(ended_at: datetime, now: datetime) -> bool:
    return ended_at + OPEN_FOR <= now
