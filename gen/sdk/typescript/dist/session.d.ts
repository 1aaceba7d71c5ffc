import type { Token } from "./models.js";
/** The bearer token of a client: got when it is first needed, renewed before it expires, by one login at a time. */
export declare class Session {
    #private;
    /** Without a login the given token is all there is. */
    constructor(login: (() => Promise<Token>) | undefined, token: string | undefined);
    /** Whether there is a token or a way to get one. */
    get exists(): boolean;
    token(): Promise<string>;
    /** Reports whether another token can be had in place of one that the server refused. */
    refused(token: string): boolean;
}
