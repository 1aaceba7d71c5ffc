import type { ErrorDetails } from "./error-codes.js";
import type { ErrorCode } from "./models.js";
/** Every error of this package. None holds a key, a secret or a token. */
export declare class AgentExchangeError extends Error {
    readonly name: string;
}
/** The client has no credentials that the call could be made with. Nothing was sent. */
export declare class MissingCredentialsError extends AgentExchangeError {
    readonly name: string;
}
/**
 * No answer came: the server could not be reached, or the connection broke. The message names the cause's code, such as
 * ECONNREFUSED, where it has one; `cause` is what `fetch` said.
 */
export declare class ConnectionError extends AgentExchangeError {
    readonly name: string;
}
/** No answer came in time. What the server made of the request is not known. */
export declare class TimeoutError extends AgentExchangeError {
    readonly name: string;
}
/** What the server said of an error. */
export interface ErrorAnswer {
    status: number;
    code: string | undefined;
    message: string;
    details: ErrorDetails | undefined;
    requestId: string | undefined;
}
/**
 * The server answered with an error. Every known code has a class of its own, such as `OrderRejectedError`; a code that
 * this version does not know, and an answer that is not the server's own (of a proxy before it, say), is a plain ApiError.
 * The message goes on with what the details say: each violated field, or why an order was refused and what would pass.
 */
export declare class ApiError extends AgentExchangeError {
    readonly name: string;
    /** The HTTP status. */
    readonly status: number;
    /** The stable name of the error, or undefined if the answer had none. */
    readonly code: ErrorCode | (string & {}) | undefined;
    /** More about it: of a refused order `reason` and `max_allowed_quantity`, of an invalid request `errors`. */
    readonly details: ErrorDetails | undefined;
    /** What the server's log calls the request. */
    readonly requestId: string | undefined;
    constructor({ status, code, message, details, requestId }: ErrorAnswer);
}
