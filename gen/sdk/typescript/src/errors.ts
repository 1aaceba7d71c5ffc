import type { ErrorDetails } from "./error-codes.js";
import type { ErrorCode, Violation } from "./models.js";

/** Every error of this package. None holds a key, a secret or a token. */
export class AgentExchangeError extends Error {
  override readonly name: string = "AgentExchangeError";
}

/** The client has no credentials that the call could be made with. Nothing was sent. */
export class MissingCredentialsError extends AgentExchangeError {
  override readonly name: string = "MissingCredentialsError";
}

/**
 * No answer came: the server could not be reached, or the connection broke. The message names the cause's code, such as
 * ECONNREFUSED, where it has one; `cause` is what `fetch` said.
 */
export class ConnectionError extends AgentExchangeError {
  override readonly name: string = "ConnectionError";
}

/** No answer came in time. What the server made of the request is not known. */
export class TimeoutError extends AgentExchangeError {
  override readonly name: string = "TimeoutError";
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
export class ApiError extends AgentExchangeError {
  override readonly name: string = "ApiError";
  /** The HTTP status. */
  readonly status: number;
  /** The stable name of the error, or undefined if the answer had none. */
  readonly code: ErrorCode | (string & {}) | undefined;
  /** More about it: of a refused order `reason` and `max_allowed_quantity`, of an invalid request `errors`. */
  readonly details: ErrorDetails | undefined;
  /** What the server's log calls the request. */
  readonly requestId: string | undefined;

  constructor({ status, code, message, details, requestId }: ErrorAnswer) {
    super(message + named(details));
    this.status = status;
    this.code = code;
    this.details = details;
    this.requestId = requestId;
  }
}

/** What the details name: the fields of an invalid request, or the limit that an order breaks. */
function named(details: ErrorDetails | undefined): string {
  const violations: readonly (Partial<Violation> | null)[] = Array.isArray(details?.errors) ? details.errors : [];
  const { reason, max_allowed_quantity: most } = details ?? {};
  return [
    ...violations.map((violation) => [violation?.field || "body", violation?.message] as const),
    ["reason", reason] as const,
    ["max_allowed_quantity", most] as const,
  ].flatMap(([name, text]) => (text === undefined ? [] : ` ${name}: ${text}.`)).join("");
}
