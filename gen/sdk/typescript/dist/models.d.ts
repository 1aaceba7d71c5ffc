/**
 * A stable name for the error.
 * @minLength 1
 * @example "VALIDATION_ERROR"
 */
export type ErrorCode = "AGENT_ARCHIVED" | "AGENT_NOT_FOUND" | "AGENT_REQUIRED" | "BODY_TOO_LARGE" | "DUPLICATE_ACCOUNT" | "DUPLICATE_CLIENT_ORDER_ID" | "IDEMPOTENCY_IN_FLIGHT" | "IDEMPOTENCY_KEY_REUSED" | "INSUFFICIENT_BALANCE" | "INTERNAL" | "INVALID_API_KEY" | "INVALID_PRICE" | "INVALID_QUANTITY" | "INVALID_SYMBOL" | "INVALID_TOKEN" | "JWT_REQUIRED" | "MALFORMED_BODY" | "METHOD_NOT_ALLOWED" | "NOT_FOUND" | "ORDER_NOT_CANCELLABLE" | "ORDER_NOT_FOUND" | "ORDER_REJECTED" | "OUTCOME_UNKNOWN" | "OVERLOADED" | "PERMISSION_DENIED" | "PRICE_NOT_AVAILABLE" | "REQUEST_TIMEOUT" | "TOKEN_EXPIRED" | "UNAVAILABLE" | "UNSUPPORTED_MEDIA_TYPE" | "VALIDATION_ERROR";
/**
 * Length of an interval.
 * @minLength 1
 * @default "1h"
 * @example "1h"
 */
export type HistoryInterval = "1m" | "1h" | "1d";
/**
 * How far back from now, and never beyond the current session.
 * @minLength 1
 * @default "all"
 * @example "all"
 */
export type Period = "1d" | "7d" | "30d" | "90d" | "all";
/**
 * How far back from now, and never beyond the current session.
 * @minLength 1
 * @default "all"
 * @example "all"
 */
export type PnlPeriod = "1d" | "7d" | "30d" | "all";
/**
 * Whether the order executed at the market (taker), or rested and filled at its limit (maker).
 * @minLength 1
 * @example "taker"
 */
export type Liquidity = "taker" | "maker";
/**
 * State of an order. All but `pending` are final.
 * @minLength 1
 * @example "filled"
 */
export type OrderStatus = "pending" | "filled" | "cancelled" | "expired";
/**
 * How long an order waits: until it is cancelled (GTC), or not at all (IOC and FOK, which mean the same, because
 * orders fill completely).
 * @minLength 1
 * @example "IOC"
 */
export type TimeInForce = "GTC" | "IOC" | "FOK";
/**
 * When and at what price an order executes. The two conditional types sell only.
 * @minLength 1
 * @example "market"
 */
export type OrderType = "market" | "limit" | "stop_loss" | "take_profit";
/**
 * What the agent does with the base asset.
 * @minLength 1
 * @example "buy"
 */
export type Side = "buy" | "sell";
/**
 * Whether the agent may trade.
 * @minLength 1
 * @example "active"
 */
export type AgentStatus = "active" | "archived";
/**
 * A UUID. New ones are of version 7, so they sort by time of creation.
 * @format uuid
 * @minLength 1
 * @example "01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d10"
 */
export type Uuid = string;
/**
 * RFC 3339, UTC.
 * @format date-time
 * @minLength 1
 * @example "2026-03-19T09:00:00Z"
 */
export type Timestamp = string;
/**
 * Initial balance in virtual USDT: a decimal greater than zero, as a string, with at most 12 integer digits and 8
 * decimal places.
 * @format decimal-string
 * @minLength 1
 * @default "10000.00"
 * @example "5000.00"
 */
export type StartingBalance = string;
/**
 * A decimal greater than zero, as a string, with at most 12 integer digits and 8 decimal places.
 * @format decimal-string
 * @minLength 1
 * @example "0.05"
 */
export type PositiveDecimal = string;
/**
 * A decimal with 8 places, as a string.
 * @format decimal-string
 * @minLength 1
 * @example "5000.00000000"
 */
export type Amount = string;
/**
 * A decimal with 8 places, as a string, or null where it does not apply.
 * @format decimal-string
 * @minLength 1
 * @example "5000.00000000"
 */
export type OptionalAmount = string | null;
/**
 * A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
 * direction-changing characters.
 * @minLength 1
 * @maxLength 100
 * @example "RSI Scalper"
 */
export type Name = string;
/**
 * LLM model identifier of 1–100 characters, or null where none is named. On create null is the same as absent, on
 * update it clears the field.
 * @minLength 1
 * @maxLength 100
 * @example "claude-sonnet-4-6"
 */
export type LlmModel = string | null;
/**
 * Agent framework of 1–100 characters, or null where none is named. On create null is the same as absent, on
 * update it clears the field.
 * @minLength 1
 * @maxLength 100
 * @example "custom"
 */
export type Framework = string | null;
/**
 * A tag of 1–50 characters, counted after trimming; not blank; no control, zero-width, filling or
 * direction-changing characters.
 * @minLength 1
 * @maxLength 50
 * @example "momentum"
 */
export type Tag = string;
/**
 * Tags that describe the strategy, at most 50.
 * @maxItems 50
 * @example ["rsi","scalping","BTCUSDT"]
 */
export type StrategyTags = Tag[];
/**
 * Hex color of the agent's avatar, or null where none is given. On create null is the same as absent, on update it
 * clears the field.
 * @minLength 1
 * @example "#3B82F6"
 */
export type Color = string | null;
/**
 * An e-mail address; unique among accounts, whatever its case.
 * @format email
 * @minLength 3
 * @maxLength 254
 * @example "ada@example.com"
 */
export type Email = string;
/**
 * An API key: `ak_live_`, 32 random base62 characters and a checksum of 6, which reveals a mistyped key.
 * @format password
 * @minLength 1
 * @example "ak_live_AgentRSIScalperFullKeyHere000000x1y2z3"
 */
export type ApiKey = string;
/**
 * The first 12 characters of the API key.
 * @minLength 1
 * @example "ak_live_Agen..."
 */
export type ApiKeyPreview = string;
/**
 * The account's secret, built like an API key with `sk_live_` in front.
 * @format password
 * @minLength 1
 * @example "sk_live_AccountSecretForTheTeam000000000x1y2z3"
 */
export type ApiSecret = string;
/**
 * Largest position in a single coin, in percent of total equity.
 * @format int32
 * @min 1
 * @max 100
 * @default 25
 * @example 20
 */
export type PositionSizePct = number;
/**
 * Daily loss limit, in percent of the starting balance.
 * @format int32
 * @min 1
 * @max 100
 * @default 20
 * @example 10
 */
export type DailyLossPct = number;
/**
 * Most simultaneous pending orders.
 * @format int32
 * @min 1
 * @max 200
 * @default 50
 * @example 10
 */
export type OpenOrders = number;
/**
 * A pair's symbol, in any case.
 * @minLength 1
 * @maxLength 20
 * @example "BTCUSDT"
 */
export type SymbolSchema = string;
/** A trading pair and its filters. */
export interface Pair {
    /** A pair's symbol, in any case. */
    symbol: SymbolSchema;
    /**
     * What is bought and sold.
     * @minLength 1
     * @example "BTC"
     */
    base_asset: string;
    /**
     * What it is paid with.
     * @minLength 1
     * @example "USDT"
     */
    quote_asset: string;
    /**
     * Whether orders are taken.
     * @minLength 1
     * @example "TRADING"
     */
    status: "TRADING";
    /**
     * Least quantity of an order, in the base asset.
     * @format decimal-string
     * @minLength 1
     * @example "0.00001000"
     */
    min_qty: string;
    /**
     * Quantities are multiples of this.
     * @format decimal-string
     * @minLength 1
     * @example "0.00001000"
     */
    step_size: string;
    /**
     * Prices are multiples of this.
     * @format decimal-string
     * @minLength 1
     * @example "0.01000000"
     */
    tick_size: string;
    /**
     * Least value of an order, in the quote asset.
     * @format decimal-string
     * @minLength 1
     * @example "5.00000000"
     */
    min_notional: string;
    /**
     * Whether there is a price no older than 30 seconds.
     * @example true
     */
    has_price: boolean;
}
/**
 * Every pair.
 * @example {"pairs":[{"symbol":"BTCUSDT","base_asset":"BTC","quote_asset":"USDT","status":"TRADING","min_qty":"0.00001000","step_size":"0.00001000","tick_size":"0.01000000","min_notional":"5.00000000","has_price":true},{"symbol":"ETHUSDT","base_asset":"ETH","quote_asset":"USDT","status":"TRADING","min_qty":"0.00010000","step_size":"0.00010000","tick_size":"0.01000000","min_notional":"5.00000000","has_price":true}],"total":2}
 */
