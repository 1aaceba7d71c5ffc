import { InvalidTokenError, TokenExpiredError, errorTypes } from "./error-codes.js";
import { ApiError, ConnectionError, MissingCredentialsError, TimeoutError } from "./errors.js";
import type { ErrorSchema, LoginRequest, Token } from "./models.js";
import { isTransient, pause, pauseMs, withSignal } from "./retry.js";
import { Session } from "./session.js";

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

// A timer with a longer delay fires immediately.
const longestTimerMs = 2 ** 31 - 1;

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

/** A call as it is sent. All attempts are the same except for the token. */
interface Message {
  method: string;
  url: URL;
  headers: Headers;
  body: string | null;
}

interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** Sends calls with credentials, and repeats them after transient failures. */
export abstract class Transport {
  readonly #baseUrl: string;
  readonly #apiKey: string | undefined;
  readonly #session: Session;
  readonly #agentId: string | undefined;
  readonly #timeoutMs: number;
  readonly #maxRetries: number;
  readonly #fetch: typeof globalThis.fetch;

  constructor(options: ClientOptions = {}) {
    this.#baseUrl = baseUrl(options.baseUrl ?? environment("BASE_URL") ?? "http://127.0.0.1:8080");
    if (options.apiSecret !== undefined && options.apiKey === undefined) {
      throw new MissingCredentialsError("An apiSecret needs the account's apiKey. Pass both.");
    }
    const given = [options.apiKey, options.token].some((value) => value !== undefined);
    const apiKey = credential("apiKey", given ? options.apiKey : environment("API_KEY"));
    const apiSecret = credential("apiSecret", given ? options.apiSecret : apiKey && environment("API_SECRET"));
    const login = () => this.login({ api_key: apiKey!, api_secret: apiSecret! });
    this.#apiKey = apiKey;
    this.#session = new Session(apiSecret === undefined ? undefined : login, credential("token", options.token));
    this.#agentId = options.agentId === undefined ? undefined : headerValue("agentId", options.agentId);
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    this.#maxRetries = options.maxRetries ?? 4;
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  }

  abstract login(body: LoginRequest): Promise<Token>;

