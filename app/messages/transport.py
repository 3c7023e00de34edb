"""Handing a message over: to a mail server (RFC 5321), or to a folder of files."""

import os
import re
import secrets
import smtplib
import ssl
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

from app.config import MailServer, parse_mail_url

TIMEOUT_SECONDS = 30.0
"""For each wait on the mail server; several of them stay below a job's lease."""


class MailDelayed(Exception):
    """Not handed over now: the server is down, slow, busy, or set up wrongly. Trying later may help."""


class MailRefused(Exception):
    """The server refuses this recipient or this message for good (a 5xx reply): trying again would not help."""


def send(
    mail_url: str, message: EmailMessage, *, sender: str, recipient: str, instance: Path, timeout: float | None = None
) -> None:
    """Hand `message` over from address `sender` to address `recipient`; returns when it is accepted or on disk.

    `timeout` (TIMEOUT_SECONDS) bounds each wait on the server. Raises MailDelayed, MailRefused.
    """
    target = parse_mail_url(mail_url, instance)
    if isinstance(target, Path):
        _write(target, message)
    else:
        _submit(target, message, sender, recipient, TIMEOUT_SECONDS if timeout is None else timeout)


def file_name(rfc_id: str) -> str:
    """The file that holds the mail of this Message-ID: the same for the same mail, and nothing but a plain name."""
    return re.sub(r"[^A-Za-z0-9@._-]", "_", rfc_id.strip("<> ")).lstrip(".") + ".eml"


def _write(folder: Path, message: EmailMessage) -> None:
    """One file a mail, whole or not at all, and its owner's alone: whoever lists the folder never sees half of one."""
    target = folder / file_name(str(message["Message-ID"]))
    draft = folder / f".{secrets.token_hex(8)}.draft"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.touch(mode=0o600)
        with draft.open("wb") as file:
            file.write(message.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise MailDelayed(f"the outbox cannot be written: {error.strerror}") from error


def _submit(server: MailServer, message: EmailMessage, sender: str, recipient: str, timeout: float) -> None:
    try:
        with _connect(server, timeout) as connection:
            connection.send_message(message, from_addr=sender, to_addrs=[recipient])
    except smtplib.SMTPRecipientsRefused as error:
        raise _judge(*error.recipients[recipient]) from error
    except smtplib.SMTPDataError as error:
        raise _judge(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailRefused("the mail server cannot write to this address") from error
    except smtplib.SMTPResponseException as error:
        raise MailDelayed(_words(error.smtp_code, error.smtp_error)) from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailDelayed(f"{server.host}:{server.port}: {error}") from error


def _connect(server: MailServer, timeout: float) -> smtplib.SMTP:
    """Greeted, encrypted wherever the server offers it, and logged in. A password never travels in the clear."""
    context = ssl.create_default_context()
    if server.encrypted:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=timeout)
    try:
        connection.ehlo_or_helo_if_needed()
        encrypted = server.encrypted
        if not encrypted and connection.has_extn("starttls"):
            connection.starttls(context=context)
            connection.ehlo()
            encrypted = True
        if server.user:
            if not encrypted and not _is_this_machine(server.host):
                raise MailDelayed("the mail server offers no encryption, so the password is not sent")
            connection.login(server.user, server.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _judge(code: int, reply: bytes | str) -> Exception:
    """5xx is final, 4xx is not (RFC 5321, 4.2.1); 521 and 554 in greetings never get here."""
    return (MailRefused if 500 <= code < 600 else MailDelayed)(_words(code, reply))


def _words(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(text.split())}"
