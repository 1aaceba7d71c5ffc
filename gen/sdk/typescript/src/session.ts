import type { Token } from "./models.js";

const marginMs = 60_000;

/** The bearer token of a client: obtained when first needed, renewed before it expires, with one login at a time. */
export class Session {
  readonly #login: (() => Promise<Token>) | undefined;
  #token: { value: string; renewAt: number } | undefined;
  #pending: Promise<string> | undefined;

  /** Without a login, only the given token can be used. */
  constructor(login: (() => Promise<Token>) | undefined, token: string | undefined) {
    this.#login = login;
    this.#token = token === undefined ? undefined : { value: token, renewAt: Number.POSITIVE_INFINITY };
  }

  /** Whether there is a token or a way to get one. */
  get exists(): boolean {
    return this.#login !== undefined || this.#token !== undefined;
  }

  token(): Promise<string> {
    if (this.#token && Date.now() < this.#token.renewAt) return Promise.resolve(this.#token.value);
    this.#pending ??= this.#renew().finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  /** Drops a token that the server rejected, and reports whether the session can get another. */
  refused(token: string): boolean {
    if (!this.#login) return false;
    if (this.#token?.value === token) this.#token = undefined; // unless another call has already renewed it
    return true;
  }

  async #renew(): Promise<string> {
    const { token, expires_in } = await this.#login!(); // without a login the given token is never dropped
    const life = expires_in * 1_000;
    this.#token = { value: token, renewAt: Date.now() + life - Math.min(marginMs, life / 10) };
    return token;
  }
}
