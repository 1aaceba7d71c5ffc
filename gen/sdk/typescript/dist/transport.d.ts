import type { LoginRequest, Token } from "./models.js";
/** Options of a client. All are optional. */
export interface ClientOptions {
    /**
     * The server's address, with or without `/api/v1` at the end. Default: `AGENTEXCHANGE_BASE_URL` of the environment, or
     * `http://127.0.0.1:8080`.
     */
    baseUrl?: string | undefined;
    /**
     * An account's or an agent's key. If neither key, secret nor token is given, the client takes key and secret from the
     * environment, `AGENTEXCHANGE_API_KEY` and `AGENTEXCHANGE_API_SECRET`.
     */
    apiKey?: string | undefined;
    /** The account's secret, with which the client logs in by itself. */
    apiSecret?: string | undefined;
    /** An existing bearer token. */
    token?: string | undefined;
    /** The agent that an account's calls act for. Default: the account's default agent. */
    agentId?: string | undefined;
    /** How long one attempt may take. Default: 30,000. */
    timeoutMs?: number | undefined;
    /** How often a failed call is repeated at most. Default: 4. */
    maxRetries?: number | undefined;
    /** Sends the requests instead of the global `fetch`. */
    fetch?: typeof globalThis.fetch | undefined;
}
/** Options of a single call. */
export interface CallOptions {
    /** Aborts the call, which then rejects with the signal's reason. Whether the server acted is unknown. */
    signal?: AbortSignal | undefined;
    /** How long one attempt may take, instead of the client's option. */
    timeoutMs?: number | undefined;
    /** How often the call is repeated at most, instead of the client's option. */
    maxRetries?: number | undefined;
}
/** One call of an operation. */
export interface Call {
    method: string;
    path: string;
    /** The headers that may carry credentials, the preferred one first. Empty if the operation is public. */
    auth: readonly string[];
    query?: Readonly<Record<string, string | number | boolean | undefined>>;
    /** Undefined ones have a default. */
    headers?: Readonly<Record<string, string | undefined>>;
    body?: unknown;
    answer: "json" | "text" | "none";
}
/** Sends calls with credentials, and repeats them after transient failures. */
export declare abstract class Transport {
    #private;
    constructor(options?: ClientOptions);
    abstract login(body: LoginRequest): Promise<Token>;
    /** Makes a call, with as many attempts as needed and one Idempotency-Key. */
    protected call<T>(call: Call, options: CallOptions): Promise<T>;
}
/** Inserts parameters into a path. */
export declare function path(texts: TemplateStringsArray, ...values: readonly string[]): string;