export interface PairList {
    /** The pairs, by symbol. */
    pairs: Pair[];
    /**
     * How many there are.
     * @format int32
     * @min 0
     * @example 40
     */
    total: number;
}
/**
 * The newest price of a pair.
 * @example {"symbol":"BTCUSDT","price":"92835.99000000","timestamp":"2026-03-19T14:34:29.25Z"}
 */
export interface Price {
    /** A pair's symbol, in any case. */
    symbol: SymbolSchema;
    /** A decimal with 8 places, as a string. */
    price: Amount;
    /** RFC 3339, UTC. */
    timestamp: Timestamp;
}
/**
 * Prices of several pairs.
 * @example {"prices":[{"symbol":"BTCUSDT","price":"92835.99000000","timestamp":"2026-03-19T14:34:29.25Z"},{"symbol":"ETHUSDT","price":"1820.87000000","timestamp":"2026-03-19T14:34:29.25Z"}],"count":2,"timestamp":"2026-03-19T14:34:29.361141Z"}
 */
export interface PriceList {
    /** The prices. */
    prices: Price[];
    /**
     * How many prices there are.
     * @format int32
     * @min 0
     * @example 2
     */
    count: number;
    /** RFC 3339, UTC. */
    timestamp: Timestamp;
}
/**
 * The last 24 hours of a pair.
 * @example {"symbol":"BTCUSDT","open":"95095.51000000","high":"95669.87000000","low":"92606.75000000","close":"92835.99000000","volume":"58884.10697000","quote_volume":"5537806544.12146950","change":"-2259.52000000","change_pct":"-2.37605330","trade_count":3372478,"timestamp":"2026-03-19T14:34:29.25Z"}
 */
export interface Ticker {
    /** A pair's symbol, in any case. */
    symbol: SymbolSchema;
    /** A decimal with 8 places, as a string. */
    open: Amount;
    /** A decimal with 8 places, as a string. */
    high: Amount;
    /** A decimal with 8 places, as a string. */
    low: Amount;
    /** A decimal with 8 places, as a string. */
    close: Amount;
    /** A decimal with 8 places, as a string. */
    volume: Amount;
    /** A decimal with 8 places, as a string. */
    quote_volume: Amount;
    /** A decimal with 8 places, as a string. */
    change: Amount;
    /** A decimal with 8 places, as a string. */
    change_pct: Amount;
    /**
     * Trades of the market.
     * @format int64
     * @min 0
     * @example 86400
     */
    trade_count: number;
    /** RFC 3339, UTC. */
    timestamp: Timestamp;
}
/** What happened in one interval. */
export interface Candle {
    /** RFC 3339, UTC. */
    time: Timestamp;
    /** A decimal with 8 places, as a string. */
    open: Amount;
    /** A decimal with 8 places, as a string. */
    high: Amount;
    /** A decimal with 8 places, as a string. */
    low: Amount;
    /** A decimal with 8 places, as a string. */
    close: Amount;
    /** A decimal with 8 places, as a string. */
    volume: Amount;
    /**
     * Trades of the market.
     * @format int64
     * @min 0
     * @example 60
     */
    trade_count: number;
}
/**
 * Candles of a pair.
 * @example {"symbol":"BTCUSDT","interval":"1h","candles":[{"time":"2026-03-19T13:00:00Z","open":"93314.41000000","high":"93917.04000000","low":"93303.28000000","close":"93834.68000000","volume":"2168.51583000","trade_count":125650},{"time":"2026-03-19T14:00:00Z","open":"93831.84000000","high":"93863.26000000","low":"92752.57000000","close":"92835.99000000","volume":"1252.27705000","trade_count":72100}],"count":2}
 */
export interface CandleList {
    /** A pair's symbol, in any case. */
    symbol: SymbolSchema;
    /**
     * Length of a candle.
     * @minLength 1
     * @example "1h"
     */
    interval: string;
    /** The candles, oldest first. */
    candles: Candle[];
    /**
     * How many prices there are.
     * @format int32
     * @min 0
     * @example 100
     */
    count: number;
}
/** A trade of the market. */
export interface MarketTrade {
    /**
     * Identifies the trade within its pair.
     * @minLength 1
     * @example "178496012345"
     */
    trade_id: string;
    /** A decimal with 8 places, as a string. */
    price: Amount;
    /** A decimal with 8 places, as a string. */
    quantity: Amount;
    /** RFC 3339, UTC. */
    time: Timestamp;
    /**
     * Whether the buyer's order was in the book, so that the seller was the taker.
     * @example false
     */
    is_buyer_maker: boolean;
}
/**
 * Trades of the market.
 * @example {"symbol":"BTCUSDT","trades":[{"trade_id":"46440868281","price":"92835.99000000","quantity":"0.00744000","time":"2026-03-19T14:34:29.25Z","is_buyer_maker":true},{"trade_id":"46440868280","price":"92835.99000000","quantity":"0.00476000","time":"2026-03-19T14:34:29.25Z","is_buyer_maker":true}]}
 */
export interface MarketTradeList {
    /** A pair's symbol, in any case. */
    symbol: SymbolSchema;
    /** The trades, newest first. */
    trades: MarketTrade[];
}
/**
 * A price and the quantity at it.
 * @maxItems 2
 * @minItems 2
 * @example ["64250.10000000","0.50000000"]
 */
export type BookLevel = [Amount, Amount];
/**
 * The order book of a pair.
 * @example {"symbol":"BTCUSDT","bids":[["92835.99000000","0.13422000"],["92832.00000000","0.39105000"]],"asks":[["92836.00000000","0.39111000"],["92841.60000000","0.04854000"]],"timestamp":"2026-03-19T14:34:29.25Z"}
 */
export interface Orderbook {
    /** A pair's symbol, in any case. */
    symbol: SymbolSchema;
    /** Highest first. */
    bids: BookLevel[];
    /** Lowest first. */
    asks: BookLevel[];
    /** RFC 3339, UTC. */
    timestamp: Timestamp;
}
/**
 * The account to register.
 * @example {"display_name":"Ada","email":"ada@example.com","starting_balance":"10000.00"}
 */
export interface RegisterRequest {
    /**
     * A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
     * direction-changing characters.
     */
    display_name: Name;
    /** An e-mail address; unique among accounts, whatever its case. */
    email?: Email;
    /**
     * Initial balance in virtual USDT: a decimal greater than zero, as a string, with at most 12 integer digits and 8
     * decimal places.
     */
    starting_balance?: StartingBalance;
}
/**
 * A new account, its credentials and its default agent.
 * @example {"account_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d10","api_key":"ak_live_AccountOfTheTeamKeyHere000000000x1y2z3","api_secret":"sk_live_AccountSecretForTheTeam000000000x1y2z3","display_name":"Ada","starting_balance":"10000.00000000","agent_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d11","agent_api_key":"ak_live_AgentRSIScalperFullKeyHere000000x1y2z3","message":"Save the api_secret now; it is not shown again. Log in with api_key and api_secret at POST /api/v1/auth/login to manage agents; agent_api_key is the key of your first agent."}
 */
export interface AccountCredentials {
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    account_id: Uuid;
    /** An API key: `ak_live_`, 32 random base62 characters and a checksum of 6, which reveals a mistyped key. */
    api_key: ApiKey;
    /** The account's secret, built like an API key with `sk_live_` in front. */
    api_secret: ApiSecret;
    /**
     * A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
     * direction-changing characters.
     */
    display_name: Name;
    /** A decimal with 8 places, as a string. */
    starting_balance: Amount;
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    agent_id: Uuid;
    /** An API key: `ak_live_`, 32 random base62 characters and a checksum of 6, which reveals a mistyped key. */
    agent_api_key: ApiKey;
    /**
     * What to do next.
     * @minLength 1
     * @example "Save the api_secret now; it is not shown again."
     */
    message: string;
}
/**
 * The account's credentials.
 * @example {"api_key":"ak_live_AccountOfTheTeamKeyHere000000000x1y2z3","api_secret":"sk_live_AccountSecretForTheTeam000000000x1y2z3"}
 */
