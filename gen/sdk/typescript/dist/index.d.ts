export * from "./client.js";
export * from "./error-codes.js";
export * from "./errors.js";
export type * from "./models.js";
export type { CallOptions, ClientOptions } from "./transport.js";
