/** Whether an error is transient, so that a retry may help. A retry is the same request with the same Idempotency-Key. */
export declare function isTransient(error: unknown): boolean;
/**
 * How long to wait after a failed attempt, counted from 0. The pause is random, so that clients do not return in step:
 * up to 200 ms after the first attempt, and up to twice as long after each further one, at most 5 s. If the server asks
 * for a longer pause, that is used, at most 30 s.
 */
export declare function pauseMs(attempt: number, retryAfter: string | null): number;
/** Resolves after a while, or rejects as soon as the signal is aborted. */
export declare function pause(ms: number, signal: AbortSignal | undefined): Promise<void>;
/** Settles like the promise, or rejects as soon as the signal is aborted. */
export declare function withSignal<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T>;
