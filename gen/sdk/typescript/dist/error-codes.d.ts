import { ApiError } from "./errors.js";
import type { ErrorCode, ErrorSchema, Refusal } from "./models.js";
/** More about an error. The fields depend on its code; newer servers may send others. */
export type ErrorDetails = NonNullable<NonNullable<Refusal>["details"]> & NonNullable<NonNullable<NonNullable<ErrorSchema>["error"]>["details"]>;
/**
 * The error `AGENT_ARCHIVED`: The agent is archived. Its owner brings it back with POST /api/v1/agents/{agent_id}/unarchive.
 */
export declare class AgentArchivedError extends ApiError {
    readonly name: string;
    readonly code: "AGENT_ARCHIVED";
}
/**
 * The error `AGENT_NOT_FOUND`: There is no such agent in this account. List yours with GET /api/v1/agents.
 */
export declare class AgentNotFoundError extends ApiError {
    readonly name: string;
    readonly code: "AGENT_NOT_FOUND";
}
/**
 * The error `AGENT_REQUIRED`: The account no longer has a default agent. Name one of its agents in the X-Agent-Id header.
 */
export declare class AgentRequiredError extends ApiError {
    readonly name: string;
    readonly code: "AGENT_REQUIRED";
}
/**
 * The error `BODY_TOO_LARGE`: The body is too large. Send less.
 */
export declare class BodyTooLargeError extends ApiError {
    readonly name: string;
    readonly code: "BODY_TOO_LARGE";
}
/**
 * The error `DUPLICATE_ACCOUNT`: An account with this e-mail address exists. Log in with its keys, or register another address.
 */
export declare class DuplicateAccountError extends ApiError {
    readonly name: string;
    readonly code: "DUPLICATE_ACCOUNT";
}
/**
 * The error `DUPLICATE_CLIENT_ORDER_ID`: Another order of this agent has this client_order_id. Choose a new one for a new order.
 */
export declare class DuplicateClientOrderIdError extends ApiError {
    readonly name: string;
    readonly code: "DUPLICATE_CLIENT_ORDER_ID";
}
/**
 * The error `IDEMPOTENCY_IN_FLIGHT`: The first request with this Idempotency-Key is still being worked on. Repeat it in a moment.
 */
export declare class IdempotencyInFlightError extends ApiError {
    readonly name: string;
    readonly code: "IDEMPOTENCY_IN_FLIGHT";
}
/**
 * The error `IDEMPOTENCY_KEY_REUSED`: This Idempotency-Key was used for another request. Use a new key for a new request.
 */
export declare class IdempotencyKeyReusedError extends ApiError {
    readonly name: string;
    readonly code: "IDEMPOTENCY_KEY_REUSED";
}
/**
 * The error `INSUFFICIENT_BALANCE`: The available balance does not cover the order. Order at most details.max_allowed_quantity, or free what open orders hold.
 */
export declare class InsufficientBalanceError extends ApiError {
    readonly name: string;
    readonly code: "INSUFFICIENT_BALANCE";
}
/**
 * The error `INTERNAL`: The server failed. Try again; if it lasts, report the request_id to the operator of this server.
 */
export declare class InternalError extends ApiError {
    readonly name: string;
    readonly code: "INTERNAL";
}
/**
 * The error `INVALID_API_KEY`: The API key or secret is not valid. Check both for missing or mistaken characters.
 */
export declare class InvalidApiKeyError extends ApiError {
    readonly name: string;
    readonly code: "INVALID_API_KEY";
}
/**
 * The error `INVALID_PRICE`: The price does not pass a filter of the pair. Use a multiple of its tick_size; GET /api/v1/market/pairs lists the filters.
 */
export declare class InvalidPriceError extends ApiError {
    readonly name: string;
    readonly code: "INVALID_PRICE";
}
/**
 * The error `INVALID_QUANTITY`: The quantity does not pass a filter of the pair, which details name. GET /api/v1/market/pairs lists the filters.
 */
export declare class InvalidQuantityError extends ApiError {
    readonly name: string;
    readonly code: "INVALID_QUANTITY";
}
/**
 * The error `INVALID_SYMBOL`: There is no such pair. GET /api/v1/market/pairs lists them.
 */
export declare class InvalidSymbolError extends ApiError {
    readonly name: string;
    readonly code: "INVALID_SYMBOL";
}
/**
 * The error `INVALID_TOKEN`: The token is not valid. Call POST /api/v1/auth/login for a new one.
 */
