// Generated from openapi.yaml by make sdk. Do not edit.

import type {
  AccountCredentials,
  AccountInfo,
  AccountReset,
  Agent,
  AgentCredentials,
  AgentKey,
  AgentList,
  BalanceList,
  Cancellation,
  CancelledOrders,
  CandleList,
  ClientOrderId,
  CreateAgentRequest,
  Health,
  HistoryInterval,
  Jwks,
  Leaderboard,
  Ledger,
  LedgerEntry,
  LoginRequest,
  MarketTradeList,
  Name,
  Order,
  OrderList,
  OrderStatus,
  Orderbook,
  PairList,
  Performance,
  Period,
  PlaceOrderRequest,
  Pnl,
  PnlPeriod,
  Portfolio,
  PortfolioHistory,
  PositionList,
  Preview,
  Price,
  PriceList,
  Reconciliation,
  RegisterRequest,
  ResetAccountRequest,
  Risk,
  RiskProfile,
  Side,
  SymbolSchema,
  Ticker,
  Token,
  Trade,
  TradeList,
  UpdateAgentRequest,
  Uuid,
} from "./models.js";
import { pages } from "./pages.js";
import { Transport, path, type CallOptions } from "./transport.js";

/** Option of the calls that send `Idempotency-Key`. */
export interface IdempotencyKeyOption {
  /**
   * Makes a retry safe: for 24 hours the same caller's same key with the same request (method, path, query and
   * body) replays the first answer. With another request it is refused (`IDEMPOTENCY_KEY_REUSED`); while the first
   * is still being worked on, `IDEMPOTENCY_IN_FLIGHT`.
   */
  idempotencyKey?: string | undefined;
}

/** Option of the calls that send `X-Agent-Id`. */
export interface AgentIdOption {
  /**
   * An account's key or token may name one of the account's agents here; without it, the default agent is meant. An
   * agent's key acts only for its own agent.
   */
  agentId?: string | undefined;
}

/** The query parameters of `listAgents`. */
export interface ListAgentsParams {
  /**
   * Include archived agents in the list.
   * @default false
   * @example false
   */
  include_archived?: boolean;
  /**
   * Page size.
   * @format int32
   * @min 1
   * @max 500
   * @default 100
   * @example 100
   */
  limit?: number;
  /**
   * How many to skip before the page begins.
   * @format int32
   * @min 0
   * @max 2147483647
   * @default 0
   * @example 0
   */
  offset?: number;
}

/** The query parameters of `cloneAgent`. */
export interface CloneAgentParams {
  /**
   * Name of the clone. Default: `<name> (copy)`, the original name cut so that the result fits 100 characters.
   * @example "RSI Scalper Experiment"
   */
  new_name?: Name;
}

/** The query parameters of `getAgentSkill`. */
export interface GetAgentSkillParams {
  /**
   * With `false`, the file contains `$AGENTEXCHANGE_API_KEY` in place of the key.
   * @default true
   * @example true
   */
  include_key?: boolean;
}

/** The query parameters of `listPrices`. */
export interface ListPricesParams {
  /**
   * Symbols, separated by commas, in any case.
   * @maxItems 100
   * @minItems 1
   */
  symbols?: SymbolSchema[];
}

/** The query parameters of `listCandles`. */
export interface ListCandlesParams {
  /**
   * Length of a candle.
   * @minLength 1
   * @default "1m"
   * @example "1h"
   */
  interval?: "1m" | "5m" | "15m" | "1h" | "4h" | "1d";
  /**
   * Maximum number of candles.
   * @format int32
   * @min 1
   * @max 1000
   * @default 100
   * @example 100
   */
  limit?: number;
  /**
   * Candles begin at or after this. RFC 3339.
   * @format date-time
   * @minLength 1
   */
  start_time?: string;
  /**
   * Candles begin before this. RFC 3339. The default is now.
   * @format date-time
   * @minLength 1
   */
  end_time?: string;
}

/** The query parameters of `listMarketTrades`. */
export interface ListMarketTradesParams {
  /**
   * Maximum number of trades.
   * @format int32
   * @min 1
   * @max 1000
   * @default 50
   * @example 50
   */
  limit?: number;
}

/** The query parameters of `getOrderbook`. */
export interface GetOrderbookParams {
  /**
   * Levels on each side.
   * @format int32
   * @min 1
   * @max 50
   * @default 10
   * @example 10
   */
  depth?: number;
}

/** The query parameters of `listOrders`. */
export interface ListOrdersParams {
  /** Only orders with this status. */
  status?: OrderStatus;
  /** Only this pair, in any case. An unknown symbol matches nothing. */
  symbol?: SymbolSchema;
  /**
   * Page size.
   * @format int32
   * @min 1
   * @max 500
   * @default 100
   * @example 100
   */
  limit?: number;
  /**
   * How many to skip before the page begins.
   * @format int32
   * @min 0
   * @max 2147483647
   * @default 0
   * @example 0
   */
  offset?: number;
}

/** The query parameters of `listOpenOrders`. */
export interface ListOpenOrdersParams {
  /** Only this pair, in any case. An unknown symbol matches nothing. */
  symbol?: SymbolSchema;
  /**
   * Page size.
   * @format int32
   * @min 1
   * @max 500
   * @default 100
   * @example 100
   */
  limit?: number;
  /**
   * How many to skip before the page begins.
   * @format int32
   * @min 0
   * @max 2147483647
   * @default 0
   * @example 0
   */
  offset?: number;
}

