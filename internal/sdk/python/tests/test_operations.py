"""Every operation of the document is a method, and does what it says."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from agentexchange import (
    AccountCredentials,
    AgentExchangeClient,
    AsyncAgentExchangeClient,
    OrderNotFoundError,
    RiskProfile,
    RiskProfileOverrides,
    ValidationError,
)
from conftest import SERVER, Connect
from ruamel.yaml import YAML

DOCUMENT = YAML(typ="safe").load(Path(__file__).parents[4] / "openapi.yaml")


def resolve(value: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        value = DOCUMENT["components"][value["$ref"].split("/")[2]][value["$ref"].split("/")[3]]
    return value


@dataclass
class Operation:
    """An operation of the document."""

    id: str
    method: str
    path: str
    summary: str
    parameters: list[dict[str, Any]]
    body: dict[str, Any]

    @property
    def method_name(self) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.id).lower()

    @property
    def required(self) -> set[str]:
        return {each["name"] for each in self.parameters if each.get("required")} | set(self.body.get("required", []))

    @property
    def accepted(self) -> set[str]:
        return {each["name"] for each in self.parameters} | set(self.body.get("properties", {}))


def read(method: str, path: str, item: dict[str, Any]) -> Operation:
    raw = item[method]
    content = raw.get("requestBody", {}).get("content", {})
    return Operation(
        id=raw["operationId"],
        method=method.upper(),
        path=path,
        summary=raw["summary"],
        parameters=[resolve(each) for each in item.get("parameters", []) + raw.get("parameters", [])],
        body=resolve(content["application/json"]["schema"]) if content else {},
    )


OPERATIONS = [
    read(method, path, item)
    for path, item in DOCUMENT["paths"].items()
    for method in ("get", "put", "post", "delete", "patch")
    if method in item
]


@pytest.mark.parametrize("client", [AgentExchangeClient, AsyncAgentExchangeClient])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_operation_is_a_method_with_all_its_arguments(client: type, operation: Operation) -> None:
    function = getattr(client, operation.method_name)
    signature = inspect.signature(function).parameters
    wanted = {name.removeprefix("X-").replace("-", "_").lower(): name for name in operation.accepted}
    assert set(signature) == {"self", *wanted}
    for name, wire_name in wanted.items():
        in_path = f"{{{wire_name}}}" in operation.path
        assert (signature[name].default is inspect.Parameter.empty) == (wire_name in operation.required)
        assert (signature[name].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD) == in_path
    assert operation.summary in function.__doc__
    if {"limit", "offset"} <= operation.accepted:
        assert hasattr(client, operation.method_name.replace("list_", "iter_", 1))


def operation_of(request: httpx.Request) -> str:
    """The operation of a request: of two that match, the one with fewer path parameters."""
    fitting = [
        operation
        for operation in sorted(OPERATIONS, key=lambda operation: operation.path.count("{"))
        if operation.method == request.method
        and re.fullmatch(re.sub("{[a-z_]+}", "[^/]+", operation.path), request.url.path)
    ]
    return fitting[0].id


def manage_agents(owner: AgentExchangeClient) -> None:
    created = owner.create_agent(
        display_name="RSI Scalper",
        starting_balance="5000.00",
        llm_model="claude-sonnet-4-6",
        framework=None,
        strategy_tags=["rsi", "Ünïcode & more"],
        risk_profile=RiskProfileOverrides(max_open_orders=7),
        color="#3B82F6",
    )
    assert created.starting_balance == Decimal(5000)
    agent = owner.get_agent(created.agent_id)
    assert (agent.id, agent.status, agent.framework) == (created.agent_id, "active", None)
    assert f"{agent.status}" == "active"
    assert agent.risk_profile.max_open_orders == 7
    assert agent.created_at.utcoffset() == timedelta(0)

    changed = owner.update_agent(created.agent_id, display_name="v2", llm_model=None)
    assert (changed.display_name, changed.llm_model) == ("v2", None)
    assert (changed.color, changed.strategy_tags) == (agent.color, agent.strategy_tags)

    limits = {"max_position_size_pct": 10, "daily_loss_limit_pct": 5, "max_open_orders": 5}
    assert owner.update_agent_risk(agent_id=agent.id, **limits) == RiskProfile(**limits)
    assert owner.get_agent_risk(agent.id).max_open_orders == 5
    assert owner.get_agent_api_key(agent.id).api_key == created.api_key
    assert owner.regenerate_agent_key(agent.id).api_key != created.api_key
    assert owner.get_agent_skill(agent.id, include_key=False).startswith("# Agent: v2\n")
    clone = owner.clone_agent(agent.id, new_name="RSI & more?")
    assert clone.display_name == "RSI & more?"
    assert owner.archive_agent(agent.id).status == "archived"
    assert [each.id for each in owner.get_agent_overview().agents[1:]] == [clone.agent_id]
    assert owner.unarchive_agent(agent.id).status == "active"
    assert owner.reset_agent(agent.id).status == "active"
    owner.delete_agent(clone.agent_id)
    assert owner.list_agents().total == 2


def look_at_the_market(anyone: AgentExchangeClient) -> None:
    assert anyone.get_health().status == "ok"
    assert anyone.get_readiness().status == "ready"
    assert anyone.get_jwks().keys[0].kty == "OKP"
    pair = next(each for each in anyone.list_pairs().pairs if each.symbol == "BTCUSDT")
    assert isinstance(pair.tick_size, Decimal)
    price = anyone.get_price("BTCUSDT")
    assert price.price > 0 and price.timestamp.tzinfo is not None
    assert [each.symbol for each in anyone.list_prices(symbols=["ethusdt", "BTCUSDT"]).prices] == ["ETHUSDT", "BTCUSDT"]
    assert anyone.get_ticker("BTCUSDT").low <= price.price
    an_hour_ago = datetime.now(timezone(timedelta(hours=-3.5))) - timedelta(hours=1)
    candles = anyone.list_candles("BTCUSDT", interval="5m", limit=3, start_time=an_hour_ago).candles
    assert all(candle.time >= an_hour_ago and candle.low <= candle.high for candle in candles)
    assert len(anyone.list_market_trades("BTCUSDT", limit=5).trades) <= 5
    book = anyone.get_orderbook("BTCUSDT", depth=2)
    assert isinstance(book.bids[0][0], Decimal) and book.bids[0][0] < book.asks[0][0]


def trade(agent: AgentExchangeClient) -> None:
    price = agent.get_price("BTCUSDT").price
    preview = agent.preview_order(symbol="BTCUSDT", side="buy", type="market", quantity=Decimal("0.001"))
    assert preview.would_pass and preview.refusal is None
    refused = agent.preview_order(symbol="BTCUSDT", side="buy", type="market", quantity=1).refusal
    assert refused and refused.code == "ORDER_REJECTED" and refused.details
    assert refused.details.reason == "position_limit_exceeded"

    bought = agent.place_order(symbol="BTCUSDT", side="buy", type="market", quantity="0.001")
    assert bought.status == "filled" and bought.executed_price and bought.executed_price > price / 2
    assert bought.liquidity == "taker"
    low = (price / 2).quantize(Decimal("0.01"))
    resting = agent.place_order(
        symbol="BTCUSDT",
        side="buy",
        type="limit",
        quantity="0.001",
        price=low,
        client_order_id="..",
        time_in_force="GTC",
    )
    assert (resting.status, resting.price, resting.filled_at, resting.liquidity) == ("pending", low, None, None)
    assert agent.get_order(resting.order_id) == resting
    assert agent.get_order_by_client_id("..") == resting
    assert [each.order_id for each in agent.list_open_orders(symbol="btcusdt").orders] == [resting.order_id]
    assert agent.cancel_order(resting.order_id).unlocked_amount == resting.locked_amount
    assert agent.cancel_all_orders().cancelled_count == 0
    assert {each.status for each in agent.list_orders(limit=10).orders} == {"filled", "cancelled"}
    assert [each.order_id for each in agent.list_trades(side="buy").trades] == [bought.order_id]
    with pytest.raises(OrderNotFoundError):
        agent.get_order_by_client_id("no-such-order")
    with pytest.raises(ValidationError) as caught:
        agent.get_order_by_client_id("open?/../../orders")
    assert caught.value.details["errors"][0]["field"] == "/client_order_id"


def read_the_books(agent: AgentExchangeClient) -> None:
    assert agent.get_balance().balances[0].asset == "USDT"
    assert agent.get_positions().positions[0].quantity == Decimal("0.001")
    portfolio = agent.get_portfolio()
    assert portfolio.total_pnl == portfolio.total_equity - portfolio.starting_balance
    assert agent.get_pnl(period="7d").period == "7d"
    assert len(agent.get_risk().rules) == 3
    entries = list(agent.iter_ledger(asset="USDT", page_size=2))
    assert entries == agent.list_ledger(asset="USDT").entries and len(entries) > 2
    assert agent.reconcile().ok
    assert str(agent.get_pnl().realized_pnl) == "0"
    assert agent.get_performance(period="all").total_trades == 1
    assert agent.get_portfolio_history(interval="1m", limit=1).interval == "1m"
    assert len(agent.get_leaderboard(limit=5).rankings) == 1


def test_every_operation_does_what_it_says(connect: Connect) -> None:
    done: set[str] = set()

    def client(**options: str) -> AgentExchangeClient:
        made: AgentExchangeClient = connect(
            base_url=SERVER,
            watch=lambda response: done.add(operation_of(response.request)) if response.is_success else None,
            **options,
        )
        return made

    account = client().register(display_name="Ada")
    owner = client(api_key=account.api_key, api_secret=account.api_secret)
    agent = client(api_key=account.agent_api_key)

    look_at_the_market(client())
    trade(agent)
    read_the_books(agent)
    assert agent.get_account_info().agent_id == account.agent_id
    manage_agents(owner)
    reset = owner.reset_account(starting_balance="123.45")
    assert reset.new_session.starting_balance == Decimal("123.45")

    assert done == {operation.id for operation in OPERATIONS}


@pytest.mark.parametrize("count, page_size, pages", [(0, 2, 1), (3, 2, 2), (4, 2, 3), (4, 500, 1)])
def test_a_list_is_fetched_page_by_page(
    connect: Connect, owner: AgentExchangeClient, account: AccountCredentials, count: int, page_size: int, pages: int
) -> None:
    made = [owner.create_agent(display_name=f"Agent {n}").agent_id for n in range(count)]
    owner.delete_agent(account.agent_id)
    token = owner.login(api_key=account.api_key, api_secret=account.api_secret).token
    asked: list[str] = []
    reader = connect(
        base_url=SERVER, token=token, watch=lambda response: asked.append(response.request.url.params["offset"])
    )

    rows = reader.iter_agents(page_size=page_size)
    assert asked == []
    assert [agent.id for agent in rows] == made
    assert asked == [str(page * page_size) for page in range(pages)]
