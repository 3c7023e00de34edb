"""The job that renders and sends one message."""

from datetime import datetime

from app.core import urls
from app.core.i18n import as_locale
from app.core.transaction import end_reading, transaction
from app.jobs.errors import GiveUp, TryLater
from app.jobs.registry import JobContext, Payload, handler
from app.messages.mime import build_message, mail_address
from app.messages.models import MessageState
from app.messages.operations import SEND_JOB, mark_failed, mark_queued, mark_sent, mark_skipped
from app.messages.queries import OutgoingMessage, find_outgoing
from app.messages.rendering import Mail, RenderContext, render
from app.messages.senders import Sender, get_sender
from app.messages.transport import MailDelayed, MailRefused, send


def _is_dead(payload: Payload, error: str, now: datetime) -> None:
    mark_failed(payload["message_id"], error=error)


def _is_tried_again(payload: Payload, now: datetime) -> None:
    mark_queued(payload["message_id"])


def _is_called_off(payload: Payload, now: datetime) -> None:
    mark_skipped(payload["message_id"])


@handler(SEND_JOB, on_dead=_is_dead, on_retry=_is_tried_again, on_cancel=_is_called_off)
def send_message(context: JobContext) -> None:
    """Render and send a message, outside of any transaction, then note it.

    A worker that dies between the two sends it again under the same Message-ID: exactly once does not exist over SMTP,
    and in the file outbox it is the same file.
    """
    message = find_outgoing(context.payload["message_id"])
    if message is None or message.state in {MessageState.SENT, MessageState.SKIPPED}:
        return
    locale = as_locale(message.locale)
    told = RenderContext(message.params, locale, message.organiser_id, context.now(), message.subject, message.id)
    mail = render(message.template, told)
    if mail is None:
        with transaction():
            mark_skipped(message.id)
        return
    sender = get_sender(message.organiser_id)
    end_reading()  # the mail server may be slow: no connection is held meanwhile
    _hand_over(message, mail, sender, now=context.now())
    with transaction():
        mark_sent(message.id, title=mail.title, now=context.now())


def _hand_over(message: OutgoingMessage, mail: Mail, sender: Sender, *, now: datetime) -> None:
    settings = urls.settings()
    try:
        recipient = mail_address(message.recipient)
    except ValueError as error:
        raise GiveUp(str(error)) from error
    built = build_message(
        mail,
        rfc_id=message.rfc_id,
        recipient=recipient,
        sender=sender,
        mail_from=settings.mail_from,
        locale=as_locale(message.locale),
        now=now,
    )
    try:
        send(
            settings.mail_url,
            built,
            sender=mail_address(settings.mail_from),
            recipient=recipient,
            instance=settings.instance,
        )
    except MailRefused as error:
        raise GiveUp(str(error)) from error
    except MailDelayed as error:
        raise TryLater(str(error)) from error
