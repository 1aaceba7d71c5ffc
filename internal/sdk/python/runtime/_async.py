"""Sends calls asynchronously: the counterpart of _sync."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import TypeVar

import httpx

from ._base import BaseClient
from ._calls import Call, GetToken, Send, Step, carry_out

T = TypeVar("T")
Client = TypeVar("Client", bound="AsyncClient")


class AsyncClient(BaseClient[httpx.AsyncClient]):
    """The asynchronous client without its operations. Several tasks of one event loop may share it."""

    def _set_up(self) -> None:
        self._logging_in = asyncio.Lock()
        self._owned: httpx.AsyncClient | None = None

    async def __aenter__(self: Client) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections. Call it on the event loop that opened them."""
        if self._owned is not None:
            await self._owned.aclose()

    async def _send(self, call: Call[T]) -> T:
        steps = carry_out(call, self._settings, self._token)
        result: httpx.Response | str | None = None
        error: httpx.RequestError | None = None
        try:
            while True:
                step = steps.throw(error) if error else steps.send(result)
                result = error = None
                try:
                    result = await self._do(step)
                except httpx.RequestError as caught:
                    error = caught
        except StopIteration as end:
            answer: T = end.value
            return answer

    async def _do(self, step: Step) -> httpx.Response | str | None:
        if isinstance(step, Send):
            return await self._opened().send(step.request)
        if isinstance(step, GetToken):
            return await self._get_token(step.refused)
        await asyncio.sleep(step.seconds)
        return None

    def _opened(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = self._owned = httpx.AsyncClient()
        return self._http

    async def _get_token(self, refused: str | None) -> str | None:
        async with self._logging_in:  # if several calls need a token at once, one logs in and the others wait
            if not self._token.usable(refused):
                asked_at = time.monotonic()
                got = await self._send(self._login())
                self._token.renew(got.token, asked_at, got.expires_in)
            return self._token.value
