"""Sends calls synchronously."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

import httpx

from ._base import BaseClient
from ._calls import Call, GetToken, Send, Step, carry_out

T = TypeVar("T")
Client = TypeVar("Client", bound="SyncClient")


class SyncClient(BaseClient[httpx.Client]):
    """The synchronous client without its operations. Several threads may share it."""

    def _set_up(self) -> None:
        self._opening, self._logging_in = threading.Lock(), threading.Lock()
        self._close: Callable[[], Any] = lambda: None

    def __enter__(self: Client) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. Otherwise they are closed when the client is garbage-collected."""
        self._close()

    def _send(self, call: Call[T]) -> T:
        steps = carry_out(call, self._settings, self._token)
        result: httpx.Response | str | None = None
        error: httpx.RequestError | None = None
        try:
            while True:
                step = steps.throw(error) if error else steps.send(result)
                result = error = None
                try:
                    result = self._do(step)
                except httpx.RequestError as caught:
                    error = caught
        except StopIteration as end:
            answer: T = end.value
            return answer

    def _do(self, step: Step) -> httpx.Response | str | None:
        if isinstance(step, Send):
            return self._opened().send(step.request)
        if isinstance(step, GetToken):
            return self._get_token(step.refused)
        time.sleep(step.seconds)
        return None

    def _opened(self) -> httpx.Client:
        with self._opening:
            if self._http is None:
                self._http = httpx.Client()
                self._close = weakref.finalize(self, self._http.close)
            return self._http

    def _get_token(self, refused: str | None) -> str | None:
        with self._logging_in:  # if several calls need a token at once, one logs in and the others wait
            if not self._token.usable(refused):
                asked_at = time.monotonic()
                got = self._send(self._login())
                self._token.renew(got.token, asked_at, got.expires_in)
            return self._token.value