export interface LoginRequest {
    /**
     * The account's API key.
     * @format password
     * @minLength 1
     * @maxLength 255
     * @example "ak_live_AccountOfTheTeamKeyHere000000000x1y2z3"
     */
    api_key: string;
    /**
     * The account's secret.
     * @format password
     * @minLength 1
     * @maxLength 255
     * @example "sk_live_AccountSecretForTheTeam000000000x1y2z3"
     */
    api_secret: string;
}
/**
 * A bearer token.
 * @example {"token":"eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTk5N2IwZSJ9.c2lnbmF0dXJl","token_type":"Bearer","expires_at":"2026-03-19T15:34:29Z","expires_in":3600}
 */
export interface Token {
    /**
     * A signed JWT (EdDSA).
     * @format password
     * @minLength 1
     * @example "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTk5N2IwZSJ9.c2lnbmF0dXJl"
     */
    token: string;
    /**
     * How to send it.
     * @minLength 1
     * @example "Bearer"
     */
    token_type: "Bearer";
    /** RFC 3339, UTC. */
    expires_at: Timestamp;
    /**
     * Seconds until it expires.
     * @format int32
     * @min 1
     * @example 3600
     */
    expires_in: number;
}
/**
 * A JSON Web Key Set.
 * @example {"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d12","x":"rrp4hrrHH4FR8e6enHJyCmWocIxQAyNc8n_3TSxYUh8"}]}
 */
export interface Jwks {
    /** The public keys. */
    keys: Jwk[];
}
/** An Ed25519 public key (RFC 8037). */
export interface Jwk {
    /**
     * Key type.
     * @minLength 1
     * @example "OKP"
     */
    kty: "OKP";
    /**
     * Curve.
     * @minLength 1
     * @example "Ed25519"
     */
    crv: "Ed25519";
    /**
     * Algorithm.
     * @minLength 1
     * @example "EdDSA"
     */
    alg: "EdDSA";
    /**
     * What the key is for.
     * @minLength 1
     * @example "sig"
     */
    use: "sig";
    /**
     * Key id.
     * @minLength 1
     * @example "01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d10"
     */
    kid: string;
    /**
     * The public key, base64url.
     * @minLength 1
     * @example "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
     */
    x: string;
}
/**
 * The agent to create.
 * @example {"display_name":"RSI Scalper","starting_balance":"5000.00","llm_model":"claude-sonnet-4-6","framework":"custom","strategy_tags":["rsi","scalping","BTCUSDT"],"risk_profile":{"max_position_size_pct":20,"daily_loss_limit_pct":10,"max_open_orders":10}}
 */
export interface CreateAgentRequest {
    /**
     * A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
     * direction-changing characters.
     */
    display_name: Name;
    /**
     * Initial balance in virtual USDT: a decimal greater than zero, as a string, with at most 12 integer digits and 8
     * decimal places.
     */
    starting_balance?: StartingBalance;
    /**
     * LLM model identifier of 1–100 characters, or null where none is named. On create null is the same as absent, on
     * update it clears the field.
     */
    llm_model?: LlmModel;
    /**
     * Agent framework of 1–100 characters, or null where none is named. On create null is the same as absent, on
     * update it clears the field.
     */
    framework?: Framework;
    /** Tags that describe the strategy, at most 50. */
    strategy_tags?: StrategyTags;
    /** Limits that differ from the defaults. Each is optional. */
    risk_profile?: RiskProfileOverrides;
    /**
     * Hex color of the agent's avatar, or null where none is given. On create null is the same as absent, on update it
     * clears the field.
     */
    color?: Color;
}
/**
 * The fields to change; the others stay as they are.
 * @example {"display_name":"RSI Scalper v2","strategy_tags":["rsi","multi-pair"]}
 */
export interface UpdateAgentRequest {
    /**
     * A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
     * direction-changing characters.
     */
    display_name?: Name;
    /**
     * LLM model identifier of 1–100 characters, or null where none is named. On create null is the same as absent, on
     * update it clears the field.
     */
    llm_model?: LlmModel;
    /**
     * Agent framework of 1–100 characters, or null where none is named. On create null is the same as absent, on
     * update it clears the field.
     */
    framework?: Framework;
    /** Tags that describe the strategy, at most 50. */
    strategy_tags?: StrategyTags;
    /**
     * Hex color of the agent's avatar, or null where none is given. On create null is the same as absent, on update it
     * clears the field.
     */
    color?: Color;
}
/**
 * A new agent and its API key.
 * @example {"agent_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d13","api_key":"ak_live_AgentRSIScalperFullKeyHere000000x1y2z3","display_name":"RSI Scalper","starting_balance":"5000.00000000","message":"Save the api_key now: your agent sends it as X-API-Key. GET /api/v1/agents/01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d13/api-key retrieves it again."}
 */
export interface AgentCredentials {
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    agent_id: Uuid;
    /** An API key: `ak_live_`, 32 random base62 characters and a checksum of 6, which reveals a mistyped key. */
    api_key: ApiKey;
    /**
     * A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
     * direction-changing characters.
     */
    display_name: Name;
    /** A decimal with 8 places, as a string. */
    starting_balance: Amount;
    /**
     * What to do next.
     * @minLength 1
     * @example "Save the api_key now; GET /api/v1/agents/{agent_id}/api-key retrieves it again."
     */
    message: string;
}
/**
 * An agent's current API key.
 * @example {"agent_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d13","api_key":"ak_live_AgentRSIScalperFullKeyHere000000x1y2z3","message":"Current API key for this agent."}
 */
export interface AgentKey {
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    agent_id: Uuid;
    /** An API key: `ak_live_`, 32 random base62 characters and a checksum of 6, which reveals a mistyped key. */
    api_key: ApiKey;
    /**
     * What this key is.
     * @minLength 1
     * @example "Current API key for this agent."
     */
    message: string;
}
/**
 * A trading agent.
 * @example {"id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d13","account_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d10","display_name":"RSI Scalper","api_key_preview":"ak_live_Agen...","starting_balance":"5000.00000000","llm_model":"claude-sonnet-4-6","framework":"custom","strategy_tags":["rsi","scalping","BTCUSDT"],"risk_profile":{"max_position_size_pct":20,"daily_loss_limit_pct":10,"max_open_orders":10},"avatar_url":null,"color":"#3B82F6","status":"active","created_at":"2026-03-19T14:34:29.209914Z","updated_at":"2026-03-19T14:34:29.209914Z"}
 */
export interface Agent {
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    id: Uuid;
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    account_id: Uuid;
    /**
     * A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
     * direction-changing characters.
     */
    display_name: Name;
    /** The first 12 characters of the API key. */
    api_key_preview: ApiKeyPreview;
    /** A decimal with 8 places, as a string. */
    starting_balance: Amount;
    /**
     * LLM model identifier of 1–100 characters, or null where none is named. On create null is the same as absent, on
     * update it clears the field.
     */
    llm_model: LlmModel;
    /**
     * Agent framework of 1–100 characters, or null where none is named. On create null is the same as absent, on
     * update it clears the field.
     */
    framework: Framework;
    /** Tags that describe the strategy, at most 50. */
    strategy_tags: StrategyTags;
    /** The three limits by which every order of the agent is judged. */
    risk_profile: RiskProfile;
    /**
     * Picture of the agent; null for now.
     * @minLength 1
     * @example null
     */
    avatar_url: string | null;
    /**
     * Hex color of the agent's avatar, or null where none is given. On create null is the same as absent, on update it
     * clears the field.
     */
    color: Color;
    /** Whether the agent may trade. */
    status: AgentStatus;
    /** RFC 3339, UTC. */
    created_at: Timestamp;
    /** RFC 3339, UTC. */
    updated_at: Timestamp;
}
/**
 * A page of agents.
 * @example {"agents":[{"id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d13","account_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d10","display_name":"RSI Scalper","api_key_preview":"ak_live_Agen...","starting_balance":"5000.00000000","llm_model":"claude-sonnet-4-6","framework":"custom","strategy_tags":["rsi","scalping","BTCUSDT"],"risk_profile":{"max_position_size_pct":20,"daily_loss_limit_pct":10,"max_open_orders":10},"avatar_url":null,"color":"#3B82F6","status":"active","created_at":"2026-03-19T14:34:29.209914Z","updated_at":"2026-03-19T14:34:29.209914Z"}],"total":1}
 */
