"""From a queued message to the mail: nothing is lost, nothing is sent for what was rolled back, refusals are kept."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, event, update

from app.core import clock, urls
from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.jobs.models import Job, JobState
from app.jobs.operations import claim, retry_dead
from app.jobs.queries import count_due, list_jobs
from app.jobs.registry import JobContext
from app.jobs.worker import run_worker
from app.messages import checks, jobs, transport
from app.messages.models import Message, MessageState
from app.messages.operations import NewMail, mark_sent, queue_message, queue_messages, raise_sequence, raise_sequences
from app.messages.outbox import list_outbox, read_mail
from app.messages.queries import MessageRow, get_sequences, list_messages
from tests.integration.messages import renderers
from tests.integration.messages.smtp_server import MailServerScript, mail_server

REGISTERED = (checks, jobs, renderers)
NOW = datetime(2027, 2, 4, 8, 40, tzinfo=UTC)


def queue(n: int = 1, template: str = "tests.note", recipient: str = "ana@example.org", **params: object) -> int:
    with transaction():
        return queue_message(
            template=template,
            subject=f"registration:{n}",
            recipient=recipient,
            locale="fr",
            params={"n": n, **params},
            organiser_id=7,
            now=clock.now(),
        )


def drain(app: Flask) -> None:
    run_worker(app, drain=True, stop=threading.Event())


def only_message() -> MessageRow:
    db.session.rollback()
    (row,) = list_messages(organiser_id=7)
    return row


def use_mail_url(app: Flask, url: str) -> None:
    app.extensions["parcours.settings"] = replace(urls.settings(), mail_url=url)


def move_clock(app: Flask, by: timedelta) -> None:
    set_clock(app.extensions, clock.now() + by)


def test_a_message_is_sent_once_and_noted(context: Flask, tmp_path: Path) -> None:
    set_clock(context.extensions, NOW)
    queue()
    drain(context)
    row = only_message()
    assert (row.state, row.title, row.error) == (MessageState.SENT, "Mail 1", "")
    assert row.sent_at is not None
    assert row.sent_at - NOW < timedelta(minutes=2)
    (line,) = list_outbox(tmp_path / "outbox")
    assert (line.title, line.recipient) == ("Mail 1", "ana@example.org")
    mail = read_mail(tmp_path / "outbox", line.name)
    assert mail.text == "Number 1, fr\n"
    assert dict(mail.headers)["Auto-Submitted"] == "auto-generated"


def test_a_rolled_back_message_is_never_sent(context: Flask, tmp_path: Path) -> None:
    def queue_and_break() -> None:
        with transaction():
            queue_message(
                template="tests.note",
                subject="registration:1",
                recipient="ana@example.org",
                locale="fr",
                params={"n": 1},
                organiser_id=7,
                now=NOW,
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        queue_and_break()
    drain(context)
    assert list_messages() == []
    assert list_outbox(tmp_path / "outbox") == []


def test_queueing_takes_two_inserts(context: Flask) -> None:
    statements: list[str] = []

    def note(*call: object) -> None:
        statements.append(str(call[2]).split()[0])

    event.listen(db.engine, "before_cursor_execute", note)
    queue()
    event.remove(db.engine, "before_cursor_execute", note)
    assert [s for s in statements if s != "BEGIN"] == ["INSERT", "INSERT"]


@pytest.mark.parametrize("recipient", ["", "a b@example.org", "ana@example.org\nBcc: bo@example.org", "ana\x00@x.fr"])
def test_a_recipient_that_cannot_stand_in_a_header_is_refused(context: Flask, recipient: str) -> None:
    with pytest.raises(ValueError, match="one mail address"):
        queue(recipient=recipient)


def test_nothing_to_tell_any_more_is_skipped_for_good(context: Flask, tmp_path: Path) -> None:
    queue(template="tests.stale")
    drain(context)
    row = only_message()
    assert (row.state, row.sent_at) == (MessageState.SKIPPED, None)
    assert [job.state for job in list_jobs() if job.name == "messages.send"] == [JobState.DONE]
    assert list_outbox(tmp_path / "outbox") == []


def test_a_renderer_that_breaks_is_tried_again_and_its_message_waits(context: Flask) -> None:
    queue(template="tests.broken")
    drain(context)
    assert only_message().state is MessageState.QUEUED
    assert [job.last_error for job in list_jobs() if job.name == "messages.send"] == ["KeyError: 'event'"]


def test_a_worker_that_died_after_sending_sends_the_same_mail_again(context: Flask, tmp_path: Path) -> None:
    queue()
    with transaction():
        lost = claim("gone", now=clock.now())
    assert lost is not None
    jobs.send_message(JobContext(lost.id, lost.payload, 7, 1, clock.now, lambda done, total: None))
    with transaction():
        db.session.execute(update(Message).values(state=MessageState.QUEUED, sent_at=None))  # as if not noted
    before = list_outbox(tmp_path / "outbox")
    move_clock(context, timedelta(hours=1))
    drain(context)
    assert only_message().state is MessageState.SENT
    assert [line.name for line in list_outbox(tmp_path / "outbox")] == [line.name for line in before]
    with transaction():
        mark_sent(only_message_id(), title="Again", now=NOW)
    assert only_message().title == "Mail 1"


def only_message_id() -> int:
    (row,) = list_messages()
    return row.id


def test_mails_wait_while_the_server_is_down_and_go_later(context: Flask) -> None:
    with mail_server() as script:
        pass
    use_mail_url(context, script.url)
    queue()
    drain(context)
    assert only_message().state is MessageState.QUEUED
    assert f"127.0.0.1:{script.port}" in list_jobs()[-1].last_error
    move_clock(context, timedelta(minutes=1))
    with mail_server(script):
        drain(context)
    assert only_message().state is MessageState.SENT
    (received,) = script.received
    assert (received.sender, received.recipients) == ("parcours@example.org", ["ana@example.org"])
    assert message_from_bytes(received.content, policy=policy.default)["Subject"] == "Mail 1"


@pytest.mark.parametrize("verb", ["GREETING", "MAIL", "RCPT", "DATA", "BODY"])
def test_a_busy_server_is_tried_again(context: Flask, verb: str) -> None:
    with mail_server(MailServerScript(replies={verb: "451 4.3.0 try later"})) as script:
        use_mail_url(context, script.url)
        queue()
        drain(context)
        assert only_message().state is MessageState.QUEUED
        assert script.received == []
        script.replies.clear()
        move_clock(context, timedelta(minutes=1))
        drain(context)
    assert only_message().state is MessageState.SENT
    assert len(script.received) == 1


@pytest.mark.parametrize("verb", ["GREETING", "RCPT", "BODY"])
def test_a_server_that_stalls_is_left_and_tried_again(
    context: Flask, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "TIMEOUT_SECONDS", 0.2)
    with mail_server(MailServerScript(stalls_at=verb)) as script:
        use_mail_url(context, script.url)
        queue()
        drain(context)
        assert only_message().state is MessageState.QUEUED
        assert "timed out" in list_jobs()[-1].last_error
        script.stalls_at = ""
        move_clock(context, timedelta(minutes=1))
        monkeypatch.setattr(transport, "TIMEOUT_SECONDS", 20)
        drain(context)
    assert only_message().state is MessageState.SENT


@pytest.mark.parametrize("verb", ["RCPT", "BODY"])
def test_a_refused_mailbox_fails_at_once_and_can_be_tried_again(context: Flask, verb: str) -> None:
    with mail_server(MailServerScript(replies={verb: "550 5.1.1 no such mailbox"})) as script:
        use_mail_url(context, script.url)
        queue()
        drain(context)
        row = only_message()
        assert (row.state, row.error) == (MessageState.FAILED, "550 5.1.1 no such mailbox")
        (job,) = list_jobs(organiser_id=7)
        assert (job.state, job.attempts) == (JobState.DEAD, 1)
        script.replies.clear()
        with transaction():
            retry_dead(job.id, by=SYSTEM, now=clock.now())
        assert only_message().state is MessageState.QUEUED
        drain(context)
    row = only_message()
    assert (row.state, row.error) == (MessageState.SENT, "")


@pytest.mark.parametrize("verb", ["MAIL", "AUTH"])
def test_a_fault_of_the_settings_fails_no_message(context: Flask, verb: str) -> None:
    script = MailServerScript(replies={verb: "535 5.7.8 not you"}, extensions=("AUTH PLAIN",))
    with mail_server(script):
        use_mail_url(context, f"smtp://us%40er:pa%3Ass@127.0.0.1:{script.port}")
        queue()
        drain(context)
    assert only_message().state is MessageState.QUEUED
    assert script.logins[:1] == ["\0us@er\0pa:ss"]


def test_an_address_that_is_none_fails_at_once(context: Flask) -> None:
    queue(recipient="nobody")
    drain(context)
    assert (only_message().state, only_message().error) == (MessageState.FAILED, "that is no mail address")


def test_a_sequence_counts_the_changes_of_its_subject(context: Flask) -> None:
    later = NOW + timedelta(hours=1)
    with transaction():
        assert raise_sequence("event:1", now=NOW) == 1
        assert raise_sequence("event:1", now=later) == 2
        assert raise_sequence("registration:1", now=NOW) == 1
    assert get_sequences(["event:1", "registration:1", "event:2"]) == {
        "event:1": (2, later),
        "registration:1": (1, NOW),
    }


def test_messages_are_listed_newest_first_by_pages(context: Flask) -> None:
    ids = [queue(n) for n in (1, 2, 3, 1)]
    assert [row.id for row in list_messages(limit=3)] == ids[:0:-1]
    assert [row.id for row in list_messages(limit=3, cursor=ids[1])] == [ids[0]]
    assert [row.id for row in list_messages(subject="registration:1", organiser_id=7)] == [ids[3], ids[0]]
    assert list_messages(organiser_id=8) == []


def problems() -> dict[str, tuple[str, ...]]:
    return {result.name: result.problems for result in run_checks(NOW) if result.name.startswith("messages.")}


def test_doctor_finds_lost_and_undated_messages(context: Flask) -> None:
    lost, undated = queue(1), queue(2)
    assert count_due(clock.now()) == 2
    assert problems() == {"messages.jobs": (), "messages.sent": ()}
    with transaction():
        db.session.execute(delete(Job).where(Job.subject == f"message:{lost}"))
        db.session.execute(update(Message).where(Message.id == undated).values(state=MessageState.SENT))
    assert problems() == {
        "messages.jobs": (f"message {lost} waits, but no job will send it",),
        "messages.sent": (f"message {undated} is sent without a time of sending",),
    }


def test_many_are_told_as_one_is(whole_app: Flask) -> None:
    now = clock.now()
    mails = [NewMail(f"registration:{n}", f"ana{n}@example.org", "fr", {"n": n}) for n in range(3)]
    with transaction():
        queue_messages("tests.note", mails, organiser_id=7, now=now)
        queue_messages("tests.note", [], organiser_id=7, now=now)
        raise_sequences(["registration:1", "registration:2"], now=now)
        raise_sequences({"registration:1"}, now=now + timedelta(days=1))
    found = get_sequences(["registration:0", "registration:1", "registration:2"])
    assert {subject: number for subject, (number, _at) in found.items()} == {"registration:1": 2, "registration:2": 1}
    assert found["registration:1"][1] == now + timedelta(days=1)
    assert len(list_jobs()) == 3
    drain(whole_app)
    assert sorted(mail.recipient for mail in list_outbox(urls.settings().instance / "outbox")) == [
        f"ana{n}@example.org" for n in range(3)
    ]
    with pytest.raises(ValueError, match="one mail address"), transaction():
        queue_messages("tests.note", [NewMail("registration:1", "ana petit", "fr", {})], organiser_id=7, now=now)
    assert [r for r in run_checks(now) if not r.ok] == []
