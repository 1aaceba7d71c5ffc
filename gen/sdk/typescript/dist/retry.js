import { ApiError, ConnectionError, TimeoutError } from "./errors.js";
import { IdempotencyInFlightError } from "./error-codes.js";
const baseMs = 200;
const capMs = 5_000;
const longestAdviceMs = 30_000;
/** Whether an error is transient, so that a retry may help. A retry is the same request with the same Idempotency-Key. */
export function isTransient(error) {
    if (error instanceof ApiError) {
        return error.status === 429 || error.status >= 500 || error instanceof IdempotencyInFlightError;
    }
    return error instanceof ConnectionError || error instanceof TimeoutError;
}
/**
 * How long to wait after a failed attempt, counted from 0. The pause is random, so that clients do not return in step:
 * up to 200 ms after the first attempt, and up to twice as long after each further one, at most 5 s. If the server asks
 * for a longer pause, that is used, at most 30 s.
 */
export function pauseMs(attempt, retryAfter) {
    const advised = retryAfter === null ? 0 : adviceMs(retryAfter) || 0; // NaN if it cannot be parsed
    return Math.max(Math.random() * Math.min(baseMs * 2 ** attempt, capMs), Math.min(advised, longestAdviceMs));
}
/** Parses a Retry-After header, in seconds or as a date. */
function adviceMs(retryAfter) {
    return /^\d+$/.test(retryAfter.trim()) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now();
}
/** Resolves after a while, or rejects as soon as the signal is aborted. */
export async function pause(ms, signal) {
    let timer;
    const over = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
    await withSignal(signal, over).finally(() => clearTimeout(timer));
}
/** Settles like the promise, or rejects as soon as the signal is aborted. */
export function withSignal(signal, promise) {
    if (!signal)
        return promise;
    return new Promise((resolve, reject) => {
        const stop = () => reject(signal.reason);
        signal.addEventListener("abort", stop, { once: true });
        promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
        if (signal.aborted)
            stop();
    });
}
