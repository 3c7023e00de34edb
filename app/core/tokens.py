"""Random secrets: what a link or a QR code carries. At least 128 bits each."""

import hashlib
import secrets

# No I, L, O, U, 0, 1: what is read aloud or copied by hand must not be mistaken.
SPEAKABLE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_token() -> str:
    """A token for an address: 144 random bits, URL-safe, 24 characters."""
    return secrets.token_urlsafe(18)


def new_ticket_code() -> str:
    """A ticket's code: 130 random bits in 26 characters of Crockford's alphabet, so that a QR code stays small."""
    return "".join(secrets.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(26))


def new_reference(prefix: str) -> str:
    """A number to read aloud, such as VT-7K3Q-9F; 30^6 of them, so the caller tries again when one is taken."""
    return _spoken(prefix, secrets.randbelow(len(SPEAKABLE) ** 6))


def reference_of(prefix: str, seed: bytes) -> str:
    """The same number for the same seed, which is to be as good as random (a keyed digest)."""
    return _spoken(prefix, int.from_bytes(seed) % len(SPEAKABLE) ** 6)


def _spoken(prefix: str, number: int) -> str:
    letters = ""
    for _ in range(6):
        number, letter = divmod(number, len(SPEAKABLE))
        letters += SPEAKABLE[letter]
    return f"{prefix}-{letters[:4]}-{letters[4:]}"


def digest(token: str) -> str:
    """SHA-256 of a token, in hexadecimal: what is stored where the token itself need not be shown again."""
    return hashlib.sha256(token.encode()).hexdigest()