export interface AgentList {
    /** The agents of this page. */
    agents: Agent[];
    /**
     * How many agents match in all.
     * @format int64
     * @min 0
     * @example 1
     */
    total: number;
}
/**
 * The three limits by which every order of the agent is judged.
 * @example {"max_position_size_pct":10,"daily_loss_limit_pct":5,"max_open_orders":5}
 */
export interface RiskProfile {
    /** Largest position in a single coin, in percent of total equity. */
    max_position_size_pct: PositionSizePct;
    /** Daily loss limit, in percent of the starting balance. */
    daily_loss_limit_pct: DailyLossPct;
    /** Most simultaneous pending orders. */
    max_open_orders: OpenOrders;
}
/**
 * Limits that differ from the defaults. Each is optional.
 * @default {}
 * @example {"max_position_size_pct":20,"daily_loss_limit_pct":10,"max_open_orders":10}
 */
export interface RiskProfileOverrides {
    /** Largest position in a single coin, in percent of total equity. */
    max_position_size_pct?: PositionSizePct;
    /** Daily loss limit, in percent of the starting balance. */
    daily_loss_limit_pct?: DailyLossPct;
    /** Most simultaneous pending orders. */
    max_open_orders?: OpenOrders;
}
/**
 * The client's own id of an order, unique per agent for ever. Placing the same order again returns that order.
 * @minLength 1
 * @maxLength 64
 * @example "entry-1"
 */
export type ClientOrderId = string;
/**
 * An order. Breaking one of these rules is 422 `VALIDATION_ERROR`:
 * - `price` is required for `limit`, and not allowed otherwise.
 * - `trigger_price` is required for `stop_loss` and `take_profit`, and not allowed otherwise.
 * - `stop_loss` and `take_profit` need side `sell` and time_in_force GTC.
 * - `market` needs time_in_force IOC; `limit` takes any.
 *
 * `time_in_force` is IOC for `market` and GTC for the others, unless it is given. `quantity` is in the base asset.
 * @example {"symbol":"BTCUSDT","side":"buy","type":"market","quantity":"0.001"}
 */
export interface PlaceOrderRequest {
    /** A pair's symbol, in any case. */
    symbol: SymbolSchema;
    /** What the agent does with the base asset. */
    side: Side;
    /** When and at what price an order executes. The two conditional types sell only. */
    type: OrderType;
    /** A decimal greater than zero, as a string, with at most 12 integer digits and 8 decimal places. */
    quantity: PositiveDecimal;
    /** A decimal greater than zero, as a string, with at most 12 integer digits and 8 decimal places. */
    price?: PositiveDecimal;
    /** A decimal greater than zero, as a string, with at most 12 integer digits and 8 decimal places. */
    trigger_price?: PositiveDecimal;
    /** The client's own id of an order, unique per agent for ever. Placing the same order again returns that order. */
    client_order_id?: ClientOrderId;
    /**
     * How long an order waits: until it is cancelled (GTC), or not at all (IOC and FOK, which mean the same, because
     * orders fill completely).
     */
    time_in_force?: TimeInForce;
}
/**
 * An order. `quantity` and `requested_quantity` are the same; `executed_quantity` is that quantity once the order
 * is filled, and zero before. `executed_price`, `slippage_pct`, `fee`, `total_cost`, `liquidity` and `filled_at`
 * are null unless it is filled; `total_cost` is value + fee of a buy, value − fee of a sell. `locked_asset` and
 * `locked_amount` are null unless it is pending.
 * @example {"order_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d10","client_order_id":null,"status":"filled","symbol":"BTCUSDT","side":"buy","type":"market","time_in_force":"IOC","quantity":"0.00100000","requested_quantity":"0.00100000","executed_quantity":"0.00100000","price":null,"trigger_price":null,"executed_price":"64256.52501000","slippage_pct":"0.01000000","fee":"0.06425653","total_cost":"64.32078154","liquidity":"taker","locked_asset":null,"locked_amount":null,"created_at":"2026-03-19T09:00:00Z","filled_at":"2026-03-19T09:00:00Z"}
 */
export interface Order {
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    order_id: Uuid;
    /**
     * The client's own id, or null if it gave none.
     * @minLength 1
     * @example "entry-1"
     */
    client_order_id: string | null;
    /** State of an order. All but `pending` are final. */
    status: OrderStatus;
    /** A pair's symbol, in any case. */
    symbol: SymbolSchema;
    /** What the agent does with the base asset. */
    side: Side;
    /** When and at what price an order executes. The two conditional types sell only. */
    type: OrderType;
    /**
     * How long an order waits: until it is cancelled (GTC), or not at all (IOC and FOK, which mean the same, because
     * orders fill completely).
     */
    time_in_force: TimeInForce;
    /** A decimal with 8 places, as a string. */
    quantity: Amount;
    /** A decimal with 8 places, as a string. */
    requested_quantity: Amount;
    /** A decimal with 8 places, as a string. */
    executed_quantity: Amount;
    /** A decimal with 8 places, as a string, or null where it does not apply. */
    price: OptionalAmount;
    /** A decimal with 8 places, as a string, or null where it does not apply. */
    trigger_price: OptionalAmount;
    /** A decimal with 8 places, as a string, or null where it does not apply. */
    executed_price: OptionalAmount;
    /** A decimal with 8 places, as a string, or null where it does not apply. */
    slippage_pct: OptionalAmount;
    /** A decimal with 8 places, as a string, or null where it does not apply. */
    fee: OptionalAmount;
    /** A decimal with 8 places, as a string, or null where it does not apply. */
    total_cost: OptionalAmount;
    /**
     * `taker` or `maker`, as in the trade, or null unless it is filled.
     * @minLength 1
     * @example "taker"
     */
    liquidity: string | null;
    /** The asset that is held, USDT for a buy and the base asset for a sell, or null if nothing is held. */
    locked_asset: LockedAsset;
    /** A decimal with 8 places, as a string, or null where it does not apply. */
    locked_amount: OptionalAmount;
    /** RFC 3339, UTC. */
    created_at: Timestamp;
    /**
     * When it was filled.
     * @format date-time
     * @minLength 1
     * @example "2026-03-19T09:00:00Z"
     */
    filled_at: string | null;
}
/**
 * The asset that is held, USDT for a buy and the base asset for a sell, or null if nothing is held.
 * @minLength 1
 * @example "USDT"
 */
export type LockedAsset = string | null;
/**
 * A page of orders.
 * @example {"orders":[{"order_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d14","client_order_id":"entry-1","status":"pending","symbol":"BTCUSDT","side":"buy","type":"limit","time_in_force":"GTC","quantity":"0.00100000","requested_quantity":"0.00100000","executed_quantity":"0.00000000","price":"60000.00000000","trigger_price":null,"executed_price":null,"slippage_pct":null,"fee":null,"total_cost":null,"liquidity":null,"locked_asset":"USDT","locked_amount":"60.06000000","created_at":"2026-03-19T14:34:29.406213Z","filled_at":null}],"total":1,"limit":100,"offset":0}
 */
export interface OrderList {
    /** The orders of this page, newest first. */
    orders: Order[];
    /**
     * How many orders match in all.
     * @format int64
     * @min 0
     * @example 1
     */
    total: number;
    /**
     * Page size.
     * @format int32
     * @min 1
     * @example 100
     */
    limit: number;
    /**
     * How many were skipped.
     * @format int32
     * @min 0
     * @example 0
     */
    offset: number;
}
/**
 * A cancelled order, and what it held.
 * @example {"order_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d1a","status":"cancelled","unlocked_asset":"USDT","unlocked_amount":"50.05000000","cancelled_at":"2026-03-19T14:34:29.453024Z"}
 */
export interface Cancellation {
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    order_id: Uuid;
    /**
     * The order's state now.
     * @minLength 1
     * @example "cancelled"
     */
    status: "cancelled";
    /**
     * The asset that was held.
     * @minLength 1
     * @example "USDT"
     */
    unlocked_asset: string;
    /** A decimal with 8 places, as a string. */
    unlocked_amount: Amount;
    /** RFC 3339, UTC. */
    cancelled_at: Timestamp;
}
/**
 * What cancelling every order released.
 * @example {"cancelled_count":1,"unlocked":[{"asset":"USDT","amount":"60.06000000"}]}
 */
