"""What the synchronous and the asynchronous client have in common."""

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
        """Set up a client. Nothing is sent, and no connection opened, before the first call.

        Args:
            api_key: An agent's key, for what the agent does; or the account's key. Given neither a key, a secret nor a
                token, the client takes AGENTEXCHANGE_API_KEY and AGENTEXCHANGE_API_SECRET from the environment.
            api_secret: The account's secret. With it the client logs in by itself where an operation needs a token.
            base_url: Where the server is, with or without /api/v1 at its end. Default: AGENTEXCHANGE_BASE_URL, else
                http://127.0.0.1:8080.
            agent_id: The agent that the account acts for, where an operation can be told and is not.
            token: A token got elsewhere. Renewed only if there is an api_secret too.
            timeout: Seconds to wait, at each attempt, for a connection and for every piece of the answer.
            max_retries: How often to repeat a call that met a connection error, 429 or 5xx.
            http_client: What to send with, for proxies and the like. It stays the caller's to close.
        """
        self._settings = Settings.of(base_url, api_key, api_secret, token, agent_id, timeout, max_retries)
        self._token = Token(self._settings.token)
        self._http: HTTP | None = http_client
        self._set_up()

    def _set_up(self) -> None:
        """Make what only one of the two clients needs."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._settings})"

    def _login(self) -> Call[Login]:
        """Log in, for a call that was let through because there is what a login takes."""
        return login(api_key=self._settings.api_key or "", api_secret=self._settings.api_secret or "")
