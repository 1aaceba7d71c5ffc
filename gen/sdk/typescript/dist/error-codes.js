// Generated from openapi.yaml by make sdk. Do not edit.
import { ApiError } from "./errors.js";
/**
 * The error `AGENT_ARCHIVED`: The agent is archived. Its owner brings it back with POST /api/v1/agents/{agent_id}/unarchive.
 */
export class AgentArchivedError extends ApiError {
    name = "AgentArchivedError";
}
/**
 * The error `AGENT_NOT_FOUND`: There is no such agent in this account. List yours with GET /api/v1/agents.
 */
export class AgentNotFoundError extends ApiError {
    name = "AgentNotFoundError";
}
/**
 * The error `AGENT_REQUIRED`: The account no longer has a default agent. Name one of its agents in the X-Agent-Id header.
 */
export class AgentRequiredError extends ApiError {
    name = "AgentRequiredError";
}
/**
 * The error `BODY_TOO_LARGE`: The body is too large. Send less.
 */
export class BodyTooLargeError extends ApiError {
    name = "BodyTooLargeError";
}
/**
 * The error `DUPLICATE_ACCOUNT`: An account with this e-mail address exists. Log in with its keys, or register another address.
 */
export class DuplicateAccountError extends ApiError {
    name = "DuplicateAccountError";
}
/**
 * The error `DUPLICATE_CLIENT_ORDER_ID`: Another order of this agent has this client_order_id. Choose a new one for a new order.
 */
export class DuplicateClientOrderIdError extends ApiError {
    name = "DuplicateClientOrderIdError";
}
/**
 * The error `IDEMPOTENCY_IN_FLIGHT`: The first request with this Idempotency-Key is still being worked on. Repeat it in a moment.
 */
export class IdempotencyInFlightError extends ApiError {
    name = "IdempotencyInFlightError";
}
/**
 * The error `IDEMPOTENCY_KEY_REUSED`: This Idempotency-Key was used for another request. Use a new key for a new request.
 */
export class IdempotencyKeyReusedError extends ApiError {
    name = "IdempotencyKeyReusedError";
}
/**
 * The error `INSUFFICIENT_BALANCE`: The available balance does not cover the order. Order at most details.max_allowed_quantity, or free what open orders hold.
 */
export class InsufficientBalanceError extends ApiError {
    name = "InsufficientBalanceError";
}
/**
 * The error `INTERNAL`: The server failed. Try again; if it lasts, report the request_id to the operator of this server.
 */
export class InternalError extends ApiError {
    name = "InternalError";
}
/**
 * The error `INVALID_API_KEY`: The API key or secret is not valid. Check both for missing or mistaken characters.
 */
export class InvalidApiKeyError extends ApiError {
    name = "InvalidApiKeyError";
}
/**
 * The error `INVALID_PRICE`: The price does not pass a filter of the pair. Use a multiple of its tick_size; GET /api/v1/market/pairs lists the filters.
 */
export class InvalidPriceError extends ApiError {
    name = "InvalidPriceError";
}
/**
 * The error `INVALID_QUANTITY`: The quantity does not pass a filter of the pair, which details name. GET /api/v1/market/pairs lists the filters.
 */
export class InvalidQuantityError extends ApiError {
    name = "InvalidQuantityError";
}
/**
 * The error `INVALID_SYMBOL`: There is no such pair. GET /api/v1/market/pairs lists them.
 */
export class InvalidSymbolError extends ApiError {
    name = "InvalidSymbolError";
}
/**
 * The error `INVALID_TOKEN`: The token is not valid. Call POST /api/v1/auth/login for a new one.
 */
export class InvalidTokenError extends ApiError {
    name = "InvalidTokenError";
}
/**
 * The error `JWT_REQUIRED`: This call needs a token. Call POST /api/v1/auth/login with the account's key and secret, and send the token in the Authorization header, after the word Bearer.
 */
export class JwtRequiredError extends ApiError {
    name = "JwtRequiredError";
}
/**
 * The error `MALFORMED_BODY`: The body is not valid JSON. Send one JSON object, encoded in UTF-8.
 */
export class MalformedBodyError extends ApiError {
    name = "MalformedBodyError";
}
/**
 * The error `METHOD_NOT_ALLOWED`: This path does not take this method. Use one of those in the Allow header.
 */
export class MethodNotAllowedError extends ApiError {
    name = "MethodNotAllowedError";
}
/**
 * The error `NOT_FOUND`: There is nothing at this path. See /docs for what there is.
 */
export class NotFoundError extends ApiError {
    name = "NotFoundError";
}
/**
 * The error `ORDER_NOT_CANCELLABLE`: Only a pending order can be cancelled, and this one no longer is. GET /api/v1/trade/order/{order_id} shows what became of it.
 */