export interface CancelledOrders {
    /**
     * How many orders were cancelled.
     * @format int32
     * @min 0
     * @example 2
     */
    cancelled_count: number;
    /** What they held, summed for each asset and sorted by asset. */
    unlocked: Unlocked[];
}
/** What was released of one asset. */
export interface Unlocked {
    /**
     * The asset.
     * @minLength 1
     * @example "USDT"
     */
    asset: string;
    /** A decimal with 8 places, as a string. */
    amount: Amount;
}
/**
 * The fill of an order. `total` = value = round(quantity × price). `realized_pnl` of a sell = value − fee − the
 * cost basis of what was sold; of a buy it is zero.
 * @example {"trade_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d11","order_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d10","symbol":"BTCUSDT","side":"buy","quantity":"0.00100000","price":"64256.52501000","fee":"0.06425653","total":"64.25652501","liquidity":"taker","realized_pnl":"0.00000000","executed_at":"2026-03-19T09:00:00Z"}
 */
export interface Trade {
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    trade_id: Uuid;
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    order_id: Uuid;
    /** A pair's symbol, in any case. */
    symbol: SymbolSchema;
    /** What the agent does with the base asset. */
    side: Side;
    /** A decimal with 8 places, as a string. */
    quantity: Amount;
    /** A decimal with 8 places, as a string. */
    price: Amount;
    /** A decimal with 8 places, as a string. */
    fee: Amount;
    /** A decimal with 8 places, as a string. */
    total: Amount;
    /** Whether the order executed at the market (taker), or rested and filled at its limit (maker). */
    liquidity: Liquidity;
    /** A decimal with 8 places, as a string. */
    realized_pnl: Amount;
    /** RFC 3339, UTC. */
    executed_at: Timestamp;
}
/**
 * A page of trades.
 * @example {"trades":[{"trade_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d16","order_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d15","symbol":"BTCUSDT","side":"sell","quantity":"0.00100000","price":"92826.70640100","fee":"0.09282671","total":"92.82670640","liquidity":"taker","realized_pnl":"-0.20423919","executed_at":"2026-03-19T14:34:29.394897Z"}],"total":2,"limit":1,"offset":0}
 */
export interface TradeList {
    /** The trades of this page, newest first. */
    trades: Trade[];
    /**
     * How many trades match in all.
     * @format int64
     * @min 0
     * @example 1
     */
    total: number;
    /**
     * Page size.
     * @format int32
     * @min 1
     * @example 50
     */
    limit: number;
    /**
     * How many were skipped.
     * @format int32
     * @min 0
     * @example 0
     */
    offset: number;
}
/**
 * What would become of an order now. `status` is what it would be if it passed. `estimated_price` is the price at
 * which it would execute now. For a limit order that does not execute now it is the limit, and for a conditional
 * order that would rest it is the taker's price of now. Fee, total cost and `resulting_position` are those of a
 * fill at that price. An order that would expire has no fill: its slippage, fee and total cost are zero, and
 * `resulting_position` is the position as it is. `locked_asset` and `locked_amount` are null unless it would rest.
 * @example {"would_pass":true,"refusal":null,"status":"filled","symbol":"BTCUSDT","side":"buy","type":"market","time_in_force":"IOC","quantity":"0.00100000","price":null,"trigger_price":null,"current_price":"92835.99000000","estimated_price":"92845.27359900","slippage_pct":"0.01000000","estimated_fee":"0.09284527","estimated_total_cost":"92.93811887","locked_asset":null,"locked_amount":null,"max_allowed_quantity":"0.01077000","rules":[{"rule":"min_qty","passed":true,"limit":"0.00001000","used":"0.00000000","attempted":"0.00100000"},{"rule":"step_size","passed":true,"limit":"0.00001000","used":"0.00000000","attempted":"0.00100000"},{"rule":"tick_size","passed":true,"limit":"0.01000000","used":"0.00000000","attempted":"0.00000000"},{"rule":"min_notional","passed":true,"limit":"5.00000000","used":"0.00000000","attempted":"92.83599000"},{"rule":"daily_loss_limit","passed":true,"limit":"10.00000000","used":"0.00000000","attempted":"0.00000000"},{"rule":"position_limit","passed":true,"limit":"20.00000000","used":"0.00000000","attempted":"1.85690547"},{"rule":"max_open_orders","passed":true,"limit":"10.00000000","used":"0.00000000","attempted":"0.00000000"},{"rule":"balance","passed":true,"limit":"5000.00000000","used":"0.00000000","attempted":"92.93811887"}],"resulting_position":{"symbol":"BTCUSDT","quantity":"0.00100000","cost_basis":"92.93811887","avg_entry_price":"92938.11887000"}}
 */
export interface Preview {
    /**
     * Whether the order passes every rule.
     * @example true
     */
    would_pass: boolean;
    /** The error that placing the order would return, or null if it would pass. */
    refusal: Refusal;
    /**
     * What the order would be, if it passed.
     * @minLength 1
     * @example "filled"
     */
    status: "filled" | "pending" | "expired";
    /** A pair's symbol, in any case. */
    symbol: SymbolSchema;
    /** What the agent does with the base asset. */
    side: Side;
    /** When and at what price an order executes. The two conditional types sell only. */
    type: OrderType;
    /**
     * How long an order waits: until it is cancelled (GTC), or not at all (IOC and FOK, which mean the same, because
     * orders fill completely).
     */
    time_in_force: TimeInForce;
    /** A decimal with 8 places, as a string. */
    quantity: Amount;
    /** A decimal with 8 places, as a string, or null where it does not apply. */
    price: OptionalAmount;
    /** A decimal with 8 places, as a string, or null where it does not apply. */
    trigger_price: OptionalAmount;
    /** A decimal with 8 places, as a string. */
    current_price: Amount;
    /** A decimal with 8 places, as a string. */
    estimated_price: Amount;
    /** A decimal with 8 places, as a string. */
    slippage_pct: Amount;
    /** A decimal with 8 places, as a string. */
    estimated_fee: Amount;
    /** A decimal with 8 places, as a string. */
    estimated_total_cost: Amount;
    /** The asset that is held, USDT for a buy and the base asset for a sell, or null if nothing is held. */
    locked_asset: LockedAsset;
    /** A decimal with 8 places, as a string, or null where it does not apply. */
    locked_amount: OptionalAmount;
    /** A decimal with 8 places, as a string. */
    max_allowed_quantity: Amount;
    /** Every rule, in the order of judgement. */
    rules: RuleCheck[];
    /**
     * The agent's position in the symbol once the order has filled at the estimated price. `avg_entry_price` =
     * cost_basis / quantity, null where the quantity is zero.
     */
    resulting_position: ResultingPosition;
}
/** The error that placing the order would return, or null if it would pass. */
export type Refusal = {
    /** A stable name for the error. */
    code: ErrorCode;
    /**
     * A sentence that says what to do.
     * @minLength 1
     * @example "The order breaks a risk limit of the agent, which details.reason names. Order at most details.max_allowed_quantity."
     */
    message: string;
    /**
     * Why an order is refused; the `details` of the error. Its fields depend on the code:
     * - `ORDER_REJECTED`: `{reason, limit, current, attempted, max_allowed_quantity}`, in percent or, for
     *   `max_open_orders_exceeded`, in orders; `current` is before the order, `attempted` with it.
     * - `INSUFFICIENT_BALANCE`: `{asset, required, available, max_allowed_quantity}`.
     * - `INVALID_QUANTITY` and `INVALID_PRICE`: `{filter, limit, attempted, max_allowed_quantity}`, or `{filter}`
     *   alone where it is `value`.
     */
    details?: RefusalDetails;
} | null;
/**
 * Why an order is refused; the `details` of the error. Its fields depend on the code:
 * - `ORDER_REJECTED`: `{reason, limit, current, attempted, max_allowed_quantity}`, in percent or, for
 *   `max_open_orders_exceeded`, in orders; `current` is before the order, `attempted` with it.
 * - `INSUFFICIENT_BALANCE`: `{asset, required, available, max_allowed_quantity}`.
 * - `INVALID_QUANTITY` and `INVALID_PRICE`: `{filter, limit, attempted, max_allowed_quantity}`, or `{filter}`
 *   alone where it is `value`.
 * @example {"reason":"position_limit_exceeded","limit":"25.00000000","current":"20.00000000","attempted":"32.50000000","max_allowed_quantity":"0.00778000"}
 */
