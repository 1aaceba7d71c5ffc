"""Reading the server's responses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import httpx

from ._codec import decode
from .errors import BY_CODE, APIError

T = TypeVar("T")


def json_of(kind: type[T]) -> Callable[[httpx.Response], T]:
    """Return a function that reads a JSON response."""

    def read(response: httpx.Response) -> T:
        try:
            value: T = decode(kind, response.json())
        except (LookupError, TypeError, ValueError, ArithmeticError) as error:
            raise APIError(
                f"The response is not this API's ({kind.__name__}). Is base_url that of an AgentExchange server?",
                status=response.status_code,
                request_id=_request_id(response),
            ) from error
        return value

    return read


def text_of(response: httpx.Response) -> str:
    """Read a text response."""
    return response.text


def nothing_of(_: httpx.Response) -> None:
    """Read a response without a body."""


def error_of(response: httpx.Response) -> APIError:
    """Read an error response. It may lack the API's envelope, because a proxy may have sent it."""
    try:
        envelope = response.json()["error"]
        code, message = str(envelope["code"]), str(envelope["message"])
        details, request_id = envelope.get("details"), envelope.get("request_id")
    except (LookupError, TypeError, ValueError, AttributeError):
        return APIError(
            f"The server answered {response.status_code} {response.reason_phrase}.",
            status=response.status_code,
            request_id=_request_id(response),
        )
    return BY_CODE.get(code, APIError)(
        message,
        status=response.status_code,
        code=code,
        details=details if isinstance(details, dict) else None,
        request_id=request_id if isinstance(request_id, str) else _request_id(response),
    )


def _request_id(response: httpx.Response) -> str | None:
    request_id: str | None = response.headers.get("X-Request-Id")
    return request_id
