"""Calls and how they are carried out, except for sending: only that differs between sync and async."""

from __future__ import annotations

import dataclasses
import os
import random
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Generic, Literal, TypeVar

import httpx

from ._answers import error_of
from ._codec import credential, encode, encode_text, header_value
from ._spec import API_KEY_HEADER, VERSION
from .errors import APIConnectionError, APIError, APITimeoutError, MissingCredentialsError

T = TypeVar("T")
Scheme = Literal["none", "key", "token"]

DEFAULT_BASE_URL = "http://127.0.0.1:8080"
DEFAULT_TIMEOUT = 30.0
DEFAULT_RETRIES = 4

FIRST_BACKOFF, LONGEST_BACKOFF, LONGEST_RETRY_AFTER = 0.2, 5.0, 30.0
RENEW_BEFORE_EXPIRY = 60.0

AGENT_HEADER, IDEMPOTENCY_HEADER = "X-Agent-Id", "Idempotency-Key"
TOKEN_REFUSED = ("TOKEN_EXPIRED", "INVALID_TOKEN")

# Failures of the network, worth a retry. Other errors of httpx would only recur.
TRANSIENT = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)


@dataclasses.dataclass(frozen=True)
class Call(Generic[T]):
    """One call of an operation."""

    method: str
    path: str
    answer: Callable[[httpx.Response], T]
    auth: tuple[Literal["key", "token"], ...] = ()
    """The credentials that the operation accepts; empty if it needs none."""
    query: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    headers: Mapping[str, str | None] = dataclasses.field(default_factory=dict)
    body: Any = None


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of a client."""

    base_url: str
    api_key: str | None = dataclasses.field(repr=False)
    api_secret: str | None = dataclasses.field(repr=False)
    token: str | None = dataclasses.field(repr=False)
    agent_id: str | None
    timeout: float
    max_retries: int

    @staticmethod
    def of(
        base_url: str | None,
        api_key: str | None,
        api_secret: str | None,
        token: str | None,
        agent_id: str | None,
        timeout: float,
        max_retries: int,
    ) -> Settings:
        """Complete arguments from the environment. Credentials from both are never mixed."""
        if api_key is None and api_secret is None and token is None:
            api_key = os.environ.get("AGENTEXCHANGE_API_KEY")
            api_secret = os.environ.get("AGENTEXCHANGE_API_SECRET")
        return Settings(
            base_url=_base(base_url or os.environ.get("AGENTEXCHANGE_BASE_URL") or DEFAULT_BASE_URL),
            api_key=credential("api_key", api_key),
            api_secret=credential("api_secret", api_secret),
            token=credential("token", token),
            agent_id=None if agent_id is None else header_value("agent_id", agent_id),
            timeout=timeout,
            max_retries=max_retries,
        )

    @property
    def can_login(self) -> bool:
        """Whether there are a key and a secret to log in with."""
        return self.api_key is not None and self.api_secret is not None


@dataclasses.dataclass
class Token:
    """The current token. Change it only while holding the client's lock."""

    value: str | None = dataclasses.field(default=None, repr=False)
    renew_at: float = float("inf")
    """On the monotonic clock."""

    def usable(self, refused: str | None) -> bool:
        """Whether the token can still be used: it has not expired and is not the refused one."""
        return self.value is not None and self.value != refused and time.monotonic() < self.renew_at

    def renew(self, value: str, asked_at: float, lifetime: float) -> None:
        """Store a new token until shortly before it expires."""
        self.value = value
        self.renew_at = asked_at + lifetime - min(RENEW_BEFORE_EXPIRY, lifetime / 2)


@dataclasses.dataclass(frozen=True)
class Send:
    """Step of a call: send this, and continue with the response or httpx's error."""

    request: httpx.Request


@dataclasses.dataclass(frozen=True)
class Wait:
    """Step of a call: wait this many seconds."""

    seconds: float


@dataclasses.dataclass(frozen=True)
class GetToken:
    """Step of a call: continue with a token other than the refused one."""

    refused: str | None


Step = Send | Wait | GetToken


