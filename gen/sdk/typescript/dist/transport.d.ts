import type { LoginRequest, Token } from "./models.js";
/** What a client is made of. All of it may be left out. */
export interface ClientOptions {
    /**
     * Where the server is, with or without `/api/v1` at its end. Default: the environment's `AGENTEXCHANGE_BASE_URL`, else
     * `http://127.0.0.1:8080`.
     */
    baseUrl?: string | undefined;
    /**
     * An account's or an agent's key. When neither key, secret nor token is given, key and secret are taken from the
     * environment, `AGENTEXCHANGE_API_KEY` and `AGENTEXCHANGE_API_SECRET`.
     */
    apiKey?: string | undefined;
    /** The account's secret, with which the client logs in by itself. */
    apiSecret?: string | undefined;
    /** A bearer token to begin with. */
    token?: string | undefined;
    /** The agent that calls of an account act for, where it is not its default agent. */
    agentId?: string | undefined;
    /** How long one attempt may take. Default: 30,000. */
    timeoutMs?: number | undefined;
    /** How often a call is repeated at most. Default: 4. */
    maxRetries?: number | undefined;
    /** Sends the requests in place of the global `fetch`. */
    fetch?: typeof globalThis.fetch | undefined;
}
/** Options of one call. */
export interface CallOptions {
    /** Ends the call, which then rejects with the signal's reason. What the server made of it is not known. */
    signal?: AbortSignal | undefined;
    /** How long one attempt may take, in place of the client's. */
    timeoutMs?: number | undefined;
    /** How often the call is repeated at most, in place of the client's. */
    maxRetries?: number | undefined;
}
/** One call of an operation. */
export interface Call {
    method: string;
    path: string;
    /** The headers that may carry credentials, the preferred one first. None: the operation is public. */
    auth: readonly string[];
    query?: Readonly<Record<string, string | number | boolean | undefined>>;
    /** Those left undefined have a default. */
    headers?: Readonly<Record<string, string | undefined>>;
    body?: unknown;
    answer: "json" | "text" | "none";
}
/** Sends calls with credentials, and repeats them as long as that may help. */
export declare abstract class Transport {
    #private;
    constructor(options?: ClientOptions);
    abstract login(body: LoginRequest): Promise<Token>;
    /** Makes a call, as often as it takes, with one Idempotency-Key. */
    protected call<T>(call: Call, options: CallOptions): Promise<T>;
}
/** Fills parameters into a path. */
export declare function path(texts: TemplateStringsArray, ...values: readonly string[]): string;
