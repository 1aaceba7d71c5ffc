"""The objects that the API returns and accepts. Enum values unknown to this version are kept as sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from ._codec import UNSET, Model, Unset

AgentStatus: TypeAlias = Literal["active", "archived"]
"""Whether the agent may trade."""

CancellationStatus: TypeAlias = Literal["cancelled"]
"""The order's state now."""

ErrorCode: TypeAlias = Literal[
    "AGENT_ARCHIVED",
    "AGENT_NOT_FOUND",
    "AGENT_REQUIRED",
    "BODY_TOO_LARGE",
    "DUPLICATE_ACCOUNT",
    "DUPLICATE_CLIENT_ORDER_ID",
    "IDEMPOTENCY_IN_FLIGHT",
    "IDEMPOTENCY_KEY_REUSED",
    "INSUFFICIENT_BALANCE",
    "INTERNAL",
    "INVALID_API_KEY",
    "INVALID_PRICE",
    "INVALID_QUANTITY",
    "INVALID_SYMBOL",
    "INVALID_TOKEN",
    "JWT_REQUIRED",
    "MALFORMED_BODY",
    "METHOD_NOT_ALLOWED",
    "NOT_FOUND",
    "ORDER_NOT_CANCELLABLE",
    "ORDER_NOT_FOUND",
    "ORDER_REJECTED",
    "OUTCOME_UNKNOWN",
    "OVERLOADED",
    "PERMISSION_DENIED",
    "PRICE_NOT_AVAILABLE",
    "REQUEST_TIMEOUT",
    "TOKEN_EXPIRED",
    "UNAVAILABLE",
    "UNSUPPORTED_MEDIA_TYPE",
    "VALIDATION_ERROR",
]
"""A stable name for the error."""

HeadroomRule: TypeAlias = Literal["daily_loss_limit", "max_open_orders", "position_limit"]
"""The limit."""

HealthStatus: TypeAlias = Literal["ok", "ready"]
"""`ok`: alive; `ready`: takes requests."""

HistoryInterval: TypeAlias = Literal["1d", "1h", "1m"]
"""Length of an interval."""

JwkAlg: TypeAlias = Literal["EdDSA"]
"""Algorithm."""

JwkCrv: TypeAlias = Literal["Ed25519"]
"""Curve."""

JwkKty: TypeAlias = Literal["OKP"]
"""Key type."""

JwkUse: TypeAlias = Literal["sig"]
"""What the key is for."""

LedgerEntryBucket: TypeAlias = Literal["available", "equity", "fee", "locked", "market"]
"""What changed. `available` and `locked` are the agent's own; the others are its capital (`equity`), the fees
(`fee`) and the market it trades with (`market`)."""

LedgerEntryKind: TypeAlias = Literal["deposit", "fee", "hold", "release", "reset", "trade"]
"""Why it changed."""

Liquidity: TypeAlias = Literal["maker", "taker"]
"""Whether the order executed at the market (taker), or rested and filled at its limit (maker)."""

ListCandlesInterval: TypeAlias = Literal["15m", "1d", "1h", "1m", "4h", "5m"]

OrderStatus: TypeAlias = Literal["cancelled", "expired", "filled", "pending"]
"""State of an order. All but `pending` are final."""

OrderType: TypeAlias = Literal["limit", "market", "stop_loss", "take_profit"]
"""When and at what price an order executes. The two conditional types sell only."""

PairStatus: TypeAlias = Literal["TRADING"]
"""Whether orders are taken."""

Period: TypeAlias = Literal["1d", "30d", "7d", "90d", "all"]
"""How far back from now, and never beyond the current session."""

PnlPeriod: TypeAlias = Literal["1d", "30d", "7d", "all"]
"""How far back from now, and never beyond the current session."""

PreviewStatus: TypeAlias = Literal["expired", "filled", "pending"]
"""What the order would be, if it passed."""

RefusalDetailsFilter: TypeAlias = Literal["min_notional", "min_qty", "step_size", "tick_size", "value"]
"""The filter of the pair that refuses the order; `value` if quantity × price is too large to be computed."""

RefusalDetailsReason: TypeAlias = Literal["daily_loss_limit", "max_open_orders_exceeded", "position_limit_exceeded"]
"""The risk limit that is broken."""

RuleCheckRule: TypeAlias = Literal[
    "balance",
    "daily_loss_limit",
    "max_open_orders",
    "min_notional",
    "min_qty",
    "position_limit",
    "step_size",
    "tick_size",
]
"""The rule."""

Side: TypeAlias = Literal["buy", "sell"]
"""What the agent does with the base asset."""

TimeInForce: TypeAlias = Literal["FOK", "GTC", "IOC"]
"""How long an order waits: until it is cancelled (GTC), or not at all (IOC and FOK, which mean the same, because
orders fill completely)."""

