"""Fixtures: the live server, an account per test, and both clients under one interface."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from agentexchange import AccountCredentials, AgentExchangeClient, AsyncAgentExchangeClient
from proxy import Proxy

SERVER = os.environ["AGENTEXCHANGE_BASE_URL"]

# Creates a client: AgentExchangeClient, or the asynchronous one behind the same methods. Tests of types instead of
# behaviour use the clients directly.
Connect = Callable[..., Any]


class Awaited:
    """The asynchronous client, with every coroutine awaited and every iterator drained."""

    def __init__(self, loop: asyncio.AbstractEventLoop, **options: Any) -> None:
        self.loop, self.client = loop, AsyncAgentExchangeClient(**options)

    def __repr__(self) -> str:
        return repr(self.client)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            return self._drain(result) if isinstance(result, AsyncIterator) else self.loop.run_until_complete(result)

        return call

    def _drain(self, rows: AsyncIterator[Any]) -> Iterator[Any]:
        while True:
            try:
                yield self.loop.run_until_complete(anext(rows))
            except StopAsyncIteration:
                return


Watch = Callable[[httpx.Response], None]


def watching(asynchronous: bool, watch: Watch) -> httpx.Client | httpx.AsyncClient:
    """Return an httpx client that reports every response."""
    if not asynchronous:
        return httpx.Client(event_hooks={"response": [watch]})

    async def awatch(response: httpx.Response) -> None:
        watch(response)

    return httpx.AsyncClient(event_hooks={"response": [awatch]})


def close_http(loop: asyncio.AbstractEventLoop, http: httpx.Client | httpx.AsyncClient) -> None:
    """Close it; the SDK's client does not, because it does not own it."""
    if isinstance(http, httpx.AsyncClient):
        loop.run_until_complete(http.aclose())
    else:
        http.close()


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Return a function that creates clients of one kind and closes them after the test."""
    asynchronous = request.param == "async"
    loop = asyncio.new_event_loop()
    with ExitStack() as stack:
        stack.callback(loop.close)

        def make(*, watch: Watch | None = None, **options: Any) -> Any:
            if watch is not None:
                http = options["http_client"] = watching(asynchronous, watch)
                stack.callback(close_http, loop, http)
            client = Awaited(loop, **options) if asynchronous else AgentExchangeClient(**options)
            stack.callback(client.close)
            return client

        yield make


@pytest.fixture
def account() -> AccountCredentials:
    """Register an account."""
    with AgentExchangeClient(base_url=SERVER) as anyone:
        return anyone.register(display_name="Ada")


@pytest.fixture
def owner(account: AccountCredentials) -> Iterator[AgentExchangeClient]:
    """Log in to the account, without the proxy."""
    with AgentExchangeClient(api_key=account.api_key, api_secret=account.api_secret, base_url=SERVER) as client:
        yield client


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Put a proxy in front of the server."""
    with Proxy(SERVER) as started:
        yield started
