"""An exception for each error code of the API."""

from __future__ import annotations

from ._errors import AgentExchangeError, APIConnectionError, APIError, APITimeoutError, MissingCredentialsError

__all__ = [
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "AgentExchangeError",
    "BY_CODE",
    "MissingCredentialsError",
    "AgentArchivedError",
    "AgentNotFoundError",
    "AgentRequiredError",
    "BodyTooLargeError",
    "DuplicateAccountError",
    "DuplicateClientOrderIdError",
    "IdempotencyInFlightError",
    "IdempotencyKeyReusedError",
    "InsufficientBalanceError",
    "InternalError",
    "InvalidApiKeyError",
    "InvalidPriceError",
    "InvalidQuantityError",
    "InvalidSymbolError",
    "InvalidTokenError",
    "JwtRequiredError",
    "MalformedBodyError",
    "MethodNotAllowedError",
    "NotFoundError",
    "OrderNotCancellableError",
    "OrderNotFoundError",
    "OrderRejectedError",
    "OutcomeUnknownError",
    "OverloadedError",
    "PermissionDeniedError",
    "PriceNotAvailableError",
    "RequestTimeoutError",
    "TokenExpiredError",
    "UnavailableError",
    "UnsupportedMediaTypeError",
    "ValidationError",
]


class AgentArchivedError(APIError):
    """`AGENT_ARCHIVED`: The agent is archived. Its owner brings it back with POST
    /api/v1/agents/{agent_id}/unarchive."""


class AgentNotFoundError(APIError):
    """`AGENT_NOT_FOUND`: There is no such agent in this account. List yours with GET /api/v1/agents."""


class AgentRequiredError(APIError):
    """`AGENT_REQUIRED`: The account no longer has a default agent. Name one of its agents in the X-Agent-Id header."""


class BodyTooLargeError(APIError):
    """`BODY_TOO_LARGE`: The body is too large. Send less."""


class DuplicateAccountError(APIError):
    """`DUPLICATE_ACCOUNT`: An account with this e-mail address exists. Log in with its keys, or register another
    address."""


class DuplicateClientOrderIdError(APIError):
    """`DUPLICATE_CLIENT_ORDER_ID`: Another order of this agent has this client_order_id. Choose a new one for a new
    order."""


class IdempotencyInFlightError(APIError):
    """`IDEMPOTENCY_IN_FLIGHT`: The first request with this Idempotency-Key is still being worked on. Repeat it in a
    moment."""


class IdempotencyKeyReusedError(APIError):
    """`IDEMPOTENCY_KEY_REUSED`: This Idempotency-Key was used for another request. Use a new key for a new request."""


class InsufficientBalanceError(APIError):
    """`INSUFFICIENT_BALANCE`: The available balance does not cover the order. Order at most
    details.max_allowed_quantity, or free what open orders hold."""


class InternalError(APIError):
    """`INTERNAL`: The server failed. Try again; if it lasts, report the request_id to the operator of this server."""


class InvalidApiKeyError(APIError):
    """`INVALID_API_KEY`: The API key or secret is not valid. Check both for missing or mistaken characters."""


class InvalidPriceError(APIError):
    """`INVALID_PRICE`: The price does not pass a filter of the pair. Use a multiple of its tick_size; GET
    /api/v1/market/pairs lists the filters."""


class InvalidQuantityError(APIError):
    """`INVALID_QUANTITY`: The quantity does not pass a filter of the pair, which details name. GET
    /api/v1/market/pairs lists the filters."""


class InvalidSymbolError(APIError):
    """`INVALID_SYMBOL`: There is no such pair. GET /api/v1/market/pairs lists them."""


class InvalidTokenError(APIError):
    """`INVALID_TOKEN`: The token is not valid. Call POST /api/v1/auth/login for a new one."""


class JwtRequiredError(APIError):
    """`JWT_REQUIRED`: This call needs a token. Call POST /api/v1/auth/login with the account's key and secret, and
    send the token in the Authorization header, after the word Bearer."""


class MalformedBodyError(APIError):
    """`MALFORMED_BODY`: The body is not valid JSON. Send one JSON object, encoded in UTF-8."""


class MethodNotAllowedError(APIError):
    """`METHOD_NOT_ALLOWED`: This path does not take this method. Use one of those in the Allow header."""


