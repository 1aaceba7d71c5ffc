"""The errors that do not belong to one code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from ._codec import decode

T = TypeVar("T")


class AgentExchangeError(Exception):
    """Any failure of a call."""


class MissingCredentialsError(AgentExchangeError):
    """The client lacks the credentials for the operation. Nothing was sent."""


class APIConnectionError(AgentExchangeError):
    """The server was not reached, or the connection broke before the response. Whether it acted is unknown."""


class APITimeoutError(APIConnectionError):
    """The server did not answer in time."""


class APIError(AgentExchangeError):
    """The server answered with an error.

    Each known code has a subclass. This class itself is raised if the code is unknown or the
    response is not this API's.
    """

    status: int
    """The HTTP status."""
    code: str | None
    """The stable name of the error, such as `AGENT_NOT_FOUND`; None if the response has none."""
    message: str
    """A sentence that says what to do."""
    details: Mapping[str, Any]
    """More about the error, as sent; often empty."""
    request_id: str | None
    """Identifies the request in the server's log."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        details: Mapping[str, Any] | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.details, self.request_id = details or {}, request_id

    def __str__(self) -> str:
        named = "".join(f" {name}: {text}." for name, text in self._named())
        return f"{self.message}{named} [{self.code or 'no code'}, status {self.status}, request {self.request_id}]"

    def _named(self) -> Iterator[tuple[str, Any]]:
        """The names and texts in the details: an invalid request's fields, or the limit that an order violates."""
        violations = self.details.get("errors")
        for each in violations if isinstance(violations, list) else []:
            if isinstance(each, Mapping):
                yield each.get("field") or "body", each.get("message")
        for name in ("reason", "max_allowed_quantity"):
            if name in self.details:
                yield name, self.details[name]

    def __reduce__(self) -> tuple[Any, ...]:
        # By default pickle would not pass the keyword arguments.
        return _restore, (type(self), self.message, self.__dict__)

    def details_as(self, model: type[T]) -> T:
        """Convert the details to a model: those of a refused order are `RefusalDetails`."""
        details: T = decode(model, dict(self.details))
        return details


def _restore(kind: type[APIError], message: str, state: dict[str, Any]) -> APIError:
    error = kind(message, status=state["status"])
    error.__dict__.update(state)
    return error