/** The query parameters of `listTrades`. */
export interface ListTradesParams {
  /** Only this pair, in any case. An unknown symbol matches nothing. */
  symbol?: SymbolSchema;
  /** Only trades of this side. */
  side?: Side;
  /**
   * Page size.
   * @format int32
   * @min 1
   * @max 500
   * @default 50
   * @example 50
   */
  limit?: number;
  /**
   * How many to skip before the page begins.
   * @format int32
   * @min 0
   * @max 2147483647
   * @default 0
   * @example 0
   */
  offset?: number;
}

/** The query parameters of `getPnl`. */
export interface GetPnlParams {
  /** How far back from now. */
  period?: PnlPeriod;
}

/** The query parameters of `listLedger`. */
export interface ListLedgerParams {
  /**
   * Only entries of this asset, in any case.
   * @minLength 1
   * @maxLength 20
   * @pattern ^([^\x00-\x1f\x7f-\x9f\u00AD\u061C\u115F\u1160\u180E\u3164\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFFD]*[^\x00-\x1f\x7f-\x9f\u00AD\u061C\u115F\u1160\u180E\u3164\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFFD \u00A0\u1680\u2000-\u200A\u202F\u205F\u3000][^\x00-\x1f\x7f-\x9f\u00AD\u061C\u115F\u1160\u180E\u3164\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFFD]*)?$
   * @example "USDT"
   */
  asset?: string;
  /**
   * Page size.
   * @format int32
   * @min 1
   * @max 500
   * @default 100
   * @example 100
   */
  limit?: number;
  /**
   * How many to skip before the page begins.
   * @format int32
   * @min 0
   * @max 2147483647
   * @default 0
   * @example 0
   */
  offset?: number;
}

/** The query parameters of `getPerformance`. */
export interface GetPerformanceParams {
  /** How far back from now. */
  period?: Period;
}

/** The query parameters of `getPortfolioHistory`. */
export interface GetPortfolioHistoryParams {
  /** Length of an interval. Intervals begin at full minutes, hours or days of UTC. */
  interval?: HistoryInterval;
  /**
   * Maximum number of snapshots.
   * @format int32
   * @min 1
   * @max 1000
   * @default 100
   * @example 100
   */
  limit?: number;
}

/** The query parameters of `getLeaderboard`. */
export interface GetLeaderboardParams {
  /** How far back from now. */
  period?: Period;
  /**
   * Maximum number of agents.
   * @format int32
   * @min 1
   * @max 100
   * @default 20
   * @example 20
   */
  limit?: number;
}

/**
 * Calls AgentExchange: a method for every operation. Path parameters come first, then the body, then query
 * parameters, then the options of the call.
 *
 * Throws {@link ApiError} if the server answers with an error, ConnectionError or TimeoutError if it cannot be reached,
 * and MissingCredentialsError if the client lacks the credentials for a call.
 */
export class AgentExchangeClient extends Transport {
  /**
   * Register an account.
   *
   * Creates an account and, in the same transaction, its default agent, named `<display_name>'s Agent` (the name is
   * cut to fit 100 characters). Returns the account's API key and secret and the agent's API key. The secret is
   * shown only once and cannot be recovered.
   *
   * An `Idempotency-Key` here must have at least 32 characters: since no one is authenticated yet, whoever
   * knows the key can read the first answer. Choose a random one, such as a UUID, and keep it secret.
   *
   * Throws an ApiError with one of these statuses:
   * - 400: The body is not JSON (`MALFORMED_BODY`).
   * - 409, 422: the error's `code` tells why.
   */
  async register(
    body: RegisterRequest,
    options: CallOptions & IdempotencyKeyOption = {},
  ): Promise<AccountCredentials> {
    return this.call<AccountCredentials>(
      {
        method: "POST",
        path: "/api/v1/auth/register",
        auth: [],
        headers: { "Idempotency-Key": options.idempotencyKey },
        body,
        answer: "json",
      },
      options,
    );
  }

  /**
   * Exchange an account's key and secret for a token.
   *
   * Returns a token that is valid for one hour and signed with Ed25519; the public keys are at
   * `/.well-known/jwks.json`. A wrong key and a wrong secret get the same 401. An `Idempotency-Key` is ignored,
   * because nothing is created.
   *
   * Throws an ApiError with one of these statuses:
   * - 400: The body is not JSON (`MALFORMED_BODY`).
   * - 401, 422: the error's `code` tells why.
   */
  async login(body: LoginRequest, options: CallOptions = {}): Promise<Token> {
    return this.call<Token>(
      {
        method: "POST",
        path: "/api/v1/auth/login",
        auth: [],
        body,
        answer: "json",
      },
      options,
    );
  }

