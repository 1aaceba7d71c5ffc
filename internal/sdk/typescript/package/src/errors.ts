import type { ErrorDetails } from "./error-codes.js";
import type { ErrorCode, Violation } from "./models.js";

/** The base class of this package's errors. None contains a key, a secret or a token. */
export class AgentExchangeError extends Error {
  override readonly name: string = "AgentExchangeError";
}

/** The client lacks the credentials for the call. Nothing was sent. */
export class MissingCredentialsError extends AgentExchangeError {
  override readonly name: string = "MissingCredentialsError";
}

/**
 * There was no response: the server could not be reached, or the connection broke. The message contains the cause's
 * code, such as ECONNREFUSED, if there is one; `cause` is the error of `fetch`.
 */
export class ConnectionError extends AgentExchangeError {
  override readonly name: string = "ConnectionError";
}

/** There was no response in time. Whether the server acted is unknown. */
export class TimeoutError extends AgentExchangeError {
  override readonly name: string = "TimeoutError";
}

/** The content of an error response. */
export interface ErrorAnswer {
  status: number;
  code: string | undefined;
  message: string;
  details: ErrorDetails | undefined;
  requestId: string | undefined;
}

/**
 * The server answered with an error. Every known code has its own class, such as `OrderRejectedError`. A code unknown to
 * this version, or a response that is not the API's (a proxy's, for example), is a plain ApiError. The message includes
 * the details: each violated field, or why an order was refused and what would pass.
 */
export class ApiError extends AgentExchangeError {
  override readonly name: string = "ApiError";
  /** The HTTP status. */
  readonly status: number;
  /** The stable name of the error, or undefined if the response has none. */
  readonly code: ErrorCode | (string & {}) | undefined;
  /** More about the error: `reason` and `max_allowed_quantity` for a refused order, `errors` for an invalid request. */
  readonly details: ErrorDetails | undefined;
  /** Identifies the request in the server's log. */
  readonly requestId: string | undefined;

  constructor({ status, code, message, details, requestId }: ErrorAnswer) {
    super(message + named(details));
    this.status = status;
    this.code = code;
    this.details = details;
    this.requestId = requestId;
  }
}

/** The names and texts in the details: an invalid request's fields, or the limit that an order violates. */
function named(details: ErrorDetails | undefined): string {
  const violations: readonly (Partial<Violation> | null)[] = Array.isArray(details?.errors) ? details.errors : [];
  const { reason, max_allowed_quantity: most } = details ?? {};
  return [
    ...violations.map((violation) => [violation?.field || "body", violation?.message] as const),
    ["reason", reason] as const,
    ["max_allowed_quantity", most] as const,
  ].flatMap(([name, text]) => (text === undefined ? [] : ` ${name}: ${text}.`)).join("");
}