export interface RefusalDetails {
    /**
     * The risk limit that is broken.
     * @minLength 1
     * @example "position_limit_exceeded"
     */
    reason?: "daily_loss_limit" | "position_limit_exceeded" | "max_open_orders_exceeded";
    /**
     * The filter of the pair that refuses the order; `value` if quantity × price is too large to be computed.
     * @minLength 1
     * @example "min_qty"
     */
    filter?: "min_qty" | "step_size" | "tick_size" | "min_notional" | "value";
    /**
     * What there is too little of.
     * @minLength 1
     * @example "USDT"
     */
    asset?: string;
    /** A decimal with 8 places, as a string. */
    limit?: Amount;
    /** A decimal with 8 places, as a string. */
    current?: Amount;
    /** A decimal with 8 places, as a string. */
    attempted?: Amount;
    /** A decimal with 8 places, as a string. */
    required?: Amount;
    /** A decimal with 8 places, as a string. */
    available?: Amount;
    /** A decimal with 8 places, as a string. */
    max_allowed_quantity?: Amount;
}
/**
 * How an order does by one rule: `used` is before the order, `attempted` with it. The unit is percent for
 * `daily_loss_limit` and `position_limit` (zero for a sell, which they do not judge), orders for
 * `max_open_orders`, and for `balance` the asset that the order gives: `limit` is all of it, `used` what is
 * locked, `attempted` that and what the order needs. For a filter of the pair, `used` is zero and `attempted` the
 * quantity, the price (zero for a market order) or the notional.
 * @example {"rule":"position_limit","passed":true,"limit":"25.00000000","used":"0.00000000","attempted":"1.28513050"}
 */
export interface RuleCheck {
    /**
     * The rule.
     * @minLength 1
     * @example "position_limit"
     */
    rule: "min_qty" | "step_size" | "tick_size" | "min_notional" | "daily_loss_limit" | "position_limit" | "max_open_orders" | "balance";
    /**
     * Whether the order passes it.
     * @example true
     */
    passed: boolean;
    /** A decimal with 8 places, as a string. */
    limit: Amount;
    /** A decimal with 8 places, as a string. */
    used: Amount;
    /** A decimal with 8 places, as a string. */
    attempted: Amount;
}
/**
 * The agent's position in the symbol once the order has filled at the estimated price. `avg_entry_price` =
 * cost_basis / quantity, null where the quantity is zero.
 */
export interface ResultingPosition {
    /** A pair's symbol, in any case. */
    symbol: SymbolSchema;
    /** A decimal with 8 places, as a string. */
    quantity: Amount;
    /** A decimal with 8 places, as a string. */
    cost_basis: Amount;
    /** A decimal with 8 places, as a string, or null where it does not apply. */
    avg_entry_price: OptionalAmount;
}
/**
 * The agent in scope.
 * @example {"account_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d10","agent_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d13","display_name":"RSI Scalper","status":"active","starting_balance":"5000.00000000","api_key_preview":"ak_live_Agen...","current_session":{"session_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d17","started_at":"2026-03-19T14:34:29.209914Z"},"risk_profile":{"max_position_size_pct":20,"daily_loss_limit_pct":10,"max_open_orders":10},"created_at":"2026-03-19T14:34:29.209914Z"}
 */
export interface AccountInfo {
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    account_id: Uuid;
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    agent_id: Uuid;
    /**
     * A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
     * direction-changing characters.
     */
    display_name: Name;
    /** Whether the agent may trade. */
    status: AgentStatus;
    /** A decimal with 8 places, as a string. */
    starting_balance: Amount;
    /** The first 12 characters of the API key. */
    api_key_preview: ApiKeyPreview;
    /** What began when the agent was created or last reset. */
    current_session: CurrentSession;
    /** The three limits by which every order of the agent is judged. */
    risk_profile: RiskProfile;
    /** RFC 3339, UTC. */
    created_at: Timestamp;
}
/** What began when the agent was created or last reset. */
export interface CurrentSession {
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    session_id: Uuid;
    /** RFC 3339, UTC. */
    started_at: Timestamp;
}
/** What the agent has of one asset. `total` = available + locked; open orders hold what is locked. */
export interface Balance {
    /**
     * The asset.
     * @minLength 1
     * @example "USDT"
     */
    asset: string;
    /** A decimal with 8 places, as a string. */
    available: Amount;
    /** A decimal with 8 places, as a string. */
    locked: Amount;
    /** A decimal with 8 places, as a string. */
    total: Amount;
}
/**
 * What the agent has.
 * @example {"balances":[{"asset":"USDT","available":"4846.79764194","locked":"60.06000000","total":"4906.85764194"},{"asset":"BTC","available":"0.00100000","locked":"0.00000000","total":"0.00100000"}],"total_equity_usdt":"4999.69363194"}
 */
export interface BalanceList {
    /** The balances, USDT first, then by asset. */
    balances: Balance[];
    /** A decimal with 8 places, as a string. */
    total_equity_usdt: Amount;
}
/**
 * An open position, locked quantity included, at its last known price, however old (at cost, if there
 * has never been one):
 * - avg_entry_price = cost basis / quantity, fees included; for display; figures are computed from the basis
 * - market_value = quantity × current_price
 * - unrealized_pnl = market_value − cost basis
 * - unrealized_pnl_pct = 100 × unrealized_pnl / cost basis
 */
export interface Position {
    /** A pair's symbol, in any case. */
    symbol: SymbolSchema;
    /**
     * What is held.
     * @minLength 1
     * @example "BTC"
     */
    asset: string;
    /** A decimal with 8 places, as a string. */
    quantity: Amount;
    /** A decimal with 8 places, as a string. */
    avg_entry_price: Amount;
    /** A decimal with 8 places, as a string. */
    current_price: Amount;
    /** A decimal with 8 places, as a string. */
    market_value: Amount;
    /** A decimal with 8 places, as a string. */
    unrealized_pnl: Amount;
    /** A decimal with 8 places, as a string. */
    unrealized_pnl_pct: Amount;
    /** RFC 3339, UTC. */
    opened_at: Timestamp;
}
/**
 * The open positions.
 * @example {"positions":[{"symbol":"BTCUSDT","asset":"BTC","quantity":"0.00100000","avg_entry_price":"92938.11887000","current_price":"92835.99000000","market_value":"92.83599000","unrealized_pnl":"-0.10212887","unrealized_pnl_pct":"-0.10988911","opened_at":"2026-03-19T14:34:29.389463Z"}],"total_unrealized_pnl":"-0.10212887"}
 */
export interface PositionList {
    /** The positions, by symbol. */
    positions: Position[];
    /** A decimal with 8 places, as a string. */
    total_unrealized_pnl: Amount;
}
/**
 * What the agent has, and its profit in the current session, in USDT:
 * - total_equity = available_cash + locked_cash + total_position_value
 * - total_pnl = realized_pnl + unrealized_pnl = total_equity − starting_balance
 * - roi_pct = 100 × total_pnl / starting_balance
 * @example {"total_equity":"4999.69363194","available_cash":"4846.79764194","locked_cash":"60.06000000","total_position_value":"92.83599000","unrealized_pnl":"-0.10212887","realized_pnl":"-0.20423919","total_pnl":"-0.30636806","roi_pct":"-0.00612736","starting_balance":"5000.00000000","positions":[{"symbol":"BTCUSDT","asset":"BTC","quantity":"0.00100000","avg_entry_price":"92938.11887000","current_price":"92835.99000000","market_value":"92.83599000","unrealized_pnl":"-0.10212887","unrealized_pnl_pct":"-0.10988911","opened_at":"2026-03-19T14:34:29.389463Z"}],"timestamp":"2026-03-19T14:34:29.419879Z"}
 */