export declare class InvalidTokenError extends ApiError {
    readonly name: string;
    readonly code: "INVALID_TOKEN";
}
/**
 * The error `JWT_REQUIRED`: This call needs a token. Call POST /api/v1/auth/login with the account's key and secret, and send the token in the Authorization header, after the word Bearer.
 */
export declare class JwtRequiredError extends ApiError {
    readonly name: string;
    readonly code: "JWT_REQUIRED";
}
/**
 * The error `MALFORMED_BODY`: The body is not valid JSON. Send one JSON object, encoded in UTF-8.
 */
export declare class MalformedBodyError extends ApiError {
    readonly name: string;
    readonly code: "MALFORMED_BODY";
}
/**
 * The error `METHOD_NOT_ALLOWED`: This path does not take this method. Use one of those in the Allow header.
 */
export declare class MethodNotAllowedError extends ApiError {
    readonly name: string;
    readonly code: "METHOD_NOT_ALLOWED";
}
/**
 * The error `NOT_FOUND`: There is nothing at this path. See /docs for what there is.
 */
export declare class NotFoundError extends ApiError {
    readonly name: string;
    readonly code: "NOT_FOUND";
}
/**
 * The error `ORDER_NOT_CANCELLABLE`: Only a pending order can be cancelled, and this one no longer is. GET /api/v1/trade/order/{order_id} shows what became of it.
 */
export declare class OrderNotCancellableError extends ApiError {
    readonly name: string;
    readonly code: "ORDER_NOT_CANCELLABLE";
}
/**
 * The error `ORDER_NOT_FOUND`: This agent has no such order. List its orders with GET /api/v1/trade/orders.
 */
export declare class OrderNotFoundError extends ApiError {
    readonly name: string;
    readonly code: "ORDER_NOT_FOUND";
}
/**
 * The error `ORDER_REJECTED`: The order breaks a risk limit of the agent, which details.reason names. Order at most details.max_allowed_quantity.
 */
export declare class OrderRejectedError extends ApiError {
    readonly name: string;
    readonly code: "ORDER_REJECTED";
}
/**
 * The error `OUTCOME_UNKNOWN`: The connection to the database was lost while the change was being saved, so it may or may not have been. Repeat the request with the same Idempotency-Key, or look before you repeat it without one.
 */
export declare class OutcomeUnknownError extends ApiError {
    readonly name: string;
    readonly code: "OUTCOME_UNKNOWN";
}
/**
 * The error `OVERLOADED`: The server has more requests than it can work on. Try again shortly.
 */
export declare class OverloadedError extends ApiError {
    readonly name: string;
    readonly code: "OVERLOADED";
}
/**
 * The error `PERMISSION_DENIED`: This key may not do this. An agent's key acts for that agent alone and does not reset it; use the account's key or a token.
 */
export declare class PermissionDeniedError extends ApiError {
    readonly name: string;
    readonly code: "PERMISSION_DENIED";
}
/**
 * The error `PRICE_NOT_AVAILABLE`: There is no recent price of this pair. Try again shortly.
 */
export declare class PriceNotAvailableError extends ApiError {
    readonly name: string;
    readonly code: "PRICE_NOT_AVAILABLE";
}
/**
 * The error `REQUEST_TIMEOUT`: The request did not arrive in time. Send it again, and faster.
 */
export declare class RequestTimeoutError extends ApiError {
    readonly name: string;
    readonly code: "REQUEST_TIMEOUT";
}
/**
 * The error `TOKEN_EXPIRED`: The token has expired. Call POST /api/v1/auth/login for a new one.
 */
export declare class TokenExpiredError extends ApiError {
    readonly name: string;
    readonly code: "TOKEN_EXPIRED";
}
/**
 * The error `UNAVAILABLE`: The server cannot take requests at the moment. Try again shortly.
 */
export declare class UnavailableError extends ApiError {
    readonly name: string;
    readonly code: "UNAVAILABLE";
}
/**
 * The error `UNSUPPORTED_MEDIA_TYPE`: The body must be JSON. Send Content-Type: application/json.
 */
export declare class UnsupportedMediaTypeError extends ApiError {
    readonly name: string;
    readonly code: "UNSUPPORTED_MEDIA_TYPE";
}
/**
 * The error `VALIDATION_ERROR`: The request breaks a limit of the API. Correct the fields named in details.errors.
 */
export declare class ValidationError extends ApiError {
    readonly name: string;
    readonly code: "VALIDATION_ERROR";
}
/** The class of every code. */
export declare const errorTypes: {
    readonly [code in ErrorCode]: typeof ApiError;
};