TokenTokenType: TypeAlias = Literal["Bearer"]
"""How to send it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountCredentials(Model):
    """A new account, its credentials and its default agent."""

    account_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    api_key: str = field(repr=False)
    """An API key: `ak_live_`, 32 random base62 characters and a checksum of 6, which reveals a mistyped key."""

    api_secret: str = field(repr=False)
    """The account's secret, built like an API key with `sk_live_` in front."""

    display_name: str
    """A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
    direction-changing characters."""

    starting_balance: Decimal
    """A decimal with 8 places, as a string."""

    agent_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    agent_api_key: str = field(repr=False)
    """An API key: `ak_live_`, 32 random base62 characters and a checksum of 6, which reveals a mistyped key."""

    message: str
    """What to do next."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountInfo(Model):
    """The agent in scope."""

    account_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    agent_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    display_name: str
    """A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
    direction-changing characters."""

    status: AgentStatus
    """Whether the agent may trade."""

    starting_balance: Decimal
    """A decimal with 8 places, as a string."""

    api_key_preview: str
    """The first 12 characters of the API key."""

    current_session: CurrentSession
    """What began when the agent was created or last reset."""

    risk_profile: RiskProfile
    """The three limits by which every order of the agent is judged."""

    created_at: datetime
    """RFC 3339, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountReset(Model):
    """The session that ended and the one that began."""

    message: str
    """What was done."""

    previous_session: EndedSession
    """The session that ended. `total_pnl` = ending_equity − its starting balance. `duration_days` is in days of 24
    hours."""

    new_session: NewSession
    """The session that began."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Agent(Model):
    """A trading agent."""

    id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    account_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    display_name: str
    """A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
    direction-changing characters."""

    api_key_preview: str
    """The first 12 characters of the API key."""

    starting_balance: Decimal
    """A decimal with 8 places, as a string."""

    llm_model: str | None
    """LLM model identifier of 1–100 characters, or null where none is named. On create null is the same as absent,
    on update it clears the field."""

    framework: str | None
    """Agent framework of 1–100 characters, or null where none is named. On create null is the same as absent, on
    update it clears the field."""

    strategy_tags: list[str]
    """Tags that describe the strategy, at most 50."""

    risk_profile: RiskProfile
    """The three limits by which every order of the agent is judged."""

    avatar_url: str | None
    """Picture of the agent; null for now."""

    color: str | None
    """Hex color of the agent's avatar, or null where none is given. On create null is the same as absent, on update
    it clears the field."""

    status: AgentStatus
    """Whether the agent may trade."""

    created_at: datetime
    """RFC 3339, UTC."""

    updated_at: datetime
    """RFC 3339, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentCredentials(Model):
    """A new agent and its API key."""

    agent_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    api_key: str = field(repr=False)
    """An API key: `ak_live_`, 32 random base62 characters and a checksum of 6, which reveals a mistyped key."""

    display_name: str
    """A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
    direction-changing characters."""

    starting_balance: Decimal
    """A decimal with 8 places, as a string."""

    message: str
    """What to do next."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentKey(Model):
    """An agent's current API key."""

    agent_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    api_key: str = field(repr=False)
    """An API key: `ak_live_`, 32 random base62 characters and a checksum of 6, which reveals a mistyped key."""

    message: str
    """What this key is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentList(Model):
    """A page of agents."""

    agents: list[Agent]
    """The agents of this page."""

    total: int
    """How many agents match in all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance(Model):
    """What the agent has of one asset. `total` = available + locked; open orders hold what is locked."""

    asset: str
    """The asset."""

    available: Decimal
    """A decimal with 8 places, as a string."""

    locked: Decimal
    """A decimal with 8 places, as a string."""

    total: Decimal
    """A decimal with 8 places, as a string."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BalanceList(Model):
    """What the agent has."""

    balances: list[Balance]
    """The balances, USDT first, then by asset."""

    total_equity_usdt: Decimal
    """A decimal with 8 places, as a string."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancellation(Model):
    """A cancelled order, and what it held."""

    order_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    status: CancellationStatus
    """The order's state now."""

    unlocked_asset: str
    """The asset that was held."""

    unlocked_amount: Decimal
    """A decimal with 8 places, as a string."""

    cancelled_at: datetime
    """RFC 3339, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CancelledOrders(Model):
    """What cancelling every order released."""

    cancelled_count: int
    """How many orders were cancelled."""

    unlocked: list[Unlocked]
    """What they held, summed for each asset and sorted by asset."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candle(Model):
    """What happened in one interval."""

    time: datetime
    """RFC 3339, UTC."""

    open: Decimal
    """A decimal with 8 places, as a string."""

    high: Decimal
    """A decimal with 8 places, as a string."""

    low: Decimal
    """A decimal with 8 places, as a string."""

    close: Decimal
    """A decimal with 8 places, as a string."""

    volume: Decimal
    """A decimal with 8 places, as a string."""

    trade_count: int
    """Trades of the market."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CandleList(Model):
    """Candles of a pair."""

    symbol: str
    """A pair's symbol, in any case."""

    interval: str
    """Length of a candle."""

    candles: list[Candle]
    """The candles, oldest first."""

    count: int
    """How many prices there are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateAgentRequest(Model):
    """The agent to create."""

    display_name: str
    """A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
    direction-changing characters."""

    starting_balance: Decimal | None = None
    """Initial balance in virtual USDT: a decimal greater than zero, as a string, with at most 12 integer digits and
    8 decimal places."""

    llm_model: str | None | Unset = UNSET
    """LLM model identifier of 1–100 characters, or null where none is named. On create null is the same as absent,
    on update it clears the field."""

    framework: str | None | Unset = UNSET
    """Agent framework of 1–100 characters, or null where none is named. On create null is the same as absent, on
    update it clears the field."""

    strategy_tags: list[str] | None = None
    """Tags that describe the strategy, at most 50."""

    risk_profile: RiskProfileOverrides | None = None
    """Limits that differ from the defaults. Each is optional."""

    color: str | None | Unset = UNSET
    """Hex color of the agent's avatar, or null where none is given. On create null is the same as absent, on update
    it clears the field."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CurrentSession(Model):
    """What began when the agent was created or last reset."""

    session_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    started_at: datetime
    """RFC 3339, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EndedSession(Model):
    """The session that ended. `total_pnl` = ending_equity − its starting balance. `duration_days` is in days of 24
    hours."""

    session_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    ending_equity: Decimal
    """A decimal with 8 places, as a string."""

    total_pnl: Decimal
    """A decimal with 8 places, as a string."""

    duration_days: Decimal
    """A decimal with 8 places, as a string."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorBody(Model):
    """What went wrong."""

    code: ErrorCode
    """A stable name for the error."""

    message: str
    """A sentence that says what to do."""

    request_id: str
    """The `X-Request-Id` of this answer."""

    details: ErrorDetails | None = None
    """More about the error, if there is anything to add. For a refused order, it has the fields of RefusalDetails."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorDetails(Model):
    """More about the error, if there is anything to add. For a refused order, it has the fields of RefusalDetails."""

    errors: list[Violation] | None = None
    """Every violation of a limit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorEnvelope(Model):
    """The envelope of every error."""

    error: ErrorBody
    """What went wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Headroom(Model):
    """One limit; `remaining` = limit − used, and never below zero. `daily_loss_limit`: what was lost since 00:00
    UTC, in percent of the starting balance. `position_limit`: the largest single position with the pending buys
    of its symbol, in percent of equity. `max_open_orders`: pending orders."""

    rule: HeadroomRule
    """The limit."""

    limit: Decimal
    """A decimal with 8 places, as a string."""

    used: Decimal
    """A decimal with 8 places, as a string."""

    remaining: Decimal
    """A decimal with 8 places, as a string."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Health(Model):
    """State of the server."""

    status: HealthStatus
    """`ok`: alive; `ready`: takes requests."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Jwk(Model):
    """An Ed25519 public key (RFC 8037)."""

    kty: JwkKty
    """Key type."""

    crv: JwkCrv
    """Curve."""

    alg: JwkAlg
    """Algorithm."""

    use: JwkUse
    """What the key is for."""

    kid: str
    """Key id."""

    x: str
    """The public key, base64url."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Jwks(Model):
    """A JSON Web Key Set."""

    keys: list[Jwk]
    """The public keys."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaderboard(Model):
    """The account's agents, best first."""

    period: Period
    """How far back from now, and never beyond the current session."""

    rankings: list[Ranking]
    """The agents, by rank."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger(Model):
    """A page of the ledger. `amount` is signed. `balance_after` is the balance of the bucket after the entry, or
    null if the bucket is not the agent's own."""

    entries: list[LedgerEntry]
    """The entries of this page, newest first."""

    total: int
    """How many entries match in all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerEntry(Model):
    """One side of a transfer."""

    entry_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    asset: str
    """The asset."""

    amount: Decimal
    """A decimal with 8 places, as a string."""

    bucket: LedgerEntryBucket
    """What changed. `available` and `locked` are the agent's own; the others are its capital (`equity`), the fees
    (`fee`) and the market it trades with (`market`)."""

    kind: LedgerEntryKind
    """Why it changed."""

    order_id: str | None
    """The order, if it was for one."""

    balance_after: Decimal | None
    """A decimal with 8 places, as a string, or null where it does not apply."""

    created_at: datetime
    """RFC 3339, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginRequest(Model):
    """The account's credentials."""

    api_key: str = field(repr=False)
    """The account's API key."""

    api_secret: str = field(repr=False)
    """The account's secret."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MarketTrade(Model):
    """A trade of the market."""

    trade_id: str
    """Identifies the trade within its pair."""

    price: Decimal
    """A decimal with 8 places, as a string."""

    quantity: Decimal
    """A decimal with 8 places, as a string."""

    time: datetime
    """RFC 3339, UTC."""

    is_buyer_maker: bool
    """Whether the buyer's order was in the book, so that the seller was the taker."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MarketTradeList(Model):
    """Trades of the market."""

    symbol: str
    """A pair's symbol, in any case."""

    trades: list[MarketTrade]
    """The trades, newest first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSession(Model):
    """The session that began."""

    session_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    starting_balance: Decimal
    """A decimal with 8 places, as a string."""

    started_at: datetime
    """RFC 3339, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order(Model):
    """An order. `quantity` and `requested_quantity` are the same; `executed_quantity` is that quantity once the
    order is filled, and zero before. `executed_price`, `slippage_pct`, `fee`, `total_cost`, `liquidity` and
    `filled_at` are null unless it is filled; `total_cost` is value + fee of a buy, value − fee of a sell.
    `locked_asset` and `locked_amount` are null unless it is pending."""

    order_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    client_order_id: str | None
    """The client's own id, or null if it gave none."""

    status: OrderStatus
    """State of an order. All but `pending` are final."""

    symbol: str
    """A pair's symbol, in any case."""

    side: Side
    """What the agent does with the base asset."""

    type: OrderType
    """When and at what price an order executes. The two conditional types sell only."""

    time_in_force: TimeInForce
    """How long an order waits: until it is cancelled (GTC), or not at all (IOC and FOK, which mean the same, because
    orders fill completely)."""

    quantity: Decimal
    """A decimal with 8 places, as a string."""

    requested_quantity: Decimal
    """A decimal with 8 places, as a string."""

    executed_quantity: Decimal
    """A decimal with 8 places, as a string."""

    price: Decimal | None
    """A decimal with 8 places, as a string, or null where it does not apply."""

    trigger_price: Decimal | None
    """A decimal with 8 places, as a string, or null where it does not apply."""

    executed_price: Decimal | None
    """A decimal with 8 places, as a string, or null where it does not apply."""

    slippage_pct: Decimal | None
    """A decimal with 8 places, as a string, or null where it does not apply."""

    fee: Decimal | None
    """A decimal with 8 places, as a string, or null where it does not apply."""

    total_cost: Decimal | None
    """A decimal with 8 places, as a string, or null where it does not apply."""

    liquidity: str | None
    """`taker` or `maker`, as in the trade, or null unless it is filled."""

    locked_asset: str | None
    """The asset that is held, USDT for a buy and the base asset for a sell, or null if nothing is held."""

    locked_amount: Decimal | None
    """A decimal with 8 places, as a string, or null where it does not apply."""

    created_at: datetime
    """RFC 3339, UTC."""

    filled_at: datetime | None
    """When it was filled."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderList(Model):
    """A page of orders."""

    orders: list[Order]
    """The orders of this page, newest first."""

    total: int
    """How many orders match in all."""

    limit: int
    """Page size."""

    offset: int
    """How many were skipped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Orderbook(Model):
    """The order book of a pair."""

    symbol: str
    """A pair's symbol, in any case."""

    bids: list[list[Decimal]]
    """Highest first."""

    asks: list[list[Decimal]]
    """Lowest first."""

    timestamp: datetime
    """RFC 3339, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair(Model):
    """A trading pair and its filters."""

    symbol: str
    """A pair's symbol, in any case."""

    base_asset: str
    """What is bought and sold."""

    quote_asset: str
    """What it is paid with."""

    status: PairStatus
    """Whether orders are taken."""

    min_qty: Decimal
    """Least quantity of an order, in the base asset."""

    step_size: Decimal
    """Quantities are multiples of this."""

    tick_size: Decimal
    """Prices are multiples of this."""

    min_notional: Decimal
    """Least value of an order, in the quote asset."""

    has_price: bool
    """Whether there is a price no older than 30 seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PairList(Model):
    """Every pair."""

    pairs: list[Pair]
    """The pairs, by symbol."""

    total: int
    """How many there are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Performance(Model):
    """The figures of a period. A figure without a value is zero, and `undefined` names it. Amounts are in USDT.

    The two ratios are computed from returns over equal steps, which end at every full hour of UTC in a period of
    up to 7 days, and at every 00:00 UTC in a longer one. The equity at the end of a step is the last known. The
    first return starts with the period; the time after the last full step makes none. rᵢ = (equityᵢ − equityᵢ₋₁)
    / equityᵢ₋₁, i = 1 … n, for a year of 365 days. If equity is zero, there is no return from it, and both ratios
    are undefined. They are also undefined for fewer than 2 returns, and from 10^20 on.
    - `sharpe_ratio` = mean(r) / s × √(steps per year), s = √(Σ (rᵢ − mean(r))² / (n − 1)), risk-free rate 0.
      Undefined if s is 0. W. F. Sharpe, The Sharpe Ratio, Journal of Portfolio Management 21 (1994) 49–58.
    - `sortino_ratio` = mean(r) / d × √(steps per year), d = √(Σ min(rᵢ, 0)² / n), target return 0. Undefined if d
      is 0. F. A. Sortino and L. N. Price, Performance Measurement in a Downside Risk Framework, Journal of
      Investing 3 (1994) 59–64.
    - `max_drawdown_pct` = max over t of 100 × (peak(t) − equity(t)) / peak(t), peak(t) = max of equity up to t,
      of every known equity. M. Magdon-Ismail and A. F. Atiya, Maximum Drawdown, Risk 17 (2004).
    - `max_drawdown_duration_days`: the longest time from a peak until equity was at or above it again, or until
      now, in days of 24 hours.

    A trade that closes a position or a part of one is a win if it realized more than 0, net of fees, and a loss
    if it realized less.
    - `win_rate` = 100 × wins / (wins + losses). Undefined if there are neither.
    - `profit_factor` = Σ wins / |Σ losses|. Undefined without a loss, and from 10^20 on.
    - `avg_win`, `avg_loss`: means of the wins and of the losses, the latter negative. Undefined without any.
    - `total_trades` counts all trades, buys too; `avg_trades_per_day` = total trades / max(1, days of the
      period).
    - `best_trade`, `worst_trade`: the largest and the smallest profit of a closing trade. Undefined without any.
    - `current_streak`: n after n wins in a row, −n after n losses, else 0. A closing trade of exactly 0 ends a
      streak, a buy does not."""

    period: Period
    """How far back from now, and never beyond the current session."""

    sharpe_ratio: Decimal
    """A decimal with 8 places, as a string."""

    sortino_ratio: Decimal
    """A decimal with 8 places, as a string."""

    max_drawdown_pct: Decimal
    """A decimal with 8 places, as a string."""

    max_drawdown_duration_days: Decimal
    """A decimal with 8 places, as a string."""

    win_rate: Decimal
    """A decimal with 8 places, as a string."""

    profit_factor: Decimal
    """A decimal with 8 places, as a string."""

    avg_win: Decimal
    """A decimal with 8 places, as a string."""

    avg_loss: Decimal
    """A decimal with 8 places, as a string."""

    total_trades: int
    """All trades, buys too."""

    avg_trades_per_day: Decimal
    """A decimal with 8 places, as a string."""

    best_trade: Decimal
    """A decimal with 8 places, as a string."""

    worst_trade: Decimal
    """A decimal with 8 places, as a string."""

    current_streak: int
    """Wins in a row, or losses if negative."""

    undefined: list[str]
    """The figures without a value, in the order above. Empty if all have one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceOrderRequest(Model):
    """An order. Breaking one of these rules is 422 `VALIDATION_ERROR`:
    - `price` is required for `limit`, and not allowed otherwise.
    - `trigger_price` is required for `stop_loss` and `take_profit`, and not allowed otherwise.
    - `stop_loss` and `take_profit` need side `sell` and time_in_force GTC.
    - `market` needs time_in_force IOC; `limit` takes any.

    `time_in_force` is IOC for `market` and GTC for the others, unless it is given. `quantity` is in the base
    asset."""

    symbol: str
    """A pair's symbol, in any case."""

    side: Side
    """What the agent does with the base asset."""

    type: OrderType
    """When and at what price an order executes. The two conditional types sell only."""

    quantity: Decimal
    """A decimal greater than zero, as a string, with at most 12 integer digits and 8 decimal places."""

    price: Decimal | None = None
    """A decimal greater than zero, as a string, with at most 12 integer digits and 8 decimal places."""

    trigger_price: Decimal | None = None
    """A decimal greater than zero, as a string, with at most 12 integer digits and 8 decimal places."""

    client_order_id: str | None = None
    """The client's own id of an order, unique per agent for ever. Placing the same order again returns that order."""

    time_in_force: TimeInForce | None = None
    """How long an order waits: until it is cancelled (GTC), or not at all (IOC and FOK, which mean the same, because
    orders fill completely)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pnl(Model):
    """Profit and loss, in USDT. `realized_pnl` is net of the fees of buying and selling what was sold, so net_pnl =
    total_pnl = realized_pnl + unrealized_pnl. `unrealized_pnl` is current, whatever the period. `win_rate` = 100
    × winning / (winning + losing), or zero if there are neither."""

    period: PnlPeriod
    """How far back from now, and never beyond the current session."""

    realized_pnl: Decimal
    """A decimal with 8 places, as a string."""

    unrealized_pnl: Decimal
    """A decimal with 8 places, as a string."""

    total_pnl: Decimal
    """A decimal with 8 places, as a string."""

    fees_paid: Decimal
    """A decimal with 8 places, as a string."""

    net_pnl: Decimal
    """A decimal with 8 places, as a string."""

    winning_trades: int
    """Sells that realized more than zero."""

    losing_trades: int
    """Sells that realized less than zero."""

    win_rate: Decimal
    """A decimal with 8 places, as a string."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Portfolio(Model):
    """What the agent has, and its profit in the current session, in USDT:
    - total_equity = available_cash + locked_cash + total_position_value
    - total_pnl = realized_pnl + unrealized_pnl = total_equity − starting_balance
    - roi_pct = 100 × total_pnl / starting_balance"""

    total_equity: Decimal
    """A decimal with 8 places, as a string."""

    available_cash: Decimal
    """A decimal with 8 places, as a string."""

    locked_cash: Decimal
    """A decimal with 8 places, as a string."""

    total_position_value: Decimal
    """A decimal with 8 places, as a string."""

    unrealized_pnl: Decimal
    """A decimal with 8 places, as a string."""

    realized_pnl: Decimal
    """A decimal with 8 places, as a string."""

    total_pnl: Decimal
    """A decimal with 8 places, as a string."""

    roi_pct: Decimal
    """A decimal with 8 places, as a string."""

    starting_balance: Decimal
    """A decimal with 8 places, as a string."""

    positions: list[Position]
    """The positions, by symbol."""

    timestamp: datetime
    """RFC 3339, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PortfolioHistory(Model):
    """The agent's equity over time."""

    agent_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    interval: HistoryInterval
    """Length of an interval."""

    snapshots: list[Snapshot]
    """One per interval, oldest first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Position(Model):
    """An open position, locked quantity included, at its last known price, however old (at cost, if there has never
    been one):
    - avg_entry_price = cost basis / quantity, fees included; for display; figures are computed from the basis
    - market_value = quantity × current_price
    - unrealized_pnl = market_value − cost basis
    - unrealized_pnl_pct = 100 × unrealized_pnl / cost basis"""

    symbol: str
    """A pair's symbol, in any case."""

    asset: str
    """What is held."""

    quantity: Decimal
    """A decimal with 8 places, as a string."""

    avg_entry_price: Decimal
    """A decimal with 8 places, as a string."""

    current_price: Decimal
    """A decimal with 8 places, as a string."""

    market_value: Decimal
    """A decimal with 8 places, as a string."""

    unrealized_pnl: Decimal
    """A decimal with 8 places, as a string."""

    unrealized_pnl_pct: Decimal
    """A decimal with 8 places, as a string."""

    opened_at: datetime
    """RFC 3339, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PositionList(Model):
    """The open positions."""

    positions: list[Position]
    """The positions, by symbol."""

    total_unrealized_pnl: Decimal
    """A decimal with 8 places, as a string."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview(Model):
    """What would become of an order now. `status` is what it would be if it passed. `estimated_price` is the price
    at which it would execute now. For a limit order that does not execute now it is the limit, and for a
    conditional order that would rest it is the taker's price of now. Fee, total cost and `resulting_position` are
    those of a fill at that price. An order that would expire has no fill: its slippage, fee and total cost are
    zero, and `resulting_position` is the position as it is. `locked_asset` and `locked_amount` are null unless it
    would rest."""

    would_pass: bool
    """Whether the order passes every rule."""

    refusal: Refusal | None

    status: PreviewStatus
    """What the order would be, if it passed."""

    symbol: str
    """A pair's symbol, in any case."""

    side: Side
    """What the agent does with the base asset."""

    type: OrderType
    """When and at what price an order executes. The two conditional types sell only."""

    time_in_force: TimeInForce
    """How long an order waits: until it is cancelled (GTC), or not at all (IOC and FOK, which mean the same, because
    orders fill completely)."""

    quantity: Decimal
    """A decimal with 8 places, as a string."""

    price: Decimal | None
    """A decimal with 8 places, as a string, or null where it does not apply."""

    trigger_price: Decimal | None
    """A decimal with 8 places, as a string, or null where it does not apply."""

    current_price: Decimal
    """A decimal with 8 places, as a string."""

    estimated_price: Decimal
    """A decimal with 8 places, as a string."""

    slippage_pct: Decimal
    """A decimal with 8 places, as a string."""

    estimated_fee: Decimal
    """A decimal with 8 places, as a string."""

    estimated_total_cost: Decimal
    """A decimal with 8 places, as a string."""

    locked_asset: str | None
    """The asset that is held, USDT for a buy and the base asset for a sell, or null if nothing is held."""

    locked_amount: Decimal | None
    """A decimal with 8 places, as a string, or null where it does not apply."""

    max_allowed_quantity: Decimal
    """A decimal with 8 places, as a string."""

    rules: list[RuleCheck]
    """Every rule, in the order of judgement."""

    resulting_position: ResultingPosition
    """The agent's position in the symbol once the order has filled at the estimated price. `avg_entry_price` =
    cost_basis / quantity, null where the quantity is zero."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Price(Model):
    """The newest price of a pair."""

    symbol: str
    """A pair's symbol, in any case."""

    price: Decimal
    """A decimal with 8 places, as a string."""

    timestamp: datetime
    """RFC 3339, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceList(Model):
    """Prices of several pairs."""

    prices: list[Price]
    """The prices."""

    count: int
    """How many prices there are."""

    timestamp: datetime
    """RFC 3339, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking(Model):
    """An agent and how it did in the period. `roi_pct` = 100 × (equity now − equity at the period's start) / equity
    at the period's start, which for `all` is the starting balance. The other figures are those of the performance
    call, and zero where undefined."""

    rank: int
    """Place in the ranking, from 1."""

    account_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    agent_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    display_name: str
    """A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
    direction-changing characters."""

    roi_pct: Decimal
    """A decimal with 8 places, as a string."""

    sharpe_ratio: Decimal
    """A decimal with 8 places, as a string."""

    total_trades: int
    """All trades, buys too."""

    win_rate: Decimal
    """A decimal with 8 places, as a string."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReconciledAsset(Model):
    """One asset: `ledger` is the sum of the entries in the agent's own buckets, `balance` = available + locked,
    `difference` = balance − ledger."""

    asset: str
    """The asset."""

    ledger: Decimal
    """A decimal with 8 places, as a string."""

    balance: Decimal
    """A decimal with 8 places, as a string."""

    difference: Decimal
    """A decimal with 8 places, as a string."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reconciliation(Model):
    """Whether the balances agree with the ledger."""

    ok: bool
    """Whether every difference is zero, what is locked agrees with the ledger and the open orders, and the positions
    agree with the session's trades."""

    assets: list[ReconciledAsset]
    """The assets, USDT first, then by asset."""

    as_of: datetime
    """RFC 3339, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal(Model):
    """The error that placing the order would return, or null if it would pass."""

    code: ErrorCode
    """A stable name for the error."""

    message: str
    """A sentence that says what to do."""

    details: RefusalDetails | None = None
    """Why an order is refused; the `details` of the error. Its fields depend on the code:
    - `ORDER_REJECTED`: `{reason, limit, current, attempted, max_allowed_quantity}`, in percent or, for
      `max_open_orders_exceeded`, in orders; `current` is before the order, `attempted` with it.
    - `INSUFFICIENT_BALANCE`: `{asset, required, available, max_allowed_quantity}`.
    - `INVALID_QUANTITY` and `INVALID_PRICE`: `{filter, limit, attempted, max_allowed_quantity}`, or `{filter}`
      alone where it is `value`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusalDetails(Model):
    """Why an order is refused; the `details` of the error. Its fields depend on the code:
    - `ORDER_REJECTED`: `{reason, limit, current, attempted, max_allowed_quantity}`, in percent or, for
      `max_open_orders_exceeded`, in orders; `current` is before the order, `attempted` with it.
    - `INSUFFICIENT_BALANCE`: `{asset, required, available, max_allowed_quantity}`.
    - `INVALID_QUANTITY` and `INVALID_PRICE`: `{filter, limit, attempted, max_allowed_quantity}`, or `{filter}`
      alone where it is `value`."""

    reason: RefusalDetailsReason | None = None
    """The risk limit that is broken."""

    filter: RefusalDetailsFilter | None = None
    """The filter of the pair that refuses the order; `value` if quantity × price is too large to be computed."""

    asset: str | None = None
    """What there is too little of."""

    limit: Decimal | None = None
    """A decimal with 8 places, as a string."""

    current: Decimal | None = None
    """A decimal with 8 places, as a string."""

    attempted: Decimal | None = None
    """A decimal with 8 places, as a string."""

    required: Decimal | None = None
    """A decimal with 8 places, as a string."""

    available: Decimal | None = None
    """A decimal with 8 places, as a string."""

    max_allowed_quantity: Decimal | None = None
    """A decimal with 8 places, as a string."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterRequest(Model):
    """The account to register."""

    display_name: str
    """A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
    direction-changing characters."""

    email: str | None = None
    """An e-mail address; unique among accounts, whatever its case."""

    starting_balance: Decimal | None = None
    """Initial balance in virtual USDT: a decimal greater than zero, as a string, with at most 12 integer digits and
    8 decimal places."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ResetAccountRequest(Model):
    """How to reset; `{}` is enough. A `starting_balance` replaces the agent's; without it, the agent's stays."""

    starting_balance: Decimal | None = None
    """A decimal greater than zero, as a string, with at most 12 integer digits and 8 decimal places."""

    confirm: bool | None = None
    """Confirms the reset. Optional, but it must not be false."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultingPosition(Model):
    """The agent's position in the symbol once the order has filled at the estimated price. `avg_entry_price` =
    cost_basis / quantity, null where the quantity is zero."""

    symbol: str
    """A pair's symbol, in any case."""

    quantity: Decimal
    """A decimal with 8 places, as a string."""

    cost_basis: Decimal
    """A decimal with 8 places, as a string."""

    avg_entry_price: Decimal | None
    """A decimal with 8 places, as a string, or null where it does not apply."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Risk(Model):
    """The headroom under the three risk limits."""

    rules: list[Headroom]
    """The limits and how much of each is used."""

    risk_profile: RiskProfile
    """The three limits by which every order of the agent is judged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskProfile(Model):
    """The three limits by which every order of the agent is judged."""

    max_position_size_pct: int
    """Largest position in a single coin, in percent of total equity."""

    daily_loss_limit_pct: int
    """Daily loss limit, in percent of the starting balance."""

    max_open_orders: int
    """Most simultaneous pending orders."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskProfileOverrides(Model):
    """Limits that differ from the defaults. Each is optional."""

    max_position_size_pct: int | None = None
    """Largest position in a single coin, in percent of total equity."""

    daily_loss_limit_pct: int | None = None
    """Daily loss limit, in percent of the starting balance."""

    max_open_orders: int | None = None
    """Most simultaneous pending orders."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleCheck(Model):
    """How an order does by one rule: `used` is before the order, `attempted` with it. The unit is percent for
    `daily_loss_limit` and `position_limit` (zero for a sell, which they do not judge), orders for
    `max_open_orders`, and for `balance` the asset that the order gives: `limit` is all of it, `used` what is
    locked, `attempted` that and what the order needs. For a filter of the pair, `used` is zero and `attempted`
    the quantity, the price (zero for a market order) or the notional."""

    rule: RuleCheckRule
    """The rule."""

    passed: bool
    """Whether the order passes it."""

    limit: Decimal
    """A decimal with 8 places, as a string."""

    used: Decimal
    """A decimal with 8 places, as a string."""

    attempted: Decimal
    """A decimal with 8 places, as a string."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot(Model):
    """The last equity known in an interval, which begins at `time`. realized_pnl is that of the session at that
    time, so realized + unrealized = total_equity − the starting balance of that session."""

    time: datetime
    """RFC 3339, UTC."""

    total_equity: Decimal
    """A decimal with 8 places, as a string."""

    unrealized_pnl: Decimal
    """A decimal with 8 places, as a string."""

    realized_pnl: Decimal
    """A decimal with 8 places, as a string."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticker(Model):
    """The last 24 hours of a pair."""

    symbol: str
    """A pair's symbol, in any case."""

    open: Decimal
    """A decimal with 8 places, as a string."""

    high: Decimal
    """A decimal with 8 places, as a string."""

    low: Decimal
    """A decimal with 8 places, as a string."""

    close: Decimal
    """A decimal with 8 places, as a string."""

    volume: Decimal
    """A decimal with 8 places, as a string."""

    quote_volume: Decimal
    """A decimal with 8 places, as a string."""

    change: Decimal
    """A decimal with 8 places, as a string."""

    change_pct: Decimal
    """A decimal with 8 places, as a string."""

    trade_count: int
    """Trades of the market."""

    timestamp: datetime
    """RFC 3339, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Token(Model):
    """A bearer token."""

    token: str = field(repr=False)
    """A signed JWT (EdDSA)."""

    token_type: TokenTokenType
    """How to send it."""

    expires_at: datetime
    """RFC 3339, UTC."""

    expires_in: int
    """Seconds until it expires."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trade(Model):
    """The fill of an order. `total` = value = round(quantity × price). `realized_pnl` of a sell = value − fee − the
    cost basis of what was sold; of a buy it is zero."""

    trade_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    order_id: str
    """A UUID. New ones are of version 7, so they sort by time of creation."""

    symbol: str
    """A pair's symbol, in any case."""

    side: Side
    """What the agent does with the base asset."""

    quantity: Decimal
    """A decimal with 8 places, as a string."""

    price: Decimal
    """A decimal with 8 places, as a string."""

    fee: Decimal
    """A decimal with 8 places, as a string."""

    total: Decimal
    """A decimal with 8 places, as a string."""

    liquidity: Liquidity
    """Whether the order executed at the market (taker), or rested and filled at its limit (maker)."""

    realized_pnl: Decimal
    """A decimal with 8 places, as a string."""

    executed_at: datetime
    """RFC 3339, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TradeList(Model):
    """A page of trades."""

    trades: list[Trade]
    """The trades of this page, newest first."""

    total: int
    """How many trades match in all."""

    limit: int
    """Page size."""

    offset: int
    """How many were skipped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unlocked(Model):
    """What was released of one asset."""

    asset: str
    """The asset."""

    amount: Decimal
    """A decimal with 8 places, as a string."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateAgentRequest(Model):
    """The fields to change; the others stay as they are."""

    display_name: str | None = None
    """A name of 1–100 characters, counted after trimming; not blank; no control, zero-width, filling or
    direction-changing characters."""

    llm_model: str | None | Unset = UNSET
    """LLM model identifier of 1–100 characters, or null where none is named. On create null is the same as absent,
    on update it clears the field."""

    framework: str | None | Unset = UNSET
    """Agent framework of 1–100 characters, or null where none is named. On create null is the same as absent, on
    update it clears the field."""

    strategy_tags: list[str] | None = None
    """Tags that describe the strategy, at most 50."""

    color: str | None | Unset = UNSET
    """Hex color of the agent's avatar, or null where none is given. On create null is the same as absent, on update
    it clears the field."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Violation(Model):
    """One violated limit."""

    field: str
    """JSON pointer into the body, or the parameter's name after a slash; empty for the body itself."""

    message: str
    """What the field must be."""
