"""A proxy in front of the real server, which can drop, delay and change messages."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import httpx


@dataclass
class Seen:
    """A request that the proxy received."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Answer:
    """Answer this instead of the server."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Cut:
    """Cut the connection instead of answering, before or after the server has handled the request."""

    after: bool


@dataclass
class Change:
    """Change the server's response."""

    change: Callable[[dict[str, Any]], None]


@dataclass
class Hold:
    """Do not answer until the test is over."""


Fault = Answer | Cut | Change | Hold


def refusal(status: int, code: str) -> Answer:
    """Answer with an error in the server's form."""
    body = {"error": {"code": code, "message": "Made by the proxy.", "request_id": "proxy"}}
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


class Proxy:
    """Forwards requests to the server, except those with an ordered fault or an expired token."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.seen: list[Seen] = []
        self._faults: dict[str, deque[Fault]] = {}
        self._expired: set[str] = set()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._upstream = httpx.Client(base_url=target)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._upstream.close()

    def order(self, path: str, *faults: Fault) -> None:
        """Apply these faults to the next requests of a path, one each."""
        with self._lock:
            self._faults.setdefault(path, deque()).extend(faults)

    def expire(self, token: str) -> None:
        """Reject a token from now on."""
        with self._lock:
            self._expired.add(f"Bearer {token}")

    def count(self, path: str) -> int:
        """The number of requests received at a path."""
        with self._lock:
            return sum(each.path == path for each in self.seen)

    def _take(self, seen: Seen) -> Fault | None:
        with self._lock:
            self.seen.append(seen)
            if seen.headers.get("Authorization") in self._expired:
                return refusal(401, "TOKEN_EXPIRED")
            waiting = self._faults.get(seen.path)
            return waiting.popleft() if waiting else None

    def pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        """Handle one request, with its ordered fault if there is one."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        path, headers = handler.path, dict(handler.headers.items())
        fault = self._take(Seen(handler.command, path.partition("?")[0], headers))
        if isinstance(fault, Hold):
            self._over.wait()
        if isinstance(fault, Hold) or (isinstance(fault, Cut) and not fault.after):
            return self._cut(handler)
        if isinstance(fault, Answer):
            return self._answer(handler, fault.status, fault.headers, fault.body)
        response = self._upstream.request(handler.command, path, content=body, headers=headers)
        if isinstance(fault, Cut):
            return self._cut(handler)
        content = response.content
        if isinstance(fault, Change):
            value = json.loads(content)
            fault.change(value)
            content = json.dumps(value).encode()
        return self._answer(handler, response.status_code, dict(response.headers), content)

    def _answer(self, handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date"):
                handler.send_header(name, value)
        if status != 204:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _cut(self, handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        with suppress(OSError):
            handler.connection.shutdown(socket.SHUT_RDWR)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                proxy.pass_on(self)

            do_POST = do_PUT = do_DELETE = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                """Log nothing."""

        return Handler
