"""A light HTTP/1.1 client on plain sockets: it shares the machine with the servers, so it must cost them little."""

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

TIMEOUT = 60.0
ASKS_A_CONNECTION = 50  # then a new one, so that the clients spread over the server's processes
Address = tuple[str, int]


class NotMeasurable(Exception):
    """The server did not answer as the measurement needs; the message says how it answered."""


@dataclass(frozen=True)
class Reply:
    status: int
    head: bytes
    body: bytes
    seconds: float

    def header(self, name: str) -> str:
        """A header's value, or an empty text."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name.lower().encode():
                return value.strip().decode("latin-1")
        return ""


def request(method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def json_request(path: str, value: Any, token: str = "") -> bytes:
    """A POST of JSON, with a token when there is one."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return request("POST", path, headers, json.dumps(value).encode())


class Connection:
    """One kept-alive connection. A server that closed it since the last answer is connected to again, once."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._socket: socket.socket | None = None
        self._asked = 0

    def ask(self, sent: bytes) -> Reply:
        """Send a request and read its answer. Raises OSError when there is none."""
        began = time.perf_counter()
        fresh = self._socket is None
        try:
            reply = self._ask(sent, began)
        except ConnectionError:
            self.close()
            if fresh:
                raise
            reply = self._ask(sent, began)
        self._asked += 1
        if self._asked >= ASKS_A_CONNECTION or b"connection: close" in reply.head.lower():
            self.close()
        return reply

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._asked = None, 0

    def _ask(self, sent: bytes, began: float) -> Reply:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, TIMEOUT)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(sent)
        data = self._receive()
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._receive()
        head, body = data[:end], data[end + 4 :]
        length = _length(head)
        if len(body) < length:
            parts, missing = [body], length - len(body)
            while missing > 0:
                parts.append(self._receive())
                missing -= len(parts[-1])
            body = b"".join(parts)
        return Reply(int(head[9:12]), head, body, time.perf_counter() - began)

    def _receive(self) -> bytes:
        assert self._socket is not None
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionResetError("the server closed the connection")
        return data


def _length(head: bytes) -> int:
    lower = head.lower()
    if head[9:12] in {b"304", b"204"}:
        return 0
    at = lower.find(b"content-length:")
    if at < 0:
        raise NotMeasurable("an answer without Content-Length")
    return int(lower[at + 15 :].split(b"\r\n", 1)[0])


def ask_once(address: Address, sent: bytes) -> Reply:
    """One request on a connection of its own."""
    connection = Connection(address)
    try:
        return connection.ask(sent)
    finally:
        connection.close()


@dataclass
class Load:
    """What several clients got in one round."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        return len(self.times)

    @property
    def rate(self) -> float:
        return self.done / self.seconds


Expected = Callable[[Reply], bool]


def run_load(
    address: Address, requests: Iterator[bytes], *, expected: Expected, clients: int = 8, seconds: float = 2.0
) -> Load:
    """Let `clients` ask one after the other until the time is up or nothing is left to ask.

    Raises NotMeasurable on an answer that is not expected.
    """
    load, lock = Load(), threading.Lock()
    barrier = threading.Barrier(clients + 1)
    deadline = [0.0]

    def work() -> None:
        connection, times, wrong = Connection(address), [], ""
        barrier.wait()
        try:
            while not wrong and time.perf_counter() < deadline[0]:
                with lock:
                    sent = next(requests, None)
                if sent is None:
                    break
                reply = connection.ask(sent)
                times.append(reply.seconds)
                if not expected(reply):
                    wrong = f"{reply.status} {reply.body[:200]!r}"
        except (OSError, NotMeasurable) as error:
            wrong = f"{type(error).__name__} {error}"
        finally:
            connection.close()
        with lock:
            load.times += times
            if wrong:
                load.errors.append(wrong)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    deadline[0] = began + seconds
    barrier.wait()
    for thread in threads:
        thread.join()
    load.seconds = time.perf_counter() - began
    if load.errors:
        raise NotMeasurable(f"{len(load.errors)} of {clients} clients failed: {load.errors[0]}")
    return load


def all_at_once(address: Address, requests: list[bytes]) -> Load:
    """Send every request on a connection of its own at the same moment; the time ends with the last answer."""
    load, lock = Load(), threading.Lock()
    barrier = threading.Barrier(len(requests) + 1)

    def work(sent: bytes) -> None:
        barrier.wait()
        try:
            reply = ask_once(address, sent)
        except (OSError, NotMeasurable) as error:
            with lock:
                load.errors.append(f"{type(error).__name__} {error}")
            return
        with lock:
            load.statuses[reply.status] += 1
            load.times.append(reply.seconds)
            load.bodies.append(reply.body)

    threads = [threading.Thread(target=work, args=(sent,), daemon=True) for sent in requests]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    load.seconds = time.perf_counter() - began
    return load
