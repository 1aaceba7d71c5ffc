/** Whether repeating a request may help. A repetition is the same request with the same Idempotency-Key. */
export declare function mayPass(error: unknown): boolean;
/**
 * How long to wait after a failed attempt, counted from 0: up to 200 ms after the first and twice as long after every
 * further one, at most 5 s, evenly spread so that clients do not return in step; or what the server advises, at most
 * 30 s, if that is longer.
 */
export declare function pauseMs(attempt: number, retryAfter: string | null): number;
/** Resolves after a while, or rejects as soon as the signal is aborted. */
export declare function pause(ms: number, signal: AbortSignal | undefined): Promise<void>;
/** Settles as the promise does, or rejects as soon as the signal is aborted. */
export declare function withSignal<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T>;