  /** Makes a call, with as many attempts as needed and one Idempotency-Key. */
  protected async call<T>(call: Call, options: CallOptions): Promise<T> {
    const message = this.#message(call);
    const { signal, maxRetries = this.#maxRetries } = options;
    let renewed = false;
    for (let failures = 0; ; ) {
      signal?.throwIfAborted();
      const token = await withSignal(signal, this.#authenticate(call, message.headers));
      let advice: string | null = null;
      try {
        const answer = await this.#exchange(message, options);
        if (answer.status >= 200 && answer.status < 300) return decode<T>(answer, call);
        advice = answer.headers.get("Retry-After");
        throw refusal(answer, call);
      } catch (error) {
        if (!renewed && token !== undefined && isStale(error) && this.#session.refused(token)) {
          renewed = true;
          continue;
        }
        if (failures >= maxRetries || !isTransient(error)) throw error;
      }
      await pause(pauseMs(failures++, advice), signal);
    }
  }

  #message({ method, path, query = {}, headers = {}, body }: Call): Message {
    const url = new URL(this.#baseUrl + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const sent = new Headers(body === undefined ? {} : { "Content-Type": "application/json" });
    for (const [name, value = this.#headerDefault(name)] of Object.entries(headers)) {
      if (value !== undefined) sent.set(name, headerValue(name, value));
    }
    return { method, url, headers: sent, body: body === undefined ? null : JSON.stringify(body) };
  }

  #headerDefault(name: string): string | undefined {
    if (name === "Idempotency-Key") return randomKey();
    if (name === "X-Agent-Id") return this.#agentId;
    return undefined;
  }

  /** Sets the credentials in the headers, and returns the token if one is used. */
  async #authenticate({ auth, method, path }: Call, headers: Headers): Promise<string | undefined> {
    if (auth.length === 0) return undefined;
    const keyHeader = auth.find((name) => name !== "Authorization");
    if (keyHeader !== undefined && this.#apiKey !== undefined) {
      headers.set(keyHeader, this.#apiKey);
      return undefined;
    }
    if (auth.includes("Authorization") && this.#session.exists) {
      const token = await this.#session.token();
      headers.set("Authorization", headerValue("The token", `Bearer ${token}`));
      return token;
    }
    const what = keyHeader === undefined ? "apiKey and apiSecret of an account (or a token)" : "an apiKey (or a token)";
    throw new MissingCredentialsError(`${method} ${path} needs ${what}. Pass it to the client.`);
  }

  /** Sends a request once and reads the whole response. */
  async #exchange(message: Message, options: CallOptions): Promise<Answer> {
    const { signal, timeoutMs = this.#timeoutMs } = options;
    const { url, ...init } = message;
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort(), Math.min(timeoutMs, longestTimerMs));
    const stop = () => ending.abort();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      // A redirect counts as an error: following it would send the key elsewhere.
      const response = await this.#fetch(url, { ...init, redirect: "manual", signal: ending.signal });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (cause) {
      signal?.throwIfAborted();
      const what = `${init.method} ${url.origin}${url.pathname}`;
      if (ending.signal.aborted) throw new TimeoutError(`${what} was not answered within ${timeoutMs} ms.`);
      throw new ConnectionError(`${what} was not answered: ${codeOf(cause) ?? "the connection failed"}.`, { cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
  }
}

/** Inserts parameters into a path. */
export function path(texts: TemplateStringsArray, ...values: readonly string[]): string {
  return String.raw({ raw: texts }, ...values.map(segment));
}

function segment(value: string): string {
  // An empty segment or a dot would name another path, which with DELETE could be fatal.
  if (typeof value !== "string" || ["", ".", ".."].includes(value)) {
    throw new TypeError(`${JSON.stringify(value)} cannot be part of a path.`);
  }
  return encodeURIComponent(value);
}

/** Strips the white space around a credential, such as the line break at the end of a file. */
function credential(name: string, value: string | undefined): string | undefined {
  return value?.trim() ? headerValue(name, value.trim()) : undefined;
}

/** Checks that a value can be sent in a header. Unlike `Headers`, the error does not show it: it may be a secret. */
function headerValue(name: string, value: string): string {
  if (/^[!-~]([ -~]*[!-~])?$/.test(value)) return value;
  throw new TypeError(`${name} must be printable ASCII, not empty, and have no blank at either end.`);
}

/** The address that paths are appended to, without /api/v1, with which paths begin. */
function baseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new TypeError("baseUrl must be a URL such as http://127.0.0.1:8080.");
  }
  if (url.username || url.password) throw new TypeError("baseUrl contains a user or password, which fetch refuses to send.");
  return text.replace(/\/+$/, "").replace(/\/api\/v1$/, "").replace(/\/+$/, "");
}

/** The code of an error or of its cause. In Node.js, ECONNREFUSED is the cause of a "fetch failed". */
function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return undefined;
}

/** A variable of the environment. A browser has none. */
function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[`AGENTEXCHANGE_${name}`] || undefined;
}

/** 128 random bits. Unlike randomUUID, this also works in pages served over plain HTTP. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function isStale(error: unknown): boolean {
  return error instanceof TokenExpiredError || error instanceof InvalidTokenError;
}

function decode<T>(answer: Answer, call: Call): T {
  if (call.answer === "none") return undefined as T;
  if (call.answer === "text") return answer.text as T;
  const value = parsed(answer.text);
  if (value === undefined) throw strange(answer, call);
  return value as T;
}

function refusal(answer: Answer, call: Call): ApiError {
  const { error } = (parsed(answer.text) ?? {}) as Partial<ErrorSchema>;
  if (typeof error?.code !== "string" || typeof error.message !== "string") return strange(answer, call);
  const { code, message, details, request_id: requestId } = error;
  const type = Object.hasOwn(errorTypes, code) ? errorTypes[code] : ApiError;
  return new type({ status: answer.status, code, message, details, requestId });
}

/** The error for a response that does not have the API's form. */
function strange({ status, headers }: Answer, { method, path }: Call): ApiError {
  const message = `${method} ${path} returned status ${status} and a response that is not the API's. Is baseUrl right?`;
  const requestId = headers.get("X-Request-Id") ?? undefined;
  return new ApiError({ status, code: undefined, message, details: undefined, requestId });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