class NotFoundError(APIError):
    """`NOT_FOUND`: There is nothing at this path. See /docs for what there is."""


class OrderNotCancellableError(APIError):
    """`ORDER_NOT_CANCELLABLE`: Only a pending order can be cancelled, and this one no longer is. GET
    /api/v1/trade/order/{order_id} shows what became of it."""


class OrderNotFoundError(APIError):
    """`ORDER_NOT_FOUND`: This agent has no such order. List its orders with GET /api/v1/trade/orders."""


class OrderRejectedError(APIError):
    """`ORDER_REJECTED`: The order breaks a risk limit of the agent, which details.reason names. Order at most
    details.max_allowed_quantity."""


class OutcomeUnknownError(APIError):
    """`OUTCOME_UNKNOWN`: The connection to the database was lost while the change was being saved, so it may or may
    not have been. Repeat the request with the same Idempotency-Key, or look before you repeat it without one."""


class OverloadedError(APIError):
    """`OVERLOADED`: The server has more requests than it can work on. Try again shortly."""


class PermissionDeniedError(APIError):
    """`PERMISSION_DENIED`: This key may not do this. An agent's key acts for that agent alone and does not reset it;
    use the account's key or a token."""


class PriceNotAvailableError(APIError):
    """`PRICE_NOT_AVAILABLE`: There is no recent price of this pair. Try again shortly."""


class RequestTimeoutError(APIError):
    """`REQUEST_TIMEOUT`: The request did not arrive in time. Send it again, and faster."""


class TokenExpiredError(APIError):
    """`TOKEN_EXPIRED`: The token has expired. Call POST /api/v1/auth/login for a new one."""


class UnavailableError(APIError):
    """`UNAVAILABLE`: The server cannot take requests at the moment. Try again shortly."""


class UnsupportedMediaTypeError(APIError):
    """`UNSUPPORTED_MEDIA_TYPE`: The body must be JSON. Send Content-Type: application/json."""


class ValidationError(APIError):
    """`VALIDATION_ERROR`: The request breaks a limit of the API. Correct the fields named in details.errors."""


BY_CODE: dict[str, type[APIError]] = {
    "AGENT_ARCHIVED": AgentArchivedError,
    "AGENT_NOT_FOUND": AgentNotFoundError,
    "AGENT_REQUIRED": AgentRequiredError,
    "BODY_TOO_LARGE": BodyTooLargeError,
    "DUPLICATE_ACCOUNT": DuplicateAccountError,
    "DUPLICATE_CLIENT_ORDER_ID": DuplicateClientOrderIdError,
    "IDEMPOTENCY_IN_FLIGHT": IdempotencyInFlightError,
    "IDEMPOTENCY_KEY_REUSED": IdempotencyKeyReusedError,
    "INSUFFICIENT_BALANCE": InsufficientBalanceError,
    "INTERNAL": InternalError,
    "INVALID_API_KEY": InvalidApiKeyError,
    "INVALID_PRICE": InvalidPriceError,
    "INVALID_QUANTITY": InvalidQuantityError,
    "INVALID_SYMBOL": InvalidSymbolError,
    "INVALID_TOKEN": InvalidTokenError,
    "JWT_REQUIRED": JwtRequiredError,
    "MALFORMED_BODY": MalformedBodyError,
    "METHOD_NOT_ALLOWED": MethodNotAllowedError,
    "NOT_FOUND": NotFoundError,
    "ORDER_NOT_CANCELLABLE": OrderNotCancellableError,
    "ORDER_NOT_FOUND": OrderNotFoundError,
    "ORDER_REJECTED": OrderRejectedError,
    "OUTCOME_UNKNOWN": OutcomeUnknownError,
    "OVERLOADED": OverloadedError,
    "PERMISSION_DENIED": PermissionDeniedError,
    "PRICE_NOT_AVAILABLE": PriceNotAvailableError,
    "REQUEST_TIMEOUT": RequestTimeoutError,
    "TOKEN_EXPIRED": TokenExpiredError,
    "UNAVAILABLE": UnavailableError,
    "UNSUPPORTED_MEDIA_TYPE": UnsupportedMediaTypeError,
    "VALIDATION_ERROR": ValidationError,
}
