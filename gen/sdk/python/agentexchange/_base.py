"""The common part of the synchronous and the asynchronous client."""

from __future__ import annotations

from typing import Generic, TypeVar

import httpx

from ._calls import DEFAULT_RETRIES, DEFAULT_TIMEOUT, Call, Settings, Token
from ._operations import login
from .models import Token as Login

HTTP = TypeVar("HTTP", httpx.Client, httpx.AsyncClient)


class BaseClient(Generic[HTTP]):
    """A client without its operations."""

    def __init__(
        self,
        *,
        api_key: str | None = None,
        api_secret: str | None = None,
        base_url: str | None = None,
        agent_id: str | None = None,
        token: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_RETRIES,
        http_client: HTTP | None = None,
    ) -> None:
        """Create a client. It sends nothing and opens no connection before the first call.

        Args:
            api_key: An agent's key, for the agent's own calls, or the account's key. Without a key, a secret and a
                token, the client takes AGENTEXCHANGE_API_KEY and AGENTEXCHANGE_API_SECRET from the environment.
            api_secret: The account's secret. With it the client logs in by itself if an operation needs a token.
            base_url: The server's address, with or without /api/v1 at the end. Default: AGENTEXCHANGE_BASE_URL, or
                http://127.0.0.1:8080.
            agent_id: The agent that the account acts for, unless a call names another.
            token: An existing token. It is renewed only if there is an api_secret too.
            timeout: Seconds that each attempt waits for a connection and for each part of the response.
            max_retries: How often to repeat a call after a connection error, 429 or 5xx.
            http_client: The httpx client to send with, for proxies and the like. The caller must close it.
        """
        self._settings = Settings.of(base_url, api_key, api_secret, token, agent_id, timeout, max_retries)
        self._token = Token(self._settings.token)
        self._http: HTTP | None = http_client
        self._set_up()

    def _set_up(self) -> None:
        """Set up what only one of the two clients needs."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._settings})"

    def _login(self) -> Call[Login]:
        """The login call. Only used if there are a key and a secret."""
        return login(api_key=self._settings.api_key or "", api_secret=self._settings.api_secret or "")