  /**
   * List agents.
   *
   * The account's agents, oldest first. `total` counts all that match, not only this page.
   *
   * Throws an ApiError with one of these statuses:
   * - 401, 422: the error's `code` tells why.
   */
  async listAgents(
    params: ListAgentsParams = {},
    options: CallOptions = {},
  ): Promise<AgentList> {
    return this.call<AgentList>(
      {
        method: "GET",
        path: "/api/v1/agents",
        auth: ["Authorization"],
        query: {
          include_archived: params.include_archived,
          limit: params.limit,
          offset: params.offset,
        },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Every `Agent` of {@link listAgents}, fetched page by page when needed: `params.limit` is the page size, and
   * `params.offset` is where to start. Rows added or removed meanwhile can make it miss rows or return them twice.
   */
  iterateAgents(
    params: ListAgentsParams = {},
    options: CallOptions = {},
  ): AsyncGenerator<Agent, void, undefined> {
    return pages(
      params,
      (page) => this.listAgents(page, options),
      (answer) => answer.agents,
    );
  }

  /**
   * Create an agent.
   *
   * Creates a trading agent, funds it with its starting balance in USDT, and returns its API key. Save the key;
   * `GET /api/v1/agents/{agent_id}/api-key` retrieves it again.
   *
   * Throws an ApiError with one of these statuses:
   * - 400: The body is not JSON (`MALFORMED_BODY`).
   * - 401, 409, 422: the error's `code` tells why.
   */
  async createAgent(
    body: CreateAgentRequest,
    options: CallOptions & IdempotencyKeyOption = {},
  ): Promise<AgentCredentials> {
    return this.call<AgentCredentials>(
      {
        method: "POST",
        path: "/api/v1/agents",
        auth: ["Authorization"],
        headers: { "Idempotency-Key": options.idempotencyKey },
        body,
        answer: "json",
      },
      options,
    );
  }

  /**
   * Overview of the active agents.
   *
   * Every agent of the account that is not archived, oldest first, in the format of `GET /api/v1/agents`.
   *
   * Throws an ApiError with one of these statuses:
   * - 401: the error's `code` tells why.
   */
  async getAgentOverview(options: CallOptions = {}): Promise<AgentList> {
    return this.call<AgentList>(
      {
        method: "GET",
        path: "/api/v1/agents/overview",
        auth: ["Authorization"],
        answer: "json",
      },
      options,
    );
  }

  /**
   * Get an agent.
   *
   * One agent of the account. For another account's agent, the answer is the same as for one that does not exist.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 422: the error's `code` tells why.
   *
   * @param agentId - Agent identifier.
   */
  async getAgent(agentId: Uuid, options: CallOptions = {}): Promise<Agent> {
    return this.call<Agent>(
      {
        method: "GET",
        path: path`/api/v1/agents/${agentId}`,
        auth: ["Authorization"],
        answer: "json",
      },
      options,
    );
  }

  /**
   * Update an agent.
   *
   * Changes only the fields that are sent. `null` clears `llm_model`, `framework` and `color`;
   * `strategy_tags` replaces the whole list.
   *
   * Throws an ApiError with one of these statuses:
   * - 400: The body is not JSON (`MALFORMED_BODY`).
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 422: the error's `code` tells why.
   *
   * @param agentId - Agent identifier.
   */
  async updateAgent(
    agentId: Uuid,
    body: UpdateAgentRequest = {},
    options: CallOptions = {},
  ): Promise<Agent> {
    return this.call<Agent>(
      {
        method: "PUT",
        path: path`/api/v1/agents/${agentId}`,
        auth: ["Authorization"],
        body,
        answer: "json",
      },
      options,
    );
  }

  /**
   * Delete an agent for good.
   *
   * Deletes the agent and all of its data: key, balances, orders, positions, trades and history. This cannot be
   * undone; `POST /api/v1/agents/{agent_id}/archive` disables an agent and keeps its data. Stored answers to its
   * owner's requests with an Idempotency-Key are deleted when they expire, within 24 hours.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 422: the error's `code` tells why.
   *
   * @param agentId - Agent identifier.
   */
  async deleteAgent(agentId: Uuid, options: CallOptions = {}): Promise<void> {
    return this.call<void>(
      {
        method: "DELETE",
        path: path`/api/v1/agents/${agentId}`,
        auth: ["Authorization"],
        answer: "none",
      },
      options,
    );
  }

  /**
   * Clone an agent's configuration.
   *
   * Makes a new, active agent with the source's starting balance, risk profile, strategy tags, model and
   * framework, whatever the source's status. Its balance and key are new, and no history is copied.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 409, 422: the error's `code` tells why.
   *
   * @param agentId - Agent identifier.
   */
  async cloneAgent(
    agentId: Uuid,
    params: CloneAgentParams = {},
    options: CallOptions & IdempotencyKeyOption = {},
  ): Promise<AgentCredentials> {
    return this.call<AgentCredentials>(
      {
        method: "POST",
        path: path`/api/v1/agents/${agentId}/clone`,
        auth: ["Authorization"],
        query: { new_name: params.new_name },
        headers: { "Idempotency-Key": options.idempotencyKey },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Reset an agent to its starting balance.
   *
   * In one transaction: cancels every open order, closes every position, restores USDT to the starting balance and
   * begins a new session. History is kept. An archived agent becomes active again.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 409, 422: the error's `code` tells why.
   *
   * @param agentId - Agent identifier.
   */
  async resetAgent(
    agentId: Uuid,
    options: CallOptions & IdempotencyKeyOption = {},
  ): Promise<Agent> {
    return this.call<Agent>(
      {
        method: "POST",
        path: path`/api/v1/agents/${agentId}/reset`,
        auth: ["Authorization"],
        headers: { "Idempotency-Key": options.idempotencyKey },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Archive an agent.
   *
   * Removes the agent from the lists and disables its key. Open orders are cancelled; balances, positions and
   * history are kept. Archiving an archived agent changes nothing and returns the same.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 409, 422: the error's `code` tells why.
   *
   * @param agentId - Agent identifier.
   */
  async archiveAgent(
    agentId: Uuid,
    options: CallOptions & IdempotencyKeyOption = {},
  ): Promise<Agent> {
    return this.call<Agent>(
      {
        method: "POST",
        path: path`/api/v1/agents/${agentId}/archive`,
        auth: ["Authorization"],
        headers: { "Idempotency-Key": options.idempotencyKey },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Unarchive an agent.
   *
   * Makes an archived agent active again with the same key, balances, positions and history. Unarchiving an active
   * agent changes nothing and returns the same.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 409, 422: the error's `code` tells why.
   *
   * @param agentId - Agent identifier.
   */
  async unarchiveAgent(
    agentId: Uuid,
    options: CallOptions & IdempotencyKeyOption = {},
  ): Promise<Agent> {
    return this.call<Agent>(
      {
        method: "POST",
        path: path`/api/v1/agents/${agentId}/unarchive`,
        auth: ["Authorization"],
        headers: { "Idempotency-Key": options.idempotencyKey },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Get an agent's API key.
   *
   * The agent's current API key in full.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 422: the error's `code` tells why.
   *
   * @param agentId - Agent identifier.
   */
  async getAgentApiKey(
    agentId: Uuid,
    options: CallOptions = {},
  ): Promise<AgentKey> {
    return this.call<AgentKey>(
      {
        method: "GET",
        path: path`/api/v1/agents/${agentId}/api-key`,
        auth: ["Authorization"],
        answer: "json",
      },
      options,
    );
  }

  /**
   * Replace an agent's API key.
   *
   * Makes a new key. From the moment this answer is sent, every replica refuses the old one. If several calls run at
   * once, only the key of the last one remains valid.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 409, 422: the error's `code` tells why.
   *
   * @param agentId - Agent identifier.
   */
  async regenerateAgentKey(
    agentId: Uuid,
    options: CallOptions & IdempotencyKeyOption = {},
  ): Promise<AgentKey> {
    return this.call<AgentKey>(
      {
        method: "POST",
        path: path`/api/v1/agents/${agentId}/regenerate-key`,
        auth: ["Authorization"],
        headers: { "Idempotency-Key": options.idempotencyKey },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Get an agent's risk limits.
   *
   * The effective limits, by which the agent's next order is judged.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 422: the error's `code` tells why.
   *
   * @param agentId - Agent identifier.
   */
  async getAgentRisk(
    agentId: Uuid,
    options: CallOptions = {},
  ): Promise<RiskProfile> {
    return this.call<RiskProfile>(
      {
        method: "GET",
        path: path`/api/v1/agents/${agentId}/risk-profile`,
        auth: ["Authorization"],
        answer: "json",
      },
      options,
    );
  }

  /**
   * Set an agent's risk limits.
   *
   * Replaces all three limits. They apply from the agent's next order on.
   *
   * Throws an ApiError with one of these statuses:
   * - 400: The body is not JSON (`MALFORMED_BODY`).
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 422: the error's `code` tells why.
   *
   * @param agentId - Agent identifier.
   */
  async updateAgentRisk(
    agentId: Uuid,
    body: RiskProfile,
    options: CallOptions = {},
  ): Promise<RiskProfile> {
    return this.call<RiskProfile>(
      {
        method: "PUT",
        path: path`/api/v1/agents/${agentId}/risk-profile`,
        auth: ["Authorization"],
        body,
        answer: "json",
      },
      options,
    );
  }

  /**
   * Download an agent's skill file.
   *
   * A Markdown file for an LLM agent's context: the agent's id and key, its limits, and the reference of the
   * operations that its key may call.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 422: the error's `code` tells why.
   *
   * @param agentId - Agent identifier.
   */
  async getAgentSkill(
    agentId: Uuid,
    params: GetAgentSkillParams = {},
    options: CallOptions = {},
  ): Promise<string> {
    return this.call<string>(
      {
        method: "GET",
        path: path`/api/v1/agents/${agentId}/skill.md`,
        auth: ["Authorization"],
        query: { include_key: params.include_key },
        answer: "text",
      },
      options,
    );
  }

  /**
   * Trading pairs and their filters.
   *
   * Every pair, sorted by symbol, with the filters that its orders must pass.
   *
   * Throws an ApiError with one of these statuses:
   * - 422: the error's `code` tells why.
   */
  async listPairs(options: CallOptions = {}): Promise<PairList> {
    return this.call<PairList>(
      {
        method: "GET",
        path: "/api/v1/market/pairs",
        auth: [],
        answer: "json",
      },
      options,
    );
  }

  /**
   * Current price of a pair.
   *
   * The newest price. A price older than 30 seconds is not returned, and no order executes at it.
   *
   * Throws an ApiError with one of these statuses:
   * - 400: There is no such pair (`INVALID_SYMBOL`).
   * - 503: The pair has no price, or no recent one, (`PRICE_NOT_AVAILABLE`).
   * - 422: the error's `code` tells why.
   *
   * @param symbol - The pair, in any case.
   */
  async getPrice(
    symbol: SymbolSchema,
    options: CallOptions = {},
  ): Promise<Price> {
    return this.call<Price>(
      {
        method: "GET",
        path: path`/api/v1/market/price/${symbol}`,
        auth: [],
        answer: "json",
      },
      options,
    );
  }

  /**
   * Current prices of several pairs.
   *
   * The newest price of each of the symbols, in the order given; without `symbols`, of every pair with a price no
   * older than 30 seconds, sorted by symbol.
   *
   * Throws an ApiError with one of these statuses:
   * - 400: There is no such pair (`INVALID_SYMBOL`).
   * - 503: The pair has no price, or no recent one, (`PRICE_NOT_AVAILABLE`).
   * - 422: the error's `code` tells why.
   */
  async listPrices(
    params: ListPricesParams = {},
    options: CallOptions = {},
  ): Promise<PriceList> {
    return this.call<PriceList>(
      {
        method: "GET",
        path: "/api/v1/market/prices",
        auth: [],
        query: { symbols: params.symbols?.join(",") },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Rolling 24 hours of a pair.
   *
   * The last 24 hours, up to now.
   *
   * Throws an ApiError with one of these statuses:
   * - 400: There is no such pair (`INVALID_SYMBOL`).
   * - 503: The pair has no price, or no recent one, (`PRICE_NOT_AVAILABLE`).
   * - 422: the error's `code` tells why.
   *
   * @param symbol - The pair, in any case.
   */
  async getTicker(
    symbol: SymbolSchema,
    options: CallOptions = {},
  ): Promise<Ticker> {
    return this.call<Ticker>(
      {
        method: "GET",
        path: path`/api/v1/market/ticker/${symbol}`,
        auth: [],
        answer: "json",
      },
      options,
    );
  }

  /**
   * Candles of a pair.
   *
   * Candles, oldest first, aligned to UTC. With `start_time`, the first candles that begin at or after it; without it,
   * the last candles that begin before `end_time`. The newest candle is unfinished and covers the time up to now.
   *
   * Throws an ApiError with one of these statuses:
   * - 400: There is no such pair (`INVALID_SYMBOL`).
   * - 422: the error's `code` tells why.
   *
   * @param symbol - The pair, in any case.
   */
  async listCandles(
    symbol: SymbolSchema,
    params: ListCandlesParams = {},
    options: CallOptions = {},
  ): Promise<CandleList> {
    return this.call<CandleList>(
      {
        method: "GET",
        path: path`/api/v1/market/candles/${symbol}`,
        auth: [],
        query: {
          interval: params.interval,
          limit: params.limit,
          start_time: params.start_time,
          end_time: params.end_time,
        },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Latest trades of a pair.
   *
   * Trades of the market, newest first. Trades of agents are not among them.
   *
   * Throws an ApiError with one of these statuses:
   * - 400: There is no such pair (`INVALID_SYMBOL`).
   * - 503: The pair has no price, or no recent one, (`PRICE_NOT_AVAILABLE`).
   * - 422: the error's `code` tells why.
   *
   * @param symbol - The pair, in any case.
   */
  async listMarketTrades(
    symbol: SymbolSchema,
    params: ListMarketTradesParams = {},
    options: CallOptions = {},
  ): Promise<MarketTradeList> {
    return this.call<MarketTradeList>(
      {
        method: "GET",
        path: path`/api/v1/market/trades/${symbol}`,
        auth: [],
        query: { limit: params.limit },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Order book of a pair.
   *
   * The best bids, highest first, and the best asks, lowest first, each a price and a quantity.
   *
   * Throws an ApiError with one of these statuses:
   * - 400: There is no such pair (`INVALID_SYMBOL`).
   * - 503: The pair has no price, or no recent one, (`PRICE_NOT_AVAILABLE`).
   * - 422: the error's `code` tells why.
   *
   * @param symbol - The pair, in any case.
   */
  async getOrderbook(
    symbol: SymbolSchema,
    params: GetOrderbookParams = {},
    options: CallOptions = {},
  ): Promise<Orderbook> {
    return this.call<Orderbook>(
      {
        method: "GET",
        path: path`/api/v1/market/orderbook/${symbol}`,
        auth: [],
        query: { depth: params.depth },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Place an order.
   *
   * Judges the order by every rule, in one step with its effect, and answers what became of it: `filled`, `pending`
   * (it rests, and holds what it may take) or `expired`. A refusal (400) changes nothing and says in `details` which
   * limit was broken and the `max_allowed_quantity` that would pass. Give every order a `client_order_id`: sent
   * again, it answers the order that exists, however long ago that was.
   *
   * Throws an ApiError with one of these statuses:
   * - 400: The order is refused and nothing has changed: `ORDER_REJECTED` by a risk limit, `INSUFFICIENT_BALANCE`, `INVALID_QUANTITY` or `INVALID_PRICE` by a filter of the pair, `details` as in RefusalDetails; or there is no such pair (`INVALID_SYMBOL`); or the body is not JSON (`MALFORMED_BODY`).
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 409: Another order has this client_order_id (`DUPLICATE_CLIENT_ORDER_ID`), the agent is archived (`AGENT_ARCHIVED`), there is no agent to act for (`AGENT_REQUIRED`), or the first request with this Idempotency-Key is still being worked on (`IDEMPOTENCY_IN_FLIGHT`).
   * - 503: The pair has no price, or no recent one, (`PRICE_NOT_AVAILABLE`).
   * - 401, 403, 422: the error's `code` tells why.
   */
  async placeOrder(
    body: PlaceOrderRequest,
    options: CallOptions & AgentIdOption & IdempotencyKeyOption = {},
  ): Promise<Order> {
    return this.call<Order>(
      {
        method: "POST",
        path: "/api/v1/trade/order",
        auth: ["X-API-Key", "Authorization"],
        headers: {
          "X-Agent-Id": options.agentId,
          "Idempotency-Key": options.idempotencyKey,
        },
        body,
        answer: "json",
      },
      options,
    );
  }

  /**
   * Judge an order without placing it.
   *
   * Takes what placing an order takes and answers what would become of it now: whether it would pass, every rule
   * with its limit, used and attempted value, the estimated price, fee and cost, and the position once it has
   * filled. An order that would be refused is answered 200 too, with the error in `refusal`. Writes nothing, so an
   * `Idempotency-Key` is ignored, and `client_order_id` is not looked up.
   *
   * Throws an ApiError with one of these statuses:
   * - 400: There is no such pair (`INVALID_SYMBOL`), the value of the order is too large to be computed (`INVALID_QUANTITY`, filter `value`), or the body is not JSON (`MALFORMED_BODY`).
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 503: The pair has no price, or no recent one, (`PRICE_NOT_AVAILABLE`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async previewOrder(
    body: PlaceOrderRequest,
    options: CallOptions & AgentIdOption = {},
  ): Promise<Preview> {
    return this.call<Preview>(
      {
        method: "POST",
        path: "/api/v1/trade/order/preview",
        auth: ["X-API-Key", "Authorization"],
        headers: { "X-Agent-Id": options.agentId },
        body,
        answer: "json",
      },
      options,
    );
  }

  /**
   * Get an order.
   *
   * One order of the agent. For another agent's order, the answer is the same as for one that does not exist.
   *
   * Throws an ApiError with one of these statuses:
   * - 401, 403, 404, 409, 422: the error's `code` tells why.
   *
   * @param orderId - Order identifier.
   */
  async getOrder(
    orderId: Uuid,
    options: CallOptions & AgentIdOption = {},
  ): Promise<Order> {
    return this.call<Order>(
      {
        method: "GET",
        path: path`/api/v1/trade/order/${orderId}`,
        auth: ["X-API-Key", "Authorization"],
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Cancel a pending order.
   *
   * Cancels the order and releases what it holds. If a cancellation and a fill meet, exactly one of them happens.
   *
   * Throws an ApiError with one of these statuses:
   * - 400: The order is no longer pending (`ORDER_NOT_CANCELLABLE`).
   * - 401, 403, 404, 409, 422: the error's `code` tells why.
   *
   * @param orderId - Order identifier.
   */
  async cancelOrder(
    orderId: Uuid,
    options: CallOptions & AgentIdOption = {},
  ): Promise<Cancellation> {
    return this.call<Cancellation>(
      {
        method: "DELETE",
        path: path`/api/v1/trade/order/${orderId}`,
        auth: ["X-API-Key", "Authorization"],
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Get an order by its client_order_id.
   *
   * The agent's order with this `client_order_id`.
   *
   * Throws an ApiError with one of these statuses:
   * - 401, 403, 404, 409, 422: the error's `code` tells why.
   *
   * @param clientOrderId - The id that the client gave the order.
   */
  async getOrderByClientId(
    clientOrderId: ClientOrderId,
    options: CallOptions & AgentIdOption = {},
  ): Promise<Order> {
    return this.call<Order>(
      {
        method: "GET",
        path: path`/api/v1/trade/order/by-client-id/${clientOrderId}`,
        auth: ["X-API-Key", "Authorization"],
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * List orders.
   *
   * The agent's orders of all sessions, newest first. `total` counts all that match, not only this page.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async listOrders(
    params: ListOrdersParams = {},
    options: CallOptions & AgentIdOption = {},
  ): Promise<OrderList> {
    return this.call<OrderList>(
      {
        method: "GET",
        path: "/api/v1/trade/orders",
        auth: ["X-API-Key", "Authorization"],
        query: {
          status: params.status,
          symbol: params.symbol,
          limit: params.limit,
          offset: params.offset,
        },
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Every `Order` of {@link listOrders}, fetched page by page when needed: `params.limit` is the page size, and
   * `params.offset` is where to start. Rows added or removed meanwhile can make it miss rows or return them twice.
   */
  iterateOrders(
    params: ListOrdersParams = {},
    options: CallOptions & AgentIdOption = {},
  ): AsyncGenerator<Order, void, undefined> {
    return pages(
      params,
      (page) => this.listOrders(page, options),
      (answer) => answer.orders,
    );
  }

  /**
   * List pending orders.
   *
   * The agent's pending orders, newest first, in the format of `GET /api/v1/trade/orders`.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async listOpenOrders(
    params: ListOpenOrdersParams = {},
    options: CallOptions & AgentIdOption = {},
  ): Promise<OrderList> {
    return this.call<OrderList>(
      {
        method: "GET",
        path: "/api/v1/trade/orders/open",
        auth: ["X-API-Key", "Authorization"],
        query: {
          symbol: params.symbol,
          limit: params.limit,
          offset: params.offset,
        },
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Every `Order` of {@link listOpenOrders}, fetched page by page when needed: `params.limit` is the page size, and
   * `params.offset` is where to start. Rows added or removed meanwhile can make it miss rows or return them twice.
   */
  iterateOpenOrders(
    params: ListOpenOrdersParams = {},
    options: CallOptions & AgentIdOption = {},
  ): AsyncGenerator<Order, void, undefined> {
    return pages(
      params,
      (page) => this.listOpenOrders(page, options),
      (answer) => answer.orders,
    );
  }

  /**
   * Cancel every pending order.
   *
   * Cancels all pending orders of the agent in one transaction and releases what they hold. Without pending
   * orders, nothing changes.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async cancelAllOrders(
    options: CallOptions & AgentIdOption = {},
  ): Promise<CancelledOrders> {
    return this.call<CancelledOrders>(
      {
        method: "DELETE",
        path: "/api/v1/trade/orders/open",
        auth: ["X-API-Key", "Authorization"],
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * List trades.
   *
   * The agent's trades of all sessions, newest first. `total` counts all that match, not only this page.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async listTrades(
    params: ListTradesParams = {},
    options: CallOptions & AgentIdOption = {},
  ): Promise<TradeList> {
    return this.call<TradeList>(
      {
        method: "GET",
        path: "/api/v1/trade/history",
        auth: ["X-API-Key", "Authorization"],
        query: {
          symbol: params.symbol,
          side: params.side,
          limit: params.limit,
          offset: params.offset,
        },
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Every `Trade` of {@link listTrades}, fetched page by page when needed: `params.limit` is the page size, and
   * `params.offset` is where to start. Rows added or removed meanwhile can make it miss rows or return them twice.
   */
  iterateTrades(
    params: ListTradesParams = {},
    options: CallOptions & AgentIdOption = {},
  ): AsyncGenerator<Trade, void, undefined> {
    return pages(
      params,
      (page) => this.listTrades(page, options),
      (answer) => answer.trades,
    );
  }

  /**
   * Who the agent is.
   *
   * The agent in scope, its limits and its current session.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async getAccountInfo(
    options: CallOptions & AgentIdOption = {},
  ): Promise<AccountInfo> {
    return this.call<AccountInfo>(
      {
        method: "GET",
        path: "/api/v1/account/info",
        auth: ["X-API-Key", "Authorization"],
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Balances.
   *
   * What the agent has of each asset, USDT first, then by name, and its total equity.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async getBalance(
    options: CallOptions & AgentIdOption = {},
  ): Promise<BalanceList> {
    return this.call<BalanceList>(
      {
        method: "GET",
        path: "/api/v1/account/balance",
        auth: ["X-API-Key", "Authorization"],
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Open positions.
   *
   * The agent's open positions, by symbol, at the last known prices.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async getPositions(
    options: CallOptions & AgentIdOption = {},
  ): Promise<PositionList> {
    return this.call<PositionList>(
      {
        method: "GET",
        path: "/api/v1/account/positions",
        auth: ["X-API-Key", "Authorization"],
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Equity, cash, positions and P&L.
   *
   * Everything the agent has, and its gain on the starting balance, at one moment.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async getPortfolio(
    options: CallOptions & AgentIdOption = {},
  ): Promise<Portfolio> {
    return this.call<Portfolio>(
      {
        method: "GET",
        path: "/api/v1/account/portfolio",
        auth: ["X-API-Key", "Authorization"],
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Profit and loss.
   *
   * Realized P&L, fees, wins and losses of the period's trades, and the current unrealized P&L. For `all`,
   * total_pnl = equity − starting balance.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async getPnl(
    params: GetPnlParams = {},
    options: CallOptions & AgentIdOption = {},
  ): Promise<Pnl> {
    return this.call<Pnl>(
      {
        method: "GET",
        path: "/api/v1/account/pnl",
        auth: ["X-API-Key", "Authorization"],
        query: { period: params.period },
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Headroom under the risk limits.
   *
   * How much of each risk limit is used at this moment, and how much is left.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async getRisk(options: CallOptions & AgentIdOption = {}): Promise<Risk> {
    return this.call<Risk>(
      {
        method: "GET",
        path: "/api/v1/account/risk",
        auth: ["X-API-Key", "Authorization"],
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Double-entry ledger.
   *
   * Every change of the agent's balances, newest first. A transfer is two entries that add up to zero: one in a bucket
   * of the agent (`available` or `locked`), and one in the bucket that the amount came from or went to.
   * `total` counts all that match, not only this page.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async listLedger(
    params: ListLedgerParams = {},
    options: CallOptions & AgentIdOption = {},
  ): Promise<Ledger> {
    return this.call<Ledger>(
      {
        method: "GET",
        path: "/api/v1/account/ledger",
        auth: ["X-API-Key", "Authorization"],
        query: {
          asset: params.asset,
          limit: params.limit,
          offset: params.offset,
        },
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Every `LedgerEntry` of {@link listLedger}, fetched page by page when needed: `params.limit` is the page size, and
   * `params.offset` is where to start. Rows added or removed meanwhile can make it miss rows or return them twice.
   */
  iterateLedger(
    params: ListLedgerParams = {},
    options: CallOptions & AgentIdOption = {},
  ): AsyncGenerator<LedgerEntry, void, undefined> {
    return pages(
      params,
      (page) => this.listLedger(page, options),
      (answer) => answer.entries,
    );
  }

  /**
   * Check the balances against the ledger.
   *
   * Adds up the agent's ledger and compares it with the balances, per asset, and compares what is locked with the open
   * orders, all in one snapshot.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async reconcile(
    options: CallOptions & AgentIdOption = {},
  ): Promise<Reconciliation> {
    return this.call<Reconciliation>(
      {
        method: "GET",
        path: "/api/v1/account/reconcile",
        auth: ["X-API-Key", "Authorization"],
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Reset the agent to its starting balance.
   *
   * In one transaction: cancels every pending order, closes every position at its last known price, without a trade,
   * sets USDT to the starting balance and begins a new session. Order and trade history stay. Only the
   * account's key or token may do this: an agent may not lift its own loss limit, so its key gets 403
   * `PERMISSION_DENIED`. For an archived agent, the answer is 409.
   *
   * Throws an ApiError with one of these statuses:
   * - 400: The body is not JSON (`MALFORMED_BODY`).
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async resetAccount(
    body: ResetAccountRequest = {},
    options: CallOptions & AgentIdOption & IdempotencyKeyOption = {},
  ): Promise<AccountReset> {
    return this.call<AccountReset>(
      {
        method: "POST",
        path: "/api/v1/account/reset",
        auth: ["X-API-Key", "Authorization"],
        headers: {
          "X-Agent-Id": options.agentId,
          "Idempotency-Key": options.idempotencyKey,
        },
        body,
        answer: "json",
      },
      options,
    );
  }

  /**
   * Performance figures.
   *
   * The agent's ratios, drawdown and trade statistics over a period.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async getPerformance(
    params: GetPerformanceParams = {},
    options: CallOptions & AgentIdOption = {},
  ): Promise<Performance> {
    return this.call<Performance>(
      {
        method: "GET",
        path: "/api/v1/analytics/performance",
        auth: ["X-API-Key", "Authorization"],
        query: { period: params.period },
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Equity over time.
   *
   * One snapshot per interval since the agent was created, oldest first; if there are more than `limit`, the newest
   * ones. A snapshot has the last known equity of its interval; if there is none, that of the interval before. The
   * last interval is not over yet. The curve continues across resets, so it may jump there.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async getPortfolioHistory(
    params: GetPortfolioHistoryParams = {},
    options: CallOptions & AgentIdOption = {},
  ): Promise<PortfolioHistory> {
    return this.call<PortfolioHistory>(
      {
        method: "GET",
        path: "/api/v1/analytics/portfolio/history",
        auth: ["X-API-Key", "Authorization"],
        query: { interval: params.interval, limit: params.limit },
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Ranking of the account's agents.
   *
   * The account's agents that are not archived, by `roi_pct` over the period, highest first; ties are sorted by
   * agent_id. An agent's own key sees the ranking of its whole account. The agent in scope makes no difference.
   *
   * Throws an ApiError with one of these statuses:
   * - 404: No such agent in this account (`AGENT_NOT_FOUND`).
   * - 401, 403, 409, 422: the error's `code` tells why.
   */
  async getLeaderboard(
    params: GetLeaderboardParams = {},
    options: CallOptions & AgentIdOption = {},
  ): Promise<Leaderboard> {
    return this.call<Leaderboard>(
      {
        method: "GET",
        path: "/api/v1/analytics/leaderboard",
        auth: ["X-API-Key", "Authorization"],
        query: { period: params.period, limit: params.limit },
        headers: { "X-Agent-Id": options.agentId },
        answer: "json",
      },
      options,
    );
  }

  /**
   * Public keys that verify the tokens.
   *
   * A JSON Web Key Set (RFC 7517) of Ed25519 keys (RFC 8037). The first one signs new tokens.
   *
   * Throws an ApiError with one of these statuses:
   * - 422: the error's `code` tells why.
   */
  async getJwks(options: CallOptions = {}): Promise<Jwks> {
    return this.call<Jwks>(
      {
        method: "GET",
        path: "/.well-known/jwks.json",
        auth: [],
        answer: "json",
      },
      options,
    );
  }

  /**
   * Is the process alive.
   *
   * Returns 200 as long as the process serves requests. Checks nothing else.
   *
   * Throws an ApiError with one of these statuses:
   * - 422: the error's `code` tells why.
   */
  async getHealth(options: CallOptions = {}): Promise<Health> {
    return this.call<Health>(
      {
        method: "GET",
        path: "/healthz",
        auth: [],
        answer: "json",
      },
      options,
    );
  }

  /**
   * Can the server take requests.
   *
   * Returns 200 when the database is reachable and migrated and there are prices, and 503 otherwise or once the server is shutting down,
   * so that a load balancer sends no more requests.
   *
   * Throws an ApiError with one of these statuses:
   * - 503: Temporarily not possible; try again after `Retry-After` seconds.
   * - 422: the error's `code` tells why.
   */
  async getReadiness(options: CallOptions = {}): Promise<Health> {
    return this.call<Health>(
      {
        method: "GET",
        path: "/readyz",
        auth: [],
        answer: "json",
      },
      options,
    );
  }
}
