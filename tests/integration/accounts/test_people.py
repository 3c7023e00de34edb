from datetime import UTC, datetime

import pytest

from app.accounts.checks import check_door_tokens, check_mails, check_owners
from app.accounts.enums import Role
from app.accounts.errors import AccountExists, AlreadyMember, LastOwner
from app.accounts.operations.people import (
    add_member,
    change_role,
    create_account,
    create_organiser,
    remove_member,
)
from app.accounts.operations.tokens import make_door_token
from app.accounts.passwords import choose_password
from app.accounts.queries import find_organiser_by_slug, find_signed_in, find_token, list_members
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.db import db
from app.core.errors import FieldError, NotFound
from app.core.transaction import transaction

NOW = datetime(2027, 2, 4, 8, 30, tzinfo=UTC)
PASSWORD = choose_password("trois mots secrets")

pytestmark = pytest.mark.usefixtures("context")


def make_member(organiser_id: int, name: str, role: Role) -> int:
    account_id = create_account(f"{name}@example.org", name.title(), PASSWORD, by=SYSTEM, now=NOW)
    add_member(account_id, organiser_id, role, by=SYSTEM, now=NOW)
    return account_id


def test_organisers_of_one_name_get_slugs_of_their_own() -> None:
    with transaction():
        create_organiser("Cap Métiers", by=SYSTEM, now=NOW)
        create_organiser("Cap Métiers", by=SYSTEM, now=NOW)
    first, second = find_organiser_by_slug("cap-metiers"), find_organiser_by_slug("cap-metiers-2")
    assert first is not None
    assert second is not None
    assert first.feed_token != second.feed_token


def test_account_is_kept_in_lower_case_and_once() -> None:
    with transaction():
        account_id = create_account(" Odile@Example.ORG ", "Odile Martin", PASSWORD, by=SYSTEM, now=NOW)
    with pytest.raises(AccountExists), transaction():
        create_account("odile@example.org", "Odile", PASSWORD, by=SYSTEM, now=NOW)
    found = find_signed_in(account_id, NOW)
    assert found is not None
    assert (found.email, found.name, found.memberships) == ("odile@example.org", "Odile Martin", ())


def test_account_is_refused_at_its_field() -> None:
    with pytest.raises(FieldError) as refusal, transaction():
        create_account("odile@example", "Odile", PASSWORD, by=SYSTEM, now=NOW)
    assert refusal.value.problems == {"email": "email_ending"}


def test_last_owner_stays() -> None:
    with transaction():
        organiser_id = create_organiser("Cap", by=SYSTEM, now=NOW)
        owner = make_member(organiser_id, "odile", Role.OWNER)
    with pytest.raises(LastOwner), transaction():
        change_role(owner, organiser_id, Role.MANAGER, by=SYSTEM, now=NOW)
    with pytest.raises(LastOwner), transaction():
        remove_member(owner, organiser_id, by=SYSTEM, now=NOW)
    assert [(m.name, m.role) for m in list_members(organiser_id)] == [("Odile", Role.OWNER)]


def test_owner_goes_when_there_is_another() -> None:
    with transaction():
        organiser_id = create_organiser("Cap", by=SYSTEM, now=NOW)
        first = make_member(organiser_id, "odile", Role.OWNER)
        second = make_member(organiser_id, "paul", Role.VIEWER)
    with transaction():
        change_role(second, organiser_id, Role.OWNER, by=SYSTEM, now=NOW)
        remove_member(first, organiser_id, by=SYSTEM, now=NOW)
    assert [(m.name, m.role) for m in list_members(organiser_id)] == [("Paul", Role.OWNER)]
    assert [line.verb for line in list_history(f"account:{first}")] == [
        "member.removed",
        "member.added",
        "account.created",
    ]


def test_removing_a_member_ends_their_door_key() -> None:
    with transaction():
        organiser_id = create_organiser("Cap", by=SYSTEM, now=NOW)
        make_member(organiser_id, "odile", Role.OWNER)
        door = make_member(organiser_id, "denis", Role.DOOR)
        secret = make_door_token(door, 7, organiser_id, by=SYSTEM, now=NOW)
    with transaction():
        remove_member(door, organiser_id, by=SYSTEM, now=NOW)
    assert find_token(secret, NOW) is None


def test_member_is_added_once_and_must_exist_to_change() -> None:
    with transaction():
        organiser_id = create_organiser("Cap", by=SYSTEM, now=NOW)
        account_id = make_member(organiser_id, "odile", Role.OWNER)
    with pytest.raises(AlreadyMember), transaction():
        add_member(account_id, organiser_id, Role.VIEWER, by=SYSTEM, now=NOW)
    with pytest.raises(NotFound), transaction():
        change_role(account_id + 1, organiser_id, Role.VIEWER, by=SYSTEM, now=NOW)


def test_doctor_sees_what_sql_broke() -> None:
    with transaction():
        organiser_id = create_organiser("Cap", by=SYSTEM, now=NOW)
        owner = make_member(organiser_id, "odile", Role.OWNER)
        make_door_token(owner, 7, organiser_id, by=SYSTEM, now=NOW)
    assert check_owners(NOW) == check_door_tokens(NOW) == check_mails(NOW) == []
    with transaction():
        db.session.execute(db.text("UPDATE memberships SET role = 'viewer'"))
        db.session.execute(db.text("UPDATE api_tokens SET expires_at = NULL"))
        db.session.execute(db.text("UPDATE accounts SET email = 'Odile@example.org'"))
    assert check_owners(NOW) == ["organiser cap has people but no owner who can log in"]
    assert len(check_door_tokens(NOW)) == 1
    assert check_mails(NOW) == [f"account {owner} has a mail that is not in lower case"]
