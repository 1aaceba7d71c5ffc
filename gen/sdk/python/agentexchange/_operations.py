"""Every operation as a Call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ._answers import json_of, nothing_of, text_of
from ._calls import Call
from ._codec import UNSET, Unset, path_segment, to_decimal, to_model
from .models import (
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
    CreateAgentRequest,
    Health,
    HistoryInterval,
    Jwks,
    Leaderboard,
    Ledger,
    ListCandlesInterval,
    LoginRequest,
    MarketTradeList,
    Order,
    Orderbook,
    OrderList,
    OrderStatus,
    OrderType,
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
    RiskProfileOverrides,
    Side,
    Ticker,
    TimeInForce,
    Token,
    TradeList,
    UpdateAgentRequest,
)


def register(
    *,
    display_name: str,
    email: str | None = None,
    starting_balance: Decimal | str | int | None = None,
    idempotency_key: str | None = None,
) -> Call[AccountCredentials]:
    return Call(
        method="POST",
        path="/api/v1/auth/register",
        answer=json_of(AccountCredentials),
        headers={"Idempotency-Key": idempotency_key},
        body=RegisterRequest(
            display_name=display_name,
            email=email,
            starting_balance=to_decimal(starting_balance, "starting_balance"),
        ),
    )


def login(*, api_key: str, api_secret: str) -> Call[Token]:
    return Call(
        method="POST",
        path="/api/v1/auth/login",
        answer=json_of(Token),
        body=LoginRequest(
            api_key=api_key,
            api_secret=api_secret,
        ),
    )


def get_jwks() -> Call[Jwks]:
    return Call(
        method="GET",
        path="/.well-known/jwks.json",
        answer=json_of(Jwks),
    )


def list_agents(
    *, include_archived: bool | None = None, limit: int | None = None, offset: int | None = None
) -> Call[AgentList]:
    return Call(
        method="GET",
        path="/api/v1/agents",
        answer=json_of(AgentList),
        auth=("token",),
        query={"include_archived": include_archived, "limit": limit, "offset": offset},
    )


def create_agent(
    *,
    display_name: str,
    starting_balance: Decimal | str | int | None = None,
    llm_model: str | None | Unset = UNSET,
    framework: str | None | Unset = UNSET,
    strategy_tags: list[str] | None = None,
    risk_profile: RiskProfileOverrides | Mapping[str, Any] | None = None,
    color: str | None | Unset = UNSET,
    idempotency_key: str | None = None,
) -> Call[AgentCredentials]:
    return Call(
        method="POST",
        path="/api/v1/agents",
        answer=json_of(AgentCredentials),
        auth=("token",),
        headers={"Idempotency-Key": idempotency_key},
        body=CreateAgentRequest(
            display_name=display_name,
            starting_balance=to_decimal(starting_balance, "starting_balance"),
            llm_model=llm_model,
            framework=framework,
            strategy_tags=strategy_tags,
            risk_profile=to_model(RiskProfileOverrides, risk_profile),
            color=color,
        ),
    )


def get_agent_overview() -> Call[AgentList]:
    return Call(
        method="GET",
        path="/api/v1/agents/overview",
        answer=json_of(AgentList),
        auth=("token",),
    )


def get_agent(agent_id: str) -> Call[Agent]:
    return Call(
        method="GET",
        path=f"/api/v1/agents/{path_segment(agent_id)}",
        answer=json_of(Agent),
        auth=("token",),
    )


def update_agent(
    agent_id: str,
    *,
    display_name: str | None = None,
    llm_model: str | None | Unset = UNSET,
    framework: str | None | Unset = UNSET,
    strategy_tags: list[str] | None = None,
    color: str | None | Unset = UNSET,
) -> Call[Agent]:
    return Call(
        method="PUT",
        path=f"/api/v1/agents/{path_segment(agent_id)}",
        answer=json_of(Agent),
        auth=("token",),
        body=UpdateAgentRequest(
            display_name=display_name,
            llm_model=llm_model,
            framework=framework,
            strategy_tags=strategy_tags,
            color=color,
        ),
    )


def delete_agent(agent_id: str) -> Call[None]:
    return Call(
        method="DELETE",
        path=f"/api/v1/agents/{path_segment(agent_id)}",
        answer=nothing_of,
        auth=("token",),
    )


def clone_agent(
    agent_id: str, *, new_name: str | None = None, idempotency_key: str | None = None
) -> Call[AgentCredentials]:
    return Call(
        method="POST",
        path=f"/api/v1/agents/{path_segment(agent_id)}/clone",
        answer=json_of(AgentCredentials),
        auth=("token",),
        query={"new_name": new_name},
        headers={"Idempotency-Key": idempotency_key},
    )


def reset_agent(agent_id: str, *, idempotency_key: str | None = None) -> Call[Agent]:
    return Call(
        method="POST",
        path=f"/api/v1/agents/{path_segment(agent_id)}/reset",
        answer=json_of(Agent),
        auth=("token",),
        headers={"Idempotency-Key": idempotency_key},
    )


def archive_agent(agent_id: str, *, idempotency_key: str | None = None) -> Call[Agent]:
    return Call(
        method="POST",
        path=f"/api/v1/agents/{path_segment(agent_id)}/archive",
        answer=json_of(Agent),
        auth=("token",),
        headers={"Idempotency-Key": idempotency_key},
    )


def unarchive_agent(agent_id: str, *, idempotency_key: str | None = None) -> Call[Agent]:
    return Call(
        method="POST",
        path=f"/api/v1/agents/{path_segment(agent_id)}/unarchive",
        answer=json_of(Agent),
        auth=("token",),
        headers={"Idempotency-Key": idempotency_key},
    )


def get_agent_api_key(agent_id: str) -> Call[AgentKey]:
    return Call(
        method="GET",
        path=f"/api/v1/agents/{path_segment(agent_id)}/api-key",
        answer=json_of(AgentKey),
        auth=("token",),
    )


def regenerate_agent_key(agent_id: str, *, idempotency_key: str | None = None) -> Call[AgentKey]:
    return Call(
        method="POST",
        path=f"/api/v1/agents/{path_segment(agent_id)}/regenerate-key",
        answer=json_of(AgentKey),
        auth=("token",),
        headers={"Idempotency-Key": idempotency_key},
    )


def get_agent_risk(agent_id: str) -> Call[RiskProfile]:
    return Call(
        method="GET",
        path=f"/api/v1/agents/{path_segment(agent_id)}/risk-profile",
        answer=json_of(RiskProfile),
        auth=("token",),
    )


def update_agent_risk(
    agent_id: str, *, max_position_size_pct: int, daily_loss_limit_pct: int, max_open_orders: int
) -> Call[RiskProfile]:
    return Call(
        method="PUT",
        path=f"/api/v1/agents/{path_segment(agent_id)}/risk-profile",
        answer=json_of(RiskProfile),
        auth=("token",),
        body=RiskProfile(
            max_position_size_pct=max_position_size_pct,
            daily_loss_limit_pct=daily_loss_limit_pct,
            max_open_orders=max_open_orders,
        ),
    )


def get_agent_skill(agent_id: str, *, include_key: bool | None = None) -> Call[str]:
    return Call(
        method="GET",
        path=f"/api/v1/agents/{path_segment(agent_id)}/skill.md",
        answer=text_of,
        auth=("token",),
        query={"include_key": include_key},
    )


def list_pairs() -> Call[PairList]:
    return Call(
        method="GET",
        path="/api/v1/market/pairs",
        answer=json_of(PairList),
    )


def get_price(symbol: str) -> Call[Price]:
    return Call(
        method="GET",
        path=f"/api/v1/market/price/{path_segment(symbol)}",
        answer=json_of(Price),
    )


def list_prices(*, symbols: list[str] | None = None) -> Call[PriceList]:
    return Call(
        method="GET",
        path="/api/v1/market/prices",
        answer=json_of(PriceList),
        query={"symbols": symbols},
    )


def get_ticker(symbol: str) -> Call[Ticker]:
    return Call(
        method="GET",
        path=f"/api/v1/market/ticker/{path_segment(symbol)}",
        answer=json_of(Ticker),
    )


def list_candles(
    symbol: str,
    *,
    interval: ListCandlesInterval | None = None,
    limit: int | None = None,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
) -> Call[CandleList]:
    return Call(
        method="GET",
        path=f"/api/v1/market/candles/{path_segment(symbol)}",
        answer=json_of(CandleList),
        query={"interval": interval, "limit": limit, "start_time": start_time, "end_time": end_time},
    )


def list_market_trades(symbol: str, *, limit: int | None = None) -> Call[MarketTradeList]:
    return Call(
        method="GET",
        path=f"/api/v1/market/trades/{path_segment(symbol)}",
        answer=json_of(MarketTradeList),
        query={"limit": limit},
    )


def get_orderbook(symbol: str, *, depth: int | None = None) -> Call[Orderbook]:
    return Call(
        method="GET",
        path=f"/api/v1/market/orderbook/{path_segment(symbol)}",
        answer=json_of(Orderbook),
        query={"depth": depth},
    )


def place_order(
    *,
    symbol: str,
    side: Side,
    type: OrderType,
    quantity: Decimal | str | int,
    price: Decimal | str | int | None = None,
    trigger_price: Decimal | str | int | None = None,
    client_order_id: str | None = None,
    time_in_force: TimeInForce | None = None,
    agent_id: str | None = None,
    idempotency_key: str | None = None,
) -> Call[Order]:
    return Call(
        method="POST",
        path="/api/v1/trade/order",
        answer=json_of(Order),
        auth=(
            "key",
            "token",
        ),
        headers={"X-Agent-Id": agent_id, "Idempotency-Key": idempotency_key},
        body=PlaceOrderRequest(
            symbol=symbol,
            side=side,
            type=type,
            quantity=to_decimal(quantity, "quantity"),
            price=to_decimal(price, "price"),
            trigger_price=to_decimal(trigger_price, "trigger_price"),
            client_order_id=client_order_id,
            time_in_force=time_in_force,
        ),
    )


def preview_order(
    *,
    symbol: str,
    side: Side,
    type: OrderType,
    quantity: Decimal | str | int,
    price: Decimal | str | int | None = None,
    trigger_price: Decimal | str | int | None = None,
    client_order_id: str | None = None,
    time_in_force: TimeInForce | None = None,
    agent_id: str | None = None,
) -> Call[Preview]:
    return Call(
        method="POST",
        path="/api/v1/trade/order/preview",
        answer=json_of(Preview),
        auth=(
            "key",
            "token",
        ),
        headers={"X-Agent-Id": agent_id},
        body=PlaceOrderRequest(
            symbol=symbol,
            side=side,
            type=type,
            quantity=to_decimal(quantity, "quantity"),
            price=to_decimal(price, "price"),
            trigger_price=to_decimal(trigger_price, "trigger_price"),
            client_order_id=client_order_id,
            time_in_force=time_in_force,
        ),
    )


def get_order(order_id: str, *, agent_id: str | None = None) -> Call[Order]:
    return Call(
        method="GET",
        path=f"/api/v1/trade/order/{path_segment(order_id)}",
        answer=json_of(Order),
        auth=(
            "key",
            "token",
        ),
        headers={"X-Agent-Id": agent_id},
    )


def cancel_order(order_id: str, *, agent_id: str | None = None) -> Call[Cancellation]:
    return Call(
        method="DELETE",
        path=f"/api/v1/trade/order/{path_segment(order_id)}",
        answer=json_of(Cancellation),
        auth=(
            "key",
            "token",
        ),
        headers={"X-Agent-Id": agent_id},
    )


def get_order_by_client_id(client_order_id: str, *, agent_id: str | None = None) -> Call[Order]:
    return Call(
        method="GET",
        path=f"/api/v1/trade/order/by-client-id/{path_segment(client_order_id)}",
        answer=json_of(Order),
        auth=(
            "key",
            "token",
        ),
        headers={"X-Agent-Id": agent_id},
    )


def list_orders(
    *,
    status: OrderStatus | None = None,
    symbol: str | None = None,
    limit: int | None = None,
    offset: int | None = None,
    agent_id: str | None = None,
) -> Call[OrderList]:
    return Call(
        method="GET",
        path="/api/v1/trade/orders",
        answer=json_of(OrderList),
        auth=(
            "key",
            "token",
        ),
        query={"status": status, "symbol": symbol, "limit": limit, "offset": offset},
        headers={"X-Agent-Id": agent_id},
    )


def list_open_orders(
    *, symbol: str | None = None, limit: int | None = None, offset: int | None = None, agent_id: str | None = None
) -> Call[OrderList]:
    return Call(
        method="GET",
        path="/api/v1/trade/orders/open",
        answer=json_of(OrderList),
        auth=(
            "key",
            "token",
        ),
        query={"symbol": symbol, "limit": limit, "offset": offset},
        headers={"X-Agent-Id": agent_id},
    )


def cancel_all_orders(*, agent_id: str | None = None) -> Call[CancelledOrders]:
    return Call(
        method="DELETE",
        path="/api/v1/trade/orders/open",
        answer=json_of(CancelledOrders),
        auth=(
            "key",
            "token",
        ),
        headers={"X-Agent-Id": agent_id},
    )


def list_trades(
    *,
    symbol: str | None = None,
    side: Side | None = None,
    limit: int | None = None,
    offset: int | None = None,
    agent_id: str | None = None,
) -> Call[TradeList]:
    return Call(
        method="GET",
        path="/api/v1/trade/history",
        answer=json_of(TradeList),
        auth=(
            "key",
            "token",
        ),
        query={"symbol": symbol, "side": side, "limit": limit, "offset": offset},
        headers={"X-Agent-Id": agent_id},
    )


def get_account_info(*, agent_id: str | None = None) -> Call[AccountInfo]:
    return Call(
        method="GET",
        path="/api/v1/account/info",
        answer=json_of(AccountInfo),
        auth=(
            "key",
            "token",
        ),
        headers={"X-Agent-Id": agent_id},
    )


def get_balance(*, agent_id: str | None = None) -> Call[BalanceList]:
    return Call(
        method="GET",
        path="/api/v1/account/balance",
        answer=json_of(BalanceList),
        auth=(
            "key",
            "token",
        ),
        headers={"X-Agent-Id": agent_id},
    )


def get_positions(*, agent_id: str | None = None) -> Call[PositionList]:
    return Call(
        method="GET",
        path="/api/v1/account/positions",
        answer=json_of(PositionList),
        auth=(
            "key",
            "token",
        ),
        headers={"X-Agent-Id": agent_id},
    )


def get_portfolio(*, agent_id: str | None = None) -> Call[Portfolio]:
    return Call(
        method="GET",
        path="/api/v1/account/portfolio",
        answer=json_of(Portfolio),
        auth=(
            "key",
            "token",
        ),
        headers={"X-Agent-Id": agent_id},
    )


def get_pnl(*, period: PnlPeriod | None = None, agent_id: str | None = None) -> Call[Pnl]:
    return Call(
        method="GET",
        path="/api/v1/account/pnl",
        answer=json_of(Pnl),
        auth=(
            "key",
            "token",
        ),
        query={"period": period},
        headers={"X-Agent-Id": agent_id},
    )


def get_risk(*, agent_id: str | None = None) -> Call[Risk]:
    return Call(
        method="GET",
        path="/api/v1/account/risk",
        answer=json_of(Risk),
        auth=(
            "key",
            "token",
        ),
        headers={"X-Agent-Id": agent_id},
    )


def list_ledger(
    *, asset: str | None = None, limit: int | None = None, offset: int | None = None, agent_id: str | None = None
) -> Call[Ledger]:
    return Call(
        method="GET",
        path="/api/v1/account/ledger",
        answer=json_of(Ledger),
        auth=(
            "key",
            "token",
        ),
        query={"asset": asset, "limit": limit, "offset": offset},
        headers={"X-Agent-Id": agent_id},
    )


def reconcile(*, agent_id: str | None = None) -> Call[Reconciliation]:
    return Call(
        method="GET",
        path="/api/v1/account/reconcile",
        answer=json_of(Reconciliation),
        auth=(
            "key",
            "token",
        ),
        headers={"X-Agent-Id": agent_id},
    )


def reset_account(
    *,
    starting_balance: Decimal | str | int | None = None,
    confirm: bool | None = None,
    agent_id: str | None = None,
    idempotency_key: str | None = None,
) -> Call[AccountReset]:
    return Call(
        method="POST",
        path="/api/v1/account/reset",
        answer=json_of(AccountReset),
        auth=(
            "key",
            "token",
        ),
        headers={"X-Agent-Id": agent_id, "Idempotency-Key": idempotency_key},
        body=ResetAccountRequest(
            starting_balance=to_decimal(starting_balance, "starting_balance"),
            confirm=confirm,
        ),
    )


def get_performance(*, period: Period | None = None, agent_id: str | None = None) -> Call[Performance]:
    return Call(
        method="GET",
        path="/api/v1/analytics/performance",
        answer=json_of(Performance),
        auth=(
            "key",
            "token",
        ),
        query={"period": period},
        headers={"X-Agent-Id": agent_id},
    )


def get_portfolio_history(
    *, interval: HistoryInterval | None = None, limit: int | None = None, agent_id: str | None = None
) -> Call[PortfolioHistory]:
    return Call(
        method="GET",
        path="/api/v1/analytics/portfolio/history",
        answer=json_of(PortfolioHistory),
        auth=(
            "key",
            "token",
        ),
        query={"interval": interval, "limit": limit},
        headers={"X-Agent-Id": agent_id},
    )


def get_leaderboard(
    *, period: Period | None = None, limit: int | None = None, agent_id: str | None = None
) -> Call[Leaderboard]:
    return Call(
        method="GET",
        path="/api/v1/analytics/leaderboard",
        answer=json_of(Leaderboard),
        auth=(
            "key",
            "token",
        ),
        query={"period": period, "limit": limit},
        headers={"X-Agent-Id": agent_id},
    )


def get_health() -> Call[Health]:
    return Call(
        method="GET",
        path="/healthz",
        answer=json_of(Health),
    )


def get_readiness() -> Call[Health]:
    return Call(
        method="GET",
        path="/readyz",
        answer=json_of(Health),
    )
