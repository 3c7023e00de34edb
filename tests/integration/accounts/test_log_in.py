from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask

from app.accounts.enums import Role, Scope
from app.accounts.errors import PasswordChanged, TooManyAttempts
from app.accounts.operations.log_in import change_password, count_attempt, forget_attempts, log_out_everywhere
from app.accounts.operations.people import add_member, create_account, create_organiser
from app.accounts.operations.throttling import purge_attempts
from app.accounts.operations.tokens import make_door_token, make_token, revoke_token
from app.accounts.passwords import choose_password, is_right_password
from app.accounts.queries import find_credentials, find_signed_in, find_token, list_tokens
from app.accounts.rules import guesser_of
from app.core.actor import SYSTEM
from app.core.errors import FieldError, NotFound
from app.core.transaction import transaction

NOW = datetime(2027, 2, 4, 8, 30, tzinfo=UTC)
PASSWORD = "trois mots secrets"
MAIL, HOME = "odile@example.org", "192.0.2.1"

pytestmark = pytest.mark.usefixtures("context")


def attempt(mail: str = MAIL, address: str = HOME, now: datetime = NOW) -> None:
    with transaction():
        count_attempt(mail, address, now=now)


def test_fifth_failure_blocks_the_mail_from_everywhere() -> None:
    for number in range(5):
        attempt(address=f"192.0.2.{number}")
    with pytest.raises(TooManyAttempts) as blocked:
        attempt(address="192.0.2.77")
    assert blocked.value.until == NOW + timedelta(minutes=5)
    attempt(mail="paul@example.org")


def test_refused_attempts_are_not_counted_and_blocks_grow() -> None:
    for _ in range(5):
        attempt()
    for _ in range(3):
        with pytest.raises(TooManyAttempts):
            attempt()
    moment = NOW
    for minutes in (5, 10, 20, 40, 60, 60):
        with pytest.raises(TooManyAttempts) as blocked:
            attempt(now=moment)
        assert blocked.value.until - moment == timedelta(minutes=minutes)
        moment = blocked.value.until
        attempt(now=moment)


def test_thirty_failures_block_the_address() -> None:
    for number in range(30):
        attempt(mail=f"person{number}@example.org")
    with pytest.raises(TooManyAttempts):
        attempt(mail="another@example.org")
    attempt(mail="another@example.org", address="192.0.2.2")


def test_a_quarter_of_an_hour_forgives() -> None:
    for _ in range(4):
        attempt()
    later = NOW + timedelta(minutes=15)
    for _ in range(4):
        attempt(now=later)
    with transaction():
        purge_attempts(now=NOW + timedelta(days=1))
    for _ in range(4):
        attempt(now=NOW + timedelta(minutes=1))


def test_purging_keeps_a_block_that_stands() -> None:
    moment = NOW
    for _ in range(12):
        try:
            attempt(now=moment)
        except TooManyAttempts as blocked:
            moment = blocked.until
    attempt(now=moment)
    with transaction():
        purge_attempts(now=moment)
    with pytest.raises(TooManyAttempts):
        attempt(now=moment)