export interface Portfolio {
    /** A decimal with 8 places, as a string. */
    total_equity: Amount;
    /** A decimal with 8 places, as a string. */
    available_cash: Amount;
    /** A decimal with 8 places, as a string. */
    locked_cash: Amount;
    /** A decimal with 8 places, as a string. */
    total_position_value: Amount;
    /** A decimal with 8 places, as a string. */
    unrealized_pnl: Amount;
    /** A decimal with 8 places, as a string. */
    realized_pnl: Amount;
    /** A decimal with 8 places, as a string. */
    total_pnl: Amount;
    /** A decimal with 8 places, as a string. */
    roi_pct: Amount;
    /** A decimal with 8 places, as a string. */
    starting_balance: Amount;
    /** The positions, by symbol. */
    positions: Position[];
    /** RFC 3339, UTC. */
    timestamp: Timestamp;
}
/**
 * Profit and loss, in USDT. `realized_pnl` is net of the fees of buying and selling what was sold, so net_pnl = total_pnl =
 * realized_pnl + unrealized_pnl. `unrealized_pnl` is current, whatever the period. `win_rate` = 100 × winning /
 * (winning + losing), or zero if there are neither.
 * @example {"period":"all","realized_pnl":"-0.20423919","unrealized_pnl":"-0.10212887","total_pnl":"-0.30636806","fees_paid":"0.27851726","net_pnl":"-0.30636806","winning_trades":0,"losing_trades":1,"win_rate":"0.00000000"}
 */
export interface Pnl {
    /** How far back from now, and never beyond the current session. */
    period: PnlPeriod;
    /** A decimal with 8 places, as a string. */
    realized_pnl: Amount;
    /** A decimal with 8 places, as a string. */
    unrealized_pnl: Amount;
    /** A decimal with 8 places, as a string. */
    total_pnl: Amount;
    /** A decimal with 8 places, as a string. */
    fees_paid: Amount;
    /** A decimal with 8 places, as a string. */
    net_pnl: Amount;
    /**
     * Sells that realized more than zero.
     * @format int64
     * @min 0
     * @example 3
     */
    winning_trades: number;
    /**
     * Sells that realized less than zero.
     * @format int64
     * @min 0
     * @example 1
     */
    losing_trades: number;
    /** A decimal with 8 places, as a string. */
    win_rate: Amount;
}
/**
 * The headroom under the three risk limits.
 * @example {"rules":[{"rule":"daily_loss_limit","limit":"10.00000000","used":"0.00612736","remaining":"9.99387264"},{"rule":"position_limit","limit":"20.00000000","used":"3.05690711","remaining":"16.94309289"},{"rule":"max_open_orders","limit":"10.00000000","used":"1.00000000","remaining":"9.00000000"}],"risk_profile":{"max_position_size_pct":20,"daily_loss_limit_pct":10,"max_open_orders":10}}
 */
export interface Risk {
    /** The limits and how much of each is used. */
    rules: Headroom[];
    /** The three limits by which every order of the agent is judged. */
    risk_profile: RiskProfile;
}
/**
 * One limit; `remaining` = limit − used, and never below zero. `daily_loss_limit`: what was lost since 00:00 UTC,
 * in percent of the starting balance. `position_limit`: the largest single position with the pending buys of its
 * symbol, in percent of equity. `max_open_orders`: pending orders.
 * @example {"rule":"daily_loss_limit","limit":"20.00000000","used":"1.50000000","remaining":"18.50000000"}
 */
export interface Headroom {
    /**
     * The limit.
     * @minLength 1
     * @example "daily_loss_limit"
     */
    rule: "daily_loss_limit" | "position_limit" | "max_open_orders";
    /** A decimal with 8 places, as a string. */
    limit: Amount;
    /** A decimal with 8 places, as a string. */
    used: Amount;
    /** A decimal with 8 places, as a string. */
    remaining: Amount;
}
/**
 * One side of a transfer.
 * @example {"entry_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d12","asset":"USDT","amount":"-60.06000000","bucket":"available","kind":"hold","order_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d10","balance_after":"4939.94000000","created_at":"2026-03-19T09:00:00Z"}
 */
export interface LedgerEntry {
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    entry_id: Uuid;
    /**
     * The asset.
     * @minLength 1
     * @example "USDT"
     */
    asset: string;
    /** A decimal with 8 places, as a string. */
    amount: Amount;
    /**
     * What changed. `available` and `locked` are the agent's own; the others are its capital (`equity`), the
     * fees (`fee`) and the market it trades with (`market`).
     * @minLength 1
     * @example "available"
     */
    bucket: "available" | "locked" | "equity" | "fee" | "market";
    /**
     * Why it changed.
     * @minLength 1
     * @example "hold"
     */
    kind: "deposit" | "hold" | "release" | "trade" | "fee" | "reset";
    /**
     * The order, if it was for one.
     * @format uuid
     * @minLength 1
     * @example "01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d10"
     */
    order_id: string | null;
    /** A decimal with 8 places, as a string, or null where it does not apply. */
    balance_after: OptionalAmount;
    /** RFC 3339, UTC. */
    created_at: Timestamp;
}
/**
 * A page of the ledger. `amount` is signed. `balance_after` is the balance of the bucket after the entry, or null
 * if the bucket is not the agent's own.
 * @example {"entries":[{"entry_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d18","asset":"USDT","amount":"60.06000000","bucket":"locked","kind":"hold","order_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d14","balance_after":"60.06000000","created_at":"2026-03-19T14:34:29.406213Z"},{"entry_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d19","asset":"USDT","amount":"-60.06000000","bucket":"available","kind":"hold","order_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d14","balance_after":"4846.79764194","created_at":"2026-03-19T14:34:29.406213Z"}],"total":16}
 */
export interface Ledger {
    /** The entries of this page, newest first. */
    entries: LedgerEntry[];
    /**
     * How many entries match in all.
     * @format int64
     * @min 0
     * @example 2
     */
    total: number;
}
/**
 * Whether the balances agree with the ledger.
 * @example {"ok":true,"assets":[{"asset":"USDT","ledger":"4906.85764194","balance":"4906.85764194","difference":"0.00000000"},{"asset":"BTC","ledger":"0.00100000","balance":"0.00100000","difference":"0.00000000"}],"as_of":"2026-03-19T14:34:29.428446Z"}
 */
export interface Reconciliation {
    /**
     * Whether every difference is zero, what is locked agrees with the ledger and the open orders, and the
     * positions agree with the session's trades.
     * @example true
     */
    ok: boolean;
    /** The assets, USDT first, then by asset. */
    assets: ReconciledAsset[];
    /** RFC 3339, UTC. */
    as_of: Timestamp;
}
/**
 * One asset: `ledger` is the sum of the entries in the agent's own buckets, `balance` = available + locked,
 * `difference` = balance − ledger.
 * @example {"asset":"USDT","ledger":"5000.00000000","balance":"5000.00000000","difference":"0.00000000"}
 */
export interface ReconciledAsset {
    /**
     * The asset.
     * @minLength 1
     * @example "USDT"
     */
    asset: string;
    /** A decimal with 8 places, as a string. */
    ledger: Amount;
    /** A decimal with 8 places, as a string. */
    balance: Amount;
    /** A decimal with 8 places, as a string. */
    difference: Amount;
}
/**
 * How to reset; `{}` is enough. A `starting_balance` replaces the agent's; without it, the agent's stays.
 * @example {"starting_balance":"5000.00","confirm":true}
 */
export interface ResetAccountRequest {
    /** A decimal greater than zero, as a string, with at most 12 integer digits and 8 decimal places. */
    starting_balance?: PositiveDecimal;
    /**
     * Confirms the reset. Optional, but it must not be false.
     * @example true
     */
    confirm?: true;
}
/**
 * The session that ended and the one that began.
 * @example {"message":"The agent starts anew: open orders are cancelled, positions closed, and the balance is the starting balance.","previous_session":{"session_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d17","ending_equity":"4999.69363194","total_pnl":"-0.30636806","duration_days":"0.00000291"},"new_session":{"session_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d1b","starting_balance":"5000.00000000","started_at":"2026-03-19T14:34:29.460968Z"}}
 */
export interface AccountReset {
    /**
     * What was done.
     * @minLength 1
     * @example "The agent starts anew with its starting balance."
     */
    message: string;
    /**
     * The session that ended. `total_pnl` = ending_equity − its starting balance. `duration_days` is in days of 24
     * hours.
     */
    previous_session: EndedSession;
    /** The session that began. */
    new_session: NewSession;
}
/**
 * The session that ended. `total_pnl` = ending_equity − its starting balance. `duration_days` is in days of 24
 * hours.
 */