def carry_out(call: Call[T], settings: Settings, kept: Token) -> Generator[Step, Any, T]:
    """Carry out a call step by step: authenticate, send, and retry.

    Every call may be repeated: a POST that creates something sends the same Idempotency-Key with every attempt.
    """
    scheme = _scheme(call, settings, kept)
    request = _request(call, settings, scheme)
    refused: str | None = None
    attempt = 0
    while True:
        if scheme == "token":
            token = yield GetToken(refused)
            request.headers["Authorization"] = f"Bearer {token}"
        try:
            response: httpx.Response = yield Send(request)
        except httpx.RequestError as error:
            if attempt >= settings.max_retries or not isinstance(error, TRANSIENT):
                # httpx shows the value of a header that it rejects.
                raise _unanswered(error, request) from (None if isinstance(error, httpx.LocalProtocolError) else error)
            yield Wait(_backoff(attempt))
            attempt += 1
            continue
        if response.is_success:
            return call.answer(response)
        failure = error_of(response)
        if scheme == "token" and failure.code in TOKEN_REFUSED and refused is None and settings.can_login:
            refused = token
        elif attempt < settings.max_retries and _is_transient(failure):
            yield Wait(max(_backoff(attempt), _retry_after(response)))
            attempt += 1
        else:
            raise failure


def _base(address: str) -> str:
    """The address that paths are appended to, without /api/v1, with which paths begin."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"base_url is not an http:// or https:// URL such as {DEFAULT_BASE_URL}.")
    if url.userinfo:
        raise ValueError("base_url contains a user or password; it would be printed, and sent instead of a token.")
    return address.rstrip("/").removesuffix("/api/v1").rstrip("/")


def _scheme(call: Call[Any], settings: Settings, kept: Token) -> Scheme:
    if not call.auth:
        return "none"
    if "key" in call.auth and settings.api_key is not None:
        return "key"
    if kept.value is not None or settings.can_login:
        return "token"
    wanted = "api_key" if "key" in call.auth else "api_key and api_secret (of the account), or a token"
    raise MissingCredentialsError(f"{call.method} {call.path} needs credentials: pass {wanted} to the client.")


def _request(call: Call[Any], settings: Settings, scheme: Scheme) -> httpx.Request:
    headers = {"User-Agent": f"agentexchange-python/{VERSION}", "Accept": "*/*"}
    if scheme == "key" and settings.api_key is not None:
        headers[API_KEY_HEADER] = settings.api_key
    defaults = {AGENT_HEADER: settings.agent_id, IDEMPOTENCY_HEADER: str(uuid.uuid4())}
    for name, value in call.headers.items():
        value = defaults.get(name) if value is None else value
        if value is not None:
            headers[name] = header_value(name, value)
    return httpx.Request(
        call.method,
        settings.base_url + call.path,
        params={name: encode_text(value) for name, value in call.query.items() if value is not None},
        headers=headers,
        json=None if call.body is None else encode(call.body),
        extensions={"timeout": httpx.Timeout(settings.timeout).as_dict()},
    )


def _unanswered(error: httpx.RequestError, request: httpx.Request) -> APIConnectionError:
    kind = APITimeoutError if isinstance(error, httpx.TimeoutException) else APIConnectionError
    url = request.url.copy_with(query=None)
    shown = "" if isinstance(error, httpx.LocalProtocolError) else str(error)
    return kind(f"{request.method} {url} was not answered: {shown or type(error).__name__}")


def _is_transient(failure: APIError) -> bool:
    return failure.status == 429 or failure.status >= 500 or failure.code == "IDEMPOTENCY_IN_FLIGHT"


def _backoff(attempt: int) -> float:
    """Exponential, with full jitter, so that clients that failed together do not retry together."""
    return random.uniform(0, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0**attempt))


def _retry_after(response: httpx.Response) -> float:
    """How long the server asks to wait, in seconds or until a date; zero without a valid header."""
    text = response.headers.get("Retry-After", "")
    try:
        seconds = float(text) if text.isdigit() else _until(parsedate_to_datetime(text))
    except (TypeError, ValueError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _until(date: datetime) -> float:
    return (date.replace(tzinfo=date.tzinfo or timezone.utc) - datetime.now(timezone.utc)).total_seconds()