@pytest.mark.parametrize(
    ("address", "guesser"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_a_whole_network_counts_as_one_guesser(address: str, guesser: str) -> None:
    assert guesser_of(address) == guesser


def test_thirty_failures_from_one_ipv6_network_block_it() -> None:
    for number in range(30):
        attempt(mail=f"person{number}@example.org", address=f"2001:db8:0:1::{number:x}")
    with pytest.raises(TooManyAttempts):
        attempt(mail="another@example.org", address="2001:db8:0:1:ffff::1")
    attempt(mail="another@example.org", address="2001:db8:0:2::1")


def test_right_password_starts_the_mail_anew_and_gives_the_address_its_attempt_back() -> None:
    for _ in range(40):
        attempt()
        with transaction():
            forget_attempts(MAIL, HOME, by=SYSTEM, now=NOW)
    for _ in range(5):
        attempt()
    with pytest.raises(TooManyAttempts):
        attempt()


def test_parallel_guesses_count_each(app: Flask) -> None:
    start = Barrier(12)

    def guess(_number: int) -> bool:
        start.wait(30)
        with app.app_context():
            try:
                attempt()
            except TooManyAttempts:
                return False
            return True

    with ThreadPoolExecutor(12) as guessers:
        assert sum(guessers.map(guess, range(12))) == 5


def test_nobodys_password_is_never_right() -> None:
    with transaction():
        create_account(MAIL, "Odile", choose_password(PASSWORD), by=SYSTEM, now=NOW)
    found = find_credentials(MAIL)
    assert found is not None
    assert is_right_password(found.password_hash, PASSWORD)
    assert not is_right_password(found.password_hash, PASSWORD + " ")
    assert not is_right_password(None, "a password that nobody has")
    assert found.password_hash.startswith("$argon2id$")


def test_log_out_everywhere_ends_sessions_and_door_keys() -> None:
    with transaction():
        organiser_id = create_organiser("Cap", by=SYSTEM, now=NOW)
        account_id = create_account(MAIL, "Odile", choose_password(PASSWORD), by=SYSTEM, now=NOW)
        add_member(account_id, organiser_id, Role.DOOR, by=SYSTEM, now=NOW)
        door = make_door_token(account_id, 3, organiser_id, by=SYSTEM, now=NOW)
        program = make_token(organiser_id, "site", [Scope.EVENTS_READ], by=SYSTEM, now=NOW)
    found = find_token(door, NOW)
    assert found is not None
    assert (found.account_id, found.event_id, found.scopes) == (account_id, 3, frozenset({Scope.SCANS_WRITE}))
    assert find_token(door, NOW + timedelta(hours=16)) is None
    with transaction():
        assert log_out_everywhere(account_id, by=SYSTEM, now=NOW) == 2
    assert find_token(door, NOW) is None
    assert find_token(program, NOW) is not None
    signed_in = find_signed_in(account_id, NOW)
    assert signed_in is not None
    assert signed_in.epoch == 2


def test_a_new_password_ends_all_sessions_and_is_compared_with_the_one_there_is() -> None:
    with transaction():
        account_id = create_account(MAIL, "Odile", choose_password(PASSWORD), by=SYSTEM, now=NOW)
    before = find_credentials(MAIL)
    assert before is not None
    new = choose_password("quatre mots secrets")
    with transaction():
        assert change_password(account_id, new, compared=before.password_hash, by=SYSTEM, now=NOW) == 2
    found = find_credentials(MAIL)
    assert found is not None
    assert is_right_password(found.password_hash, "quatre mots secrets")
    with pytest.raises(PasswordChanged), transaction():
        change_password(account_id, choose_password(PASSWORD), compared=before.password_hash, by=SYSTEM, now=NOW)
    assert find_credentials(MAIL) == found


@pytest.mark.parametrize(
    ("password", "code"),
    [("court", "password_short"), ("Azertyuiop", "password_common"), ("aaaaaaaaaaaa", "password_common")],
)
def test_a_weak_password_is_refused_at_its_field(password: str, code: str) -> None:
    with pytest.raises(FieldError) as refusal:
        choose_password(password, name="new_password")
    assert refusal.value.problems == {"new_password": code}


def test_token_is_revoked_once_and_by_its_organiser_only() -> None:
    with transaction():
        ours = create_organiser("Cap", by=SYSTEM, now=NOW)
        theirs = create_organiser("Pas", by=SYSTEM, now=NOW)
        secret = make_token(ours, "site", [Scope.SCANS_WRITE, Scope.EVENTS_READ], by=SYSTEM, now=NOW)
    (row,) = list_tokens(ours)
    assert row.scopes == {Scope.SCANS_WRITE, Scope.EVENTS_READ}
    with pytest.raises(NotFound), transaction():
        revoke_token(row.id, theirs, by=SYSTEM, now=NOW)
    assert find_token(secret, NOW) == row
    with transaction():
        revoke_token(row.id, ours, by=SYSTEM, now=NOW)
    assert find_token(secret, NOW) is None
    with pytest.raises(NotFound), transaction():
        revoke_token(row.id, ours, by=SYSTEM, now=NOW)


def test_token_needs_a_name_and_a_scope() -> None:
    with transaction():
        organiser_id = create_organiser("Cap", by=SYSTEM, now=NOW)
    with pytest.raises(FieldError) as refusal, transaction():
        make_token(organiser_id, " ", [], by=SYSTEM, now=NOW)
    assert refusal.value.problems == {"name": "required", "scopes": "required"}
