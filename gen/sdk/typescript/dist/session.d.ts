import type { Token } from "./models.js";
/** The bearer token of a client: obtained when first needed, renewed before it expires, with one login at a time. */
export declare class Session {
    #private;
    /** Without a login, only the given token can be used. */
    constructor(login: (() => Promise<Token>) | undefined, token: string | undefined);
    /** Whether there is a token or a way to get one. */
    get exists(): boolean;
    token(): Promise<string>;
    /** Drops a token that the server rejected, and reports whether the session can get another. */
    refused(token: string): boolean;
}