export class OrderNotCancellableError extends ApiError {
    name = "OrderNotCancellableError";
}
/**
 * The error `ORDER_NOT_FOUND`: This agent has no such order. List its orders with GET /api/v1/trade/orders.
 */
export class OrderNotFoundError extends ApiError {
    name = "OrderNotFoundError";
}
/**
 * The error `ORDER_REJECTED`: The order breaks a risk limit of the agent, which details.reason names. Order at most details.max_allowed_quantity.
 */
export class OrderRejectedError extends ApiError {
    name = "OrderRejectedError";
}
/**
 * The error `OUTCOME_UNKNOWN`: The connection to the database was lost while the change was being saved, so it may or may not have been. Repeat the request with the same Idempotency-Key, or look before you repeat it without one.
 */
export class OutcomeUnknownError extends ApiError {
    name = "OutcomeUnknownError";
}
/**
 * The error `OVERLOADED`: The server has more requests than it can work on. Try again shortly.
 */
export class OverloadedError extends ApiError {
    name = "OverloadedError";
}
/**
 * The error `PERMISSION_DENIED`: This key may not do this. An agent's key acts for that agent alone and does not reset it; use the account's key or a token.
 */
export class PermissionDeniedError extends ApiError {
    name = "PermissionDeniedError";
}
/**
 * The error `PRICE_NOT_AVAILABLE`: There is no recent price of this pair. Try again shortly.
 */
export class PriceNotAvailableError extends ApiError {
    name = "PriceNotAvailableError";
}
/**
 * The error `REQUEST_TIMEOUT`: The request did not arrive in time. Send it again, and faster.
 */
export class RequestTimeoutError extends ApiError {
    name = "RequestTimeoutError";
}
/**
 * The error `TOKEN_EXPIRED`: The token has expired. Call POST /api/v1/auth/login for a new one.
 */
export class TokenExpiredError extends ApiError {
    name = "TokenExpiredError";
}
/**
 * The error `UNAVAILABLE`: The server cannot take requests at the moment. Try again shortly.
 */
export class UnavailableError extends ApiError {
    name = "UnavailableError";
}
/**
 * The error `UNSUPPORTED_MEDIA_TYPE`: The body must be JSON. Send Content-Type: application/json.
 */
export class UnsupportedMediaTypeError extends ApiError {
    name = "UnsupportedMediaTypeError";
}
/**
 * The error `VALIDATION_ERROR`: The request breaks a limit of the API. Correct the fields named in details.errors.
 */
export class ValidationError extends ApiError {
    name = "ValidationError";
}
/** The class of every code. */
export const errorTypes = {
    AGENT_ARCHIVED: AgentArchivedError,
    AGENT_NOT_FOUND: AgentNotFoundError,
    AGENT_REQUIRED: AgentRequiredError,
    BODY_TOO_LARGE: BodyTooLargeError,
    DUPLICATE_ACCOUNT: DuplicateAccountError,
    DUPLICATE_CLIENT_ORDER_ID: DuplicateClientOrderIdError,
    IDEMPOTENCY_IN_FLIGHT: IdempotencyInFlightError,
    IDEMPOTENCY_KEY_REUSED: IdempotencyKeyReusedError,
    INSUFFICIENT_BALANCE: InsufficientBalanceError,
    INTERNAL: InternalError,
    INVALID_API_KEY: InvalidApiKeyError,
    INVALID_PRICE: InvalidPriceError,
    INVALID_QUANTITY: InvalidQuantityError,
    INVALID_SYMBOL: InvalidSymbolError,
    INVALID_TOKEN: InvalidTokenError,
    JWT_REQUIRED: JwtRequiredError,
    MALFORMED_BODY: MalformedBodyError,
    METHOD_NOT_ALLOWED: MethodNotAllowedError,
    NOT_FOUND: NotFoundError,
    ORDER_NOT_CANCELLABLE: OrderNotCancellableError,
    ORDER_NOT_FOUND: OrderNotFoundError,
    ORDER_REJECTED: OrderRejectedError,
    OUTCOME_UNKNOWN: OutcomeUnknownError,
    OVERLOADED: OverloadedError,
    PERMISSION_DENIED: PermissionDeniedError,
    PRICE_NOT_AVAILABLE: PriceNotAvailableError,
    REQUEST_TIMEOUT: RequestTimeoutError,
    TOKEN_EXPIRED: TokenExpiredError,
    UNAVAILABLE: UnavailableError,
    UNSUPPORTED_MEDIA_TYPE: UnsupportedMediaTypeError,
    VALIDATION_ERROR: ValidationError,
};
