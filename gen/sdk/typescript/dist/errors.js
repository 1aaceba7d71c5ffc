/** Every error of this package. None holds a key, a secret or a token. */
export class AgentExchangeError extends Error {
    name = "AgentExchangeError";
}
/** The client has no credentials that the call could be made with. Nothing was sent. */
export class MissingCredentialsError extends AgentExchangeError {
    name = "MissingCredentialsError";
}
/**
 * No answer came: the server could not be reached, or the connection broke. The message names the cause's code, such as
 * ECONNREFUSED, where it has one; `cause` is what `fetch` said.
 */
export class ConnectionError extends AgentExchangeError {
    name = "ConnectionError";
}
/** No answer came in time. What the server made of the request is not known. */
export class TimeoutError extends AgentExchangeError {
    name = "TimeoutError";
}
/**
 * The server answered with an error. Every known code has a class of its own, such as `OrderRejectedError`; a code that
 * this version does not know, and an answer that is not the server's own (of a proxy before it, say), is a plain ApiError.
 * The message goes on with what the details say: each violated field, or why an order was refused and what would pass.
 */
export class ApiError extends AgentExchangeError {
    name = "ApiError";
    /** The HTTP status. */
    status;
    /** The stable name of the error, or undefined if the answer had none. */
    code;
    /** More about it: of a refused order `reason` and `max_allowed_quantity`, of an invalid request `errors`. */
    details;
    /** What the server's log calls the request. */
    requestId;
    constructor({ status, code, message, details, requestId }) {
        super(message + named(details));
        this.status = status;
        this.code = code;
        this.details = details;
        this.requestId = requestId;
    }
}
/** What the details name: the fields of an invalid request, or the limit that an order breaks. */
function named(details) {
    const violations = Array.isArray(details?.errors) ? details.errors : [];
    const { reason, max_allowed_quantity: most } = details ?? {};
    return [
        ...violations.map((violation) => [violation?.field || "body", violation?.message]),
        ["reason", reason],
        ["max_allowed_quantity", most],
    ].flatMap(([name, text]) => (text === undefined ? [] : ` ${name}: ${text}.`)).join("");
}
