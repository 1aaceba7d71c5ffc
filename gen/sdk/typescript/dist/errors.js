/** The base class of this package's errors. None contains a key, a secret or a token. */
export class AgentExchangeError extends Error {
    name = "AgentExchangeError";
}
/** The client lacks the credentials for the call. Nothing was sent. */
export class MissingCredentialsError extends AgentExchangeError {
    name = "MissingCredentialsError";
}
/**
 * There was no response: the server could not be reached, or the connection broke. The message contains the cause's
 * code, such as ECONNREFUSED, if there is one; `cause` is the error of `fetch`.
 */
export class ConnectionError extends AgentExchangeError {
    name = "ConnectionError";
}
/** There was no response in time. Whether the server acted is unknown. */
export class TimeoutError extends AgentExchangeError {
    name = "TimeoutError";
}
/**
 * The server answered with an error. Every known code has its own class, such as `OrderRejectedError`. A code unknown to
 * this version, or a response that is not the API's (a proxy's, for example), is a plain ApiError. The message includes
 * the details: each violated field, or why an order was refused and what would pass.
 */
export class ApiError extends AgentExchangeError {
    name = "ApiError";
    /** The HTTP status. */
    status;
    /** The stable name of the error, or undefined if the response has none. */
    code;
    /** More about the error: `reason` and `max_allowed_quantity` for a refused order, `errors` for an invalid request. */
    details;
    /** Identifies the request in the server's log. */
    requestId;
    constructor({ status, code, message, details, requestId }) {
        super(message + named(details));
        this.status = status;
        this.code = code;
        this.details = details;
        this.requestId = requestId;
    }
}
/** The names and texts in the details: an invalid request's fields, or the limit that an order violates. */
function named(details) {
    const violations = Array.isArray(details?.errors) ? details.errors : [];
    const { reason, max_allowed_quantity: most } = details ?? {};
    return [
        ...violations.map((violation) => [violation?.field || "body", violation?.message]),
        ["reason", reason],
        ["max_allowed_quantity", most],
    ].flatMap(([name, text]) => (text === undefined ? [] : ` ${name}: ${text}.`)).join("");
}