export interface EndedSession {
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    session_id: Uuid;
    /** A decimal with 8 places, as a string. */
    ending_equity: Amount;
    /** A decimal with 8 places, as a string. */
    total_pnl: Amount;
    /** A decimal with 8 places, as a string. */
    duration_days: Amount;
}
/** The session that began. */
export interface NewSession {
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    session_id: Uuid;
    /** A decimal with 8 places, as a string. */
    starting_balance: Amount;
    /** RFC 3339, UTC. */
    started_at: Timestamp;
}
/**
 * The figures of a period. A figure without a value is zero, and `undefined` names it. Amounts are in USDT.
 *
 * The two ratios are computed from returns over equal steps, which end at every full hour of UTC in a period of up to
 * 7 days, and at every 00:00 UTC in a longer one. The equity at the end of a step is the last known. The first
 * return starts with the period; the time after the last full step makes none. rᵢ = (equityᵢ − equityᵢ₋₁) /
 * equityᵢ₋₁, i = 1 … n, for a year of 365 days. If equity is zero, there is no return from it, and both
 * ratios are undefined. They are also undefined for fewer than 2 returns, and from 10^20 on.
 * - `sharpe_ratio` = mean(r) / s × √(steps per year), s = √(Σ (rᵢ − mean(r))² / (n − 1)), risk-free rate 0.
 *   Undefined if s is 0. W. F. Sharpe, The Sharpe Ratio, Journal of Portfolio Management 21 (1994) 49–58.
 * - `sortino_ratio` = mean(r) / d × √(steps per year), d = √(Σ min(rᵢ, 0)² / n), target return 0. Undefined if d
 *   is 0. F. A. Sortino and L. N. Price, Performance Measurement in a Downside Risk Framework, Journal of
 *   Investing 3 (1994) 59–64.
 * - `max_drawdown_pct` = max over t of 100 × (peak(t) − equity(t)) / peak(t), peak(t) = max of equity up to t, of
 *   every known equity. M. Magdon-Ismail and A. F. Atiya, Maximum Drawdown, Risk 17 (2004).
 * - `max_drawdown_duration_days`: the longest time from a peak until equity was at or above it again, or until
 *   now, in days of 24 hours.
 *
 * A trade that closes a position or a part of one is a win if it realized more than 0, net of fees, and a loss if it
 * realized less.
 * - `win_rate` = 100 × wins / (wins + losses). Undefined if there are neither.
 * - `profit_factor` = Σ wins / |Σ losses|. Undefined without a loss, and from 10^20 on.
 * - `avg_win`, `avg_loss`: means of the wins and of the losses, the latter negative. Undefined without any.
 * - `total_trades` counts all trades, buys too; `avg_trades_per_day` = total trades / max(1, days of the period).
 * - `best_trade`, `worst_trade`: the largest and the smallest profit of a closing trade. Undefined without any.
 * - `current_streak`: n after n wins in a row, −n after n losses, else 0. A closing trade of exactly 0 ends a
 *   streak, a buy does not.
 * @example {"period":"all","sharpe_ratio":"0.00000000","sortino_ratio":"0.00000000","max_drawdown_pct":"0.00612736","max_drawdown_duration_days":"0.00000258","win_rate":"0.00000000","profit_factor":"0.00000000","avg_win":"0.00000000","avg_loss":"-0.20423919","total_trades":2,"avg_trades_per_day":"2.00000000","best_trade":"-0.20423919","worst_trade":"-0.20423919","current_streak":-1,"undefined":["sharpe_ratio","sortino_ratio","avg_win"]}
 */
export interface Performance {
    /** How far back from now, and never beyond the current session. */
    period: Period;
    /** A decimal with 8 places, as a string. */
    sharpe_ratio: Amount;
    /** A decimal with 8 places, as a string. */
    sortino_ratio: Amount;
    /** A decimal with 8 places, as a string. */
    max_drawdown_pct: Amount;
    /** A decimal with 8 places, as a string. */
    max_drawdown_duration_days: Amount;
    /** A decimal with 8 places, as a string. */
    win_rate: Amount;
    /** A decimal with 8 places, as a string. */
    profit_factor: Amount;
    /** A decimal with 8 places, as a string. */
    avg_win: Amount;
    /** A decimal with 8 places, as a string. */
    avg_loss: Amount;
    /**
     * All trades, buys too.
     * @format int64
     * @min 0
     * @example 12
     */
    total_trades: number;
    /** A decimal with 8 places, as a string. */
    avg_trades_per_day: Amount;
    /** A decimal with 8 places, as a string. */
    best_trade: Amount;
    /** A decimal with 8 places, as a string. */
    worst_trade: Amount;
    /**
     * Wins in a row, or losses if negative.
     * @format int64
     * @example 2
     */
    current_streak: number;
    /**
     * The figures without a value, in the order above. Empty if all have one.
     * @example ["sharpe_ratio","sortino_ratio"]
     */
    undefined: string[];
}
/**
 * The agent's equity over time.
 * @example {"agent_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d13","interval":"1h","snapshots":[{"time":"2026-03-19T14:00:00Z","total_equity":"4999.69363194","unrealized_pnl":"-0.10212887","realized_pnl":"-0.20423919"}]}
 */
export interface PortfolioHistory {
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    agent_id: Uuid;
    /** Length of an interval. */
    interval: HistoryInterval;
    /** One per interval, oldest first. */
    snapshots: Snapshot[];
}
/**
 * The last equity known in an interval, which begins at `time`. realized_pnl is that of the session at that
 * time, so realized + unrealized = total_equity − the starting balance of that session.
 */
export interface Snapshot {
    /** RFC 3339, UTC. */
    time: Timestamp;
    /** A decimal with 8 places, as a string. */
    total_equity: Amount;
    /** A decimal with 8 places, as a string. */
    unrealized_pnl: Amount;
    /** A decimal with 8 places, as a string. */
    realized_pnl: Amount;
}
/**
 * The account's agents, best first.
 * @example {"period":"all","rankings":[{"rank":1,"account_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d10","agent_id":"01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d13","display_name":"RSI Scalper","roi_pct":"-0.00612736","sharpe_ratio":"0.00000000","total_trades":2,"win_rate":"0.00000000"}]}
 */
export interface Leaderboard {
    /** How far back from now, and never beyond the current session. */
    period: Period;
    /** The agents, by rank. */
    rankings: Ranking[];
}
/**
 * An agent and how it did in the period. `roi_pct` = 100 × (equity now − equity at the period's start) / equity at
 * the period's start, which for `all` is the starting balance. The other figures are those of the performance
 * call, and zero where undefined.
 */
export interface Ranking {
    /**
     * Place in the ranking, from 1.
     * @format int32
     * @min 1
     * @example 1
     */
    rank: number;
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    account_id: Uuid;
    /** A UUID. New ones are of version 7, so they sort by time of creation. */
    agent_id: Uuid;
    /**
     * A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
     * direction-changing characters.
     */
    display_name: Name;
    /** A decimal with 8 places, as a string. */
    roi_pct: Amount;
    /** A decimal with 8 places, as a string. */
    sharpe_ratio: Amount;
    /**
     * All trades, buys too.
     * @format int64
     * @min 0
     * @example 12
     */
    total_trades: number;
    /** A decimal with 8 places, as a string. */
    win_rate: Amount;
}
/**
 * State of the server.
 * @example {"status":"ready"}
 */
export interface Health {
    /**
     * `ok`: alive; `ready`: takes requests.
     * @minLength 1
     * @example "ok"
     */
    status: "ok" | "ready";
}
/** The envelope of every error. */
export interface ErrorSchema {
    /** What went wrong. */
    error: {
        /** A stable name for the error. */
        code: ErrorCode;
        /**
         * A sentence that says what to do.
         * @minLength 1
         * @example "There is no such agent in this account. List yours with GET /api/v1/agents."
         */
        message: string;
        /** More about the error, if there is anything to add. For a refused order, it has the fields of RefusalDetails. */
        details?: {
            /** Every violation of a limit. */
            errors?: Violation[];
            [key: string]: any;
        };
        /**
         * The `X-Request-Id` of this answer.
         * @minLength 1
         * @example "01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d10"
         */
        request_id: string;
    };
}
/** One violated limit. */
export interface Violation {
    /**
     * JSON pointer into the body, or the parameter's name after a slash; empty for the body itself.
     * @minLength 0
     * @example "/risk_profile/max_open_orders"
     */
    field: string;
    /**
     * What the field must be.
     * @minLength 1
     * @example "must be at most 200"
     */
    message: string;
}
