"""A mail server in a thread that refuses, delays or stalls as a test asks. Speaks as much of RFC 5321 as that takes."""

import base64
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Received:
    sender: str
    recipients: list[str]
    content: bytes


@dataclass
class MailServerScript:
    """`replies` overrides the answer to a verb (GREETING, AUTH, MAIL, RCPT, DATA, BODY); `stalls_at` gets none."""

    replies: dict[str, str] = field(default_factory=dict)
    extensions: tuple[str, ...] = ("8BITMIME", "SMTPUTF8")
    stalls_at: str = ""
    received: list[Received] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    port: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


class _Conversation(socketserver.StreamRequestHandler):
    script: MailServerScript

    def handle(self) -> None:
        try:
            self._talk()
        except (ConnectionError, ValueError):
            return  # the client went away

    def _talk(self) -> None:
        self._answer("GREETING", "220 ready")
        envelope = Received("", [], b"")
        while line := self.rfile.readline():
            verb = line[:4].decode("ascii", "replace").upper()
            self.script.verbs.append(verb)
            argument = line[5:].decode("utf-8").strip()
            if verb == "EHLO":
                self._answer(verb, "\r\n".join(f"250-{e}" for e in ("here", *self.script.extensions)) + "\r\n250 HELP")
            elif verb == "AUTH":
                self.script.logins.append(base64.b64decode(argument.split()[-1]).decode())
                self._answer(verb, "235 welcome")
            elif verb == "MAIL":
                envelope = Received(argument.split(":", 1)[1].split(">")[0].lstrip("<"), [], b"")
                self._answer(verb, "250 fine")
            elif verb == "RCPT":
                if self._answer(verb, "250 fine"):
                    envelope.recipients.append(argument.split(":", 1)[1].strip("<>"))
            elif verb == "DATA":
                if self._answer(verb, "354 go on"):
                    self._take_body(envelope)
            elif verb == "QUIT":
                self._answer(verb, "221 bye")
                return
            else:
                self._answer(verb, "250 fine")

    def _take_body(self, envelope: Received) -> None:
        content = b""
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            content += line[1:] if line.startswith(b"..") else line
        if self._answer("BODY", "250 kept"):
            self.script.received.append(Received(envelope.sender, envelope.recipients, content))

    def _answer(self, verb: str, usual: str) -> bool:
        """Whether the answer was favourable."""
        if self.script.stalls_at == verb:
            self.script.closing.wait(60)
            raise ConnectionAbortedError
        reply = self.script.replies.get(verb, usual)
        self.wfile.write(f"{reply}\r\n".encode())
        return reply[0] in "23"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def mail_server(script: MailServerScript | None = None) -> Iterator[MailServerScript]:
    """Serve on a free port of this machine; the script may be changed while it runs."""
    script = script or MailServerScript()
    conversation = type("Conversation", (_Conversation,), {"script": script})
    with _Server(("127.0.0.1", script.port), conversation) as server:
        script.port = server.server_address[1]
        script.closing.clear()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield script
        finally:
            script.closing.set()
            server.shutdown()
            thread.join()
